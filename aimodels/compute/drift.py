"""The rule-based forecast: a random walk with EWMA volatility and a drift that the data must earn.

Log returns over k periods are taken as normal with mean ``k * drift`` and standard deviation ``sqrt(k) * volatility``.
The drift of an asset over a few months is hardly measurable: its estimate is shrunk towards 0 as far as its own error
demands. The naive forecast beside it has no drift, and the base rate of rises as its probability.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from assets.compute.series import ewma_volatility

Floats = NDArray[np.float64]
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
LEAST_RETURNS = 60
PRIOR_DRIFT = 0.001
"""Standard deviation of the drift per day that is held possible before any data: 0.1 %."""


@dataclass(frozen=True)
class WalkForecast:
    """A forecast of one asset over one horizon.

    Attributes:
        probability_up: chance that the price ends above the present one, 0-1.
        quantiles: log returns at ``LEVELS``.
        naive_probability_up: share of past spans of the same length that ended above their start.
        naive_quantiles: log returns at ``LEVELS`` without drift.
        drift, volatility: per period.
    """

    probability_up: float
    quantiles: Floats
    naive_probability_up: float
    naive_quantiles: Floats
    drift: float
    volatility: float


def shrunken_drift(returns: Floats, prior: float) -> float:
    """Posterior mean of the drift: ``mean * prior² / (prior² + var / n)``.

    Args:
        returns: log returns per period, shape (t,), t >= 2, finite.
        prior: standard deviation of the drift per period before any data, above 0.
    Source: normal mean with known variance and normal prior, e.g. Gelman et al., Bayesian Data Analysis, 3rd ed., 2.5.
    """
    if len(returns) < 2 or not np.isfinite(returns).all():
        raise ValueError("returns must be finite, at least two")
    error = returns.var(ddof=1) / len(returns)
    return float(returns.mean() * prior**2 / (prior**2 + error))


def walk_forecast(returns: Floats, periods: int, *, days: float) -> WalkForecast:
    """Forecast of the log return over the next ``periods`` periods.

    Args:
        returns: log returns per period, oldest first, shape (t,), t >= ``LEAST_RETURNS``, finite.
        periods: horizon, at least 1.
        days: length of a period in days: what drift is held possible grows with it.
    Raises:
        ValueError: too few returns, a hole among them, or a price that never moved.
    """
    if periods < 1:
        raise ValueError("periods must be at least 1")
    if len(returns) < max(LEAST_RETURNS, periods + 1) or not np.isfinite(returns).all():
        raise ValueError(f"needs at least {max(LEAST_RETURNS, periods + 1)} returns without holes")
    volatility = float(ewma_volatility(returns)[-1])
    if volatility <= 0:
        raise ValueError("the price does not move")
    drift = shrunken_drift(returns, PRIOR_DRIFT * days)
    spread = volatility * np.sqrt(periods)
    steps = np.asarray(ndtri(np.array(LEVELS))) * spread
    spans = sliding_window_view(returns, periods).sum(axis=-1)
    # One rise and one fall more than were seen: a base rate of exactly 0 or 1 would be a claim, not a count.
    base_rate = ((spans > 0).sum() + 1) / (len(spans) + 2)
    return WalkForecast(
        probability_up=float(ndtr(drift * periods / spread)),
        quantiles=drift * periods + steps,
        naive_probability_up=float(base_rate),
        naive_quantiles=steps,
        drift=drift,
        volatility=volatility,
    )
