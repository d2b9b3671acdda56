"""The forecast ledger: forecasts are written once, and the database links each into the chain of its model version."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F
from numpy.typing import NDArray

from aimodels.compute.drift import LEVELS, WalkForecast
from aimodels.models import AIModel, Prediction
from system.choices import LIVE
from system.models import PipelineRun
from system.services import Landed, complete, land

NEVER = {
    "predicted_price": "a direction has no price",
    "training_data_end": "rules are not trained",
    "model_training_time": "rules are not trained",
    "prediction_time": "all assets are forecast together",
    "market_conditions": "no regime was known",
    "volatility_level": "no regime was known",
}
LATER = (
    "user", "notes", "debug_info", "accuracy_threshold", "unresolved_reason",
    "actual_price", "accuracy_percentage", "absolute_error", "squared_error", "is_accurate", "evaluated_at",
)  # fmt: skip
"""Columns that belong to a user's request, to a reader, or to the scoring."""
KEY = ("ai_model", "asset", "prediction_type", "prediction_horizon", "as_of", "series")


@dataclass(frozen=True)
class Issue:
    """One forecast as a model issues it.

    Args:
        asset_id: what it is about.
        price: present price, USD.
        horizon_hours: how far ahead.
        target: when it falls due.
        walk: the forecast and the naive one beside it.
        context: words about the market at the time, for grouping the record.
        features: the values that the model was given, shape (n,) or any other; None = no more than ``walk`` keeps.
        features_used: what they are.
    """

    asset_id: int
    price: float
    horizon_hours: int
    target: datetime
    walk: WalkForecast
    context: dict[str, Any] = field(default_factory=dict)
    features: NDArray[np.float64] | None = None
    features_used: Sequence[str] = ("close",)


def features_hash(names: Sequence[str], values: NDArray[np.float64]) -> str:
    """SHA-256 of what a model was given: names, shape and the exact values (little-endian float64).

    Whoever computes the features of a forecast anew can tell whether they are the same to the last bit.
    """
    exact = np.ascontiguousarray(values, dtype="<f8")
    head = json.dumps([list(names), list(exact.shape)], separators=(",", ":"))
    return hashlib.sha256(head.encode() + exact.tobytes()).hexdigest()


@transaction.atomic
def record_forecasts(
    issues: Sequence[Issue],
    *,
    model: AIModel,
    layer: int,
    as_of: datetime,
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Landed[Prediction]:
    """Write forecasts into the ledger: direction and price of each. What stands there already stays as it is."""
    shared = {
        "ai_model": model,
        "model_name": model.name,
        "model_version": model.version,
        "layer_source": layer,
        "training_data_end": None,
        "model_parameters": (model.configuration or {}).get("hyperparameters", {}),
        "as_of": as_of,
        "run": run,
        "series": series,
    }
    rows = [_named(row | shared) for issue in issues for row in (_direction(issue), _price(issue))]
    landed = land(Prediction, rows, key=KEY, written_once=True)
    if landed.created:
        AIModel.objects.filter(pk=model.pk).update(
            last_prediction=as_of, prediction_count=F("prediction_count") + landed.created
        )
    return landed


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """The forecast with the reasons for the columns that it leaves empty."""
    values, absent = complete(Prediction, row, NEVER, by_people=LATER)
    return values | {"debug_info": {"missing": absent}}


def _common(issue: Issue) -> dict[str, Any]:
    kept = {"drift": issue.walk.drift, "volatility": issue.walk.volatility}
    names, values = issue.features_used, issue.features
    if values is None:
        names, values = list(kept), np.array(list(kept.values()))
    return {
        "asset_id": issue.asset_id,
        "prediction_horizon": issue.horizon_hours,
        "target_datetime": issue.target,
        "input_price": issue.price,
        "features_used": list(issue.features_used),
        "features_hash": features_hash(names, values),
        "input_features": kept,
        "context_data": issue.context,
        "market_conditions": issue.context.get("market_regime"),
        "volatility_level": issue.context.get("volatility_level"),
    }


def _direction(issue: Issue) -> dict[str, Any]:
    chance = issue.walk.probability_up
    return _common(issue) | {
        "prediction_type": "direction",
        "predicted_value": {"probability_up": chance, "naive_probability_up": issue.walk.naive_probability_up},
        "confidence_score": max(chance, 1 - chance),
    }


def _price(issue: Issue) -> dict[str, Any]:
    def prices(log_returns: np.ndarray) -> dict[str, float]:
        return {
            f"{level:g}": issue.price * float(np.exp(move)) for level, move in zip(LEVELS, log_returns, strict=True)
        }

    quantiles = prices(issue.walk.quantiles)
    return _common(issue) | {
        "prediction_type": "price",
        "predicted_price": quantiles["0.5"],
        "predicted_value": {"quantiles": quantiles, "naive_quantiles": prices(issue.walk.naive_quantiles)},
        # The interval from the 5 % to the 95 % quantile is what the price forecast claims.
        "confidence_score": LEVELS[-1] - LEVELS[0],
    }
