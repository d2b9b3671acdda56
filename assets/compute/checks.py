"""Rows of candles as a source sent them, told apart: sound and closed, still running, faulty with the reason.

The one place where candles are checked, whatever they come from: files, providers, uploads.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from assets.compute import periods

LINE = "LINE"
"""Column that names a row in the report: its line, or its place in the answer. Columns of files are lower case."""
PRICES = ("open", "high", "low", "close")
REQUIRED = ("candle_time", *PRICES, "volume")
OPTIONAL = ("trade_count", "quote_volume")
CANDLE_COLUMNS = ("candle_time", *PRICES, "volume", "trade_count", "quote_volume")
"""What a sound candle has: time in UTC, prices, ``volume`` in coins, trades, ``quote_volume`` in dollars."""
AMOUNTS = (*PRICES, "volume", "quote_volume")
FIRST_COIN = datetime(2009, 1, 3, tzinfo=UTC)
"""Bitcoin's first block: no candle of a coin is older, and room for older ones is never made."""
MIN_PRICE, MAX_PRICE = 1e-18, 1e20
"""What the columns of prices and of coins can hold: ``numeric(38, 18)``."""
MAX_DOLLARS = 1e28
"""What the columns of dollars can hold: ``numeric(30, 2)``."""
MAX_COUNT = 2**31 - 1
"""What the column of trade counts can hold."""
ALMOST = 0.999999
"""Products of floats are not exact: what comes this near to a limit may lie beyond it."""
PLAIN_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
SHOWN = 60
"""Characters of a faulty value that its reason repeats."""


@dataclass(frozen=True)
class Fault:
    """A row that is refused.

    Attributes:
        line: its ``LINE``.
        reason: what is wrong with it, as a clause.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class CheckedCandles:
    """What the rows of a source hold.

    Attributes:
        closed: sound candles that are over, by time (and asset); ``CANDLE_COLUMNS``, amounts as decimal text as sent,
            ``trade_count`` as integer, after ``asset_id`` and ``is_derived`` where the rows have them, before ``LINE``.
        running: the sound candle that is not over yet, one per asset at most; same columns. Never to be analysed.
        faults: the others, by line. A row that repeats an earlier one is none.
    """

    closed: pl.DataFrame
    running: pl.DataFrame
    faults: list[Fault]


def check_candles(rows: pl.DataFrame, timeframe: str, now: datetime) -> CheckedCandles:
    """Tell sound candles from faulty rows.

    Args:
        rows: ``LINE`` (integer), ``REQUIRED`` and ``OPTIONAL`` columns as text, empty = null; ``candle_time`` in
            ISO 8601 with its zone, or as UTC times in microseconds. With an integer column ``asset_id`` each asset's
            candles are told apart; a column ``is_derived`` is handed on.
        timeframe: of all rows.
        now: nothing later is taken, and the candle that contains it is the running one.
    """
    keys = [name for name in ("asset_id",) if name in rows.columns]
    checked = _without_doubles(_typed(rows).with_columns(reason=_fault(timeframe, now)), [*keys, "time"])
    faulty = checked.filter(pl.col("reason").is_not_null()).sort(LINE)
    sound = checked.filter(pl.col("reason").is_null() & ~pl.col("repeats")).sort(*keys, "time")
    sound = sound.select(
        *(name for name in ("asset_id", "is_derived") if name in rows.columns),
        pl.col("time").alias("candle_time"),
        *PRICES,
        "volume",
        pl.col("count").alias("trade_count"),
        "quote_volume",
        LINE,
    )
    is_closed = pl.col("candle_time") <= periods.last_closed(now, timeframe)
    return CheckedCandles(
        closed=sound.filter(is_closed),
        running=sound.filter(~is_closed),
        faults=[Fault(line, reason) for line, reason in faulty.select(LINE, "reason").iter_rows()],
    )


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers and times beside the text they came from; null where the text is none."""
    time = pl.col("candle_time")
    if rows.schema["candle_time"] == pl.String:
        time = time.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False)
    return rows.with_columns(
        time.alias("time"),
        pl.col("trade_count").cast(pl.Int64, strict=False).alias("count"),
        *(pl.col(name).cast(pl.Float64, strict=False).alias(f"{name}_number") for name in AMOUNTS),
        *(pl.col(name).cast(pl.Decimal(38, 18), strict=False).alias(f"{name}_exact") for name in AMOUNTS),
    )


