"""Candles from files: ``<SYMBOL>-<timeframe>.csv[.gz]`` in a folder that is named after its market.

Columns ``candle_time,open,high,low,close,volume[,trade_count,quote_volume]``; ``candle_time`` is the start of the
candle in ISO 8601 with its zone, ``volume`` counts coins and ``quote_volume`` dollars.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from assets.choices import Timeframe
from assets.compute import periods
from assets.providers.text_files import LINE, Reject, UnreadableFile, read_rows

PRICES = ("open", "high", "low", "close")
REQUIRED = ("candle_time", *PRICES, "volume")
OPTIONAL = ("trade_count", "quote_volume")
DOLLARS = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD")
"""Quote currencies that count as US dollars. Longer names first, so that the pair is split at the right place."""
FIRST_COIN = datetime(2009, 1, 3, tzinfo=UTC)
"""Bitcoin's first block: no candle of a coin is older, and room for older ones is never made."""
MIN_PRICE, MAX_PRICE = 1e-18, 1e20
"""What the columns of prices and of coins can hold: ``numeric(38, 18)``."""
MAX_DOLLARS = 1e28
"""What the columns of dollars can hold: ``numeric(30, 2)``."""
MAX_COUNT = 2**31 - 1
MAX_SYMBOL = 20
"""What the columns of trade counts and of symbols can hold."""
ALMOST = 0.999999
"""Products of floats are not exact: what comes this near to a limit may lie beyond it."""


@dataclass(frozen=True)
class CandleFile:
    """What a file's name says of its contents."""

    path: Path
    symbol: str
    quote: str
    timeframe: str
    is_perpetual: bool


def recognise(path: Path) -> CandleFile | None:
    """What a candle file holds, from its name; None for a file of another kind.

    Raises:
        UnreadableFile: a candle file whose symbol names no dollar pair, or is too long.
    """
    found = re.fullmatch(rf"([A-Z0-9]+)-({'|'.join(Timeframe.values)})\.csv(?:\.gz)?", path.name)
    if not found:
        return None
    pair, timeframe = found.groups()
    quote = next((quote for quote in DOLLARS if pair.endswith(quote) and len(pair) > len(quote)), None)
    if quote is None:
        raise UnreadableFile(f"unknown symbol {pair}: it ends with none of {', '.join(DOLLARS)}")
    is_perpetual = "perp" in path.parent.name.lower().split("-")
    symbol = f"{pair}-PERP" if is_perpetual else pair.removesuffix(quote)
    if len(symbol) > MAX_SYMBOL:
        raise UnreadableFile(f"the symbol {symbol} has more than {MAX_SYMBOL} characters")
    return CandleFile(path, symbol, quote, timeframe, is_perpetual)


