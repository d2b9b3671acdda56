"""One month of candles goes to the archive: how long others are locked out, against copying its rows.

Product: `archive_prices`, from the first lock that others feel to the end of COMMIT. Peer: INSERT … SELECT into the
archive and DELETE of the same rows, in one transaction; it is rolled back, so its COMMIT is not even counted. Both work
on the same rows and tables with all constraints on, alternating, in two sizes. Limit: 50 ms at either size.

    archive.py [--rounds 5] [--sizes 500000 2000000]
"""

import argparse
import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.db import transaction
from psycopg import sql

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django.setup()

from assets.services import archive_prices, ensure_partitions, restore_prices  # noqa: E402 - Django is set up now
from benchmarks.scratch import owner, scratch_database  # noqa: E402

MONTH, NEXT = datetime(2012, 5, 1, tzinfo=UTC), datetime(2012, 6, 1, tzinfo=UTC)
NAME = "price_1m_y2012m05"
NOW = NEXT + timedelta(days=31)
MINUTES = 31 * 24 * 60
LIMIT_MS = 50
SETTLE_SECONDS = 2
"""Before each move: what the peer has written reaches the disk, so that our COMMIT does not wait for it."""
COLUMNS = """
asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume, base_volume, market_cap,
trade_count, vwap, technical_indicators, is_validated, is_derived, created_at, updated_at
"""
COPY = "INSERT INTO price_data_archive ({columns}) SELECT {columns} FROM price_data WHERE {month}"
DELETE = "DELETE FROM price_data WHERE {month}"
MONTH_OF = "timeframe = '1m' AND candle_time >= {first} AND candle_time < {end}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[500_000, 2_000_000])
    options = parser.parse_args()
    results = []
    with scratch_database("archive"):
        for size in options.sizes:
            fill(size)
            results.append(measured(size, options.rounds))
            print(json.dumps(results[-1]))
    print(
        "; ".join(
            f"{one['rows'] / 1e6:g}M rows {one['locked_ms']['median']:.1f} ms inside the lock, "
            f"copy and delete {one['copy_ms']['median'] / 1000:.2f} s, {one['ratio']:.0f}x"
            for one in results
        )
        + f" (limit {LIMIT_MS} ms; {options.rounds} rounds, counts before = after)"
    )


def measured(size: int, rounds: int) -> dict[str, Any]:
    """Moves and copies in turn; every round starts with the month in the live table."""
    locked, whole, copied = [], [], []
    for _ in range(rounds):
        time.sleep(SETTLE_SECONDS)
        require(size, 0)
        started = time.perf_counter()
        [move] = archive_prices(NOW).moves
        whole.append((time.perf_counter() - started) * 1000)
        locked.append(move.locked * 1000)
        require(0, size)
        restore_prices([NAME])
        require(size, 0)
        copied.append(copy_and_delete() * 1000)
    return {
        "rows": size,
        "locked_ms": spread(locked),
        "whole_run_ms": spread(whole),
        "copy_ms": spread(copied),
        "ratio": statistics.median(copied) / statistics.median(locked),
        "limit_ms": LIMIT_MS,
    }


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def copy_and_delete() -> float:
    """Seconds in which the peer moves the month, row by row, to a place in the archive made for it."""
    bounds = {"first": sql.Literal(MONTH.isoformat()), "end": sql.Literal(NEXT.isoformat())}
    parts = {"columns": sql.SQL(COLUMNS), "month": sql.SQL(MONTH_OF).format(**bounds)}
    with transaction.atomic(using="owner"):
        owner(
            sql.SQL(
                'CREATE TABLE peer PARTITION OF "price_data_archive_1m" FOR VALUES FROM ({first}) TO ({end})'
            ).format(**bounds)
        )
        started = time.perf_counter()
        owner(sql.SQL(COPY).format(**parts))
        owner(sql.SQL(DELETE).format(**parts))
        taken = time.perf_counter() - started
        transaction.set_rollback(True, using="owner")
    return taken


def fill(size: int) -> None:
    """The month anew, with so many candles of as many assets as that takes, packed and analysed."""
    owner(f"DROP TABLE IF EXISTS {NAME}")
    ensure_partitions("1m", MONTH, MONTH)
    owner(
        "INSERT INTO assets (symbol, name, asset_type, access_count, is_active, is_supported, data_quality_score, "
        "data_source) SELECT 'BENCH' || n, 'bench', 'crypto', 0, true, true, 100, 'file' FROM generate_series(1, %s) n "
        "ON CONFLICT DO NOTHING",
        -(-size // MINUTES),
    )
    owner(
        "INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, "
        "volume, base_volume, trade_count, vwap) SELECT a.id, '1m', t, 100.25, 101.5, 99.75, 100.5, 1005.00, 10, 7, "
        "100.4 FROM generate_series(%s::timestamptz, %s::timestamptz - interval '1 minute', interval '1 minute') t "
        "CROSS JOIN (SELECT id FROM assets WHERE symbol LIKE 'BENCH%%' ORDER BY id) a LIMIT %s",
        MONTH, NEXT, size,
    )  # fmt: skip
    owner(f"VACUUM (ANALYZE) {NAME}")


def require(live: int, archived: int) -> None:
    count = sql.SQL("SELECT count(*) FROM {} WHERE timeframe = '1m'")
    found = tuple(owner(count.format(sql.Identifier(table))) for table in ("price_data", "price_data_archive"))
    if found != (live, archived):
        sys.exit(f"counts are {found}, not {(live, archived)}")


if __name__ == "__main__":
    main()
