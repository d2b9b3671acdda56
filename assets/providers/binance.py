"""Binance: spot and USD-margined perpetuals.

ccxt's unified candles drop the number of trades, the quote volume and what takers bought, so its raw endpoints are
asked. Times are milliseconds, numbers are text; the last candle may still be running.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from assets.choices import Timeframe
from assets.compute import periods
from assets.compute.checks import LINE
from assets.providers.base import (
    EPOCH,
    VALUE_SCHEMA,
    Capabilities,
    Fetched,
    Kind,
    Limits,
    Listing,
    Listings,
    broken_off,
    complete,
    epoch_ms,
    iso,
    plain,
    raw_frame,
    shown,
)
from assets.providers.connection import asking, connect
from assets.providers.paging import Walk, walk
from system.exceptions import InvalidInput
from system.http import BadAnswer

FAR_AWAY = datetime(2100, 1, 1, tzinfo=UTC)
"""A perpetual that is not ended "ends" on 2100-12-25."""
FUNDING_ROWS, INTEREST_ROWS = 1000, 500
INTEREST_KEPT = timedelta(days=30) - timedelta(minutes=5)
"""Open interest is not given for longer ago than 30 days; a little less, for the clocks differ."""
INTEREST_PERIODS = ("5m", "15m", "1h", "4h", "1d")
MILLISECOND = timedelta(milliseconds=1)


def weigh_spot(path: str, _params: Mapping[str, Any]) -> int:
    """Request weight on the spot exchange, of 6,000 a minute."""
    return {"klines": 2, "exchangeInfo": 20}.get(path, 1)


def weigh_futures(path: str, params: Mapping[str, Any]) -> int:
    """Request weight on the futures exchange, of 2,400 a minute.

    Funding and open interest have bounds of their own, 500 and 1,000 calls in five minutes: counted as so much more.
    """
    if path == "klines":
        limit = int(params.get("limit", 500))
        return next(weight for most, weight in ((99, 1), (499, 2), (1000, 5), (1500, 10)) if limit <= most)
    return {"fundingRate": 24, "openInterestHist": 12}.get(path, 1)


@dataclass(frozen=True)
class BinanceSource:
    """One of the two markets of Binance.

    Args:
        is_perpetual: the futures exchange, not the spot exchange.
    """

    is_perpetual: bool = False

    @property
    def name(self) -> str:
        return "binance"

    @property
    def provider(self) -> str:
        """Name of the market's address and budget."""
        return "binanceusdm" if self.is_perpetual else "binance"

    @property
    def capabilities(self) -> Capabilities:
        kinds = {Kind.CANDLES, Kind.TAKER_VOLUME, Kind.LISTINGS}
        if self.is_perpetual:
            kinds |= {Kind.FUNDING, Kind.OPEN_INTEREST}
        oldest = datetime(2019, 9, 8, tzinfo=UTC) if self.is_perpetual else datetime(2017, 7, 14, tzinfo=UTC)
        return Capabilities(frozenset(kinds), tuple(Timeframe.values), oldest)

    @property
    def limits(self) -> Limits:
        return Limits(rows_per_call=1000, weight=5 if self.is_perpetual else 2)

    def fetch_candles(self, pair: str, timeframe: str, first: datetime, end: datetime, *, now: datetime) -> Fetched:
        """Candles of a pair that start in ``[first, end)``, with trades, quote volume and takers' purchases.

        Raises:
            InvalidInput: a timeframe that Binance does not have, or a name that is none of a pair.
        """
        if timeframe not in self.capabilities.timeframes:
            raise InvalidInput(f"Binance has no candles of {timeframe}.", field="timeframe")
        symbol = _pair(pair)
        until = _ms(min(end, periods.end(periods.start(now, timeframe), timeframe)))

        def ask(cursor: int) -> Sequence[Any]:
            wanted = periods.count(periods.start(_moment(cursor), timeframe), _moment(until), timeframe)
            limit = max(1, min(self.limits.rows_per_call, wanted + 1))
            return self._rows(pair, "klines", symbol=symbol, interval=timeframe, limit=limit, **_span(cursor, until))

        found = walk(
            ask,
            _first_of,
            first=_ms(first),
            end=until,
            following=lambda last: _ms(periods.end(_moment(last), timeframe)),
            most=self.limits.pages,
        )
        return _told(found, raw_frame([_kline(row) for row in found.rows]))

    def fetch_taker_volume(
        self, pair: str, timeframe: str, first: datetime, end: datetime, *, now: datetime
    ) -> Fetched:
        """What takers bought per closed candle, in the quote currency, as single values."""
        candles = self.fetch_candles(pair, timeframe, first, min(end, periods.start(now, timeframe)), now=now)
        rows = candles.rows.select(LINE, time="candle_time", value="taker_quote_volume")
        return Fetched(rows, candles.complete, candles.error, candles.pages, candles.may_recover)

    def fetch_funding(self, pair: str, first: datetime, end: datetime, *, now: datetime) -> Fetched:
        """Rates that were charged in ``[first, end)``, as single values. Their times jitter by milliseconds."""
        symbol, until = _pair(pair), _ms(min(end, now + MILLISECOND))

        def ask(cursor: int) -> Sequence[Any]:
            return self._rows(pair, "fundingRate", symbol=symbol, limit=FUNDING_ROWS, **_span(cursor, until))

        found = self._walk_objects(ask, "fundingTime", first, until)
        return _told(found, _values(found.rows, "fundingTime", "fundingRate", pair))

    def fetch_open_interest(self, pair: str, period: str, first: datetime, end: datetime, *, now: datetime) -> Fetched:
        """Open interest in US dollars at each step of the period, as single values; 30 days back at most.

        Raises:
            InvalidInput: a period that Binance does not have.
        """
        if period not in INTEREST_PERIODS:
            raise InvalidInput(f"Binance has no open interest by {period}.", field="period")
        symbol, until = _pair(pair), _ms(min(end, now + MILLISECOND))
        first = max(first, now - INTEREST_KEPT)

        def ask(cursor: int) -> Sequence[Any]:
            span = _span(cursor, until)
            return self._rows(pair, "openInterestHist", symbol=symbol, period=period, limit=INTEREST_ROWS, **span)

        found = self._walk_objects(ask, "timestamp", first, until)
        return _told(found, _values(found.rows, "timestamp", "sumOpenInterestValue", pair))

    def first_candle(self, pair: str) -> datetime | None:
        """Start of the first day on which the pair was traded; None: never.

        Raises:
            DomainError: Binance did not tell.
        """
        rows = self._rows(pair, "klines", symbol=_pair(pair), interval="1d", limit=1, startTime=0)
        milliseconds = epoch_ms(_first_of(rows[0])) if rows else None
        return None if milliseconds is None else _moment(milliseconds)

    def listings(self) -> Listings:
        """All pairs; the spot exchange does not tell since when.

        Raises:
            DomainError: Binance did not tell.
        """
        api = self._exchange
        call = api.fapiPublicGetExchangeInfo if self.is_perpetual else api.publicGetExchangeInfo
        answer = asking("exchangeInfo", call)
        if not isinstance(answer, dict) or not isinstance(answer.get("symbols"), list):
            raise BadAnswer(f"{self.provider}: exchangeInfo has no list of symbols")
        found, rejects = [], []
        for entry in answer["symbols"]:
            listing = self._listing(entry)
            if isinstance(listing, Listing):
                found.append(listing)
            elif listing:
                rejects.append(listing)
        return Listings(tuple(found), tuple(rejects))

    def _listing(self, entry: Any) -> Listing | tuple[str, str] | None:
        """A pair, what is wrong with it, or None for something that is neither spot nor a perpetual."""
        if not isinstance(entry, dict):
            return shown(entry, 100), "is no pair"
        if self.is_perpetual and entry.get("contractType") != "PERPETUAL":
            return None
        pair, base, quote = (str(entry.get(key)) for key in ("symbol", "baseAsset", "quoteAsset"))
        if not all(re.fullmatch(r"[A-Z0-9]{1,30}", name) for name in (pair, base, quote)):
            return shown(pair, 100), "has a name that is none of a pair"
        is_trading = entry.get("status") == "TRADING"
        listed, ended = (epoch_ms(entry.get(key)) for key in ("onboardDate", "deliveryDate"))
        delisted_at = None if ended is None or is_trading else _moment(ended)
        return Listing(
            pair,
            base,
            quote,
            is_perpetual=self.is_perpetual,
            is_trading=is_trading,
            listed_at=None if listed is None else _moment(listed),
            delisted_at=None if delisted_at is None or delisted_at >= FAR_AWAY else delisted_at,
        )

    @cached_property
    def _exchange(self) -> Any:
        return connect(self.provider, weigh_futures if self.is_perpetual else weigh_spot)

    def _rows(self, pair: str, path: str, **params: Any) -> Sequence[Any]:
        """A list that one of the endpoints gives.

        Raises:
            DomainError: it gave none.
        """
        api = self._exchange
        calls: dict[str, Callable[..., Any]] = {
            "klines": api.fapiPublicGetKlines if self.is_perpetual else api.publicGetKlines,
            "fundingRate": api.fapiPublicGetFundingRate,
            "openInterestHist": api.fapiDataGetOpenInterestHist,
        }
        answer = asking(pair, lambda: calls[path](params))
        if not isinstance(answer, list):
            raise BadAnswer(f"{pair}: {self.provider} sent no list of {path}")
        return answer

    def _walk_objects(self, ask: Callable[[int], Sequence[Any]], key: str, first: datetime, until: int) -> Walk:
        return walk(
            ask,
            lambda row: row.get(key) if isinstance(row, dict) else None,
            first=_ms(first),
            end=until,
            following=lambda last: last + 1,
            most=self.limits.pages,
        )


