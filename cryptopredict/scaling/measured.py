"""What was measured."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.db import connections

from cryptopredict.environment import BASE_DIR

CLAIMS = BASE_DIR / "docs" / "claims.json"
MEASURED = BASE_DIR / "docs" / "scaling.json"
SAMPLE = 50_000


@dataclass(frozen=True)
class Constants:
    """What was measured: by the claims, and by ``benchmarks/scaling.py``.

    Attributes:
        row_bytes: a candle with its indexes.
        rows_a_second: candles that an import lands.
        layers_seconds: the layers over 500 assets, candles lifted.
        layers_growth: their cost for four times as many.
        page_seconds: processor time of the web for the dearest page.
        assets: how many there were when the following was measured.
        weights: bytes of a row with its indexes, by table.
        runs: rows that a run leaves for each asset, by its timeframe and by table.
        call_worker, call_database: seconds of the processor that one call of a live round takes of the worker and of
            the database.
        page_database: of the database, for a page; the mean of all.
        dearest_database: the same of the page that costs it most.
        read_web, read_database: for a read of the API; the mean of some.
    """

    row_bytes: float
    rows_a_second: float
    layers_seconds: float
    layers_growth: float
    page_seconds: float
    assets: int
    weights: dict[str, float]
    runs: dict[str, dict[str, float]]
    call_worker: float
    call_database: float
    page_database: float
    dearest_database: float
    read_web: float
    read_database: float

    @classmethod
    def read(cls) -> "Constants":
        claims, found = json.loads(CLAIMS.read_text()), json.loads(MEASURED.read_text())

        def claim(name: str) -> float:
            return float(re.sub(r"[^0-9.]", "", claims[name]["value"]))

        return cls(
            row_bytes=found["candle_bytes"],
            rows_a_second=claim("import-candles") / claim("import-seconds"),
            layers_seconds=claim("layers-all-seconds"),
            layers_growth=claim("layers-growth"),
            page_seconds=claim("pages-p95-cpu") / 1000,
            assets=found["assets"],
            weights={name: weighed["bytes"] for name, weighed in found["tables"].items()},
            runs=found["runs"],
            call_worker=found["live"]["worker_ms"] / 1000,
            call_database=found["live"]["database_ms"] / 1000,
            page_database=found["pages"]["database_ms"] / 1000,
            dearest_database=found["pages"]["dearest_database_ms"] / 1000,
            read_web=found["requests"]["web_ms"] / 1000,
            read_database=found["requests"]["database_ms"] / 1000,
        )


def measure() -> dict[str, Any]:
    """Bytes of a candle with its indexes, of a table like that of the candles in the database at hand."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE scaling_sample"
            " (LIKE price_data INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
        )
        cursor.execute(
            "INSERT INTO scaling_sample (asset_id, timeframe, candle_time, open_price, high_price, low_price,"
            " close_price, volume, base_volume, trade_count, vwap, created_at, updated_at)"
            " SELECT n %% 50, '1m', '2024-01-01'::timestamptz + n / 50 * interval '1 minute', p, p + 1, p - 1, p,"
            " (random() * 1e7)::numeric(20, 2), (random() * 1e3)::numeric(20, 8), (random() * 1e4)::int, p,"
            " now(), now()"
            " FROM (SELECT n, (50000 + random() * 20000)::numeric(20, 8) p FROM generate_series(0, %s - 1) n) rows",
            [SAMPLE],
        )
        cursor.execute("SELECT pg_total_relation_size('scaling_sample')")
        size = cursor.fetchone()[0]
        cursor.execute("DROP TABLE scaling_sample")
        cursor.execute("SHOW server_version")
        version = str(cursor.fetchone()[0]).split(" ")[0]
    return {"candle_bytes": round(size / SAMPLE, 1), "rows": SAMPLE, "postgresql": version}
