"""What a snapshot is made of, lifted at once, and the form of its parts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.choices import Market
from assets.compute import periods
from assets.compute.indicators import WARM_UP
from assets.selectors import CandlePanel, MarketView, candle_panel
from macro.selectors.histories import History, known_histories
from macro.selectors.news import NewsMood, news_mood

Floats = NDArray[np.float64]
HOUR, DAY, WEEK, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30)
DAYS_BACK = 62
HOURS_BACK = 25
NO_SOURCE = "no source"


@dataclass(frozen=True)
class Codes:
    """What the series of one market are called where the snapshot asks for a certain one."""

    bitcoin: str
    ether: str
    tether: str
    bitcoin_perpetual: str
    ether_perpetual: str

    @property
    def named(self) -> list[str]:
        """Series whose history of a year is read: those that are judged by their own past."""
        chains = [
            f"{kind}:{coin}" for kind in ("ACTIVE_ADDRESSES", "TRANSACTIONS") for coin in (self.bitcoin, self.ether)
        ]
        futures = [
            f"{kind}:{perpetual}"
            for kind in ("FUNDING", "OPEN_INTEREST", "TAKER_VOLUME")
            for perpetual in (self.bitcoin_perpetual, self.ether_perpetual)
        ]
        return [*MARKET_SERIES, *chains, *futures]


CODES = {
    Market.REAL: Codes("BTC", "ETH", "USDT", "BTCUSDT-PERP", "ETHUSDT-PERP"),
    Market.DEMO: Codes("BTC-DEMO", "ETH-DEMO", "USDT-DEMO", "BTC-DEMO-PERP", "ETH-DEMO-PERP"),
}
MARKET_SERIES = ("FNG", "SP500", "GOLD", "DXY", "VIX", "US10Y", "OIL", "BRENT", "HASHRATE", "BTC_CLOSE")


@dataclass(frozen=True)
class Candles:
    """Bitcoin's candles without holes, oldest first, shape (t,)."""

    times: NDArray[np.int64]
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


@dataclass(frozen=True)
class Inputs:
    """Everything that a snapshot reads, as it was known at one moment.

    Attributes:
        view: the universe and its candles.
        bitcoin: as many candles of the timeframe as settle every indicator.
        days: as many daily ones, for the cycle and for what trades by day.
        spans: candles from which a month is measured: those of the timeframe, of weeks the daily ones.
        hours: candles that say which extreme of 24 hours a price is at: those of the timeframe if they are short
            enough, else hourly ones.
        series: values from outside, by code.
        news: mood of the last 24 hours.
        codes: how series of this market are called.
    """

    view: MarketView
    bitcoin: Candles
    days: Candles
    spans: CandlePanel
    hours: CandlePanel
    series: dict[str, History]
    news: NewsMood | None
    codes: Codes

    @property
    def as_of(self) -> datetime:
        return self.view.as_of

    def fresh(self, code: str) -> History | None:
        """A series whose newest value may stand for the present."""
        found = self.series.get(code)
        return found if found is not None and not found.is_stale(self.as_of) else None

    def why_not(self, code: str) -> str:
        """Why there is no fresh value of a series."""
        found = self.series.get(code)
        return NO_SOURCE if found is None else f"stale: last value of {found.newest:%Y-%m-%d}"

    def month(self) -> int:
        """How many candles of ``spans`` fill 30 days."""
        return periods.bars(MONTH, self.spans.timeframe)


@dataclass
class Part:
    """Some columns of the snapshot.

    Attributes:
        values: by column.
        reasons: why a column, or ``group.key`` of the extended figures, may stay empty.
        extended: further figures by group.
        basis: what a figure rests on where that varies.
    """

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    extended: dict[str, dict[str, Any]] = field(default_factory=dict)
    basis: dict[str, str] = field(default_factory=dict)

    def group(self, name: str, figures: dict[str, Any], reason: str) -> None:
        """Add figures of a group; those without a value have this reason."""
        self.extended[name] = self.extended.get(name, {}) | figures
        self.reasons |= {f"{name}.{key}": reason for key in figures if f"{name}.{key}" not in self.reasons}

    def add(self, other: "Part") -> None:
        """Take in another part."""
        self.values |= other.values
        self.reasons |= other.reasons
        self.basis |= other.basis
        for name, figures in other.extended.items():
            self.extended[name] = self.extended.get(name, {}) | figures


def lift(view: MarketView, bitcoin: int) -> Inputs:
    """Read all that a snapshot needs. The number of statements does not depend on the number of assets.

    Args:
        view: the market.
        bitcoin: id of Bitcoin, which has candles in it.
    """
    codes, timeframe = CODES[view.market], view.timeframe
    own = _candles(candle_panel([bitcoin], timeframe, view.as_of, WARM_UP))
    days = own if timeframe == "1d" else _candles(candle_panel([bitcoin], "1d", view.as_of, WARM_UP))
    is_short = periods.LENGTHS[timeframe] < DAY
    members = view.universe.asset_ids
    return Inputs(
        view=view,
        bitcoin=own,
        days=days,
        spans=view.panel if timeframe != "1w" else candle_panel(members, "1d", view.as_of, DAYS_BACK),
        hours=view.panel if is_short else candle_panel(members, "1h", view.as_of, HOURS_BACK),
        series=known_histories(view.market, view.as_of, codes.named),
        news=news_mood(view.as_of, market=view.market),
        codes=codes,
    )


def _candles(panel: CandlePanel) -> Candles:
    present = np.isfinite(panel.close[:, 0])
    series = (values[present, 0] for values in (panel.high, panel.low, panel.close, panel.volume))
    return Candles(panel.times[present], *series)
