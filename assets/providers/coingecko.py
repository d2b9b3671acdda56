"""CoinGecko: which coins there are, how large they are, their categories, and daily history.

Its daily history has rules of its own. A span of 90 days or less comes by the hour, one of a day by five minutes, and
only a longer one by days; a daily value dated D 00:00 is the close of D-1; and the newest point is the present moment,
off the grid. A market cap of 0 means that the supply is unknown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.compute import periods
from assets.providers.base import EPOCH, VALUE_SCHEMA, Capabilities, Fetched, Kind, Limits, epoch_ms, iso, plain, shown
from assets.providers.coin_facts import CoinFacts, Unusable, coin_facts, number
from system.exceptions import DomainError, InvalidInput, UnavailableError
from system.http import BadAnswer, client

NAME = "coingecko"
PER_PAGE = 250
DAY = timedelta(days=1)
DAILY_FROM = timedelta(days=92)
"""Only a span of more than 90 days comes by days: a shorter one is begun earlier."""
LATEST = 10**11
"""Seconds since 1970: what lies later is no time of our calendar."""
SERIES = {"price": "prices", "market_cap": "market_caps", "volume": "total_volumes"}


@dataclass(frozen=True)
class Universe:
    """Coins by market cap, as far as they came.

    Attributes:
        coins: each once.
        rejects: entries that could not be used, and facts that made no sense: what it is of, and the reason.
        complete: all pages that were asked for came.
        error: why not; None when they did.
        may_recover: trying again later may help.
    """

    coins: tuple[CoinFacts, ...]
    rejects: tuple[tuple[str, str], ...]
    complete: bool
    error: str | None = None
    may_recover: bool = False


@dataclass(frozen=True)
class Category:
    """A category of coins, with its size in US dollars where that is known."""

    category_id: str
    name: str
    market_cap: Decimal | None
    volume: Decimal | None
    largest: tuple[str, ...]


@dataclass(frozen=True)
class GlobalFigures:
    """The whole market: US dollars, percent, and when the source had them."""

    market_cap: Decimal | None
    volume: Decimal | None
    shares: Mapping[str, Decimal]
    updated_at: datetime


@dataclass(frozen=True)
class CoinGeckoSource:
    """The public interface, or the one with a key: the address and the key are configuration."""

    @property
    def name(self) -> str:
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(frozenset({Kind.UNIVERSE, Kind.CAPS}), has_open_candle=False)

    @property
    def limits(self) -> Limits:
        return Limits(rows_per_call=PER_PAGE, pages=40)

    def universe(self, count: int, *, now: datetime) -> Universe:
        """The ``count`` largest coins. What came before a fault is kept, and the fault is told."""
        coins: dict[str, CoinFacts] = {}
        rejects: list[tuple[str, str]] = []
        for page in range(1, min(-(-count // PER_PAGE), self.limits.pages) + 1):
            try:
                entries = self._markets({"page": page})
            except DomainError as error:
                found = tuple(coins.values())[:count]
                return Universe(found, tuple(rejects), False, str(error), isinstance(error, UnavailableError))
            for entry in entries:
                _take(entry, now, coins, rejects)
            if len(entries) < PER_PAGE:
                break
        return Universe(tuple(coins.values())[:count], tuple(rejects), complete=True)

    def category_coins(self, category_id: str, *, now: datetime) -> Universe:
        """The largest coins of a category."""
        coins: dict[str, CoinFacts] = {}
        rejects: list[tuple[str, str]] = []
        try:
            entries = self._markets({"page": 1, "category": _slug(category_id)})
        except DomainError as error:
            return Universe((), (), False, str(error), isinstance(error, UnavailableError))
        for entry in entries:
            _take(entry, now, coins, rejects)
        return Universe(tuple(coins.values()), tuple(rejects), complete=True)

    def categories(self) -> tuple[Category, ...]:
        """All categories, largest first.

        Raises:
            DomainError: CoinGecko did not tell.
        """
        path = "/api/v3/coins/categories"
        entries = _list(client(NAME).get(path).json(), path)
        return tuple(
            Category(
                entry["id"],
                entry["name"],
                _positive(entry.get("market_cap")),
                _positive(entry.get("volume_24h")),
                tuple(coin for coin in _items(entry.get("top_3_coins_id")) if isinstance(coin, str)),
            )
            for entry in entries
            if isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("id", "name"))
        )

    def global_figures(self) -> GlobalFigures:
        """The whole market now.

        Raises:
            DomainError: CoinGecko did not tell.
        """
        path = "/api/v3/global"
        answer = client(NAME).get(path).json()
        data = answer.get("data") if isinstance(answer, dict) else None
        updated = epoch_ms(data.get("updated_at")) if isinstance(data, dict) else None
        if not isinstance(data, dict) or updated is None or updated > LATEST:
            raise BadAnswer(f"{NAME} {path}: it has no figures with a time")
        figures = [data.get(key) or {} for key in ("total_market_cap", "total_volume", "market_cap_percentage")]
        if not all(isinstance(figure, dict) for figure in figures):
            raise BadAnswer(f"{NAME} {path}: it has no figures by currency and coin")
        totals, volumes, shares = figures
        return GlobalFigures(
            _positive(totals.get("usd")),
            _positive(volumes.get("usd")),
            {symbol: share for symbol, value in shares.items() if (share := _positive(value)) is not None},
            EPOCH + timedelta(seconds=updated),
        )

    def daily_history(self, coin_id: str, first: datetime, end: datetime, *, now: datetime) -> dict[str, Fetched]:
        """Price, market cap and volume of each day in ``[first, end)``, each on the day whose close it is.

        Returns:
            ``price``, ``market_cap``, ``volume``; single values by day.
        """
        until = min(end, periods.start(now, "1d"))
        since = min(first, until - DAILY_FROM)
        path = f"/api/v3/coins/{_slug(coin_id)}/market_chart/range"
        params = {"vs_currency": "usd", "from": _seconds(since), "to": _seconds(min(until + DAY, now))}
        try:
            answer = client(NAME).get(path, params=params, endpoint="/api/v3/coins/{id}/market_chart/range").json()
            if not isinstance(answer, dict):
                raise BadAnswer(f"{NAME} {path}: it is no chart")
            rows = {kind: daily(answer.get(key), first, until) for kind, key in SERIES.items()}
        except DomainError as error:
            nothing = pl.DataFrame(schema=VALUE_SCHEMA)
            told = Fetched(nothing, False, f"{coin_id}: {error}", 0, isinstance(error, UnavailableError))
            return dict.fromkeys(SERIES, told)
        return {kind: Fetched(found, complete=True, pages=1) for kind, found in rows.items()}

    def _markets(self, params: Mapping[str, Any]) -> Sequence[Any]:
        path = "/api/v3/coins/markets"
        wanted = {
            "vs_currency": "usd",
            "order": "market_cap_desc",
            "per_page": PER_PAGE,
            "sparkline": "true",
            "price_change_percentage": "24h,7d,30d",
            **params,
        }
        return _list(client(NAME).get(path, params=wanted).json(), path)


def daily(points: Any, first: datetime, end: datetime) -> pl.DataFrame:
    """Points of a daily chart as values of the days whose close they are.

    Args:
        points: ``[[milliseconds, value], …]``; one dated D 00:00 belongs to D-1, the last may be the present moment.
        first: first day that is wanted.
        end: days from here on are not wanted.
    Raises:
        BadAnswer: it is no such chart, or not by days.
    """
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 2 for point in points):
        raise BadAnswer(f"{NAME}: the chart is no list of points")
    times = [epoch_ms(time) for time, _value in points]
    whole_days = [time is None or time % 86_400_000 == 0 for time in times]
    if not all(whole_days[:-1]):
        raise BadAnswer(f"{NAME}: the chart is not by days")
    rows = []
    for number_of_row, (time, is_day, (sent, value)) in enumerate(zip(times, whole_days, points, strict=True), 1):
        if time is None:
            rows.append((number_of_row, plain(sent), plain(value)))
        elif is_day and first <= EPOCH + timedelta(milliseconds=time) - DAY < end:
            rows.append((number_of_row, iso(time - 86_400_000), plain(value)))
    return pl.DataFrame(rows, schema=VALUE_SCHEMA, orient="row")


def _take(entry: Any, now: datetime, coins: dict[str, CoinFacts], rejects: list[tuple[str, str]]) -> None:
    """Pages move while they are read: a coin that slips to the next page comes twice, and counts once."""
    label = shown(entry.get("id") if isinstance(entry, dict) else entry, 100)
    try:
        facts = coin_facts(entry, now)
    except Unusable as error:
        rejects.append((label, str(error)))
        return
    rejects += [(label, fault) for fault in facts.faults]
    coins.setdefault(facts.coingecko_id, facts)


def _list(answer: Any, path: str) -> Sequence[Any]:
    if not isinstance(answer, list):
        raise BadAnswer(f"{NAME} {path}: it is no list")
    return answer


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _slug(text: str) -> str:
    if not re.fullmatch(r"[\w.~-]{1,100}", text, re.ASCII) or set(text) == {"."}:
        raise InvalidInput(f"{text!r} is no id of CoinGecko.", field="coingecko_id")
    return text


def _positive(value: Any) -> Decimal | None:
    found = number(value)
    return found if found is not None and found > 0 else None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
