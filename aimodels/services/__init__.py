"""Writes of the models: versions, forecasts, scores."""

from aimodels.services.ledger import Issue, Scored, record_forecasts, score_predictions
from aimodels.services.registry import RuleModel, ensure_rules, model_in_force

__all__ = [
    "Issue",
    "RuleModel",
    "Scored",
    "ensure_rules",
    "model_in_force",
    "record_forecasts",
    "score_predictions",
]
