"""What portfolios have won or lost since the last day ended (UTC)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext

from django.db.models import Min, Sum

from selection.compute.lots import EXACT
from selection.models import PortfolioDay, PositionFlow
from selection.selectors.valuation import PortfolioValue

ZERO = Decimal(0)


@dataclass(frozen=True)
class DayProfit:
    """Profit of some portfolios together since yesterday's end, realised or not, USD; None while a price, or what they
    were then, is not known.

    Attributes:
        total: what they are worth now, USD.
        profit: what was won (+) or lost (-).
        percent: of what they were worth at the beginning; None where that was nothing.
    """

    total: Decimal | None
    profit: Decimal | None
    percent: Decimal | None


def day_profit(values: Mapping[int, PortfolioValue], today: date) -> DayProfit:
    """Profit of the day that runs, in two queries however many portfolios there are. What is put in or taken out is
    none: the realised and the not yet realised gain of now are held against those at the end of yesterday.

    Args:
        values: of each portfolio at the latest prices.
        today: the day that runs (UTC).
    """
    parts = _parts(values, today)
    with localcontext(EXACT):
        return _together(values.values(), list(parts.values()))


def day_profits(values: Mapping[int, PortfolioValue], today: date) -> dict[int, DayProfit]:
    """The same of each portfolio by itself, in as many queries."""
    parts = _parts(values, today)
    with localcontext(EXACT):
        return {key: _together([value], [parts[key]]) for key, value in values.items()}


def _parts(values: Mapping[int, PortfolioValue], today: date) -> dict[int, tuple[Decimal, Decimal] | None]:
    """What each has gained on the day and what it was worth at its beginning; None where one of these is unknown."""
    days = PortfolioDay.objects.filter(portfolio__in=values, day=today - timedelta(days=1))
    before, now = {row.portfolio_id: row for row in days}, gains_until_now(values)
    found: dict[int, tuple[Decimal, Decimal] | None] = {}
    with localcontext(EXACT):
        for portfolio_id, value in values.items():
            start = _start(before.get(portfolio_id), now.get(portfolio_id), today)
            unrealized = unrealized_now(value)
            if start is None or unrealized is None:
                found[portfolio_id] = None
                continue
            gained, worth = start
            realized = now[portfolio_id].realized if portfolio_id in now else ZERO
            found[portfolio_id] = (realized + unrealized - gained, worth)
    return found


def _together(values: Iterable[PortfolioValue], parts: Sequence[tuple[Decimal, Decimal] | None]) -> DayProfit:
    profit = summed_or_unknown([part and part[0] for part in parts])
    worth = sum((part[1] for part in parts if part), ZERO)
    percent = 100 * profit / worth if profit is not None and worth > 0 else None
    return DayProfit(summed_or_unknown([value.total for value in values]), profit, percent)


@dataclass(frozen=True)
class Gained:
    """What a portfolio has realised since its beginning, USD, and when that was."""

    realized: Decimal
    began: datetime


def gains_until_now(portfolio_ids: Iterable[int]) -> dict[int, Gained]:
    """Of each portfolio that anything was ever booked in."""
    flows = PositionFlow.objects.filter(position__portfolio__in=list(portfolio_ids))
    rows = flows.values_list("position__portfolio").annotate(Sum("realized_usd"), Min("occurred_at")).order_by()
    return {portfolio_id: Gained(realized, began) for portfolio_id, realized, began in rows}


def _start(row: PortfolioDay | None, gained: Gained | None, today: date) -> tuple[Decimal, Decimal] | None:
    """Gain and worth at the beginning of the day; nothing of what did not exist yet, None where it is not known."""
    if gained is None or gained.began.astimezone(UTC).date() >= today:
        return ZERO, ZERO
    if row is None or row.unrealized_usd is None or row.value_usd is None:
        return None
    return row.realized_usd + row.unrealized_usd, row.value_usd


def unrealized_now(value: PortfolioValue) -> Decimal | None:
    """Gain that is not realised yet; None while the price of something held is missing."""
    held = [one for one in value.positions.values() if one.position.quantity]
    return summed_or_unknown([one.unrealized for one in held])


def summed_or_unknown(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, unknown as soon as one of them is."""
    given = list(amounts)
    known = [amount for amount in given if amount is not None]
    return sum(known, ZERO) if len(known) == len(given) else None