def _said(template: str, *names: str) -> pl.Expr:
    """A reason that repeats values, cut to a bearable length."""
    return pl.format(template, *(pl.col(name).cast(pl.String).str.slice(0, SHOWN) for name in names))


def _fault(timeframe: str, now: datetime) -> pl.Expr:
    """The first thing that is wrong with a row, as text; null for a sound one."""
    n = {name: pl.col(f"{name}_number") for name in AMOUNTS}
    exact = {name: pl.col(f"{name}_exact") for name in PRICES}
    mean = pl.sum_horizontal(n[name] for name in PRICES) / 4
    faults: list[tuple[pl.Expr, pl.Expr | str]] = [
        (pl.col("candle_time").is_null(), "candle_time is empty"),
        (pl.col("time").is_null(), _said("candle_time {} is no ISO 8601 time with its zone", "candle_time")),
        *((pl.col(name).is_null(), f"{name} is empty") for name in (*PRICES, "volume")),
        *(
            (
                number.is_null() & pl.col(name).is_not_null() | ~number.is_finite() | _is_odd(name),
                _said(f"{name} {{}} is no number", name),
            )
            for name, number in n.items()
        ),
        *((n[name] <= 0, _said(f"{name} {{}} is not above 0", name)) for name in PRICES),
        *((n[name] < MIN_PRICE, _said(f"{name} {{}} is too small", name)) for name in PRICES),
        *((n[name] >= MAX_PRICE, _said(f"{name} {{}} is too large", name)) for name in (*PRICES, "volume")),
        *((n[name] < 0, _said(f"{name} {{}} is negative", name)) for name in ("volume", "quote_volume")),
        (n["quote_volume"] >= MAX_DOLLARS, _said("quote_volume {} is too large", "quote_volume")),
        (
            n["quote_volume"].is_null() & (n["volume"] * mean >= MAX_DOLLARS * ALMOST),
            _said("volume {} is too large at these prices", "volume"),
        ),
        # The volume that is stored is rounded, so the price per coin may come out half as high again.
        (
            (n["volume"] > 0) & (n["quote_volume"] / n["volume"] >= MAX_PRICE / 2),
            _said("quote_volume {} is too large for volume {}", "quote_volume", "volume"),
        ),
        (
            exact["high"] < pl.max_horizontal(exact["open"], exact["close"], exact["low"]),
            "high is not the highest price",
        ),
        (exact["low"] > pl.min_horizontal(exact["open"], exact["close"]), "low is not the lowest price"),
        (
            pl.col("trade_count").is_not_null() & (pl.col("count").is_null() | (pl.col("count") < 0)),
            _said("trade_count {} is no count", "trade_count"),
        ),
        (pl.col("count") > MAX_COUNT, _said("trade_count {} is too large", "trade_count")),
        (~_aligned(timeframe), f"candle_time is not the start of a {timeframe} candle"),
        (pl.col("time") < FIRST_COIN, "candle_time lies before the first coin"),
        (pl.col("time") > now, "candle_time lies in the future"),
    ]
    expression: pl.Expr = pl.lit(None, pl.String)
    for condition, text in reversed(faults):
        reason = pl.lit(text) if isinstance(text, str) else text
        expression = pl.when(condition).then(reason).otherwise(expression)
    return expression


def _is_odd(name: str) -> pl.Expr:
    """Whether a number that has no exact form here is written in a way that none should be."""
    return pl.col(f"{name}_exact").is_null() & ~pl.col(name).cast(pl.String).str.contains(PLAIN_NUMBER)


def _aligned(timeframe: str) -> pl.Expr:
    time = pl.col("time")
    if timeframe == "1M":
        return time == time.dt.truncate("1mo")
    return (time.dt.epoch("us") - int(periods.MONDAY.timestamp() * 1e6)) % int(
        periods.LENGTHS[timeframe].total_seconds() * 1e6
    ) == 0


def _without_doubles(checked: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Of rows of one candle the first stands: the same row again is passed over, one with other values is refused.

    Values are compared to the digit that is stored; numbers in powers of ten, which have no exact form, as floats.
    """
    sound = pl.col("reason").is_null()
    if checked.filter(sound).select(pl.struct(keys).is_unique().all()).item():
        return checked.with_columns(repeats=pl.lit(value=False))
    values = [*(f"{name}_{kind}" for name in AMOUNTS for kind in ("exact", "number")), "count"]
    first = [pl.col(name).filter(sound).first().over(keys) for name in (LINE, *values)]
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
