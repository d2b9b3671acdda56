"""What longer candles must be, worked out one candle after the other in exact decimals; and candles to make them of."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from assets.compute import periods
from assets.models import Asset
from assets.services import store_candles

FIRST = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday


def reference(rows: list[dict[str, Any]], source: str, target: str) -> dict[datetime, tuple[Any, ...]]:
    """Open, high, low, close, coins, trades and dollars of each complete candle, one after the other."""
    buckets: dict[datetime, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["candle_time"]):
        buckets.setdefault(periods.start(row["candle_time"], target), []).append(row)
    found = {}
    for start, parts in buckets.items():
        expected, time = [], start
        while time < periods.end(start, target):
            expected.append(time)
            time = periods.end(time, source)
        if [part["candle_time"] for part in parts] != expected:
            continue
        trades = [part["trade_count"] for part in parts]
        dollars = [part["quote_volume"] if part["volume"] else 0 for part in parts]
        found[start] = (
            parts[0]["open"], max(part["high"] for part in parts), min(part["low"] for part in parts),
            parts[-1]["close"], sum(part["volume"] for part in parts),
            None if None in trades else sum(trades), None if None in dollars else sum(dollars),
        )  # fmt: skip
    return found


def values(frame: pl.DataFrame) -> dict[datetime, tuple[Any, ...]]:
    """The same of what the database made."""
    found = {}
    for row in frame.iter_rows(named=True):
        exact = [Decimal(row[name]) for name in ("open", "high", "low", "close", "volume")]
        dollars = None if row["quote_volume"] is None else Decimal(row["quote_volume"])
        found[row["candle_time"]] = (*exact, row["trade_count"], dollars)
    return found


def random_candles(count: int, timeframe: str, seed: int, *, first: datetime = FIRST) -> list[dict[str, Any]]:
    """Candles with holes, most with dollars and trades, some without coins."""
    chance, rows, time = random.Random(seed), [], first  # noqa: S311 - not for secrets
    rich = seed % 2 == 0
    for _ in range(count):
        low = Decimal(chance.randint(1, 10**9)).scaleb(-chance.choice((0, 4, 12)))
        high = low + Decimal(chance.randint(0, 10**6)).scaleb(-9)
        prices = [low + (high - low) * Decimal(chance.randint(0, 100)) / 100 for _ in range(2)]
        coins = Decimal(0) if chance.random() < 0.1 else Decimal(chance.randint(1, 10**12)).scaleb(-8)
        dollars = (coins * (high + low) / 2).quantize(Decimal("0.01")) if rich or chance.random() < 0.9 else None
        row = {"candle_time": time, "open": prices[0], "high": high, "low": low, "close": prices[1], "volume": coins}
        row["trade_count"] = chance.randint(0, 10**5) if rich or chance.random() < 0.9 else None
        row["quote_volume"] = dollars if dollars is None or dollars > 0 or not coins else Decimal("0.01")
        if chance.random() > 0.01:
            rows.append(row)
        time = periods.end(time, timeframe)
    return rows


def store(asset: Asset, timeframe: str, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(
        {
            name: [None if row[name] is None else format(row[name], "f") for row in rows]
            for name in ("open", "high", "low", "close", "volume", "quote_volume")
        },
        schema_overrides={"quote_volume": pl.String},
    ).with_columns(
        pl.Series("candle_time", [row["candle_time"] for row in rows], pl.Datetime("us", "UTC")),
        pl.Series("trade_count", [row["trade_count"] for row in rows], pl.Int64),
    )
    store_candles(asset.pk, timeframe, frame)
