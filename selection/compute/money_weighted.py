"""Money-weighted return: the one rate at which all that was put in and taken out is worth nothing today.

Rates are ratios and live in float64; the amounts come as Decimals and are only scaled. Whether a rate is the only one
is proven, never assumed: amounts that change their sign more than once can have several, and then none is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import numpy as np

from assets.compute.series import Floats

YEAR = 365
"""Days of a year, as XIRR of the spreadsheets counts them (actual/365)."""
WIDEST = 2.0**12
DEEPEST = 60
MOST_PIECES = 20_000
"""Bounds of the search; what cannot be decided within them is said to be undecided."""


class NoRate(StrEnum):
    """Why amounts have no money-weighted return."""

    NO_TIME = "no_time"
    ONE_SIGN = "one_sign"
    NO_ROOT = "no_root"
    SEVERAL = "several"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Rate:
    """A money-weighted return.

    Attributes:
        value: the rate, 0.05 = 5 %; a year's from 365 days up, else that of the whole period; None without a rate.
        period: the rate of the whole period.
        annual: the rate of a year; of a shorter period it says nothing, but spreadsheets show it.
        days: length of the period.
        reason: why there is none.
    """

    value: float | None
    period: float | None
    annual: float | None
    days: int
    reason: NoRate | None = None


def money_weighted(amounts: Sequence[Decimal], days: Sequence[int]) -> Rate:
    """XIRR, actual/365, of amounts put in (negative) and taken out (positive); what is held at the end was taken out.

    Args:
        amounts: in any order; several of one day are added up.
        days: day number of each amount.
    Raises:
        ValueError: the two differ in length.
    """
    if len(amounts) != len(days):
        raise ValueError("every amount needs its day")
    by_day: dict[int, Decimal] = {}
    for amount, day in zip(amounts, days, strict=True):
        by_day[day] = by_day.get(day, Decimal(0)) + amount
    flows = [(day, amount) for day, amount in sorted(by_day.items()) if amount]
    length = flows[-1][0] - flows[0][0] if flows else 0
    if not length:
        return Rate(None, None, None, 0, NoRate.NO_TIME)
    largest = max(abs(amount) for _day, amount in flows)
    scaled = np.array([float(amount / largest) for _day, amount in flows])
    times = np.array([(day - flows[0][0]) / length for day, _amount in flows])
    found = discount_rates(scaled, times)
    if isinstance(found, NoRate):
        return Rate(None, None, None, length, found)
    period, annual = _grown(found), _grown(found * YEAR / length)
    return Rate(annual if length >= YEAR else period, period, annual, length)


def _grown(exponent: float) -> float | None:
    """A continuous rate as a simple one; None where it is beyond all numbers."""
    return float(np.expm1(exponent)) if exponent < np.log(np.finfo(np.float64).max) else None


def discount_rates(amounts: Floats, times: Floats) -> float | NoRate:
    """The one continuous rate ``s`` of the whole period with ``sum(amounts * exp(-s * times)) = 0``.

    By the rule of signs (Descartes, in Laguerre's form for real exponents) amounts that change their sign once have
    exactly one. For others the line is cut into pieces on which bounds of the sum or of its slope decide.

    Args:
        amounts: shape (n,), none 0, by time.
        times: shape (n,), rising from 0 to 1.
    """
    changes = sign_changes(amounts)
    if changes == 0:
        return NoRate.ONE_SIGN
    low = _end(amounts, times, -1.0)
    high = _end(amounts, times, 1.0)
    if low is None or high is None:
        return NoRate.UNDECIDED
    if changes == 1:
        return _solved(amounts, times, low, high)
    brackets = _brackets(amounts, times, low, high)
    if brackets is None:
        return NoRate.UNDECIDED
    if len(brackets) != 1:
        return NoRate.SEVERAL if brackets else NoRate.NO_ROOT
    return _solved(amounts, times, *brackets[0])


def sign_changes(values: Floats) -> int:
    """How often the sign changes along a series; zeros are passed over."""
    signs = np.sign(values[values != 0])
    return int((signs[1:] != signs[:-1]).sum())


def _worth(amounts: Floats, times: Floats, rate: float) -> float:
    """The discounted sum, scaled so that no term overflows; its sign is what counts."""
    exponents = -rate * times
    return float((amounts * np.exp(exponents - exponents.max())).sum())


def _solved(amounts: Floats, times: Floats, low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda rate: _worth(amounts, times, rate), low, high, xtol=1e-14, rtol=8.9e-16, maxiter=500))


def _end(amounts: Floats, times: Floats, direction: float) -> float | None:
    """A rate beyond which there is no root: the running sums there, from the side that weighs most, have one sign.

    For ``rate > at`` the sum is a mixture, with positive weights, of the running sums of the amounts discounted at
    ``at`` (summation by parts), so it cannot vanish where those share a sign; towards minus infinity the same holds
    from the other end.
    """
    at = direction
    ordered = slice(None) if direction > 0 else slice(None, None, -1)
    while abs(at) <= WIDEST:
        exponents = -at * times
        running = np.cumsum((amounts * np.exp(exponents - exponents.max()))[ordered])
        if sign_changes(running) == 0 and running[-1] != 0:
            return at
        at *= 2
    return None


def _brackets(amounts: Floats, times: Floats, low: float, high: float) -> list[tuple[float, float]] | None:
    """Intervals with exactly one root each; None where two roots, or none, cannot be told apart."""
    pieces = [(low, high, 0)]
    found: list[tuple[float, float]] = []
    for _round in range(MOST_PIECES):
        if not pieces:
            return found
        left, right, depth = pieces.pop()
        if not _spans_zero(amounts, times, left, right):
            continue
        if not _spans_zero(-amounts * times, times, left, right):
            if _worth(amounts, times, left) * _worth(amounts, times, right) < 0:
                found.append((left, right))
            elif 0 in (_worth(amounts, times, left), _worth(amounts, times, right)):
                return None
            continue
        if depth == DEEPEST:
            return None
        middle = left + (right - left) * 0.4871
        pieces += [(left, middle, depth + 1), (middle, right, depth + 1)]
    return None


def _spans_zero(amounts: Floats, times: Floats, left: float, right: float) -> bool:
    """Whether bounds of the discounted sum over an interval of rates leave room for 0."""
    at_left, at_right = -left * times, -right * times
    scale = max(at_left.max(), at_right.max())
    most, least = np.exp(at_left - scale), np.exp(at_right - scale)
    gains, losses = np.maximum(amounts, 0), np.minimum(amounts, 0)
    slack = 1e-15 * np.abs(amounts * most).sum()
    upper = float((gains * most + losses * least).sum())
    lower = float((gains * least + losses * most).sum())
    return lower <= slack and upper >= -slack
