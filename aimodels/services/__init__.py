"""Writes of the models: versions, forecasts, scores."""

from aimodels.services.ledger import Issue, Recorded, features_hash, record_forecasts
from aimodels.services.registry import RuleModel, ensure_rules, model_in_force
from aimodels.services.scoring import Scored, score_predictions

__all__ = [
    "Issue",
    "Recorded",
    "RuleModel",
    "Scored",
    "ensure_rules",
    "features_hash",
    "model_in_force",
    "record_forecasts",
    "score_predictions",
]
