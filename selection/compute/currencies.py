"""Daily values in another currency. Exact but for the division by a rate, which is kept to 18 places.

What is put in or taken out counts at the rate that was known at its moment, the close of the day before; what is held
at the close of its day. Cost is kept as by average cost: what joins counts at the rate of its moment, what leaves takes
its share along.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Context, Decimal

from selection.compute.portfolio_days import ZERO, Day, rounded

RATIO = Context(prec=60)


def converted(days: Sequence[Day], rates: Sequence[Decimal | None], currency: int) -> list[Day]:
    """The days in units of a currency. Where its rate is unknown, so is what depends on it.

    Args:
        days: all days of a portfolio from its first one on, USD.
        rates: USD per unit at the end of the day before the first, and of each day; shape (len(days) + 1,).
        currency: asset whose price the rate is; it is named where it is missing.
    """
    found: list[Day] = []
    since = rates[0] if rates else None
    put_in: Decimal | None = ZERO
    cost: Decimal | None = ZERO
    fees: Decimal | None = ZERO
    income: Decimal | None = ZERO
    before = Day(0, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, None)
    for day, earlier, rate in zip(days, rates, rates[1:], strict=False):
        external = _at(day.external, earlier)
        put_in = _sum(put_in, external)
        cost = _sum(_kept(cost, before.invested, day.invested), _at(max(day.invested - before.invested, ZERO), earlier))
        fees = _sum(fees, _at(day.fees - before.fees, earlier))
        income = _sum(income, _at(day.income - before.income, earlier))
        value = None if put_in is None or cost is None else _at(day.value, rate)
        growth = _grown(day.growth, earlier if day.restart else since, rate)
        lacking = () if value is not None or day.value is None else (currency,)
        found.append(
            replace(
                day,
                value=value,
                external=external or ZERO,
                invested=cost or ZERO,
                realized=(cost or ZERO) - (put_in or ZERO),
                unrealized=None if value is None else value - (cost or ZERO),
                income=income or ZERO,
                fees=fees or ZERO,
                growth=growth,
                missing=(*day.missing, *lacking),
            )
        )
        since, before = (rate, day) if value is not None else (since, day)
    return found


def _at(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """An amount in the currency; 0 is 0 at any rate."""
    if amount is None or not amount:
        return amount
    return None if rate is None else rounded(RATIO.divide(amount, rate))


def _sum(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return None if first is None or second is None else first + second


def _kept(cost: Decimal | None, before: Decimal, after: Decimal) -> Decimal | None:
    """What is left of a cost when a part of what was held has gone."""
    if cost is None or after >= before:
        return cost
    return rounded(RATIO.divide(RATIO.multiply(cost, after), before))


def _grown(growth: Decimal | None, since: Decimal | None, rate: Decimal | None) -> Decimal | None:
    if growth is None or since is None or rate is None:
        return None
    return rounded(RATIO.divide(RATIO.multiply(growth, since), rate))
