"""Elementary figures of price series. All are causal: element i uses elements up to i only."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def log_returns(close: Floats) -> Floats:
    """``ln(close[i] / close[i-1])`` along the first axis; the first element is NaN, like every one beside a hole.

    Args:
        close: prices, shape (t,) or (t, n), above 0 or NaN.
    """
    result = np.full_like(close, np.nan)
    with np.errstate(invalid="ignore"):
        result[1:] = np.diff(np.log(close), axis=0)
    return result


def simple_return(close: Floats, periods: int) -> Floats:
    """``close[-1] / close[-1-periods] - 1`` of the last element; NaN where one of the two is missing.

    Args:
        close: prices, shape (t,) or (t, n).
        periods: how far back, at least 1.
    Returns:
        A fraction (0.05 = 5 %), shape () or (n,).
    """
    if periods < 1:
        raise ValueError("periods must be at least 1")
    if len(close) <= periods:
        return np.full(close.shape[1:], np.nan)
    return np.asarray(close[-1] / close[-1 - periods] - 1)


def rolling_mean(values: Floats, period: int) -> Floats:
    """Mean of the last ``period`` elements; NaN during warm-up and while a hole lies in the window.

    Args:
        values: shape (t,) or (t, n).
        period: length of the window, at least 1.
    """
    result = np.full(values.shape, np.nan)
    if len(values) >= period:
        result[period - 1 :] = sliding_window_view(values, period, axis=0).mean(axis=-1)
    return result


def ewma_volatility(returns: Floats, *, decay: float = 0.94) -> Floats:
    """Exponentially weighted volatility of a return series.

    ``var[i] = decay * var[i-1] + (1 - decay) * returns[i]**2``, started at ``returns[0]**2``.

    Args:
        returns: log returns per period, oldest first, shape (t,), t >= 1, all finite.
        decay: weight kept per period, dimensionless, 0 < decay < 1.
    Returns:
        Volatility per period, same unit as ``returns``, shape (t,). Not annualised.
    Raises:
        ValueError: empty, not one-dimensional or non-finite ``returns``; ``decay`` out of range.
    Source: RiskMetrics Technical Document, 4th ed. (1996), ch. 5.
    """
    if returns.ndim != 1 or not len(returns) or not np.isfinite(returns).all():
        raise ValueError("returns must be one-dimensional, finite and not empty")
    if not 0 < decay < 1:
        raise ValueError("decay must lie between 0 and 1")
    variance = np.empty(len(returns))
    variance[0] = returns[0] ** 2
    for i in range(1, len(returns)):
        variance[i] = decay * variance[i - 1] + (1 - decay) * returns[i] ** 2
    return np.sqrt(variance)


def drawdown(close: Floats) -> Floats:
    """Distance below the highest price so far, as a fraction from 0 to 1; a hole is passed over.

    Args:
        close: prices, shape (t,) or (t, n), above 0 or NaN.
    """
    peak = np.fmax.accumulate(close, axis=0)
    return 1 - close / peak


def holes(values: Floats) -> NDArray[np.int64]:
    """How many values each series lacks after its first one: before it began, nothing is missing.

    Args:
        values: shape (t, n); NaN is no value.
    Returns:
        Shape (n,); 0 for a series without any value.
    """
    known = np.isfinite(values)
    begun = np.logical_or.accumulate(known, axis=0)
    return np.asarray((begun & ~known).sum(axis=0), dtype=np.int64)


def percentile_rank(values: Floats) -> Floats:
    """Share of the other values that are smaller, ties counted half: 0 for the smallest, 1 for the largest.

    Args:
        values: shape (n,); NaN is no value.
    Returns:
        Shape (n,), 0-1; NaN stays NaN; 0.5 where there is only one value.
    """
    result = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    count = int(known.sum())
    if count == 1:
        result[known] = 0.5
    elif count > 1:
        places = np.flatnonzero(known)
        places = places[np.argsort(values[places])]
        ordered = values[places]
        begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))  # of each group of equal ones
        ends = np.append(begins[1:], count)
        result[places] = np.repeat((begins + ends - 1) / 2 / (count - 1), ends - begins)
    return result


def correlation(first: Floats, second: Floats, *, at_least: int = 20) -> float:
    """Pearson correlation over the elements that both series have; NaN for fewer than ``at_least`` or a flat series."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < at_least:
        return float("nan")
    a, b = first[both], second[both]
    if a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))


def robust_z(values: Floats) -> float:
    """How far the last value lies from the median of those before it, in units of 1.4826 x their median deviation.

    NaN with fewer than 30 values before it, or when more than half of them are equal.
    """
    before, last = values[:-1], values[-1]
    before = before[np.isfinite(before)]
    if len(before) < 30 or not np.isfinite(last):
        return float("nan")
    median = np.median(before)
    spread = 1.4826 * np.median(np.abs(before - median))
    return float((last - median) / spread) if spread > 0 else float("nan")