def _pair(pair: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{2,30}", pair):
        raise InvalidInput(f"{pair!r} is no name of a pair.", field="pair")
    return pair


def _span(cursor: int, until: int) -> dict[str, int]:
    return {"startTime": cursor, "endTime": until - 1}


def _first_of(row: Any) -> object:
    return row[0] if isinstance(row, list) and row else None


def _kline(row: Any) -> Sequence[str | None]:
    """A candle in the order of the raw columns; a row of another form keeps what can be shown of it."""
    if not isinstance(row, list) or len(row) < 11:
        return (plain(row),)
    opened, *prices, volume, _closed, quote_volume, trades, taker_base, taker_quote = row[:11]
    return (iso(opened), *map(plain, (*prices, volume, trades, quote_volume, taker_base, taker_quote)))


def _values(rows: Sequence[Any], time: str, value: str, pair: str) -> pl.DataFrame:
    """Rows of single values; one of another pair loses its value's meaning, and says so in its place."""
    found = []
    for number, row in enumerate(rows, 1):
        entry = row if isinstance(row, dict) else {time: plain(row)}
        right = entry.get("symbol", pair) == pair
        found.append((number, iso(entry.get(time)), plain(entry.get(value)) if right else f"of {entry['symbol']!r}"))
    return pl.DataFrame(found, schema=VALUE_SCHEMA, orient="row")


def _told(found: Walk, rows: pl.DataFrame) -> Fetched:
    return complete(rows, found.pages) if found.error is None else broken_off(rows, found.pages, found.error)


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)
