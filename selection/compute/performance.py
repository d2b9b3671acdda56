"""How well a portfolio did over a period, from its daily values. Money is Decimal; rates are ratios in float64.

A figure that cannot be known is None, and says why: a value or a rate that is missing on a day that matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

import numpy as np

from assets.compute.series import Floats
from selection.compute.money_weighted import NoRate, Rate, money_weighted
from selection.compute.portfolio_days import ZERO, Day, Restart, total

RATIO = Context(prec=40)


class Unknown(StrEnum):
    """Why a figure of a period is not known."""

    NOTHING_HELD = "nothing_held"
    NO_VALUE_AT_START = "no_value_at_start"
    NO_VALUE_AT_END = "no_value_at_end"
    NO_VALUE_AT_A_FLOW = "no_value_at_a_flow"
    NO_RATE_AT_A_FLOW = "no_rate_at_a_flow"


@dataclass(frozen=True)
class Period:
    """Days in a row, and what was there before them.

    Attributes:
        start_value: worth at the end of the day before the first; None where it is unknown.
        days: oldest first, none left out.
        fees_before: fees since the beginning until then; None where a rate was unknown.
        assumed_before: what the worth at the start rests on.
    """

    start_value: Decimal | None
    days: Sequence[Day]
    fees_before: Decimal | None = ZERO
    assumed_before: tuple[str, ...] = ()

    @property
    def end_value(self) -> Decimal | None:
        return self.days[-1].value if self.days else self.start_value

    @property
    def external(self) -> Decimal | None:
        """What was put in less what was taken out; None where the rate of the currency was unknown."""
        return total(day.external for day in self.days)

    @property
    def gap(self) -> Unknown | None:
        """Whether a value that every figure needs is unknown."""
        if not self.days:
            return Unknown.NOTHING_HELD
        if self.start_value is None:
            return Unknown.NO_VALUE_AT_START
        return Unknown.NO_VALUE_AT_END if self.end_value is None else None

    @property
    def paid_gap(self) -> Unknown | None:
        """Whether a value or a payment that profit needs is unknown."""
        return self.gap or (Unknown.NO_RATE_AT_A_FLOW if self.external is None else None)


@dataclass(frozen=True)
class Return:
    """A return, 0.05 = 5 %, or why there is none.

    Attributes:
        value: the return.
        reason: why there is none.
        restarts: numbers of the days on which the chain started anew because nothing was held before.
    """

    value: Decimal | None
    reason: Unknown | None = None
    restarts: tuple[int, ...] = ()


def profit(period: Period) -> Decimal | None:
    """What was gained: worth at the end, less worth at the start, less what was put in. Exact."""
    if period.gap or period.start_value is None or period.end_value is None or period.external is None:
        return None
    return period.end_value - period.start_value - period.external


def average_invested(period: Period) -> Decimal | None:
    """Mean cost of what was held, over the days on which something was; None where a cost is unknown."""
    held = [day.invested for day in period.days if day.invested is None or day.invested]
    whole = total(held)
    return RATIO.divide(whole, Decimal(len(held))) if held and whole is not None else None


def simple_return(period: Period) -> Return:
    """Profit by the average of what was invested."""
    gained, invested = profit(period), average_invested(period)
    if gained is None:
        return Return(None, period.paid_gap)
    if invested is None:
        is_known = all(day.invested is not None for day in period.days)
        return Return(None, Unknown.NOTHING_HELD if is_known else Unknown.NO_RATE_AT_A_FLOW)
    return Return(RATIO.divide(gained, invested))


def time_weighted(period: Period) -> Return:
    """Product of the returns between flows, whatever was put in or taken out (TWR).

    It starts anew where nothing was held. It is unknown where the worth of the portfolio was at a flow: such a day
    cannot be passed over without leaving out what happened then.
    """
    if period.gap:
        return Return(None, period.gap)
    if any(day.restart == Restart.UNKNOWN for day in period.days):
        return Return(None, Unknown.NO_VALUE_AT_A_FLOW)
    grown = [day.growth for day in period.days if day.growth is not None]
    if not grown:
        return Return(None, Unknown.NOTHING_HELD)
    product = Decimal(1)
    for growth in grown:
        product = RATIO.multiply(product, growth)
    return Return(product - 1, restarts=tuple(day.day for day in period.days if day.restart == Restart.EMPTY))


@dataclass(frozen=True)
class Payment:
    """What was put in (negative) or taken out (positive) on a day; what is held at the end counts as taken out."""

    day: int
    amount: Decimal


def payments(period: Period) -> list[Payment]:
    """What the money-weighted return is counted from: worth before the first day, flows, worth after the last one."""
    if period.paid_gap or period.start_value is None or period.end_value is None:
        return []
    flows = [Payment(day.day, -day.external) for day in period.days if day.external]
    ends = [Payment(period.days[0].day, -period.start_value), Payment(period.days[-1].day + 1, period.end_value)]
    return [payment for payment in (ends[0], *flows, ends[1]) if payment.amount]


def money_weighted_return(period: Period) -> tuple[Rate, Unknown | None]:
    """MWR: XIRR of the payments; a year's rate from 365 days up, else that of the period."""
    paid = payments(period)
    rate = money_weighted([payment.amount for payment in paid], [payment.day for payment in paid])
    return rate, period.paid_gap or (Unknown.NOTHING_HELD if rate.reason == NoRate.NO_TIME else None)


def daily_returns(days: Sequence[Day]) -> Floats:
    """Simple return of each day, shape (n,); NaN where none is known."""
    return np.array([np.nan if day.growth is None else float(day.growth) - 1 for day in days], dtype=np.float64)
