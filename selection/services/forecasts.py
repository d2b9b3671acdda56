"""Forecasts of the assets: arrays handed to the models, forecasts written into the ledger."""

from datetime import timedelta

import numpy as np
from django.db import transaction

from aimodels.compute.drift import LEAST_RETURNS, walk_forecast
from aimodels.models import Prediction
from aimodels.services import Issue, model_in_force, record_forecasts
from assets.compute.periods import LENGTHS
from assets.compute.series import log_returns
from assets.selectors import market_view
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from selection.rules import FORECAST_RULES, HORIZONS_HOURS, days
from system.choices import LIVE
from system.models import PipelineRun
from system.services import Landed

LAYER = 3
MEMORY = 365
"""Returns that a forecast looks at."""


@transaction.atomic
def forecast_assets(
    snapshot: MetricsSnapshot,
    regime: AIRegimeAnalysis | None,
    *,
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Landed[Prediction]:
    """Forecast every asset of the universe with enough history, 24 and 168 hours ahead.

    A horizon that is shorter than a candle is left out. What was forecast at this moment already stays as it is.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    hour = timedelta(hours=1)
    context = {"market_regime": regime.current_regime, "volatility_level": regime.risk_level} if regime else {}
    issues = []
    for asset_id in view.universe.free:
        close = view.panel.close[:, view.panel.column(asset_id)]
        close = close[_start_of_unbroken(close) :][-MEMORY - 1 :]
        returns = log_returns(close)[1:]
        if len(returns) < LEAST_RETURNS or not np.ptp(returns):
            continue
        for hours in HORIZONS_HOURS:
            periods = hours * hour / LENGTHS[view.timeframe]
            if periods.is_integer() and len(returns) > periods:
                target = view.closed_at + hours * hour
                walk = walk_forecast(returns, int(periods), days=days(view.timeframe))
                issues.append(Issue(asset_id, float(close[-1]), hours, target, walk, context))
    return record_forecasts(
        issues,
        model=model_in_force(FORECAST_RULES[view.timeframe], view.as_of),
        layer=LAYER,
        as_of=view.as_of,
        run=run,
        series=series,
    )


def _start_of_unbroken(close: np.ndarray) -> int:
    """Place behind the last hole: returns across a hole would be returns of another length."""
    holes = np.flatnonzero(~np.isfinite(close))
    return int(holes[-1]) + 1 if len(holes) else 0
