"""What became of coins that an entry brought in: profit, and profit as a multiple of what was risked (R).

Amounts are exact. What cannot be told is None, with the reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from selection.compute.lots import EXACT

ZERO = Decimal(0)
HOUR = timedelta(hours=1) // timedelta(microseconds=1)
LEFT_OTHERWISE = "left_otherwise"
"""Coins left without a sale."""
COUNT_CHANGED = "count_changed"
"""A split or a fee in coins has changed how many coins there are, and not all of them are gone."""
NO_STOP = "no_stop"
"""No stop on the losing side of the entry, so nothing says what was risked."""
NOTHING_CLOSED = "nothing_closed"


@dataclass(frozen=True)
class Closing:
    """Coins that left.

    Attributes:
        quantity: coins.
        proceeds: what they brought, net of fees, dollars; of a short what was paid, negative.
        at: when.
        is_sale: they were sold or covered, or paid a fee.
    """

    quantity: Decimal
    proceeds: Decimal
    at: datetime
    is_sale: bool = True


@dataclass(frozen=True)
class Life:
    """Coins of one entry, from joining to leaving.

    Attributes:
        price: that they were bought or sold short at.
        quantity: how many joined.
        cost: what joined the cost, fees included, dollars; of a short negative.
        is_short: sold short.
        at: when.
        closings: those that left.
        left: how many are held still.
        stop: that was set with the entry.
    """

    price: Decimal
    quantity: Decimal
    cost: Decimal
    is_short: bool
    at: datetime
    closings: tuple[Closing, ...] = ()
    left: Decimal = ZERO
    stop: Decimal | None = None

    @property
    def closed(self) -> Decimal:
        """How many have left."""
        return sum((one.quantity for one in self.closings), ZERO)


@dataclass(frozen=True)
class Plan:
    """What was meant: levels of a signal, dollars per coin."""

    entry: Decimal
    stop: Decimal
    target: Decimal | None = None

    @property
    def risk(self) -> Decimal:
        """What a coin loses at the stop."""
        return abs(self.entry - self.stop)

    @property
    def reward(self) -> Decimal | None:
        """Profit at the target, in R."""
        return None if self.target is None else abs(self.target - self.entry) / self.risk


@dataclass(frozen=True)
class Slippage:
    """How much worse than planned the entry was: percent of the planned price, and R. Negative = better."""

    pct: Decimal
    r: Decimal


@dataclass(frozen=True)
class Result:
    """What came of what has left so far.

    Attributes:
        profit: net of fees, dollars.
        r: profit by what was risked with the same coins.
        hours: that they were held, the mean by coins.
        missing: why the profit or R is unknown.
    """

    profit: Decimal | None
    r: Decimal | None
    hours: Decimal | None
    missing: str | None = None


def result(lives: Sequence[Life], plan: Plan | None = None) -> Result:
    """Profit and R of entries that belong to one trade.

    Args:
        lives: their coins.
        plan: what R is counted by; None = the price and stop of each entry.
    """
    with localcontext(EXACT):
        if not any(one.closings for one in lives):
            return Result(None, None, None, NOTHING_CLOSED)
        profit, risked, missing = ZERO, ZERO, None
        for one in lives:
            part, share = _profit(one)
            if isinstance(share, str):
                return Result(None, None, _hours(lives), share)
            risk = _risk(one, plan)
            missing = missing or (NO_STOP if risk is None else None)
            profit += part
            risked += share * (risk or ZERO)
        r = None if missing or not risked else profit / risked
        return Result(profit, r, _hours(lives), missing)


def slippage(lives: Sequence[Life], plan: Plan) -> Slippage:
    """How far the entries lay from the planned one.

    Raises:
        ValueError: there is no entry, or the plan has no risk.
    """
    with localcontext(EXACT):
        quantity = sum((one.quantity for one in lives), ZERO)
        if not quantity or not plan.risk:
            raise ValueError("slippage needs an entry and a plan with a risk")
        paid = sum((one.quantity * one.price for one in lives), ZERO) / quantity
        worse = (plan.entry - paid) if lives[0].is_short else (paid - plan.entry)
        return Slippage(100 * worse / plan.entry, worse / plan.risk)


def _profit(one: Life) -> tuple[Decimal, Decimal | str]:
    """Profit of what has left and its share of the whole, or why that is unknown. Its cost is its own, whatever the
    method of the portfolio takes from which lot."""
    if not all(closing.is_sale for closing in one.closings):
        return ZERO, LEFT_OTHERWISE
    brought = sum((closing.proceeds for closing in one.closings), ZERO)
    if not one.left:
        return (brought - one.cost, Decimal(1)) if one.closings else (ZERO, ZERO)
    if one.left + one.closed != one.quantity:
        return ZERO, COUNT_CHANGED
    share = one.closed / one.quantity
    return brought - one.cost * share, share


def _risk(one: Life, plan: Plan | None) -> Decimal | None:
    """What the coins lose at the stop, dollars; None without a stop on the losing side."""
    if plan is not None:
        return one.quantity * plan.risk
    if one.stop is None or (one.price - one.stop) * (-1 if one.is_short else 1) <= 0:
        return None
    return one.quantity * abs(one.price - one.stop)


def _hours(lives: Iterable[Life]) -> Decimal | None:
    quantity = held = ZERO
    for one in lives:
        for closing in one.closings:
            quantity += closing.quantity
            held += closing.quantity * ((closing.at - one.at) // timedelta(microseconds=1))
    return held / quantity / HOUR if quantity else None
