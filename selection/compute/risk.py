"""How concentrated a portfolio is, how it moves with the market, and what a bad day costs. Ratios, in float64.

Weights are signed shares of the gross exposure: a short position has a negative one, and their sizes add up to 1.
Returns are simple, one row per day and one column per position; NaN is no return. What is held now is held through all
of the past: the figures describe the present holdings, not the portfolio's history.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.compute.series import Floats, correlation

LEAST = 30
"""Fewer days in common say nothing of risk."""
DECAY = 0.94
"""Weight kept per day of the volatility that filters the past, as RiskMetrics proposes for days."""
WORST_DAY = 0.10
"""A loss of so much on one day in twenty counts as full risk."""


@dataclass(frozen=True)
class Loss:
    """What a bad day costs, as a share of the gross exposure, above 0 for a loss.

    Attributes:
        level: share of days that are better, 0.95 = one day in twenty is worse than ``var``.
        var: value at risk.
        cvar: mean of the days that are worse or equal.
        days: how many days it rests on.
    """

    level: float
    var: float
    cvar: float
    days: int


@dataclass(frozen=True)
class Pair:
    """Two positions by their places, and the correlation of their returns, each in the direction it is held."""

    first: int
    second: int
    correlation: float


def herfindahl(weights: Floats) -> float:
    """Sum of squared shares (HHI): 1 = all in one position, 1/n = spread evenly over n."""
    return float((weights**2).sum())


def effective_positions(weights: Floats) -> float:
    """How many equal positions would be as concentrated."""
    return 1 / herfindahl(weights)


def mixed_returns(returns: Floats, weights: Floats) -> Floats:
    """Return of the present holdings on each day; NaN where one of them has none.

    Args:
        returns: shape (t, n).
        weights: signed, shape (n,).
    """
    return np.asarray(returns @ weights)


def beta(returns: Floats, market: Floats) -> float:
    """Slope of the returns on the market's; NaN with fewer than 30 days in common, or a market that stood still."""
    both = np.isfinite(returns) & np.isfinite(market)
    if both.sum() < LEAST or market[both].var() == 0:
        return float("nan")
    return float(np.cov(returns[both], market[both], ddof=1)[0, 1] / market[both].var(ddof=1))


def correlated_pairs(returns: Floats, signs: Floats, threshold: float) -> list[Pair]:
    """Pairs whose returns, in the direction that each is held, move together at least so much; the closest first."""
    held, found = returns * signs, []
    for first in range(held.shape[1]):
        for second in range(first + 1, held.shape[1]):
            value = correlation(held[:, first], held[:, second], at_least=LEAST)
            if value >= threshold:
                found.append(Pair(first, second, value))
    return sorted(found, key=lambda pair: -pair.correlation)


def diversification_ratio(returns: Floats, weights: Floats) -> float:
    """Weighted mean volatility of the positions by that of the whole: 1 = they move as one; NaN if not known."""
    rows = np.isfinite(returns).all(axis=1)
    if rows.sum() < LEAST:
        return float("nan")
    alone = float(np.abs(weights) @ returns[rows].std(axis=0, ddof=1))
    together = float((returns[rows] @ weights).std(ddof=1))
    return alone / together if together > 0 else float("nan")


def historical_loss(returns: Floats, level: float) -> Loss | None:
    """Value at risk and its mean excess by historical simulation: the past's days as they were.

    The value at risk is the ``k``-th worst day with ``k = ceil((1 - level) * n)``, without interpolation.

    Args:
        returns: of the present holdings, shape (t,).
        level: above 0.5, below 1.
    Returns:
        None with fewer than 30 days, or fewer than one day beyond the level.
    Raises:
        ValueError: the level is out of range.
    """
    if not 0.5 < level < 1:
        raise ValueError("level must lie between 0.5 and 1")
    losses = np.sort(-returns[np.isfinite(returns)])[::-1]
    beyond = len(losses) * (1 - level)
    if len(losses) < LEAST or beyond < 1 - 1e-9:
        return None
    worst = int(np.ceil(beyond - 1e-9))
    return Loss(level, float(losses[worst - 1]), float(losses[:worst].mean()), len(losses))


def filtered_loss(returns: Floats, level: float, *, decay: float = DECAY) -> Loss | None:
    """The same with the past's days scaled to today's volatility (filtered historical simulation).

    Each day's return is divided by the EWMA volatility known the evening before, and multiplied by today's.

    Args:
        returns: of the present holdings, shape (t,).
        level: above 0.5, below 1.
        decay: weight kept per day of the EWMA, between 0 and 1.
    Source: Hull and White, Journal of Risk 1 (1998), 5-19; Barone-Adesi et al., Journal of Futures Markets 19 (1999).
    """
    values = returns[np.isfinite(returns)]
    if len(values) <= LEAST:
        return None
    spread = forecast_volatility(values, decay)
    usable = spread[:-1] > 0
    scaled = values[usable] / spread[:-1][usable] * spread[-1]
    return historical_loss(scaled, level)


def forecast_volatility(returns: Floats, decay: float) -> Floats:
    """EWMA volatility known before each day, and after the last one; shape (t + 1,), started at the first 30 days'."""
    variance = np.empty(len(returns) + 1)
    variance[0] = float((returns[:LEAST] ** 2).mean())
    for day, value in enumerate(returns):
        variance[day + 1] = decay * variance[day] + (1 - decay) * value**2
    return np.sqrt(variance)


def risk_parts(hhi: float, volatility: float | None, worst: Loss | None) -> list[float]:
    """What the risk score is the mean of, each 0-1: concentration, annual volatility, and the loss of one day in twenty
    by ``WORST_DAY``; without those that are unknown."""
    parts = [hhi]
    if volatility is not None:
        parts.append(min(1.0, volatility))
    if worst is not None:
        parts.append(min(1.0, max(worst.var, 0) / WORST_DAY))
    return parts


def shares(sizes: Sequence[float], groups: Sequence[str]) -> dict[str, float]:
    """Percent of the whole that each group makes up, the largest first."""
    total, found = sum(sizes), dict.fromkeys(groups, 0.0)
    for size, group in zip(sizes, groups, strict=True):
        found[group] += 100 * size / total
    return dict(sorted(found.items(), key=lambda item: -item[1]))
