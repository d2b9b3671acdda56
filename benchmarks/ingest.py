"""Candles into the database: `store_batch` against raw COPY and `bulk_create(update_conflicts)`.

Limit (1.0): raw CSV COPY of finished rows into the same partitioned table. All ways write the same candles into the
same table with its constraints, triggers and foreign key, with fsync on, alternating; between them the table is
emptied. The product starts from checked text, so its time holds parsing, exact arithmetic and encoding too; the CSV of
the limit and the objects of the ORM are made before the clock starts. `bulk_create` stores a part and is compared by
rows per second. "beside" are new candles of assets whose other half of the span is stored already, interleaved.

    ingest.py [--rows 200000] [--rounds 5] [--orm-rows 10000]
    ingest.py --memory [--rows 10000000]     most memory of a process that imports so many candles from CSV.gz files
"""

import argparse
import gzip
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import numpy as np
import polars as pl
import psutil
from django.db import connection, connections, transaction

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django.setup()

from assets.compute.exact import STORED, exact_columns  # noqa: E402
from assets.models import PriceData  # noqa: E402
from assets.services import ensure_partitions, register_asset, store_batch  # noqa: E402
from benchmarks.scratch import owner, scratch_database  # noqa: E402 - Django is set up now

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ASSETS = 20
FIRST_MINUTE = datetime(2021, 1, 1, tzinfo=UTC)
FILES, PART = 5, 100_000
MEBIBYTE = 2**20
COPIED = ("asset_id", "timeframe", "candle_time", *STORED, "trade_count", "is_validated")
CHANGED = ("open_price", "high_price", "low_price", "close_price", "volume", "base_volume", "vwap", "trade_count")
LIMIT = "raw COPY"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--orm-rows", type=int, default=10_000)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    with scratch_database("ingest") as database:
        if options.memory:
            measure_memory(database, options.rows or 10_000_000)
        else:
            measure_speed(options.rows or 200_000, options.rounds, options.orm_rows)


# -- speed ------------------------------------------------------------------------------------------------------------