def read_candles(file: CandleFile, now: datetime) -> tuple[pl.DataFrame, list[Reject]]:
    """The sound rows of a file, oldest first, and the others with their reasons.

    Returns:
        ``candle_time`` (UTC), ``open``, ``high``, ``low``, ``close``, ``volume``, ``quote_volume`` as decimal text,
        ``trade_count`` as integer; unique times.
    Raises:
        UnreadableFile: nothing in it can be used.
    """
    rows, rejects = read_rows(file.path, REQUIRED, OPTIONAL)
    checked = _typed(rows).with_columns(reason=_fault(file.timeframe, now))
    checked = _without_doubles(checked)
    faulty = checked.filter(pl.col("reason").is_not_null())
    rejects += [Reject(file.path.name, line, reason) for line, reason in faulty.select(LINE, "reason").iter_rows()]
    sound = checked.filter(pl.col("reason").is_null() & ~pl.col("repeats")).sort("time")
    return (
        sound.select(
            pl.col("time").alias("candle_time"), *PRICES, "volume", pl.col("count").alias("trade_count"), "quote_volume"
        ),
        sorted(rejects, key=lambda reject: reject.line),
    )


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers and times beside the text they came from; null where the text is none."""
    numeric = (*PRICES, "volume", "quote_volume")
    return rows.with_columns(
        pl.col("candle_time")
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False)
        .alias("time"),
        pl.col("trade_count").cast(pl.Int64, strict=False).alias("count"),
        *(pl.col(name).cast(pl.Float64, strict=False).alias(f"{name}_number") for name in numeric),
        *(pl.col(name).cast(pl.Decimal(38, 18), strict=False).alias(f"{name}_exact") for name in numeric),
    )


def _fault(timeframe: str, now: datetime) -> pl.Expr:
    """The first thing that is wrong with a row, as text; null for a sound one."""
    n = {name: pl.col(f"{name}_number") for name in (*PRICES, "volume", "quote_volume")}
    exact = {name: pl.col(f"{name}_exact") for name in PRICES}
    mean = pl.sum_horizontal(n[name] for name in PRICES) / 4
    last = periods.last_closed(now, timeframe)
    faults: list[tuple[pl.Expr, pl.Expr | str]] = [
        (pl.col("candle_time").is_null(), "candle_time is empty"),
        (pl.col("time").is_null(), pl.format("candle_time {} is no ISO 8601 time with its zone", "candle_time")),
        *((pl.col(name).is_null(), f"{name} is empty") for name in (*PRICES, "volume")),
        *(
            (
                number.is_null() & pl.col(name).is_not_null() | ~number.is_finite(),
                pl.format(f"{name} {{}} is no number", name),
            )
            for name, number in n.items()
        ),
        *((n[name] <= 0, pl.format(f"{name} {{}} is not above 0", name)) for name in PRICES),
        *((n[name] < MIN_PRICE, pl.format(f"{name} {{}} is too small", name)) for name in PRICES),
        *((n[name] >= MAX_PRICE, pl.format(f"{name} {{}} is too large", name)) for name in (*PRICES, "volume")),
        *((n[name] < 0, pl.format(f"{name} {{}} is negative", name)) for name in ("volume", "quote_volume")),
        (n["quote_volume"] >= MAX_DOLLARS, pl.format("quote_volume {} is too large", "quote_volume")),
        (
            n["quote_volume"].is_null() & (n["volume"] * mean >= MAX_DOLLARS * ALMOST),
            pl.format("volume {} is too large at these prices", "volume"),
        ),
        # The volume that is stored is rounded, so the price per coin may come out half as high again.
        (
            (n["volume"] > 0) & (n["quote_volume"] / n["volume"] >= MAX_PRICE / 2),
            pl.format("quote_volume {} is too large for volume {}", "quote_volume", "volume"),
        ),
        (
            exact["high"] < pl.max_horizontal(exact["open"], exact["close"], exact["low"]),
            "high is not the highest price",
        ),
        (exact["low"] > pl.min_horizontal(exact["open"], exact["close"]), "low is not the lowest price"),
        (
            pl.col("trade_count").is_not_null() & (pl.col("count").is_null() | (pl.col("count") < 0)),
            pl.format("trade_count {} is no count", "trade_count"),
        ),
        (pl.col("count") > MAX_COUNT, pl.format("trade_count {} is too large", "trade_count")),
        (~_aligned(timeframe), f"candle_time is not the start of a {timeframe} candle"),
        (pl.col("time") < FIRST_COIN, "candle_time lies before the first coin"),
        (pl.col("time") > now, "candle_time lies in the future"),
        (pl.col("time") > last, "the candle is not closed yet"),
    ]
    expression: pl.Expr = pl.lit(None, pl.String)
    for condition, text in reversed(faults):
        reason = pl.lit(text) if isinstance(text, str) else text
        expression = pl.when(condition).then(reason).otherwise(expression)
    return expression


def _aligned(timeframe: str) -> pl.Expr:
    time = pl.col("time")
    if timeframe == "1M":
        return time == time.dt.truncate("1mo")
    return (time.dt.epoch("us") - int(periods.MONDAY.timestamp() * 1e6)) % int(
        periods.LENGTHS[timeframe].total_seconds() * 1e6
    ) == 0


def _without_doubles(checked: pl.DataFrame) -> pl.DataFrame:
    """Of rows with one time the first stands: the same row again is passed over, one with other values is refused.

    Values are compared to the digit that is stored; numbers in powers of ten, which have no exact form, as floats.
    """
    amounts = (*PRICES, "volume", "quote_volume")
    values = [*(f"{name}_{kind}" for name in amounts for kind in ("exact", "number")), "count"]
    sound = pl.col("reason").is_null()
    first = [pl.col(name).filter(sound).first().over("time") for name in (LINE, *values)]
    checked = checked.with_columns(
        first[0].alias("first_line"), *(e.alias(f"first_{v}") for e, v in zip(first[1:], values, strict=True))
    )
    again = sound & (pl.col(LINE) != pl.col("first_line"))
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"first_{name}")) for name in values)
    return checked.with_columns(
        repeats=again & ~differs,
        reason=pl.when(again & differs)
        .then(pl.format("the same candle as line {}, with other values", "first_line"))
        .otherwise(pl.col("reason")),
    )
