"""What a state of the market admits: exposure, strategy, size of positions, and what it did to each sector before."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EXPOSURE = {"Bull": 1.0, "Accumulation": 0.6, "Sideways": 0.4, "Transition": 0.3, "Distribution": 0.25, "Bear": 0.0}
"""Share of the capital that a state admits: definitions of the product, not fitted to any data."""
STRATEGY = {
    "Bull": "trend_following",
    "Bear": "defensive",
    "Sideways": "range_trading",
    "Transition": "defensive",
    "Accumulation": "mean_reversion",
    "Distribution": "defensive",
}
SIZES = (("conservative", 0.25), ("normal", 0.55), ("aggressive", 0.85))
"""Size of positions up to a share of the capital at risk; above the last one it is the maximum."""
LEAST_IN_STATE = 30
"""Candles of a sector after this state; the mean of fewer says nothing."""
CLEAR_T = 1.645
"""A mean that chance would exceed in one of ten cases, counting both sides, is called neutral."""


@dataclass(frozen=True)
class SectorReturns:
    """Log returns of the chain-linked sector indices, candle by candle, oldest first.

    Attributes:
        names: of the sectors, k of them.
        times: starts of the candles, seconds since 1970, rising, shape (t,).
        returns: over each candle, shape (t, k); NaN where a sector has no index.
    """

    names: tuple[str, ...]
    times: NDArray[np.int64]
    returns: Floats


@dataclass(frozen=True)
class Impact:
    """What a sector did in the candle after one in the given state.

    Attributes:
        mean: log return per candle.
        count: candles.
        t_value: mean over its standard error.
    """

    mean: float
    count: int
    t_value: float

    @property
    def word(self) -> str:
        """``positive`` or ``negative`` when chance alone would rarely do it, else ``neutral``."""
        if abs(self.t_value) < CLEAR_T:
            return "neutral"
        return "positive" if self.t_value > 0 else "negative"

    @property
    def strength(self) -> float:
        """Probability that chance alone would have moved the mean less, 0-1."""
        from scipy.special import ndtr

        return float(2 * ndtr(abs(self.t_value)) - 1)


def sector_impact(
    sectors: SectorReturns, times: NDArray[np.int64], states: NDArray[np.int64], state: int
) -> dict[str, Impact | int]:
    """Mean return of each sector over the candle that followed a candle in ``state``.

    Args:
        sectors: returns that were known.
        times: starts of the candles judged, rising, shape (t,).
        states: state of each of them, as it was judged then, shape (t,).
        state: the one asked for.
    Returns:
        By sector: the impact, or only the number of such candles when there are fewer than ``LEAST_IN_STATE``, or
        when all their returns are equal.
    """
    if not len(times):
        return dict.fromkeys(sectors.names, 0)
    before = np.searchsorted(times, sectors.times, side="left") - 1
    follows = (before >= 0) & (states[np.maximum(before, 0)] == state)
    found: dict[str, Impact | int] = {}
    for place, name in enumerate(sectors.names):
        values = sectors.returns[follows, place]
        values = values[np.isfinite(values)]
        spread = float(values.std(ddof=1)) if len(values) >= LEAST_IN_STATE else 0.0
        if spread <= 0:
            found[name] = len(values)
            continue
        mean = float(values.mean())
        found[name] = Impact(mean, len(values), mean / (spread / np.sqrt(len(values))))
    return found


def exposure(chances: Mapping[str, float]) -> float:
    """Share of the capital, 0-1: what each state admits, weighed by its probability.

    Args:
        chances: probability by state, summing to 1.
    """
    return float(sum(EXPOSURE[name] * chance for name, chance in chances.items()))


def clarity(chances: Mapping[str, float]) -> float:
    """How clear a judgement is: 1 less the entropy of its probabilities over the largest possible, 0-1."""
    values = np.array([chance for chance in chances.values() if chance > 0])
    entropy = -float(np.sum(values * np.log(values))) / float(np.log(len(chances)))
    return float(np.clip(1 - entropy, 0, 1))


def risk_factor(volatility: float, typical: float, clear: float) -> float:
    """How much of the usual risk to take: less when prices swing more than usual, and when the state is unclear.

    ``clip(typical / volatility, 0.25, 2) * (0.5 + clear / 2)``, kept between 0.1 and 5. NaN where a volatility is not
    known or 0.

    Args:
        volatility: present one, any unit, above 0.
        typical: usual one, the same unit, above 0.
        clear: clarity of the state, 0-1.
    """
    if not (volatility > 0 and typical > 0):
        return float("nan")
    return float(np.clip(np.clip(typical / volatility, 0.25, 2) * (0.5 + clear / 2), 0.1, 5))


def sizing(exposed: float, factor: float) -> str:
    """Size of positions for a recommended exposure (0-1) and a risk factor; the factor never enlarges."""
    at_risk = exposed * min(1.0, factor)
    return next((word for word, limit in SIZES if at_risk <= limit), "maximum")


def strategy(state: str, *, has_breakout: bool) -> str:
    """What suits a state; a fresh, confirmed breakout upwards in a bull market is traded as such."""
    return "breakout" if state == "Bull" and has_breakout else STRATEGY[state]
