"""How an open position stands: what its own stop and target are worth from here on, and what has turned against it.

Candles are those of its asset without the missing ones, oldest first, shape (t,); everything is about the last of them.
"""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import correlation, ewma_volatility, log_returns
from trading.compute.barriers import walk_chance
from trading.compute.features import DOUBT_POINTS, DOUBT_WEIGHTS, SPREAD_OVER, VOLATILITY_DOUBT, momentum

Floats = NDArray[np.float64]
LEAST_RETURNS = 20
"""Fewer say too little of the volatility."""
SHRUNK = 0.7
"""Volume of the last 5 candles below this share of that of the last 20 is declining."""
MOOD_SHIFT = 20.0
"""Points of the Fear & Greed index since the entry that count as a change."""
LOOSER = 0.3
"""By so much the correlation with Bitcoin over 20 returns falls below that of the 60 before when it breaks down."""


@dataclass(frozen=True)
class Ways:
    """Chances from here on within the horizon, 0-1 each; what is left is that neither is reached.

    Attributes:
        target: that the target comes first; NaN without one.
        stop: that the stop comes first.
    """

    target: float
    stop: float


def walk_ways(price: float, stop: float, target: float | None, close: Floats, horizon: int) -> Ways | None:
    """Chances of a price that wanders without drift, of the volatility of late and the doubt about it.

    Args:
        price: USD, between stop and target.
        stop, target: USD; without a target the price may wander off for ever.
        close: USD, finite, shape (t,).
        horizon: candles, at least 1.
    Returns:
        None with fewer than 20 returns, or for a price that does not move.
    """
    returns = log_returns(close)[1:]
    if len(returns) < LEAST_RETURNS:
        return None
    spread = float(ewma_volatility(returns[-SPREAD_OVER:])[-1]) * np.sqrt(horizon)
    if not spread > 0:
        return None
    spreads = spread * np.exp(VOLATILITY_DOUBT * DOUBT_POINTS)
    to_stop = abs(float(np.log(stop / price)))
    if target is None:
        touched = np.array([erfc(to_stop / (one * sqrt(2))) for one in spreads])
        return Ways(float("nan"), float(touched @ DOUBT_WEIGHTS))
    many, to_target = np.ones(len(spreads)), abs(float(np.log(target / price)))
    won, lost = (walk_chance(a * many, b * many, spreads) for a, b in ((to_target, to_stop), (to_stop, to_target)))
    return Ways(float(won @ DOUBT_WEIGHTS), float(lost @ DOUBT_WEIGHTS))


def with_chance(ways: Ways, target: float) -> Ways:
    """The same where a trained version tells the chance of the target: that neither is reached stays that of the
    walk."""
    neither = 1 - ways.target - ways.stop
    return Ways(target, float(np.clip(1 - target - neither, 0, 1)))


def has_turned(close: Floats, side: int) -> bool | None:
    """Whether the momentum of 5 returns goes against the position while that of 20 went with it; None if unknown."""
    returns = log_returns(close)[1:]
    quick, slow = (side * momentum(returns, period) for period in (5, 20))
    return None if not np.isfinite([quick, slow]).all() else bool(quick < 0 < slow)


def volume_declines(volume: Floats) -> bool | None:
    """None where one of 20 candles is missing or unknown."""
    last = volume[-20:]
    if len(last) < 20 or not np.isfinite(last).all() or not last.mean() > 0:
        return None
    return bool(last[-5:].mean() < SHRUNK * last.mean())


def broken_level(levels: list[float], entry: float, price: float, side: int) -> float | None:
    """The level nearest to the price that held the position up at its entry and lies behind the price now, USD."""
    broken = [level for level in levels if side * (entry - level) > 0 > side * (price - level)]
    return min(broken, key=lambda level: abs(price - level), default=None)


def breaks_away(close: Floats, bitcoin: Floats) -> bool | None:
    """Whether it has stopped going with Bitcoin: None with fewer than 80 returns of both.

    Args:
        close, bitcoin: USD, of the same candles, shape (t,).
    """
    own, other = log_returns(close)[-80:], log_returns(bitcoin)[-80:]
    late, before = correlation(own[-20:], other[-20:]), correlation(own[:-20], other[:-20], at_least=60)
    return None if not np.isfinite([late, before]).all() else bool(late < before - LOOSER)


def mood_turned(then: float | None, now: float | None, side: int) -> bool | None:
    """Whether the Fear & Greed index has gone against the position since its entry."""
    return None if then is None or now is None else bool(side * (now - then) <= -MOOD_SHIFT)


def deterioration(signs: dict[str, bool | None]) -> float | None:
    """Share of the known signs that speak against the position, 0-1; None if none is known."""
    known = [sign for sign in signs.values() if sign is not None]
    return sum(known) / len(known) if known else None
