"""What a series of daily returns says: risk, reward and drawdown. Ratios, in float64.

Returns are simple (0.01 = 1 %), one per day; a day without a known return is NaN and is passed over. The risk-free rate
is 0 and a year has 365 days, because coins trade on all of them.
"""

from dataclasses import dataclass

import numpy as np

from assets.compute.series import Floats

ROOT_YEAR = float(np.sqrt(365))
LEAST = 30
"""Fewer returns say nothing of a ratio."""


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of a series.

    Attributes:
        depth: 0-1.
        peak: place of the high before it; -1 is the start of the series.
        trough: place of the low.
    """

    depth: float
    peak: int
    trough: int


def known(returns: Floats) -> Floats:
    """The returns that are known."""
    return returns[np.isfinite(returns)]


def wealth(returns: Floats) -> Floats:
    """What 1 became after each day, shape (n,); a day without a return changes nothing."""
    return np.asarray(np.cumprod(1 + np.where(np.isfinite(returns), returns, 0.0)))


def volatility(returns: Floats) -> float | None:
    """Standard deviation of the daily returns (n - 1), a year's."""
    values = known(returns)
    return float(values.std(ddof=1)) * ROOT_YEAR if len(values) >= LEAST else None


def sharpe(returns: Floats) -> float | None:
    """Mean daily return by its standard deviation (n - 1), times the root of 365; None where nothing moved."""
    values = known(returns)
    if len(values) < LEAST or values.std(ddof=1) == 0:
        return None
    return float(values.mean() / values.std(ddof=1)) * ROOT_YEAR


def sortino(returns: Floats) -> float | None:
    """As the Sharpe ratio, by the root mean square of the losses, days of gain counting 0."""
    values = known(returns)
    if len(values) < LEAST:
        return None
    downside = float(np.sqrt((np.minimum(values, 0) ** 2).mean()))
    return float(values.mean()) / downside * ROOT_YEAR if downside else None


def deepest_drawdown(returns: Floats) -> Drawdown | None:
    """The deepest fall below an earlier high, the start being one; None without a return."""
    if not np.isfinite(returns).any():
        return None
    path = _path(returns)
    depths = 1 - path / np.maximum.accumulate(path)
    trough = int(depths.argmax())
    return Drawdown(float(depths[trough]), int(path[: trough + 1].argmax()) - 1, trough - 1)


def underwater(returns: Floats) -> Floats:
    """How far below the highest value so far each day ended, the start being one: 0 at a high, negative below it,
    shape (n,)."""
    path = _path(returns)
    return np.asarray((path / np.maximum.accumulate(path) - 1)[1:])


def _path(returns: Floats) -> Floats:
    """What 1 was at the start and became after each day, shape (n + 1,)."""
    return np.concatenate([[1.0], wealth(returns)])


def annual_growth(growth: float, days: int) -> float | None:
    """A return of the whole period as that of a year, from 365 days up."""
    return growth ** (365 / days) - 1 if days >= 365 and growth > 0 else None


def calmar(growth: float, days: int, deepest: float) -> float | None:
    """A year's return by the deepest drawdown; None for less than a year, or without a fall."""
    annual = annual_growth(growth, days)
    return annual / deepest if annual is not None and deepest > 0 else None
