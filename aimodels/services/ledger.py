"""The forecast ledger: forecasts are written once, and the database links each into the chain of its model version."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F
from numpy.typing import NDArray

from aimodels.compute.baseline import LEVELS
from aimodels.models import AIModel, Prediction
from aimodels.services.ledger_rows import insert_missing
from system.choices import LIVE
from system.models import PipelineRun

NAMES = tuple(f"{level:g}" for level in LEVELS)
"""Of the quantiles."""


@dataclass(frozen=True)
class Issue:
    """One forecast as a model issues it: always a direction, and a price where it has quantiles.

    Args:
        asset_id: what it is about.
        price: present price, USD; of an index its level.
        horizon_hours: how far ahead.
        target: when it falls due.
        probability_up: chance that the price ends above the present one, 0-1.
        naive_probability_up: the naive forecast's.
        quantiles: log returns at ``baseline.LEVELS``, shape (5,); None = it has none.
        naive_quantiles: the naive forecast's; None only where there are no ``quantiles``.
        context: words about the market at the time, for grouping the record.
        inputs: figures that are kept with the forecast, by name.
        features: the values that the model was given, shape (n,) or any other; None = no more than ``inputs``.
        features_used: what they are.
        contributions: what moved the forecast most, with the amount in log odds, the strongest first.
    """

    asset_id: int
    price: float
    horizon_hours: int
    target: datetime
    probability_up: float
    naive_probability_up: float
    quantiles: NDArray[np.float64] | None = None
    naive_quantiles: NDArray[np.float64] | None = None
    context: dict[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, float] = field(default_factory=dict)
    features: NDArray[np.float64] | None = None
    features_used: Sequence[str] = ("close",)
    contributions: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class Recorded:
    """Forecasts that stand in the ledger after they were handed in.

    Attributes:
        models: versions that made them.
        as_of, series: whose moment it was.
        count: rows that were handed in.
        created: how many of them were not there before.
    """

    models: tuple[int, ...]
    as_of: datetime
    series: str
    count: int
    created: int

    @property
    def equal(self) -> int:
        """How many were there already."""
        return self.count - self.created

    @property
    def changed(self) -> int:
        """None, ever."""
        return 0

    @property
    def rows(self) -> list[Prediction]:
        """The forecasts of these versions at the moment, in the order in which they were written; read anew."""
        found = Prediction.objects.filter(ai_model__in=self.models, as_of=self.as_of, series=self.series, user=None)
        return list(found.order_by("pk"))

    def __add__(self, other: "Recorded") -> "Recorded":
        """Both, of one moment."""
        return replace(
            self,
            models=(*self.models, *other.models),
            count=self.count + other.count,
            created=self.created + other.created,
        )


def features_hash(names: Sequence[str], values: NDArray[np.float64]) -> str:
    """SHA-256 of what a model was given: names, shape and the exact values (little-endian float64).

    Whoever computes the features of a forecast anew can tell whether they are the same to the last bit.
    """
    exact = np.ascontiguousarray(values, dtype="<f8")
    return hashlib.sha256(_head(tuple(names), exact.shape) + exact.tobytes()).hexdigest()


@transaction.atomic
def record_forecasts(
    issues: Sequence[Issue],
    *,
    model: AIModel,
    layer: int,
    as_of: datetime,
    run: PipelineRun | None = None,
    series: str = LIVE,
) -> Recorded:
    """Write forecasts into the ledger: direction and price of each. What stands there already stays as it is."""
    shared = of_model(model, layer) | {"as_of": as_of, "run": run, "series": series}
    rows = [row for issue in issues for row in rows_of(issue)]
    created = insert_missing(rows, shared)
    if created:
        counted = F("prediction_count") + created
        AIModel.objects.filter(pk=model.pk).update(last_prediction=as_of, prediction_count=counted)
    return Recorded((model.pk,), as_of, series, len(rows), created)


@lru_cache(maxsize=64)
def _head(names: tuple[str, ...], shape: tuple[int, ...]) -> bytes:
    return json.dumps([list(names), list(shape)], separators=(",", ":")).encode()


def of_model(model: AIModel, layer: int) -> dict[str, Any]:
    """Columns of a forecast that say who made it."""
    return {
        "ai_model": model,
        "model_name": model.name,
        "model_version": model.version,
        "layer_source": layer,
        "model_parameters": (model.configuration or {}).get("hyperparameters", {}),
    } | _training(model)


def _training(model: AIModel) -> dict[str, Any]:
    """When the data end that a version was trained on, and how long its training took, s; nothing for rules."""
    end = (model.training_data_range or {}).get("end_date")
    minutes = model.training_duration_minutes
    return {
        "training_data_end": datetime.fromisoformat(end) if end else None,
        "model_training_time": None if minutes is None else 60 * minutes,
    }


def rows_of(issue: Issue) -> list[dict[str, Any]]:
    """Columns of a forecast that say what was said: of the direction, and of the price where there are quantiles."""
    common = _common(issue)
    rows = [common | _direction(issue)]
    if issue.quantiles is not None and issue.naive_quantiles is not None:
        rows.append(common | _price(issue.price, issue.quantiles, issue.naive_quantiles))
    return rows


def _common(issue: Issue) -> dict[str, Any]:
    kept: dict[str, Any] = {name: value if isfinite(value) else None for name, value in issue.inputs.items()}
    names, values = issue.features_used, issue.features
    if values is None:
        names, values = list(issue.inputs), np.array(list(issue.inputs.values()))
    if issue.contributions:
        kept["contributions"] = [[name, amount] for name, amount in issue.contributions]
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
    chance = issue.probability_up
    return {
        "prediction_type": "direction",
        "predicted_value": {"probability_up": chance, "naive_probability_up": issue.naive_probability_up},
        "confidence_score": max(chance, 1 - chance),
    }


def _price(price: float, moves: NDArray[np.float64], naive: NDArray[np.float64]) -> dict[str, Any]:
    quantiles, simple = (dict(zip(NAMES, (price * np.exp(given)).tolist(), strict=True)) for given in (moves, naive))
    return {
        "prediction_type": "price",
        "predicted_price": quantiles["0.5"],
        "predicted_value": {"quantiles": quantiles, "naive_quantiles": simple},
        # The interval from the 5 % to the 95 % quantile is what the price forecast claims.
        "confidence_score": LEVELS[-1] - LEVELS[0],
    }
