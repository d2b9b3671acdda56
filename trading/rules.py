"""The rule-based model of layer 4."""

from aimodels.choices import ModelType
from aimodels.services import RuleModel
from trading.compute.signals import FACTOR_WEIGHTS

HORIZON_HOURS = {"1h": 24, "4h": 72, "1d": 168, "1w": 1008}
"""How long a signal of each timeframe lives."""
ENTRY_TIMEFRAME = {"1h": "5m", "4h": "15m", "1d": "1h", "1w": "1h"}
MONITORING_TIMEFRAME = {"1h": "15m", "4h": "1h", "1d": "4h", "1w": "4h"}

TIMING_RULES = RuleModel(
    "timing_rules",
    "1.0.0",
    ModelType.TIMING,
    "target_before_stop",
    {"factor_weights": FACTOR_WEIGHTS, "horizon_hours": HORIZON_HOURS},
)
