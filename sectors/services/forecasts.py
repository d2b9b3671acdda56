"""Forecasts of the indexes of the sectors and of the total market."""

from collections.abc import Callable

import numpy as np
from django.db import transaction

from aimodels.compute.panels import Features
from aimodels.services import Recorded
from aimodels.services.price_forecasts import Prices, forecast_prices
from assets.choices import Market
from assets.selectors import MarketView, market_view
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.regime_words import regime_words
from sectors.compute.features import features
from sectors.rules import SECTOR_PRICES, SPANS
from sectors.selectors import sector_market
from sectors.selectors.lines import lines_of
from sectors.services.index_assets import land_indexes
from system.choices import LIVE
from system.models import PipelineRun


@transaction.atomic
def forecast_sectors(
    snapshot: MetricsSnapshot,
    regime: AIRegimeAnalysis | None,
    *,
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Recorded:
    """Forecast the index of every sector and of the total market, over every horizon that the candles resolve: by the
    version in force, else by the rules. The candles of the indexes are stored first, so that what they become can be
    scored. What was forecast at this moment already stays as it is; without sectors there is nothing to forecast.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    found = sector_prices(view)
    if found is None:
        return Recorded((), view.as_of, series, 0, 0)
    prices, seen = found
    return forecast_prices(SECTOR_PRICES, prices, seen, context=regime_words(regime), run=run, series=series)


def sector_prices(view: MarketView) -> tuple[Prices, Callable[[], Features]] | None:
    """The indexes, whose candles are stored, and what a trained version would be given of them; None without
    sectors."""
    market = sector_market(view)
    if market is None:
        return None
    indexes = land_indexes(market)
    prices = Prices(
        timeframe=view.timeframe,
        as_of=view.as_of,
        closed_at=view.closed_at,
        asset_ids=np.array(indexes.asset_ids, dtype=np.int64),
        close=np.column_stack([market.level, market.total.level]),
        newest=indexes.close,
        is_learned=view.market == Market.REAL,
    )
    return prices, lambda: features(lines_of(market), SPANS[view.timeframe])
