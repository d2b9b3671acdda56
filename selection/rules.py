"""The rule-based model of layer 3."""

from aimodels.choices import ModelType
from aimodels.compute import drift
from aimodels.services import RuleModel

HORIZONS_HOURS = (24, 168)

ASSET_RULES = RuleModel(
    "asset_rules",
    "1.0.0",
    ModelType.ASSET,
    "return_quantiles",
    {"decay": 0.94, "prior_drift": drift.PRIOR_DRIFT, "least_returns": drift.LEAST_RETURNS, "levels": drift.LEVELS},
)
