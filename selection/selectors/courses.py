"""From which price to which assets went over a time, those included whose candles ended on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from assets.compute import periods
from selection.selectors.prices import closes_at, last_closes

GRACE = timedelta(days=7)
"""Candles that are missing at the end are awaited so long before they count as ended."""


@dataclass(frozen=True)
class Courses:
    """Closes of assets over a time, USD.

    Attributes:
        first, last: at its beginning and end, by asset; without those that are missing.
        ended: of the assets whose candles ended before, the close of the last one; ``last`` has its price.
        awaited: assets whose last candle may still come.
    """

    first: dict[int, Decimal]
    last: dict[int, Decimal]
    ended: dict[int, datetime]
    awaited: set[int]

    @property
    def returns(self) -> dict[int, Decimal]:
        """Of each asset with both prices, as a share."""
        return {one: self.last[one] / price - 1 for one, price in self.first.items() if price and one in self.last}


def courses(asset_ids: Iterable[int], timeframe: str, start: datetime, end: datetime, *, as_of: datetime) -> Courses:
    """Closes of the candles that begin at two times, as known at ``as_of``.

    An asset that lost all its worth and is traded no more must not vanish from what is measured: where candles of
    others went on and its own ended, its last close in the time counts.
    """
    wanted = set(asset_ids)
    closes = closes_at(wanted, timeframe, (start, end), as_of=as_of)
    first, last = ({one: closes[one, time] for one in wanted if (one, time) in closes} for time in (start, end))
    missing = first.keys() - last.keys()
    ended: dict[int, datetime] = {}
    length = periods.LENGTHS[timeframe]
    if missing and as_of < end + length + GRACE:
        return Courses(first, last, ended, set(missing))
    if missing and last:
        for one, (time, price) in last_closes(missing, timeframe, start, as_of=as_of).items():
            if time < end:
                last[one], ended[one] = price, time + length
    return Courses(first, last, ended, set())
