"""Forecasts of the assets."""

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
from selection.compute.features import features
from selection.rules import ASSET_PRICES, SPANS
from selection.selectors.history import history_of
from system.choices import LIVE
from system.models import PipelineRun


@transaction.atomic
def forecast_assets(
    snapshot: MetricsSnapshot,
    regime: AIRegimeAnalysis | None,
    *,
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Recorded:
    """Forecast every asset of the universe that follows no other price and has enough history, over every horizon that
    its candles resolve: by the version in force, else by the rules. What was forecast at this moment already stays as
    it is.
    """
    prices, seen = asset_prices(market_view(snapshot.timeframe, snapshot.snapshot_time))
    return forecast_prices(ASSET_PRICES, prices, seen, context=regime_words(regime), run=run, series=series)


def asset_prices(view: MarketView) -> tuple[Prices, Callable[[], Features]]:
    """The coins that follow no other price, and what a trained version would be given of them."""
    history, spans = history_of(view), SPANS[view.timeframe]
    close, is_free = history.market.close, np.isin(history.asset_ids, view.universe.free)
    prices = Prices(
        timeframe=view.timeframe,
        as_of=view.as_of,
        closed_at=view.closed_at,
        asset_ids=history.asset_ids,
        close=close,
        newest=np.where(is_free, close[-1], np.nan),
        is_learned=view.market == Market.REAL,
    )
    return prices, lambda: features(history.market, spans, last=1)
