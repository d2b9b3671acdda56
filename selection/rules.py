"""The rule-based models of layer 3: the ranking, and the forecasts of each timeframe."""

from datetime import timedelta

from aimodels.choices import ModelType
from aimodels.compute.baseline import LEAST_RETURNS, LEVELS, Memory
from aimodels.services import RuleModel
from assets.compute.periods import LENGTHS
from selection.compute import ranking
from selection.compute.features import Spans
from system.choices import RunTimeframe

HORIZONS_HOURS = (4, 24, 72, 168)

ASSET_RULES = RuleModel("asset_rules", "1.0.0", ModelType.ASSET, "rank", {"least_factors": ranking.LEAST_FACTORS})

MEMORIES = {
    "1h": Memory(0.98, 8, 600),
    "4h": Memory(0.96, 7, 540),
    "1d": Memory(0.94, 7, 365),
    "1w": Memory(0.94, 7, 180),
}
"""Chosen on dailies before 2023 and hours before May 2024, and fixed; those of 4h and 1w lie between and beyond."""
SPANS = {
    "1h": Spans((4, 24, 72, 168, 720), ("4h", "24h", "72h", "168h", "30d"), MEMORIES["1h"]),
    "4h": Spans((6, 18, 42, 180, 360), ("24h", "72h", "168h", "30d", "60d"), MEMORIES["4h"]),
    "1d": Spans((1, 3, 7, 30, 180), ("24h", "72h", "168h", "30d", "180d"), MEMORIES["1d"]),
    "1w": Spans((1, 2, 4, 13, 52), ("1w", "2w", "4w", "13w", "52w"), MEMORIES["1w"]),
}
"""Windows of the features."""


def periods(timeframe: str, hours: int) -> int | None:
    """Candles of a timeframe that a horizon has; None for one that is no whole number of them."""
    number = hours * timedelta(hours=1) / LENGTHS[timeframe]
    return int(number) if number.is_integer() else None


def horizons(timeframe: str) -> dict[int, int]:
    """Horizons in hours that candles of a timeframe resolve, and how many candles each has."""
    found = {hours: periods(timeframe, hours) for hours in HORIZONS_HOURS}
    return {hours: number for hours, number in found.items() if number}


def model_name(timeframe: str, hours: int) -> str:
    """Name of the learned versions that forecast a horizon; the rules serve where none is in force."""
    return f"asset_direction_{timeframe}_{hours}h"


def _forecast_rules(timeframe: str) -> RuleModel:
    memory = MEMORIES[timeframe]
    return RuleModel(
        f"forecast_rules_{timeframe}",
        "2.0.0",
        ModelType.ASSET,
        "return_quantiles",
        {
            "timeframe": timeframe,
            "decay": memory.decay,
            "returns": 2**memory.doublings,
            "window": memory.window,
            "normal_periods": memory.normal,
            "even_periods": memory.even,
            "least_returns": LEAST_RETURNS,
            "levels": LEVELS,
        },
    )


FORECAST_RULES = {timeframe: _forecast_rules(timeframe) for timeframe in RunTimeframe.values}
"""A model for each timeframe: runs at the same moment on candles of another length forecast something else."""
