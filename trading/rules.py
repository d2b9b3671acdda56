"""The models of layer 4: the rules, and the names of the trained versions."""

from datetime import timedelta

from aimodels.choices import ModelType
from aimodels.services import RuleModel
from assets.compute.periods import LENGTHS
from system.configuration import number, optional, whole
from trading.compute.features import VOLATILITY_DOUBT
from trading.compute.signals import FACTOR_WEIGHTS

HORIZON_HOURS = {"1h": 24, "4h": 72, "1d": 168, "1w": 1008}
"""How long a signal of each timeframe lives."""
ENTRY_TIMEFRAME = {"1h": "5m", "4h": "15m", "1d": "1h", "1w": "1h"}
MONITORING_TIMEFRAME = {"1h": "15m", "4h": "1h", "1d": "4h", "1w": "4h"}
FINER = {"1h": "5m", "4h": "15m", "1d": "1h", "1w": "1d"}
"""Candles that decide where one holds what came in an unknown order."""

TIMING_RULES = RuleModel(
    "timing_rules",
    "2.1.0",
    ModelType.TIMING,
    "target_before_stop",
    {"factor_weights": FACTOR_WEIGHTS, "horizon_hours": HORIZON_HOURS, "volatility_doubt": VOLATILITY_DOUBT},
)
TRAINED = "timing_target"
"""Versions trained on whether the target came before the stop, one name for each timeframe."""
RISK_RULES = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max_open_positions": optional(whole(1, 1000)),
        "max_leverage": number(1, 1000),
        "max_asset_pct": optional(number(0.01, 10_000)),
        "max_sector_pct": optional(number(0.01, 10_000)),
        "daily_loss_limit_pct": optional(number(0.01, 100)),
        "daily_loss_limit_usd": optional(number(0.01, 10**15)),
        "capital_usd": optional(number(0.01, 10**15)),
    },
}
"""JSON Schema of the rules in a person's risk profile. Without ``max_leverage`` there is no leverage; every other rule
that is not there, or null, sets no limit. ``capital_usd`` is what shares are counted of where a portfolio does not know
all that the person trades with."""


def timing_name(timeframe: str) -> str:
    """Name of the trained versions of a timeframe."""
    return f"{TRAINED}_{timeframe}"


def horizon_candles(timeframe: str) -> int:
    """How many candles a signal lives."""
    return HORIZON_HOURS[timeframe] * timedelta(hours=1) // LENGTHS[timeframe]
