"""The sectors of the market that people are shown, over time."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from assets.choices import DEMO_SOURCE, Market
from assets.compute import periods
from assets.selectors import candle_panel
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis
from system.choices import LIVE

FIGURES = (
    "analysis_time", "sector_dominance_pct", "momentum_score", "relative_strength_score", "rotation_inflow_score",
    "rotation_outflow_score", "sector_market_cap", "sector_volume_24h", "analysis_data",
)  # fmt: skip
"""Columns of an analysis that are shown over time."""


def comparisons_of(market: Market, timeframe: str) -> QuerySet[AICrossSectorAnalysis]:
    """Live comparisons of one market's sectors, newest first; of one moment only the last that was made."""
    found = AICrossSectorAnalysis.objects.filter(series=LIVE, metrics_snapshot__timeframe=timeframe)
    is_demo = {"metrics_snapshot__data_source": DEMO_SOURCE}
    found = found.filter(**is_demo) if market == Market.DEMO else found.exclude(**is_demo)
    return found.order_by("-analysis_time", "-pk").distinct("analysis_time")


def analyses_over_time(
    sector_id: int, market: Market, timeframe: str, since: datetime, until: datetime
) -> Sequence[dict[str, object]]:
    """Figures of one sector, oldest first, one row per moment, in one query."""
    found = AISectorAnalysis.objects.filter(
        series=LIVE,
        sector=sector_id,
        metrics_snapshot__timeframe=timeframe,
        analysis_time__gt=since,
        analysis_time__lte=until,
    )
    is_demo = {"metrics_snapshot__data_source": DEMO_SOURCE}
    found = found.filter(**is_demo) if market == Market.DEMO else found.exclude(**is_demo)
    return list(found.order_by("analysis_time", "-pk").distinct("analysis_time").values(*FIGURES))


def index_levels(
    asset_ids: Sequence[int], timeframe: str, as_of: datetime, bars: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Published levels of some indexes.

    Args:
        asset_ids: index assets, k of them.
        timeframe: length of the candles.
        as_of: nothing that ended later is read.
        bars: how many candles back, t.
    Returns:
        Ends of the candles, seconds since 1970, shape (t,), and levels, shape (t, k); NaN where there is none.
    """
    panel = candle_panel(asset_ids, timeframe, as_of, bars)
    return panel.times + int(periods.LENGTHS[timeframe].total_seconds()), panel.close
