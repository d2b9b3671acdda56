"""Markets for the regime row, written straight into the tables: a made one, and the real one of 2019 to 2025."""

import csv
import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection

from assets.compute.periods import LENGTHS
from assets.models import Asset
from macro.models import AIRegimeAnalysis, ExternalSeries, MetricsSnapshot
from tests.business import NOT_BUSINESS
from tests.factories import AssetFactory, ExternalSeriesFactory

FIRST = datetime(2023, 1, 1, tzinfo=UTC)
COINS, DAYS = 8, 430
INSERT = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume,
                        trade_count)
SELECT %(asset)s, %(timeframe)s, to_timestamp(t) AT TIME ZONE 'UTC' AT TIME ZONE 'UTC', o, h, l, c, v, n
FROM unnest(%(times)s::bigint[], %(open)s::numeric[], %(high)s::numeric[], %(low)s::numeric[], %(close)s::numeric[],
            %(volume)s::numeric[], %(trades)s::int[]) AS rows(t, o, h, l, c, v, n)
"""
VALUES = """
INSERT INTO external_values (series_id, observed_at, known_at, value)
SELECT %(series)s, to_timestamp(t), to_timestamp(t) + interval '1 day', v
FROM unnest(%(times)s::bigint[], %(values)s::numeric[]) AS rows(t, v)
"""


def store_candles(asset: Asset, timeframe: str, times: Sequence[int], lines: Mapping[str, Sequence[Any]]) -> None:
    """Candles whose ``open, high, low, close, volume, trades`` stand in ``lines``."""
    with connection.cursor() as cursor:
        named: dict[str, Any] = {"asset": asset.pk, "timeframe": timeframe, "times": list(times), **lines}
        cursor.execute(INSERT, named)


def store_values(code: str, times: Sequence[int], values: Sequence[Any], kind: str = "macro") -> ExternalSeries:
    """Daily values, each known when its day is over."""
    series: ExternalSeries = ExternalSeriesFactory(code=code, kind=kind)
    with connection.cursor() as cursor:
        cursor.execute(VALUES, {"series": series.pk, "times": list(times), "values": list(values)})
    return series


def made_market(
    days: int = DAYS, coins: int = COINS, *, seed: int = 4, first: datetime = FIRST, timeframe: str = "1d"
) -> list[Asset]:
    """Bitcoin, Ether and others with a rise, a fall and a rise, whose trades are counted; seeded."""
    generator = np.random.default_rng(seed)
    drift = np.repeat([0.004, -0.004, 0.005], days // 3 + 1)[:days, None]
    market = drift + 0.02 * generator.standard_normal((days, 1))
    closes = 20_000 * np.exp(np.cumsum(market + 0.01 * generator.standard_normal((days, coins)), axis=0))
    step = int(LENGTHS[timeframe].total_seconds())
    times = [int(first.timestamp()) + step * day for day in range(days)]
    assets: list[Asset] = [
        AssetFactory(symbol=symbol) for symbol in ("BTC", "ETH", *(f"MADE{n}" for n in range(coins - 2)))
    ]
    for column, asset in enumerate(assets):
        close = np.round(closes[:, column], 4)
        before = np.concatenate([close[:1], close[:-1]])
        top = np.maximum(before, close) * (1 + 0.01 * generator.random(days))
        bottom = np.minimum(before, close) * (1 - 0.01 * generator.random(days))
        lines = {"open": before, "high": top.round(4) + 0.0001, "low": bottom.round(4) - 0.0001, "close": close,
                 "volume": (1e6 * (1 + generator.random(days))).round(2),
                 "trades": generator.integers(900, 1100, days)}  # fmt: skip
        store_candles(asset, timeframe, times, {name: line.tolist() for name, line in lines.items()})
    return assets


def made_surroundings(days: int = DAYS, *, first: datetime = FIRST) -> None:
    """Other markets and open interest of the same days."""
    generator = np.random.default_rng(9)
    times = [int((first + timedelta(days=day)).timestamp()) for day in range(days)]
    for code, level in (("SP500", 4000), ("VIX", 18), ("DXY", 100), ("GOLD", 1900), ("US10Y", 4)):
        store_values(code, times, (level * np.exp(np.cumsum(0.01 * generator.standard_normal(days)))).round(4).tolist())
    held = (1e9 * np.exp(np.cumsum(0.02 * generator.standard_normal(days)))).round(2)
    store_values("OPEN_INTEREST:BTCUSDT-PERP", times, held.tolist(), "open_interest")


def snapshot_at(moment: datetime, timeframe: str = "1d", **columns: Any) -> MetricsSnapshot:
    """A snapshot that shows all sources, unless told otherwise."""
    known = {"fear_greed_index": 30, "composite_sentiment": -0.2, "funding_rate_btc": 0.0001, "sp500": 4000,
             "is_validated": True, "data_quality_flags": {"completeness_score": 0.9, "outlier_flags": {}}}  # fmt: skip
    values = {"btc_price_usd": 20_000, **known, **columns}
    return MetricsSnapshot.objects.create(snapshot_time=moment, timeframe=timeframe, **values)


def business(row: AIRegimeAnalysis) -> dict[str, Any]:
    """What a row says, without how it was written."""
    row.refresh_from_db()
    fields = (field for field in row._meta.concrete_fields if field.attname not in NOT_BUSINESS)
    return {field.attname: getattr(row, field.attname) for field in fields}


def real_market(shared: Path) -> None:
    """Daily candles of the nine long pairs and of twenty others, and the other markets, from the shared files."""
    folders = [shared / "data/candles" / name for name in ("binance-spot-2024", "binance-spot-daily")]
    files = {
        path.name.partition("USDT-")[0]: path
        for folder in folders
        for path in sorted(folder.glob("*USDT-1d.csv.gz"))[:18]
    }
    for symbol, path in files.items():
        with gzip.open(path, "rt") as file:
            rows = [row for row in csv.DictReader(file) if row["candle_time"] >= "2019"]
        asset = AssetFactory(symbol=symbol)
        times = [int(datetime.fromisoformat(row["candle_time"]).timestamp()) for row in rows]
        lines = {name: [row[name] for row in rows] for name in ("open", "high", "low", "close")}
        volume = [float(row["volume"]) * float(row["close"]) for row in rows]
        trades = [int(row["trade_count"]) if row.get("trade_count") else None for row in rows]
        store_candles(asset, "1d", times, {**lines, "volume": volume, "trades": trades})
    for stem, code, day, value in (
        ("vix-daily", "VIX", "date", "close"), ("sp500-daily", "SP500", "observation_date", "sp500"),
        ("dxy-daily", "DXY", "date", "dxy"), ("gold-daily-avg", "GOLD", "date", "price"),
        ("us10y-daily-avg", "US10Y", "date", "yield"),
    ):  # fmt: skip
        with (shared / f"data/macro/{stem}.csv").open() as file:
            rows = [{name.lower(): text for name, text in row.items()} for row in csv.DictReader(file)]
        known = [row for row in rows if row[value] and row[day] >= "2019"]
        times = [int(datetime.fromisoformat(row[day]).replace(tzinfo=UTC).timestamp()) for row in known]
        store_values(code, times, [row[value] for row in known])


def fear_and_greed(shared: Path) -> dict[str, str]:
    """The index by day."""
    with (shared / "data/macro/crypto-fear-greed-daily.csv").open() as file:
        return {row["date"]: row["value"] for row in csv.DictReader(file)}
