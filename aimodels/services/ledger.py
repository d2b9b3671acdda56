"""The forecast ledger: forecasts are written once, and their outcomes are written once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from psycopg import sql

from aimodels.compute.drift import LEVELS, WalkForecast
from aimodels.models import AIModel, Prediction
from assets.compute import periods
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
    "user", "notes", "debug_info", "accuracy_threshold",
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
    """

    asset_id: int
    price: float
    horizon_hours: int
    target: datetime
    walk: WalkForecast
    context: dict[str, Any] = field(default_factory=dict)


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
        "features_used": ["close"],
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
    return {
        "asset_id": issue.asset_id,
        "prediction_horizon": issue.horizon_hours,
        "target_datetime": issue.target,
        "input_price": issue.price,
        "input_features": {"drift": issue.walk.drift, "volatility": issue.walk.volatility},
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


SCORE = """
WITH due AS (
    SELECT id, asset_id, target_datetime FROM predictions
    WHERE NOT is_realized AND target_datetime <= {as_of} AND ({series} = '' OR series = {series})
    FOR UPDATE SKIP LOCKED
), resolved AS (
    SELECT due.id, c.close_price AS actual
    FROM due CROSS JOIN LATERAL (
        SELECT p.close_price
        FROM (VALUES {timeframes}) AS f(timeframe, length)
        CROSS JOIN LATERAL (
            SELECT close_price FROM price_data
            WHERE asset_id = due.asset_id AND timeframe = f.timeframe
              AND candle_time >= due.target_datetime - f.length AND candle_time < due.target_datetime
              AND candle_time + f.length <= {as_of}
            UNION ALL
            SELECT close_price FROM price_data_archive
            WHERE asset_id = due.asset_id AND timeframe = f.timeframe
              AND candle_time >= due.target_datetime - f.length AND candle_time < due.target_datetime
              AND candle_time + f.length <= {as_of}
        ) p
        ORDER BY f.length LIMIT 1
    ) c
), scored AS (
    UPDATE predictions p SET
        actual_price = r.actual,
        absolute_error = abs(r.actual - p.predicted_price),
        squared_error = (r.actual - p.predicted_price) ^ 2,
        accuracy_percentage = CASE WHEN p.predicted_price IS NOT NULL  -- greatest() passes over a null
            THEN greatest(0, round(100 - 100 * abs(r.actual - p.predicted_price) / r.actual, 2)) END,
        is_accurate = CASE
            WHEN p.prediction_type = 'direction'
                THEN ((p.predicted_value ->> 'probability_up')::float8 > 0.5) = (r.actual > p.input_price)
            ELSE 100 * abs(r.actual - p.predicted_price) / r.actual <= p.accuracy_threshold END,
        is_realized = true,
        evaluated_at = statement_timestamp()
    FROM resolved r WHERE p.id = r.id
    RETURNING p.id
)
SELECT (SELECT count(*) FROM scored), (SELECT count(*) FROM due)
"""


@dataclass(frozen=True)
class Scored:
    """What scoring did: forecasts scored, and due ones whose candle is missing."""

    scored: int
    unresolved: int


@transaction.atomic
def score_predictions(as_of: datetime, series: str = "") -> Scored:
    """Write the outcome of every forecast that has fallen due: the close of the shortest stored candle that ends at, or
    first after, its target, if that candle is closed. Scored ones stay as they are; one without a candle waits.

    Args:
        as_of: nothing that ended later is used.
        series: only this series; empty = all.
    """
    timeframes = sql.SQL(", ").join(
        sql.SQL("({}, {}::interval)").format(
            sql.Literal(name), sql.Literal(f"{length // timedelta(seconds=1)} seconds")
        )
        for name, length in periods.LENGTHS.items()
    )
    query = sql.SQL(SCORE).format(as_of=sql.Literal(as_of), series=sql.Literal(series), timeframes=timeframes)
    with connection.cursor() as cursor:
        cursor.execute(query)
        scored, due = cursor.fetchone()
    return Scored(scored, due - scored)
