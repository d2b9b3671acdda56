"""What a portfolio was worth over time, in USD: at the ends of days, or at full hours. Never by the current price."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext

from django.db import connection

from assets.models import Asset
from selection.choices import HoldingType
from selection.compute.lots import EXACT, Holding
from selection.compute.portfolio_days import plus
from selection.models import ManualPrice, Portfolio, PositionFlow
from selection.selectors.daily_prices import day_end
from selection.selectors.portfolio_days import counted_days
from selection.selectors.prices import OLDEST
from selection.selectors.stand_ins import DOLLAR, DOLLARS, ONE

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
ZERO = Decimal(0)
CLOSES = """
SELECT asset_id, candle_time, close_price FROM price_data
WHERE timeframe = '1h' AND asset_id = ANY(%(ids)s) AND candle_time >= %(first)s AND candle_time < %(last)s
UNION ALL
SELECT asset_id, candle_time, close_price FROM price_data_archive
WHERE timeframe = '1h' AND asset_id = ANY(%(ids)s) AND candle_time >= %(first)s AND candle_time < %(last)s
ORDER BY 2
"""


@dataclass(frozen=True)
class Worth:
    """A portfolio at a moment.

    Attributes:
        at: the moment.
        value: worth of all that was held; None while a price was unknown.
        profit: realised and not yet realised since the beginning, net of fees; None likewise.
    """

    at: datetime
    value: Decimal | None
    profit: Decimal | None


def daily_worth(portfolio: Portfolio, days: int, now: datetime) -> list[Worth]:
    """The last days that are over and have been counted, oldest first; see ``selection.services.count_days``."""
    today = now.astimezone(UTC).date()
    first, counted = (today - days * ONE_DAY).toordinal(), counted_days(portfolio, today - ONE_DAY)
    return [
        Worth(day_end(date.fromordinal(day.day)), day.value, plus(day.realized, day.unrealized))
        for day in counted
        if day.day >= first
    ]


def hourly_worth(portfolio: Portfolio, days: int, now: datetime) -> list[Worth]:
    """The full hours of the last days, oldest first, from the first flow of the portfolio on.

    An hour is valued by the closes of candles that were over then and at most four days old; else by what the owner has
    stated until then; a coin that counts as a dollar is one.
    """
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first = last - days * ONE_DAY + HOUR
    courses = _courses(portfolio, last)
    if not courses:
        return []
    prices = _prices(portfolio, {course.asset_id for course in courses}, first, last)
    begin = max(first, _full_hour(min(course.times[0] for course in courses)))
    count = max(0, (last - begin) // HOUR + 1)
    return [_worth(courses, prices, begin + number * HOUR) for number in range(count)]


def _full_hour(moment: datetime) -> datetime:
    """The first full hour after a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR


@dataclass
class _Course:
    """A position after each of its flows."""

    asset_id: int
    times: list[datetime] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)

    def before(self, moment: datetime) -> Holding | None:
        place = bisect_left(self.times, moment)
        return self.holdings[place - 1] if place else None


@dataclass
class _Line:
    """Prices of an asset: closes by the moment at which they were known, stated ones by that from which they hold."""

    is_dollar: bool
    known_at: list[datetime] = field(default_factory=list)
    closes: list[Decimal] = field(default_factory=list)
    stated_at: list[datetime] = field(default_factory=list)
    stated: list[Decimal] = field(default_factory=list)

    def price(self, moment: datetime) -> Decimal | None:
        place = bisect_right(self.known_at, moment) - 1
        if place >= 0 and moment - self.known_at[place] <= OLDEST:
            return self.closes[place]
        place = bisect_right(self.stated_at, moment) - 1
        if place >= 0:
            return self.stated[place]
        return ONE if self.is_dollar else None


def _courses(portfolio: Portfolio, until: datetime) -> list[_Course]:
    flows = PositionFlow.objects.filter(position__portfolio=portfolio, occurred_at__lt=until)
    rows = flows.order_by("occurred_at", "place", "action_id", "leg").values_list(
        "position_id", "position__asset_id", "position__asset_type", "occurred_at",
        "quantity_change", "cost_change_usd", "realized_usd", "cash_flow_usd",
    )  # fmt: skip
    courses: dict[int, _Course] = {}
    with localcontext(EXACT):
        for position_id, asset_id, kind, at, *changes in rows:
            course = courses.setdefault(position_id, _Course(asset_id))
            before = course.holdings[-1] if course.holdings else None
            sums = (before.quantity, before.cost, before.realized, before.cash) if before else (ZERO,) * 4
            quantity, cost, realized, cash = (was + change for was, change in zip(sums, changes, strict=True))
            course.times.append(at)
            course.holdings.append(Holding(quantity, cost, realized, cash, kind == HoldingType.SHORT_POSITION))
    return list(courses.values())


def _prices(portfolio: Portfolio, asset_ids: Collection[int], first: datetime, last: datetime) -> dict[int, _Line]:
    dollars = set(Asset.objects.filter(pk__in=asset_ids, symbol__in=(*DOLLARS, DOLLAR)).values_list("pk", flat=True))
    lines = {asset_id: _Line(asset_id in dollars) for asset_id in asset_ids}
    with connection.cursor() as cursor:
        cursor.execute(CLOSES, {"ids": list(asset_ids), "first": first - OLDEST - HOUR, "last": last})
        for asset_id, begun, close in cursor.fetchall():
            lines[asset_id].known_at.append(begun + HOUR)
            lines[asset_id].closes.append(close)
    stated = ManualPrice.objects.filter(portfolio=portfolio, asset__in=asset_ids).order_by("priced_at", "pk")
    for asset_id, at, price in stated.values_list("asset_id", "priced_at", "price"):
        lines[asset_id].stated_at.append(at)
        lines[asset_id].stated.append(price)
    return lines


def _worth(courses: Collection[_Course], prices: dict[int, _Line], moment: datetime) -> Worth:
    """The portfolio at a moment; what holds nothing needs no price."""
    value, profit = ZERO, ZERO
    is_known = True
    with localcontext(EXACT):
        for course in courses:
            holding = course.before(moment)
            if holding is None:
                continue
            profit += holding.realized
            if not holding.quantity:
                continue
            price = prices[course.asset_id].price(moment)
            if price is None:
                is_known = False
                continue
            value += holding.value(price)
            profit += holding.unrealized(price)
    return Worth(moment, value if is_known else None, profit if is_known else None)
