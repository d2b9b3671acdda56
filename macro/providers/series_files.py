"""Single-value series from files: macro closes, Fear & Greed, funding events, daily market caps, on-chain counts.

A value carries the time from which it was known. A daily value is known once its day is over: at 00:00 UTC of the next
day; a monthly one when the month is over; a funding rate when it is charged.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from assets.providers.candle_files import MAX_SYMBOL
from assets.providers.text_files import Reject, UnreadableFile, read_rows
from macro.compute.values import DAY, ValueRule, check_values


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
        source: who publishes it.
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
    source: str = "file"

    @property
    def rule(self) -> ValueRule:
        """How its rows are read."""
        if self.kind == "funding":
            return ValueRule(self.time, self.value, known_after=timedelta(0), is_jittery=True)
        return ValueRule(
            self.time,
            self.value,
            known_after=None if self.monthly else DAY,
            zero_is_unknown=self.kind == "market_cap",
            dated_next_day=self.coingecko_id is not None,
        )


FRED = {
    "SP500": ("SP500", "S&P 500", "points"),
    "VIXCLS": ("VIX", "CBOE Volatility Index", "points"),
    "DGS10": ("US10Y", "US 10-year yield", "percent"),
    "DCOILWTICO": ("OIL", "Crude oil WTI", "USD/barrel"),
    "DCOILBRENTEU": ("BRENT", "Crude oil Brent", "USD/barrel"),
}
"""Series of FRED by its own name of them: code, name, unit."""
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
} | {
    fred_id: (code, name, "macro", unit, "observation_date", fred_id.lower(), False, None)
    for fred_id, (code, name, unit) in FRED.items()
}
ONCHAIN = (
    ("ACTIVE_ADDRESSES", "Active addresses", "addresses per day", "AdrActCnt"),
    ("TRANSACTIONS", "Transactions", "transactions per day", "TxCnt"),
)
"""Series of a Coin Metrics file: code, name, unit, column."""


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
            SeriesFile(
                path, "FUNDING:{symbol}", name, "funding", unit, "funding_time", "funding_rate",
                symbol=symbol, source="binance",
            )
        ]  # fmt: skip
    if folder.startswith("coingecko"):
        # A daily reading dated D 00:00 is the close of D-1; the last line is the moment of the download.
        kinds = (
            ("market_cap", f"Market cap of {stem}", "market_cap_usd"),
            ("volume", f"24 h volume of {stem}", "total_volume_usd"),
        )
        return [
            SeriesFile(
                path,
                f"{kind.upper()}:{{symbol}}",
                name,
                kind,
                "USD",
                "date",
                column,
                coingecko_id=stem,
                source="coingecko",
            )
            for kind, name, column in kinds
        ]
    if "coinmetrics" in folder and re.fullmatch(r"[a-z0-9]{2,10}", stem):
        return [
            SeriesFile(
                path, f"{code}:{{symbol}}", f"{name} of {stem.upper()}", "onchain", unit, "time", column,
                symbol=stem.upper(), source="coinmetrics",
            )
            for code, name, unit, column in ONCHAIN
        ]  # fmt: skip
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
    checked = check_values(rows.rename({file.time: "time", file.value: "value"}), file.rule, now)
    faults = sorted([*checked.faults, *checked.early], key=lambda fault: fault.line)
    return checked.sound, rejects + [Reject(file.path.name, fault.line, fault.reason) for fault in faults]
