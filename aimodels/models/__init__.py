"""Model versions, jobs, evaluations and the forecast ledger."""

from aimodels.models.active import ActivePrediction
from aimodels.models.jobs import ModelJob
from aimodels.models.ledger import PredictionChain, PredictionLink, PredictionRevision, PredictionScore
from aimodels.models.performance import ModelPerformance
from aimodels.models.predictions import Prediction
from aimodels.models.registry import AIModel, ModelActivation
from aimodels.models.sums import PredictionSum
from aimodels.models.trials import ModelTrial

__all__ = [
    "AIModel",
    "ActivePrediction",
    "ModelActivation",
    "ModelJob",
    "ModelPerformance",
    "ModelTrial",
    "Prediction",
    "PredictionChain",
    "PredictionLink",
    "PredictionRevision",
    "PredictionScore",
    "PredictionSum",
]
