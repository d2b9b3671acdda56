"""The models of layer 2: the rules, and the names and windows of the forecasts of each timeframe."""

from datetime import timedelta

from aimodels.choices import ModelType
from aimodels.compute.baseline import LEAST_RETURNS, LEVELS, Memory
from aimodels.services import RuleModel
from assets.compute.periods import LENGTHS
from sectors.compute.features import Spans
from system.choices import RunTimeframe

CLEAR = 0.25
"""Momentum beyond this, in either direction, is an outlook; less is none."""

SECTOR_RULES = RuleModel("sector_rules", "2.0.0", ModelType.SECTOR, "sector_outlook", {"clear_momentum": CLEAR})

HORIZONS_HOURS = (4, 24, 72, 168)
MEMORIES = {
    "1h": Memory(0.98, 8, 600),
    "4h": Memory(0.96, 7, 540),
    "1d": Memory(0.94, 7, 365),
    "1w": Memory(0.94, 7, 180),
}
"""Those of the assets' forecasts: indexes are made of assets, and too few to choose others by."""
SPANS = {
    "1h": Spans(24, 168, 720, MEMORIES["1h"]),
    "4h": Spans(18, 42, 180, MEMORIES["4h"]),
    "1d": Spans(3, 7, 30, MEMORIES["1d"]),
    "1w": Spans(2, 4, 13, MEMORIES["1w"]),
}
"""Windows of the features."""


def horizons(timeframe: str) -> dict[int, int]:
    """Horizons in hours that candles of a timeframe resolve, and how many candles each has."""
    found = {hours: hours * timedelta(hours=1) / LENGTHS[timeframe] for hours in HORIZONS_HOURS}
    return {hours: int(candles) for hours, candles in found.items() if candles.is_integer()}


def model_name(timeframe: str, hours: int) -> str:
    """Name of the trained versions that forecast a horizon; the rules serve where none is in force."""
    return f"sector_direction_{timeframe}_{hours}h"


def _forecast_rules(timeframe: str) -> RuleModel:
    memory = MEMORIES[timeframe]
    return RuleModel(
        f"sector_forecast_rules_{timeframe}",
        "1.0.0",
        ModelType.SECTOR,
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


SECTOR_FORECAST_RULES = {timeframe: _forecast_rules(timeframe) for timeframe in RunTimeframe.values}
"""A model for each timeframe: runs at the same moment on candles of another length forecast something else."""
