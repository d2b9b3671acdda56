"""The Sharpe ratio, and what is left of it when the variants that were tried are counted."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sharpe_ratio(returns: Floats, *, per_year: float | None = None) -> float:
    """Mean over standard deviation of returns, per period, or per year with ``per_year`` periods; NaN with fewer than
    two returns or none that differs.

    Args:
        returns: above the riskless rate, shape (t,), finite.
    Source: Sharpe (1994), The Sharpe ratio.
    """
    if len(returns) < 2 or np.ptp(returns) == 0:
        return float("nan")
    return float(returns.mean() / returns.std(ddof=1) * np.sqrt(per_year or 1.0))


def expected_best(trials: int, variance: float) -> float:
    """Sharpe ratio that the best of so many variants shows on average if none has any.

    Args:
        trials: independent variants tried, at least 1; with one it is 0.
        variance: of the Sharpe ratios of the variants, per period, 0 and more.
    Raises:
        ValueError: a number out of range.
    Source: Bailey and Lopez de Prado (2014), The deflated Sharpe ratio, equation 1.
    """
    from scipy.special import ndtri

    if trials < 1 or variance < 0:
        raise ValueError("trials must be at least 1, the variance at least 0")
    if trials == 1:
        return 0.0
    gamma = float(np.euler_gamma)
    best = (1 - gamma) * ndtri(1 - 1 / trials) + gamma * ndtri(1 - 1 / (trials * np.e))
    return float(np.sqrt(variance) * best)


def probabilistic_sharpe(ratio: float, bar: float, *, length: int, skewness: float, kurtosis_: float) -> float:
    """Chance that the true ratio is above ``bar``, 0-1.

    Args:
        ratio, bar: per period.
        length: returns that ``ratio`` comes from, at least 2.
        skewness, kurtosis_: of the returns; 0 and 3 for a normal distribution.
    Returns:
        NaN where the estimate of its error is not above 0.
    Source: Bailey and Lopez de Prado (2012), The Sharpe ratio efficient frontier.
    """
    from scipy.special import ndtr

    spread = 1 - skewness * ratio + (kurtosis_ - 1) / 4 * ratio**2
    if length < 2 or not spread > 0:
        return float("nan")
    return float(ndtr((ratio - bar) * np.sqrt(length - 1) / np.sqrt(spread)))


def deflated_sharpe(returns: Floats, *, trials: int, variance: float) -> float:
    """Chance that the strategy has any Sharpe ratio above 0, given that it is the best of so many that were tried.

    Args:
        returns: per period after costs, shape (t,), finite, not overlapping.
        trials: variants tried, this one among them, as the registry counts them.
        variance: of their Sharpe ratios, per period.
    Returns:
        0-1; NaN without a Sharpe ratio. 0.95 and more is usually asked.
    Source: Bailey and Lopez de Prado (2014), The deflated Sharpe ratio, equation 2.
    """
    from scipy.stats import kurtosis, skew  # takes a second, and few processes need it

    ratio, bar = sharpe_ratio(returns), expected_best(trials, variance)
    if np.isnan(ratio):
        return float("nan")
    moments = {"skewness": float(skew(returns)), "kurtosis_": float(kurtosis(returns, fisher=False))}
    return probabilistic_sharpe(ratio, bar, length=len(returns), **moments)
