"""Trend, volatility and co-movement of the market. NaN is always "cannot be said"."""

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import correlation, log_returns

Floats = NDArray[np.float64]
YEAR_HOURS = 365 * 24
LEAST_RETURNS = 20


def consolidation(close: Floats, periods: int = 20) -> float:
    """How much of the way went nowhere: 1 less the efficiency ratio ``|p[-1] - p[-1-k]| / sum(|p[i] - p[i-1]|)``.

    Args:
        close: USD, shape (t,), finite.
        periods: the k of the formula, at least 1.
    Returns:
        0 (straight) to 1 (back where it began); NaN with fewer than k + 1 closes or when the price has not moved.
    Source: Kaufman (1995), Smarter Trading (efficiency ratio).
    """
    if len(close) <= periods:
        return float("nan")
    window = close[-periods - 1 :]
    way = float(np.abs(np.diff(window)).sum())
    return 1 - abs(float(window[-1] - window[0])) / way if way > 0 else float("nan")


def momentum(close: Floats, periods: int) -> float:
    """Return over volatility of one price: ``ln(p[-1] / p[-1-k]) / (std of returns * sqrt(k))``.

    Args:
        close: USD, shape (t,), finite.
        periods: the k of the formula, at least 2.
    Returns:
        In standard deviations of k periods; NaN with fewer than k + 1 closes or a flat price.
    """
    if len(close) <= periods:
        return float("nan")
    window = log_returns(close)[-periods:]
    spread = float(window.std(ddof=1))
    return float(window.sum()) / (spread * np.sqrt(periods)) if spread > 0 else float("nan")


def annual_volatility(close: Floats, periods: int, hours: float) -> Floats:
    """Standard deviation of the last log returns, as of a year.

    Args:
        close: USD, shape (t, n).
        periods: how many returns; an asset with fewer than ``LEAST_RETURNS`` of them has none.
        hours: length of a period.
    Returns:
        Percent a year, shape (n,).
    """
    returns = log_returns(close)[-periods:]
    known = np.isfinite(returns)
    count = known.sum(axis=0)
    mean = np.where(known, returns, 0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(known, (returns - mean) ** 2, 0).sum(axis=0)
    deviation = np.sqrt(squares / np.maximum(count - 1, 1))
    return np.where(count >= LEAST_RETURNS, 100 * deviation * np.sqrt(YEAR_HOURS / hours), np.nan)


def volatility_rank(close: Floats, periods: int = 20, window: int = 365) -> float:
    """Place of the newest volatility among those of the last ``window`` candles: 0 the calmest, 1 the wildest.

    Args:
        close: USD, shape (t,), finite.
        periods: returns in each standard deviation.
        window: how many standard deviations are compared, the newest among them.
    Returns:
        Share of the others that are smaller, ties counted half; NaN with fewer than ``periods`` others.
    """
    returns = log_returns(close)[1:]
    if len(returns) < 2 * periods:
        return float("nan")
    spreads = np.lib.stride_tricks.sliding_window_view(returns, periods).std(axis=-1, ddof=1)[-window:]
    others, newest = spreads[:-1], spreads[-1]
    return float(((others < newest).sum() + (others == newest).sum() / 2) / len(others))


def mean_correlation(returns: Floats) -> float:
    """Mean Pearson correlation of all pairs of assets that have every return of the span.

    Args:
        returns: log returns, shape (t, n).
    Returns:
        -1 to 1; NaN with fewer than ``LEAST_RETURNS`` returns or two assets that move.
    """
    whole = returns[:, np.isfinite(returns).all(axis=0)]
    moving = whole[:, whole.std(axis=0) > 0] if len(whole) else whole
    count = moving.shape[1]
    if len(moving) < LEAST_RETURNS or count < 2:
        return float("nan")
    standard = (moving - moving.mean(axis=0)) / moving.std(axis=0)
    # The mean of all n x n correlations is the mean square of the summed columns; the diagonal of n ones is taken out.
    summed = float((standard.sum(axis=1) ** 2).mean())
    return float(np.clip((summed - count) / (count * (count - 1)), -1, 1))


def weighted_returns(returns: Floats, weights: Floats) -> Floats:
    """Return of a basket by period: weights fixed, an asset without a return left out of its period.

    Args:
        returns: log returns, shape (t, n).
        weights: shape (n,), not negative; NaN or 0 leaves an asset out.
    Returns:
        Shape (t,); NaN where no asset has a return.
    """
    share = np.where(np.isfinite(weights), weights, 0.0)
    present = np.isfinite(returns) * share
    total = present.sum(axis=1)
    result = np.full(len(returns), np.nan)
    np.divide((np.where(np.isfinite(returns), returns, 0) * share).sum(axis=1), total, out=result, where=total > 0)
    return result


def common_day_correlation(
    first_days: NDArray[np.int64], first: Floats, second_days: NDArray[np.int64], second: Floats, *, at_least: int
) -> float:
    """Pearson correlation of the log returns from one common day to the next: both series on the days that both have.

    Args:
        first_days, second_days: days since 1970, rising.
        first, second: values of those days, above 0.
        at_least: common returns without which nothing is said.
    """
    _days, left, right = np.intersect1d(first_days, second_days, assume_unique=True, return_indices=True)
    if len(left) <= at_least:
        return float("nan")
    return correlation(log_returns(first[left]), log_returns(second[right]), at_least=at_least)


def is_weekday(days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether days since 1970 are Mondays to Fridays: some sources repeat Friday's value over the weekend."""
    return np.asarray((days + 3) % 7 < 5)  # 1970-01-01 was a Thursday
