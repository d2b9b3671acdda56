"""How plausible numbers are, measured against their own past."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_BEFORE = 30
"""Values before the last one without which nothing is said of it."""
LIMIT = 8.0
"""Beyond so many robust deviations a value counts as an outlier."""
MAD_TO_DEVIATION = 1.4826
"""The median absolute deviation of normal numbers times this is their standard deviation."""
SPLIT = float(np.log(4))
"""A price that is more than quartered or quadrupled within one candle looks like a split or another coin."""


def robust_z(values: Floats) -> Floats:
    """How far the last value of each series lies from the median of those before it, in robust deviations.

    ``(x[-1] - median) / (1.4826 * median(|x - median|))`` over the finite values before the last one.

    Args:
        values: shape (t, n), t >= 1, oldest first; NaN is no value.
    Returns:
        Shape (n,). NaN where the last value is missing, fewer than ``LEAST_BEFORE`` lie before it, or more than half
        of those are equal.
    Source: Iglewicz & Hoaglin (1993), How to Detect and Handle Outliers.
    """
    before, last = values[:-1], values[-1]
    middle = median(before)
    spread = MAD_TO_DEVIATION * median(np.abs(before - middle))
    enough = (np.isfinite(before).sum(axis=0) >= LEAST_BEFORE) & np.isfinite(last) & (spread > 0)
    result = np.full(values.shape[1], np.nan)
    np.divide(last - middle, spread, out=result, where=enough)
    return result


def median(values: Floats) -> Floats:
    """Median of the finite values of each column; NaN for a column without any.

    Args:
        values: shape (t, n); NaN is no value.
    Returns:
        Shape (n,).
    """
    count = np.isfinite(values).sum(axis=0)
    result = np.full(values.shape[1], np.nan)
    some = np.flatnonzero(count)
    if not len(some):
        return result
    ordered = np.sort(values[:, some], axis=0)  # NaN last
    places = np.arange(len(some))
    low, high = (count[some] - 1) // 2, count[some] // 2
    result[some] = (ordered[low, places] + ordered[high, places]) / 2
    return result


def changes(values: Floats, *, relative: bool) -> Floats:
    """Change of each value against the one before it; the first is NaN.

    Args:
        values: shape (t,), oldest first.
        relative: as ``ln(x[i] / x[i-1])``, NaN where one of the two is not above 0; else as the difference.
    """
    result = np.full(values.shape, np.nan)
    if relative:
        positive = np.where(values > 0, values, np.nan)
        result[1:] = np.diff(np.log(positive))
    else:
        result[1:] = np.diff(values)
    return result


def looks_like_split(returns: Floats) -> NDArray[np.bool_]:
    """Whether the last return of each series is too large for a market: more than times four or a quarter.

    Args:
        returns: log returns, shape (t, n), t >= 1.
    Returns:
        Shape (n,).
    """
    last = returns[-1]
    return np.asarray(np.isfinite(last) & (np.abs(np.where(np.isfinite(last), last, 0.0)) > SPLIT))


def out_of_range(high: Floats, low: Floats, close: Floats) -> NDArray[np.bool_]:
    """Candles whose close lies outside their high and low, or that have no positive price; a hole is none.

    Args:
        high, low, close: USD, shape (n,).
    """
    there = np.isfinite(close)
    sound = (np.where(there, low, 1) > 0) & (np.where(there, low, 1) <= np.where(there, close, 1))
    return np.asarray(there & ~(sound & (np.where(there, close, 1) <= np.where(there, high, 1))))