def measure_speed(rows: int, rounds: int, orm_rows: int) -> None:
    ids = [register(number) for number in range(ASSETS)]
    candles = walk(ids, rows // ASSETS, HOUR)
    ensure_partitions("1h", candles["candle_time"].min(), candles["candle_time"].max())  # type: ignore[arg-type]
    csv, objects = finished_csv(candles), orm_objects(candles.head(orm_rows))
    half = candles.filter(pl.int_range(pl.len()) % 2 == 0)
    rest = candles.filter(pl.int_range(pl.len()) % 2 == 1)
    seconds: dict[str, list[float]] = {}

    def clocked(name: str, count: int, run: Callable[[], object]) -> None:
        """Seconds for as many rows as the limit stores."""
        started = time.perf_counter()
        run()
        seconds.setdefault(name, []).append((time.perf_counter() - started) * candles.height / count)

    for _ in range(rounds):
        empty()
        clocked(LIMIT, rows, lambda: copy_csv(csv))
        empty()
        clocked("new", rows, lambda: store_batch("1h", candles))
        clocked("unchanged", rows, lambda: store_batch("1h", candles))
        empty()
        store_batch("1h", half)
        clocked("beside", rest.height, lambda: store_batch("1h", rest))
        empty()
        clocked("bulk_create new", orm_rows, lambda: upsert(objects))
        clocked("bulk_create unchanged", orm_rows, lambda: upsert(objects))
    limit = statistics.median(seconds[LIMIT])
    results = {
        name: {
            "median_s": round(statistics.median(times), 3),
            "min_s": round(min(times), 3),
            "max_s": round(max(times), 3),
            "rows_per_s": round(candles.height / statistics.median(times)),
            "of_raw_copy": round(limit / statistics.median(times), 3),
            "of_raw_copy_by_round": [round(a / b, 2) for a, b in zip(seconds[LIMIT], times, strict=True)],
        }
        for name, times in seconds.items()
    }
    print(json.dumps({"rows": candles.height, "rounds": rounds, "results": results}))
    for name, result in results.items():
        print(f"{name}: {result['rows_per_s']} rows/s, {result['of_raw_copy']:.2f}x")
    said = ", ".join(f"{name} {results[name]['of_raw_copy']:.2f}x" for name in ("new", "unchanged", "beside"))
    said += f", bulk_create {results['bulk_create new']['of_raw_copy']:.2f}x"
    print(f"{said} of raw COPY ({rounds} rounds, {candles.height // 1000}k rows)")


def register(number: int) -> int:
    return register_asset(f"BENCH{number}", data_source="binance", quote="USDT", exchange_pair=f"BENCH{number}USDT").pk


def walk(ids: list[int], count: int, step: timedelta, first: datetime = FIRST) -> pl.DataFrame:
    """Candles as an exchange sends them: prices to the cent, coins to the fifth place, dollars, trades."""
    random, total = np.random.default_rng(7), count * len(ids)
    opens = 100 * np.exp(np.cumsum(random.normal(0, 0.001, total)))
    closes = opens * np.exp(random.normal(0, 0.001, total))
    coins = random.gamma(2, 1000, total)
    times = np.tile(np.arange(count) * int(step.total_seconds()), len(ids)) + int(first.timestamp())
    amounts = {
        "open": opens.round(2),
        "high": (np.maximum(opens, closes) * 1.001 + 0.01).round(2),
        "low": (np.minimum(opens, closes) * 0.999 - 0.01).round(2),
        "close": closes.round(2),
        "volume": coins.round(5),
        "quote_volume": (coins * (opens + closes) / 2).round(2),
    }
    return pl.DataFrame(
        {
            "asset_id": np.repeat(ids, count),
            "candle_time": pl.Series(times * 1_000_000).cast(pl.Datetime("us", "UTC")),
            **{name: pl.Series(values).cast(pl.String) for name, values in amounts.items()},
            "trade_count": random.integers(1, 100_000, total),
        }
    )


def finished(candles: pl.DataFrame) -> pl.DataFrame:
    """The rows as they are stored, as text."""
    exact = exact_columns(candles)
    texts = exact.select(
        pl.format("{}.{}", pl.col(name) // 10**18, (pl.col(name) % 10**18).cast(pl.String).str.zfill(18)).alias(name)
        for name in STORED
    )
    return candles.select("asset_id", "candle_time", "trade_count").hstack(texts)


def finished_csv(candles: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows = finished(candles).with_columns(
        pl.col(STORED).str.strip_chars_end("0"), timeframe=pl.lit("1h"), is_validated=pl.lit("t")
    )
    rows.select(COPIED).write_csv(buffer, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%:z")
    return buffer.getvalue()


@transaction.atomic
def copy_csv(csv: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY price_data ({', '.join(COPIED)}) FROM STDIN CSV") as copy:
        copy.write(csv)


def orm_objects(candles: pl.DataFrame) -> list[PriceData]:
    return [
        PriceData(timeframe="1h", is_validated=True, **row | {name: Decimal(row[name]) for name in STORED})
        for row in finished(candles).iter_rows(named=True)
    ]


@transaction.atomic
def upsert(objects: list[PriceData]) -> None:
    PriceData.objects.bulk_create(
        objects,
        update_conflicts=True,
        unique_fields=["asset", "timeframe", "candle_time"],
        update_fields=CHANGED,
        batch_size=1000,
    )


def empty() -> None:
    owner("TRUNCATE price_data")
    connections["owner"].close()


# -- memory -----------------------------------------------------------------------------------------------------------


def measure_memory(database: str, rows: int) -> None:
    """Files of minute candles, imported by the product's own command in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "spot"
        folder.mkdir()
        for number in range(FILES):
            write_minutes(folder / f"BENCH{number}USDT-1m.csv.gz", number, rows // FILES)
        size = sum(file.stat().st_size for file in folder.iterdir())
        peaks = {"import": 0, "one database process": 0}
        variables = {
            variable: moved(os.environ[variable], database) for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")
        }
        connections.close_all()
        started = time.perf_counter()
        importing = subprocess.Popen(
            [sys.executable, "manage.py", "import_market", str(folder)], cwd=ROOT, env=os.environ | variables
        )
        while importing.poll() is None:
            watch(importing.pid, database, peaks)
            time.sleep(0.5)
        seconds = time.perf_counter() - started
    stored = owner("SELECT count(*) FROM price_data")
    imported, beside = (f"{peak / MEBIBYTE:.0f}" for peak in peaks.values())
    print(
        json.dumps(
            {"rows": stored, "seconds": round(seconds, 1), "status": importing.poll(), "packed_bytes": size}
            | {f"most bytes of {name}": peak for name, peak in peaks.items()}
        )
    )
    print(
        f"{stored} candles imported: {imported} MiB at most, {stored / seconds:.0f} rows/s; "
        f"one process of the database {beside} MiB beyond what it shares"
    )


def moved(address: str, database: str) -> str:
    """The address of a server with another database in it."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"/{database}"))


def watch(pid: int, database: str, peaks: dict[str, int]) -> None:
    """Most memory so far: of the importing process as the system counts it, of a database process without shared
    buffers."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        peaks["import"] = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]
        for process in psutil.process_iter(["name", "cmdline"]):
            if database in " ".join(process.info["cmdline"] or []):
                used = process.memory_info()
                peaks["one database process"] = max(peaks["one database process"], used.rss - used.shared)
    except (OSError, TypeError, psutil.Error):
        return  # it has ended in between


def write_minutes(path: Path, number: int, count: int) -> None:
    """A file in parts of its own, so that making it takes little memory too."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for place in range(0, count, PART):
            part = walk([number], min(PART, count - place), MINUTE, FIRST_MINUTE + place * MINUTE)
            text = pl.col("candle_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            names = ("candle_time", "open", "high", "low", "close", "volume", "trade_count", "quote_volume")
            buffer = io.BytesIO()
            part.with_columns(text).select(names).write_csv(buffer, include_header=not place)
            file.write(buffer.getvalue())


if __name__ == "__main__":
    main()
