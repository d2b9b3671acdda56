"""The ledger at size: what the chain costs a writer, how long its verification takes, and the scoring of due forecasts.

The peers are the same statements without the chain: COPY of the same rows into the same table with the linking trigger
off, and a bare UPDATE of the same rows that measures nothing. One run, in a database of its own; prints one JSON line,
then one line for people.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

import django  # noqa: E402

django.setup()

from django.db import connections, transaction  # noqa: E402
from psycopg import sql  # noqa: E402

from aimodels.services import score_predictions  # noqa: E402
from aimodels.services.verification import verify_ledger  # noqa: E402
from assets.models import Asset  # noqa: E402
from assets.services.partitions import ensure_partitions  # noqa: E402
from benchmarks.scratch import owner, scratch_database  # noqa: E402

START = datetime(2024, 1, 1, tzinfo=UTC)
ASSETS = 500

MARKET = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume)
SELECT a.id, '1h', t, p, p * 1.01, p * 0.99, p, 1000
FROM assets a CROSS JOIN generate_series({start}, {until}, interval '1 hour') t
CROSS JOIN LATERAL (SELECT (100 + 10 * sin(a.id + extract(epoch FROM t) / 20000))::numeric(38, 18) AS p) c;
ANALYZE price_data;
"""
# Half of them directions, half prices, as a model issues them; an hour apart, due a day later.
FORECASTS = """
SELECT a.id AS asset_id, {name} AS model_name, '1' AS model_version, 3 AS layer_source, kind AS prediction_type,
       CASE WHEN kind = 'price' THEN 101.5 END::numeric(38, 18) AS predicted_price,
       CASE WHEN kind = 'price'
            THEN '{{"quantiles": {{"0.05": 90.1, "0.25": 97.2, "0.5": 101.5, "0.75": 104.3, "0.95": 110.4}},
                   "naive_quantiles": {{"0.05": 89.9, "0.25": 96.8, "0.5": 100.0, "0.75": 103.1, "0.95": 111.0}}}}'
            ELSE '{{"probability_up": 0.534512345, "naive_probability_up": 0.512345678}}' END::jsonb AS predicted_value,
       0.9 AS confidence_score, 24 AS prediction_horizon, t + interval '24 hours' AS target_datetime,
       '["close"]'::jsonb AS features_used, repeat('ab', 32) AS features_hash,
       '{{"decay": 0.94}}'::jsonb AS model_parameters,
       100 AS input_price, '{{"drift": 0.000123456789, "volatility": 0.0323456789}}'::jsonb AS input_features,
       '{{"market_regime": "bull"}}'::jsonb AS context_data, 'bull' AS market_conditions, t AS as_of,
       'live' AS series
FROM generate_series(0, {count} / 2 - 1) n
CROSS JOIN LATERAL (SELECT {start}::timestamptz + (n / {assets}) * interval '1 hour' AS t) moment
CROSS JOIN LATERAL (VALUES ('direction'), ('price')) kinds (kind)
JOIN assets a ON a.symbol = 'T' || (n % {assets} + 1)
"""


def insert(name: str, count: int) -> float:
    """Seconds of one INSERT of forecasts by the application's role."""
    query = sql.SQL(FORECASTS).format(
        name=sql.Literal(name), count=sql.Literal(count), start=sql.Literal(START), assets=sql.Literal(ASSETS)
    )
    columns = (
        "asset_id, model_name, model_version, layer_source, prediction_type, predicted_price, predicted_value, "
        "confidence_score, prediction_horizon, target_datetime, features_used, features_hash, model_parameters, "
        "input_price, input_features, context_data, market_conditions, as_of, series"
    )
    with connections["default"].cursor() as cursor:
        return timed(lambda: cursor.execute(sql.SQL("INSERT INTO predictions ({}) ").format(sql.SQL(columns)) + query))


def update_bare() -> float:
    """Seconds of an UPDATE that only calls every forecast scored; taken back."""
    with transaction.atomic(), connections["default"].cursor() as cursor:
        seconds = timed(lambda: cursor.execute("UPDATE predictions SET is_realized = true, evaluated_at = now()"))
        transaction.set_rollback(True)
    owner("VACUUM ANALYZE predictions")
    return seconds


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(rows: int, due: int) -> dict[str, Any]:
    """Every figure; seconds and rows."""
    until = START + timedelta(hours=due // ASSETS + 30)
    ensure_partitions("1h", START, until)
    Asset.objects.bulk_create(
        Asset(symbol=f"T{number}", name=f"Test coin {number}", asset_type="crypto") for number in range(1, ASSETS + 1)
    )
    owner(sql.SQL(MARKET).format(start=sql.Literal(START), until=sql.Literal(until)))
    found: dict[str, Any] = {"rows": rows, "due": due}
    found["insert_linked"] = insert("due", due)
    owner("ANALYZE predictions")
    found["update_bare"] = update_bare()
    found["score"] = timed(lambda: found.update(scored=score_predictions(until).scored))
    found["score_again"] = timed(lambda: found.update(scored_again=score_predictions(until).scored))
    found["insert_large"] = sum(insert(f"large_{part}", rows // 5) for part in range(5))
    owner("VACUUM ANALYZE predictions")
    owner("VACUUM ANALYZE prediction_links")
    found["verify"] = timed(lambda: found.update(verified=[one.fault is None for one in verify_ledger()]))
    owner("ALTER TABLE predictions DISABLE TRIGGER trg_predictions_link")
    found["insert_bare"] = insert("bare", due)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows to verify")
    parser.add_argument("--due", type=int, default=100_000, help="forecasts to score")
    options = parser.parse_args()
    with scratch_database("ledger"):
        result = measure(options.rows, options.due)
    print(json.dumps(result))
    print(
        f"ledger: {result['scored']} due forecasts scored in {result['score']:.2f} s, "
        f"{result['score'] / result['update_bare']:.2f} times a bare UPDATE of them (again: {result['scored_again']} "
        f"in {result['score_again']:.2f} s); the chain makes an INSERT of {result['due']} rows "
        f"{result['insert_linked'] / result['insert_bare']:.2f} times as long; {result['rows']} rows verified in "
        f"{result['verify']:.1f} s"
    )
