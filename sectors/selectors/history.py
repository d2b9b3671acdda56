"""Sectors over time, for pages and the API: points, comparisons of all sectors, and some of them side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Prefetch, QuerySet
from numpy.typing import NDArray

from assets.compute import periods
from assets.compute.series import log_returns
from assets.selectors import MarketView, candle_panel, universe
from assets.selectors.universe import Universe
from sectors.compute.strength import correlations
from sectors.models import AICrossSectorAnalysis, SectorHistory, SectorMapping, SectorRotationFlow
from sectors.selectors.market import lifted
from system.choices import LIVE


def sector_points(sector_id: int, timeframe: str, until: datetime, days: int) -> QuerySet[SectorHistory]:
    """Points of a sector's series in the days up to a moment, oldest first, in one query.

    Args:
        sector_id: whose.
        timeframe: length of the candles.
        until: a candle that ends later is not among them.
        days: how far back.
    """
    newest = periods.last_closed(until, timeframe)
    spanned = SectorHistory.objects.filter(sector=sector_id, timeframe=timeframe, candle_time__lte=newest)
    return spanned.filter(candle_time__gt=newest - timedelta(days=days)).order_by("candle_time")


def points_within(days: int, timeframe: str) -> int:
    """How many points a series has in some days, if none is missing."""
    return periods.bars(timedelta(days=days), timeframe)


def rotation_history(since: datetime, until: datetime) -> QuerySet[AICrossSectorAnalysis]:
    """Live comparisons of a time, ``since`` not included."""
    return comparisons().filter(analysis_time__gt=since, analysis_time__lte=until)


def comparisons() -> QuerySet[AICrossSectorAnalysis]:
    """Live comparisons of all sectors, newest first, each with its flows and their sectors, in two queries."""
    flows = SectorRotationFlow.objects.select_related("from_sector", "to_sector").order_by("-score", "pk")
    found = AICrossSectorAnalysis.objects.filter(series=LIVE)
    return found.prefetch_related(Prefetch("flows", flows)).order_by("-analysis_time", "-pk")


@dataclass(frozen=True)
class Compared:
    """Some sectors side by side.

    Attributes:
        sector_ids, names: of the sectors that have members, k of them, by name.
        times: ends of the candles, seconds since 1970, shape (t,).
        levels: indexes, 100 at the first end, shape (t, k); NaN before a sector began; one that began later starts
            at 100 then.
        correlations: of the log returns, shape (k, k); NaN with fewer than 20 of them.
        by_cap: whether every period of a sector was weighed by market caps, shape (k,).
    """

    sector_ids: tuple[int, ...]
    names: tuple[str, ...]
    times: NDArray[np.int64]
    levels: NDArray[np.float64]
    correlations: NDArray[np.float64]
    by_cap: NDArray[np.bool_]


def compared(sector_ids: Sequence[int], timeframe: str, as_of: datetime, days: int) -> Compared | None:
    """Indexes of some sectors over the days up to a moment, from the candles of their members only.

    The number of queries does not grow with sectors or members.

    Returns:
        None when none of the sectors has a member that trades.
    Raises:
        NoData: no asset has a fresh candle of the timeframe.
    """
    bars = periods.bars(timedelta(days=days), timeframe) + 1
    found = universe(timeframe, as_of)
    mapped = set(SectorMapping.objects.filter(sector__in=sector_ids).values_list("asset", flat=True))
    narrow = Universe(
        found.market,
        tuple(member for member in found.members if member.asset_id in mapped),
        found.bitcoin,
        found.ether,
    )
    view = MarketView(timeframe, as_of, narrow, candle_panel(narrow.asset_ids, timeframe, as_of, bars))
    market = lifted(view, sector_ids)
    if market is None:
        return None
    firsts = [level[np.isfinite(level)][:1] for level in market.level.T]
    levels = np.column_stack(
        [100 * level / first if len(first) else level for level, first in zip(market.level.T, firsts, strict=True)]
    )
    returns = log_returns(levels).T
    return Compared(
        tuple(members.sector.pk for members in market.members),
        market.names,
        view.panel.times + int(periods.LENGTHS[timeframe].total_seconds()),
        levels,
        correlations(returns),
        np.array([index.by_cap[1:].all() for index in market.indexes]),
    )
