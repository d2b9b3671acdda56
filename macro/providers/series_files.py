"""Single-value series from files: macro closes, Fear & Greed, funding events, daily market caps.

A value carries the time from which it was known. A daily value is known once its day is over: at 00:00 UTC of the next
day; a monthly one when the month is over; a funding rate when it is charged.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from assets.providers.candle_files import MAX_SYMBOL
from assets.providers.text_files import LINE, Reject, UnreadableFile, read_rows

DAY = timedelta(days=1)
MAX_VALUE = 1e20
OLDEST = datetime(1000, 1, 1, tzinfo=UTC)
"""Earlier dates are misprints; some of them no calendar can hold."""


@dataclass(frozen=True)
class SeriesFile:
    """What a file holds.

    Args:
        path: the file.
        code: name of the series in the program; ``{symbol}`` stands for the asset's symbol.
        name: name for people.
        kind: macro, sentiment, onchain, funding, market_cap, volume.
        unit: unit of the values.
        time: column of the day or moment.
        value: column of the value.
        monthly: the day names a month.
        caveat: what a reader must know.
        symbol: the asset's symbol, as far as the file's name tells.
        coingecko_id: the asset's id at CoinGecko, if it is named so.
    """

    path: Path
    code: str
    name: str
    kind: str
    unit: str
    time: str
    value: str
    monthly: bool = False
    caveat: str | None = None
    symbol: str | None = None
    coingecko_id: str | None = None


MEAN_OF_DAY = "mean of open, high, low and close, not a close; calendar days are filled up"
MACRO: dict[str, tuple[str, str, str, str, str, str, bool, str | None]] = {
    # file stem: code, name, kind, unit, time column, value column, monthly, caveat
    "vix-daily": ("VIX", "CBOE Volatility Index", "macro", "points", "date", "close", False, None),
    "sp500-daily": ("SP500", "S&P 500", "macro", "points", "observation_date", "sp500", False, None),
    "dxy-daily": ("DXY", "US Dollar Index", "macro", "points", "date", "dxy", False, None),
    "gold-daily-avg": ("GOLD", "Gold", "macro", "USD/oz", "date", "price", False, MEAN_OF_DAY),
    "us10y-daily-avg": ("US10Y", "US 10-year yield", "macro", "percent", "date", "yield", False, MEAN_OF_DAY),
    "oil-wti-daily": ("OIL", "Crude oil WTI", "macro", "USD/barrel", "date", "price", False, None),
    "oil-brent-daily": ("BRENT", "Crude oil Brent", "macro", "USD/barrel", "date", "price", False, None),
    "crypto-fear-greed-daily": ("FNG", "Fear & Greed Index", "sentiment", "points", "date", "value", False, None),
    "btc-hashrate-daily": ("HASHRATE", "Bitcoin hash rate", "onchain", "TH/s", "date", "hashrate", False, None),
    "btc-yahoo-daily": ("BTC_CLOSE", "Bitcoin close, all exchanges", "macro", "USD", "date", "price", False, None),
    "gold-monthly": ("GOLD_MONTHLY", "Gold, monthly", "macro", "USD/oz", "date", "price", True, None),
    "us10y-monthly": ("US10Y_MONTHLY", "US 10-year yield, monthly", "macro", "percent", "date", "rate", True, None),
    "sp500-monthly-shiller": ("SP500_MONTHLY", "S&P 500, monthly", "macro", "points", "date", "sp500", True, None),
}


def recognise(path: Path) -> list[SeriesFile]:
    """The series that a file holds, from its name and folder; none for a file of another kind.

    Raises:
        UnreadableFile: a file of funding rates whose symbol is too long.
    """
    stem = path.name.removesuffix(".gz").removesuffix(".csv")
    if stem in MACRO:
        return [SeriesFile(path, *MACRO[stem])]
    folder = path.parent.name.lower()
    if folder == "funding" and (pair := re.fullmatch(r"([A-Z0-9]+)", stem)):
        symbol = f"{pair[1]}-PERP"
        if len(symbol) > MAX_SYMBOL:
            raise UnreadableFile(f"the symbol {symbol} has more than {MAX_SYMBOL} characters")
        name = f"Funding rate of {pair[1]}"
        unit = "fraction per interval"
        return [
            SeriesFile(path, "FUNDING:{symbol}", name, "funding", unit, "funding_time", "funding_rate", symbol=symbol)
        ]
    if folder.startswith("coingecko"):
        # A daily reading dated D 00:00 is the close of D-1; the last line is the moment of the download.
        kinds = (
            ("market_cap", f"Market cap of {stem}", "market_cap_usd"),
            ("volume", f"24 h volume of {stem}", "total_volume_usd"),
        )
        return [
            SeriesFile(path, f"{kind.upper()}:{{symbol}}", name, kind, "USD", "date", column, coingecko_id=stem)
            for kind, name, column in kinds
        ]
    return []


def read_values(file: SeriesFile, now: datetime) -> tuple[pl.DataFrame, list[Reject]]:
    """The values of a series, oldest first, and the rows that hold none with their reasons.

    An empty value or "." (FRED) says that there is none: no fault, no row.

    Args:
        file: where they stand.
        now: what is known only later is refused.
    Returns:
        ``observed_at`` and ``known_at`` (UTC) and ``value`` as decimal text; unique times.
    Raises:
        UnreadableFile: nothing in it can be used.
    """
    rows, rejects = read_rows(file.path, (file.time, file.value))
    rows = rows.rename({file.time: "time", file.value: "value"})
    rows = rows.filter(pl.col("value").is_not_null() & (pl.col("value") != "."))
    if file.kind == "market_cap":
        rows = rows.filter(pl.col("value").cast(pl.Float64, strict=False).fill_null(1) != 0)  # 0 means unknown
    rows = rows.with_columns(observed_at=_moment(file), number=pl.col("value").cast(pl.Float64, strict=False))
    if file.coingecko_id:
        rows = rows.filter(
            pl.col("observed_at").is_null() | (pl.col("observed_at").dt.truncate("1d") == pl.col("observed_at"))
        )
        rows = rows.with_columns(pl.col("observed_at") - DAY)
    reason = (
        pl.when(pl.col("observed_at").is_null())
        .then(pl.format(f"{file.time} {{}} is no date", "time"))
        .when(pl.col("number").is_null() | ~pl.col("number").is_finite())
        .then(pl.format(f"{file.value} {{}} is no number", "value"))
        .when(pl.col("number").abs() >= MAX_VALUE)
        .then(pl.format(f"{file.value} {{}} is too large", "value"))
        .when(pl.col("observed_at") < OLDEST)
        .then(pl.format(f"{file.time} {{}} lies before all records", "time"))
        .when(pl.col("observed_at") > now)
        .then(pl.format(f"{file.time} {{}} lies in the future", "time"))
        .when(_known(file) > now)
        .then(pl.format(f"{file.value} of {{}} is not known yet", "time"))
        .when(pl.col("observed_at").is_duplicated() & ~pl.struct("observed_at", "value").is_duplicated())
        .then(pl.format(f"{file.time} {{}} has two values", "time"))
    )
    rows = rows.with_columns(reason=reason)
    faulty = rows.filter(pl.col("reason").is_not_null())
    rejects += [Reject(file.path.name, line, text) for line, text in faulty.select(LINE, "reason").iter_rows()]
    sound = rows.filter(pl.col("reason").is_null()).unique("observed_at", keep="first").sort("observed_at")
    return sound.select("observed_at", _known(file).alias("known_at"), "value"), rejects


def _moment(file: SeriesFile) -> pl.Expr:
    """The time column as UTC: a moment, a day, or a month."""
    text = pl.col("time")
    moment = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False)
    day = text.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False).dt.replace_time_zone("UTC")
    month = (text + "-01").str.to_datetime("%Y-%m-%d", time_unit="us", strict=False).dt.replace_time_zone("UTC")
    if file.kind == "funding":
        moment = moment.dt.round("1s")  # the exchange's clock is some milliseconds late
    return pl.coalesce(moment, day, month)


def _known(file: SeriesFile) -> pl.Expr:
    """From when on a value could be known."""
    observed = pl.col("observed_at")
    if file.kind == "funding":
        return observed
    return observed.dt.offset_by("1mo") if file.monthly else observed + DAY
