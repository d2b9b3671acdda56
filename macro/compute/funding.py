"""Funding of perpetuals by the interval at which it is really charged.

Exchanges charge every 8 hours as a rule, and more often when the market runs hot (SOLUSDT every 2 hours from 9 to 18
November 2022). A rate covers the time since the charge before it, so rates compare only per equal time.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOURS_A_YEAR = 24 * 365
LONGEST = 8.0
"""Hours. No exchange charges less often: a longer distance means that a charge in between is not stored."""


def intervals(times: NDArray[np.int64]) -> Floats:
    """Hours that each charge covers: those since the charge before, in whole hours, at most ``LONGEST``.

    Causal but for the first element, which covers as much as the second, for want of a charge before it.

    Args:
        times: moments of the charges, seconds since 1970, oldest first, shape (n,); jitter of seconds does not matter.
    Returns:
        Hours, shape (n,), from 1 to ``LONGEST``.
    Raises:
        ValueError: not one-dimensional, or not rising.
    """
    if times.ndim != 1 or (len(times) > 1 and (np.diff(times) <= 0).any()):
        raise ValueError("times of charges must rise")
    if len(times) < 2:
        return np.full(len(times), LONGEST)
    hours = np.rint(np.diff(times) / 3600)
    return np.clip(np.concatenate([hours[:1], hours]), 1.0, LONGEST)


def per_eight_hours(rates: Floats, times: NDArray[np.int64]) -> Floats:
    """Rates as if they were charged every 8 hours.

    Args:
        rates: fractions of the position per charge, shape (n,).
        times: their moments, seconds since 1970, oldest first, shape (n,).
    Returns:
        Fractions per 8 hours, shape (n,).
    Raises:
        ValueError: shapes differ, or times do not rise.
    """
    return _checked(rates, times) * (8 / intervals(times))


def annualised(rates: Floats, times: NDArray[np.int64]) -> Floats:
    """What holding a position for a year would cost at each rate, without compounding.

    Args:
        rates: fractions of the position per charge, shape (n,).
        times: their moments, seconds since 1970, oldest first, shape (n,).
    Returns:
        Percent a year, shape (n,).
    Raises:
        ValueError: shapes differ, or times do not rise.
    """
    return 100 * _checked(rates, times) * (HOURS_A_YEAR / intervals(times))


def _checked(rates: Floats, times: NDArray[np.int64]) -> Floats:
    if rates.shape != times.shape:
        raise ValueError("each rate needs its time")
    return rates
