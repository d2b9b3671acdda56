"""Amounts of candles to the last digit: decimal text becomes whole numbers of 10**-18, and no float is on the way.

Most rows are computed many at a time in 128-bit integers; the few whose values are too large for that one by one.
"""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import NamedTuple

import polars as pl

PLACES = 18
UNIT = 10**PLACES
"""Prices and coins are counted in 10**-18."""
CENT = UNIT // 100
STORED = ("open_price", "high_price", "low_price", "close_price", "volume", "base_volume", "vwap")
SENT = ("open", "high", "low", "close", "volume", "quote_volume")
LARGEST = 2**63 * UNIT
"""The whole part of a value must fit 64 bits."""
MAX_BASE = 10**32
"""Coins up to which the digits of a quotient are found in steps of six: 10**32 x 10**6 fits 127 bits."""
MAX_DOLLARS = 10**22
"""Dollars, in cents, up to which 10**16 times as much fits 127 bits."""
SHORT = 10**10
"""What has at most eight decimals is divided by this without loss, ..."""
MAX_FACTOR = 10**19
"""... and two such numbers below this have a product that fits 127 bits."""
WIDE = Context(prec=100)


class ExactRow(NamedTuple):
    """Amounts of one candle as they are stored."""

    open_price: Decimal
    high_price: Decimal
    low_price: Decimal
    close_price: Decimal
    volume: Decimal
    base_volume: Decimal
    vwap: Decimal | None


def exact_columns(candles: pl.DataFrame) -> pl.DataFrame:
    """``STORED`` amounts of candles in units of 10**-18, as 128-bit integers.

    ``volume`` is what the source sent in dollars, to the cent; without it coins times the mean of the four prices, an
    estimate that the missing ``vwap`` tells. ``vwap`` is dollars per coin, rounded half up at the last place.

    Args:
        candles: ``SENT`` columns as decimal text or numbers.
    Returns:
        One row per candle, and ``fits``: false where a value is too large for this; such a row holds nothing of use
        and is for ``exact_row``.
    """
    sent = candles.select(
        pl.col(name).cast(pl.String).cast(pl.Decimal(38, PLACES), strict=False).to_physical().alias(name)
        for name in SENT
    )
    known = pl.all_horizontal(pl.col(name).is_not_null() & (pl.col(name) < LARGEST) for name in SENT[:5])
    cents = (pl.col("quote_volume") + CENT // 2) // CENT
    sent = sent.with_columns(
        candles["quote_volume"].is_null().alias("no_dollars"),
        cents.alias("cents"),
        pl.sum_horizontal(SENT[:4]).alias("prices"),
    )
    fits = known & pl.when("no_dollars").then(_estimate_fits()).otherwise(_vwap_fits())
    return _with_vwap(sent.with_columns(fits.fill_null(value=False).alias("fits"))).select(
        *(pl.col(old).alias(new) for old, new in zip(SENT[:4], STORED, strict=False)),
        pl.when("no_dollars").then(_estimate()).otherwise(pl.col("cents")).mul(CENT).alias("volume"),
        pl.col("volume").alias("base_volume"),
        "vwap",
        "fits",
    )


def _estimate_fits() -> pl.Expr:
    coins, prices = pl.col("volume"), pl.col("prices")
    return pl.all_horizontal((value % SHORT == 0) & (value // SHORT < MAX_FACTOR) for value in (coins, prices))


def _vwap_fits() -> pl.Expr:
    return (pl.col("volume") < MAX_BASE) & (pl.col("cents") < MAX_DOLLARS)


def _estimate() -> pl.Expr:
    """Coins times the mean price, in cents."""
    per_cent = 4 * (UNIT // SHORT) ** 2 // 100
    return (pl.col("volume") // SHORT * (pl.col("prices") // SHORT) + per_cent // 2) // per_cent


def _with_vwap(sent: pl.DataFrame) -> pl.DataFrame:
    """Long division of dollars by coins, six digits at a time; null without either."""
    is_known = pl.col("fits") & ~pl.col("no_dollars") & (pl.col("cents") > 0) & (pl.col("volume") > 0)
    coins = pl.when(is_known).then(pl.col("volume"))
    rows = sent.with_columns(coins=coins, rest=pl.col("cents") * CENT)
    rows = rows.with_columns(vwap=pl.col("rest") // pl.col("coins"), rest=pl.col("rest") % pl.col("coins"))
    rows = rows.with_columns(fits=pl.col("fits") & (pl.col("vwap").fill_null(0) < LARGEST // UNIT))
    for _ in range(PLACES // 6):
        step = pl.col("rest") * 10**6
        rows = rows.with_columns(vwap=pl.col("vwap") * 10**6 + step // pl.col("coins"), rest=step % pl.col("coins"))
    return rows.with_columns(vwap=pl.col("vwap") + (pl.col("rest") * 2 >= pl.col("coins")).cast(pl.Int128))


def exact_row(open_: str, high: str, low: str, close: str, coins: str, dollars: str | None) -> ExactRow:
    """The same for one candle, however large its values.

    Raises:
        decimal.InvalidOperation: a text that is no number.
    """
    first, highest, lowest, last, base = (_rounded(text) for text in (open_, high, low, close, coins))
    if dollars is None:
        mean = WIDE.divide(reduce(WIDE.add, (first, highest, lowest, last)), Decimal(4))
        return ExactRow(first, highest, lowest, last, _half_up(WIDE.multiply(base, mean), 2), base, None)
    volume = _half_up(_rounded(dollars), 2)
    vwap = _quotient(volume, base) if volume > 0 and base > 0 else None
    return ExactRow(first, highest, lowest, last, volume, base, vwap)


def _rounded(text: str) -> Decimal:
    return WIDE.create_decimal(text).quantize(Decimal(1).scaleb(-PLACES), ROUND_HALF_EVEN, WIDE)


def _half_up(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE)


def _quotient(dollars: Decimal, coins: Decimal) -> Decimal:
    """Whole numbers are divided, so that the digits behind the last place cannot be rounded twice."""
    whole, rest = divmod(int(dollars.scaleb(PLACES, WIDE)) * UNIT, int(coins.scaleb(PLACES, WIDE)))
    return Decimal(whole + (2 * rest >= int(coins.scaleb(PLACES, WIDE)))).scaleb(-PLACES, WIDE)
