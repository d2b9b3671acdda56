"""Prices that hold at the ends of days: closes, else what a person has stated, else nothing.

A close counts for four days after its own. A stated price holds until the next one and gives way to any close. A coin
that counts as a dollar is one where nothing else is known, and whoever uses it is told so.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from assets.models import Asset
from selection.compute.portfolio_days import Prices
from selection.models import ManualPrice
from selection.selectors.prices import OLDEST
from selection.selectors.stand_ins import AS_DOLLAR, DOLLAR, DOLLARS, ONE, STATED

FIRST_OF_1970 = date(1970, 1, 1).toordinal()
THEN = """coalesce(
    (SELECT r.old_value FROM candle_revisions r
     WHERE r.asset_id = c.asset_id AND r.timeframe = '1d' AND r.candle_time = c.candle_time
       AND r.field = 'close_price' AND r.corrected_at > %(as_of)s::timestamptz ORDER BY r.corrected_at LIMIT 1),
    c.close_price)"""
"""A close as it was before what was corrected later."""
CLOSES = """
SELECT c.asset_id, array_agg((extract(epoch FROM c.candle_time) / 86400)::int), array_agg({close})
FROM (
    SELECT asset_id, candle_time, close_price FROM price_data
    WHERE timeframe = '1d' AND asset_id = ANY(%(ids)s) AND candle_time BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT asset_id, candle_time, close_price FROM price_data_archive
    WHERE timeframe = '1d' AND asset_id = ANY(%(ids)s) AND candle_time BETWEEN %(first)s AND %(last)s
) c
GROUP BY c.asset_id
"""
"""A row per asset: as many rows as candles would take longer to read than to use."""


def daily_prices(
    portfolio_id: int, asset_ids: Collection[int], first: date, last: date, *, as_of: datetime | None = None
) -> Prices:
    """Prices of assets at the ends of the days ``first`` to ``last``, in three queries.

    Args:
        portfolio_id: whose stated prices count.
        asset_ids: the assets.
        first: first day.
        last: last day.
        as_of: moment whose knowledge counts: what was corrected or stated later is left out; None = now.
    """
    known = _closes(asset_ids, first, last, as_of)
    stated = _stated(portfolio_id, asset_ids, as_of)
    dollars = dict(Asset.objects.filter(pk__in=asset_ids, symbol__in=(*DOLLARS, DOLLAR)).values_list("pk", "symbol"))
    length, start = (last - first).days + 1, first.toordinal()
    lines = {
        asset_id: _Line(known.get(asset_id, {}), stated.get(asset_id, []), dollars.get(asset_id))
        for asset_id in asset_ids
    }
    for line in lines.values():
        line.fill(start, length)
    return Prices(
        start,
        {asset_id: line.closes for asset_id, line in lines.items()},
        {asset_id: line.carried for asset_id, line in lines.items() if line.carried},
        {
            asset_id: {place: f"{code}:{asset_id}" for place, code in line.assumed.items()}
            for asset_id, line in lines.items()
            if line.assumed
        },
    )


class _Line:
    """Prices of one asset, day by day."""

    def __init__(self, known: dict[int, Decimal], stated: list[tuple[int, Decimal]], dollar: str | None) -> None:
        self.known, self.stated, self.dollar = known, stated, dollar
        self.closes: list[Decimal | None] = []
        self.carried: set[int] = set()
        self.assumed: dict[int, str] = {}

    def fill(self, start: int, length: int) -> None:
        """Take the newest close of at most four days ago for each day, or what stands in for it."""
        newest, at, counts = None, 0, OLDEST.days
        for day in range(start - counts, start):
            if day in self.known:
                newest, at = self.known[day], day
        for place in range(length):
            day = start + place
            close = self.known.get(day)
            if close is not None:
                newest, at = close, day
            elif newest is not None and day - at > counts:
                newest = None
            if close is None:
                self.carried.add(place)
            self.closes.append(newest if newest is not None else self._instead(day, place))

    def _instead(self, day: int, place: int) -> Decimal | None:
        price = next((price for since, price in self.stated if since <= day), None)
        if price is not None:
            self.assumed[place] = STATED
            return price
        if self.dollar is None:
            return None
        if self.dollar == DOLLAR:
            self.carried.discard(place)
        else:
            self.assumed[place] = AS_DOLLAR
        return ONE


def _closes(
    asset_ids: Collection[int], first: date, last: date, as_of: datetime | None
) -> dict[int, dict[int, Decimal]]:
    """Close of each asset by number of the day."""
    parameters: dict[str, Any] = {
        "ids": list(asset_ids),
        "first": _midnight(first) - OLDEST,
        "last": _midnight(last),
        "as_of": as_of,
    }
    found: dict[int, dict[int, Decimal]] = {asset_id: {} for asset_id in asset_ids}
    with connection.cursor() as cursor:
        cursor.execute(CLOSES.format(close="c.close_price" if as_of is None else THEN), parameters)
        for asset_id, days, closes in cursor.fetchall():
            found[asset_id] = dict(zip([day + FIRST_OF_1970 for day in days], closes, strict=True))
    return found


def _stated(
    portfolio_id: int, asset_ids: Collection[int], as_of: datetime | None
) -> dict[int, list[tuple[int, Decimal]]]:
    """Stated prices of each asset with the day on whose end they hold first, newest first."""
    found: dict[int, list[tuple[int, Decimal]]] = {}
    rows = ManualPrice.objects.filter(portfolio=portfolio_id, asset__in=asset_ids).order_by("-priced_at", "-pk")
    if as_of is not None:
        rows = rows.filter(created_at__lte=as_of)
    for asset_id, priced_at, price in rows.values_list("asset_id", "priced_at", "price"):
        found.setdefault(asset_id, []).append((priced_at.astimezone(UTC).date().toordinal(), price))
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def day_end(day: date) -> datetime:
    """When a day is over and the close of its candle is known."""
    return _midnight(day) + timedelta(days=1)
