"""Candles of any exchange that ccxt knows, in ccxt's unified form: prices and volume, no trades, no quote volume."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from assets.choices import Timeframe
from assets.compute import periods
from assets.providers.base import (
    EPOCH,
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
)
from assets.providers.connection import asking, connect
from assets.providers.paging import walk
from system.exceptions import DomainError, InvalidInput

MILLISECOND = timedelta(milliseconds=1)
NEWEST_ONLY = frozenset({"kraken"})
"""These give their newest candles, whatever start is asked for."""


@dataclass(frozen=True)
class ExchangeSource:
    """An exchange by its id in ccxt (``kraken``, ``bybit`` …)."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        own = self._exchange.timeframes or {}
        frames = tuple(frame for frame in Timeframe.values if frame in own)
        return Capabilities(frozenset({Kind.CANDLES, Kind.LISTINGS}), frames)

    @property
    def limits(self) -> Limits:
        features = (self._exchange.features or {}).get("spot") or {}
        return Limits(rows_per_call=int((features.get("fetchOHLCV") or {}).get("limit") or 100))

    def fetch_candles(self, pair: str, timeframe: str, first: datetime, end: datetime, *, now: datetime) -> Fetched:
        """Candles of a pair, by the exchange's own name of it, that start in ``[first, end)``.

        Raises:
            InvalidInput: a timeframe that the exchange does not have.
        """
        if timeframe not in self.capabilities.timeframes:
            raise InvalidInput(f"{self.name} has no candles of {timeframe}.", field="timeframe")
        until = min(end, periods.end(periods.start(now, timeframe), timeframe))
        first, cut = self._within_reach(first, timeframe, now)
        try:
            symbol = self._symbol(pair)
        except DomainError as error:
            return broken_off(raw_frame([]), 0, error)

        def ask(cursor: int) -> Sequence[Any]:
            limit = self.limits.rows_per_call
            found = asking(pair, lambda: self._exchange.fetch_ohlcv(symbol, timeframe, since=cursor, limit=limit))
            # Some send what comes after the span, too: it is no fault, it was not to be told where to stop.
            return [row for row in found if (epoch_ms(row[0]) or 0) < _ms(until)]

        found = walk(
            ask,
            lambda row: row[0],
            first=_ms(first),
            end=_ms(until),
            following=lambda last: _ms(periods.end(EPOCH + last * MILLISECOND, timeframe)),
            most=self.limits.pages,
            beyond=lambda cursor: _ms(self._beyond(EPOCH + cursor * MILLISECOND, timeframe)),
        )
        rows = raw_frame([(iso(row[0]), *map(plain, row[1:6])) for row in found.rows])
        if found.error is not None:
            return broken_off(rows, found.pages, found.error)
        return broken_off(rows, found.pages, cut) if cut else complete(rows, found.pages)

    def listings(self) -> Listings:
        """Pairs that are traded at spot.

        Raises:
            DomainError: the exchange did not tell.
        """
        self._exchange.number = float
        markets = asking("markets", lambda: self._exchange.load_markets(True))
        return Listings(
            tuple(
                Listing(market["id"], market["base"], market["quote"], False, market.get("active") is not False)
                for market in markets.values()
                if market.get("spot")
            )
        )

    def _beyond(self, moment: datetime, timeframe: str) -> datetime:
        """Where to ask next when nothing came: many exchanges answer with the periods of one call only, and some with
        fewer of them than they say, so half of a call is passed over."""
        moment = periods.start(moment, timeframe)
        for _ in range(max(1, self.limits.rows_per_call // 2)):
            moment = periods.end(moment, timeframe)
        return moment

    def _within_reach(self, first: datetime, timeframe: str, now: datetime) -> tuple[datetime, DomainError | None]:
        """Where the exchange's memory begins, and what to say when that is later than what was asked for."""
        kept = self.limits.rows_per_call
        if self.name not in NEWEST_ONLY or timeframe not in periods.LENGTHS:
            return first, None
        reach = periods.start(now, timeframe) - (kept - 1) * periods.LENGTHS[timeframe]
        if first >= reach:
            return first, None
        return reach, InvalidInput(f"{self.name} keeps the newest {kept} candles only, from {reach.isoformat()} on.")

    def _symbol(self, pair: str) -> str:
        """The pair as ccxt writes it (``BTC/USDT``).

        Raises:
            DomainError: the exchange has no such pair, or did not answer.
        """
        asking(pair, self._exchange.load_markets)
        known = (self._exchange.markets_by_id or {}).get(pair)
        spot = next((market for market in known or () if market.get("spot")), None)
        if spot is None:
            raise InvalidInput(f"{self.name} has no pair {pair}.", field="pair")
        self._exchange.number = str  # from here on numbers stay what was sent; the markets were read as floats
        return str(spot["symbol"])

    @cached_property
    def _exchange(self) -> Any:
        return connect(self.name)


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND
