"""The rule-based model of layer 1."""

from aimodels.choices import ModelType
from aimodels.services import RuleModel
from macro.compute.regime import combine, phase, scorecard

REGIME_RULES = RuleModel(
    "macro_rules",
    "2.0.0",
    ModelType.MACRO,
    "market_regime",
    {
        "weights": scorecard.WEIGHTS,
        "least_evidence": scorecard.LEAST_EVIDENCE,
        "stay": scorecard.STAY,
        "smoothing_span": combine.SPAN,
        "phase_gap": combine.GAP,
        "bullish": combine.BULLISH,
        "market": phase.MARKET,
    },
)
