"""Rows of the ledger, written by one statement however many they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.db import connection

from aimodels.models import Prediction
from system.services import complete, fitted

NEVER = {
    "predicted_price": "a direction has no price",
    "training_data_end": "rules are not trained",
    "model_training_time": "the time of its training is not known",
    "prediction_time": "all assets are forecast together",
    "market_conditions": "no regime was known",
    "volatility_level": "no regime was known",
}
LATER = (
    "user", "notes", "debug_info", "accuracy_threshold", "unresolved_reason",
    "actual_price", "accuracy_percentage", "absolute_error", "squared_error", "is_accurate", "evaluated_at",
)  # fmt: skip
"""Columns that belong to a user's request, to a reader, or to the scoring."""
# What a forecast says travels as JSON, which both sides read quickly; what all share travels once. The numbers of the
# rows, and so their places in the chain, follow the order in which they were given.
INSERT = """
INSERT INTO predictions (
    asset_id, prediction_type, prediction_horizon, target_datetime, input_price, predicted_price, predicted_value,
    confidence_score, features_used, features_hash, input_features, context_data, market_conditions, volatility_level,
    debug_info, ai_model_id, model_name, model_version, layer_source, model_parameters, training_data_end,
    model_training_time, as_of, run_id, series)
SELECT r.asset_id, r.prediction_type, r.prediction_horizon, r.target_datetime, r.input_price, r.predicted_price,
    r.predicted_value, r.confidence_score, s.names -> r.names, r.features_hash, r.input_features, r.context_data,
    r.market_conditions, r.volatility_level, s.reasons -> r.reasons, s.ai_model_id, s.model_name, s.model_version,
    s.layer_source, s.model_parameters, s.training_data_end, s.model_training_time, s.as_of, s.run_id, s.series
FROM json_to_recordset(%(rows)s) AS r (
    place int, asset_id bigint, prediction_type text, prediction_horizon int, target_datetime timestamptz,
    input_price numeric, predicted_price numeric, predicted_value jsonb, confidence_score numeric,
    names int, features_hash text, input_features jsonb, context_data jsonb, market_conditions text,
    volatility_level text, reasons int)
CROSS JOIN json_to_record(%(shared)s) AS s (
    ai_model_id bigint, model_name text, model_version text, layer_source int, model_parameters jsonb,
    training_data_end timestamptz, model_training_time numeric, as_of timestamptz, run_id bigint, series text,
    names jsonb, reasons jsonb)
ORDER BY r.place
ON CONFLICT DO NOTHING
"""


def insert_missing(rows: Sequence[Mapping[str, Any]], shared: Mapping[str, Any]) -> int:
    """Write the forecasts that are not there yet, each with the reasons for the columns that it leaves empty.

    Args:
        rows: columns of each forecast, the same for all of one type.
        shared: columns that all have in common.
    Returns:
        How many were written.
    """
    if not rows:
        return 0
    reasons: dict[tuple[str, ...], dict[str, Any]] = {}
    names: dict[tuple[str, ...], int] = {}
    given = []
    for place, row in enumerate(rows):
        kind = (row["prediction_type"], *(name for name, value in row.items() if value is None))
        if kind not in reasons:
            absent = complete(Prediction, {**row, **shared}, NEVER, by_people=LATER)[1]
            reasons[kind] = {"place": len(reasons), "said": {"missing": absent}}
        used = names.setdefault(tuple(row["features_used"]), len(names))
        own = {name: value for name, value in row.items() if name != "features_used"}
        given.append({**own, "names": used, "reasons": reasons[kind]["place"], "place": place})
    common = fitted(Prediction, shared) | {
        "names": list(names),
        "reasons": [one["said"] for one in reasons.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {"rows": _json(given), "shared": _json(common)})
        return int(cursor.rowcount)


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
