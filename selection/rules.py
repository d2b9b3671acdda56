"""The rule-based models of layer 3: the ranking, and the forecasts of each timeframe."""

from datetime import timedelta

from aimodels.choices import ModelType
from aimodels.compute import drift
from aimodels.services import RuleModel
from assets.compute.periods import LENGTHS
from selection.compute import ranking
from system.choices import RunTimeframe

HORIZONS_HOURS = (24, 168)

ASSET_RULES = RuleModel("asset_rules", "1.0.0", ModelType.ASSET, "rank", {"least_factors": ranking.LEAST_FACTORS})


def days(timeframe: str) -> float:
    """Length of a candle in days."""
    return LENGTHS[timeframe] / timedelta(days=1)


def _forecast_rules(timeframe: str) -> RuleModel:
    return RuleModel(
        f"forecast_rules_{timeframe}",
        "1.0.0",
        ModelType.ASSET,
        "return_quantiles",
        {
            "timeframe": timeframe,
            "decay": 0.94,
            "prior_drift": drift.PRIOR_DRIFT * days(timeframe),
            "least_returns": drift.LEAST_RETURNS,
            "levels": drift.LEVELS,
        },
    )


FORECAST_RULES = {timeframe: _forecast_rules(timeframe) for timeframe in RunTimeframe.values}
"""A model for each timeframe: runs at the same moment on candles of another length forecast something else."""
