"""The rule-based regime: evidence from trend, structure, momentum, breadth and drawdown, weighed into probabilities.

The rules state what the words mean; their numbers are choices of definition, not fitted to any data. All series have
shape (t,), oldest first, and element i uses candles up to i only.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from assets.compute.series import drawdown, log_returns, rolling_mean
from macro.compute.regime.structure import swing_trend

Floats = NDArray[np.float64]
REGIMES = ("Bull", "Bear", "Sideways", "Transition", "Accumulation", "Distribution")
LEAST_EVIDENCE = 0.5
"""Share of the evidence that must be there for a regime to be given."""
STAY = 0.10
"""Another regime takes over only when it is this much more probable: it keeps the state from flickering."""
WEIGHTS = {"trend_long": 2.0, "trend_slope": 1.5, "structure": 1.5, "momentum": 2.0, "breadth": 1.5}


@dataclass(frozen=True)
class Evidence:
    """What speaks for a rise (1) or a fall (-1), and what qualifies it. Every series has shape (t,).

    Attributes:
        trend_long: distance from the 200-period average (100 while that is warming up), -1 to 1.
        trend_slope: slope of the 50-period average over 20 periods, in units of its volatility, -1 to 1.
        structure: direction of the swings, -1, 0 or 1.
        momentum: 60-period return in units of its volatility, -1 to 1.
        breadth: share of the market above its average, -1 (none) to 1 (all).
        strength: strength of a trend in either direction from ADX, 0-1.
        volatility: place of the present volatility among those of the last 365 periods, 0-1.
        drawdown: distance below the highest close so far, 0-1.
        cooling: how much the 20-period momentum has weakened against the 60-period one, -1 to 1.
    """

    trend_long: Floats
    trend_slope: Floats
    structure: Floats
    momentum: Floats
    breadth: Floats
    strength: Floats
    volatility: Floats
    drawdown: Floats
    cooling: Floats


def evidence(high: Floats, low: Floats, close: Floats, breadth_pct: Floats) -> Evidence:
    """The evidence by candle.

    Args:
        high, low, close: USD, shape (t,), finite.
        breadth_pct: share of assets above their average, percent, NaN where unknown.
    """
    import talib

    slow, middle = rolling_mean(close, 200), rolling_mean(close, 100)
    anchor = np.where(np.isfinite(slow), slow, middle)
    average = rolling_mean(close, 50)
    returns = log_returns(close)
    slope = np.full(len(close), np.nan)
    slope[20:] = np.log(average[20:] / average[:-20])
    spread = _rolling_std(returns, 60)
    quick, steady = _momentum(close, returns, 20), _momentum(close, returns, 60)
    adx = talib.ADX(high, low, close, 14)
    return Evidence(
        trend_long=np.tanh((close / anchor - 1) / 0.10),
        trend_slope=np.tanh(_in_units(slope, spread * np.sqrt(20))),
        structure=swing_trend(high, low),
        momentum=np.tanh(steady),
        breadth=breadth_pct / 50 - 1,
        strength=np.clip((adx - 15) / 25, 0, 1),
        volatility=_place_among_past(_rolling_std(returns, 20), 365),
        drawdown=drawdown(close),
        cooling=np.tanh(steady) - np.tanh(quick),
    )


def direction(found: Evidence) -> tuple[Floats, Floats, Floats]:
    """Weighted mean of the directional evidence, its disagreement, and how much of it is there.

    Returns:
        Mean from -1 to 1, weighted standard deviation from 0 to 1, share of the weights from 0 to 1.
    """
    values = np.stack([getattr(found, name) for name in WEIGHTS])
    weights = np.array(list(WEIGHTS.values()))[:, None] * np.isfinite(values)
    total = weights.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values * weights, axis=0) / total
        spread = np.sqrt(np.nansum(weights * (values - mean) ** 2, axis=0) / total)
    return mean, spread, total / sum(WEIGHTS.values())


def probabilities(found: Evidence) -> Floats:
    """Probability of each regime by candle.

    Bull and Bear need direction; Sideways lack of direction and strength; Transition disagreement; Accumulation lack of
    direction deep below the high; Distribution lack of direction, or a cooling rise, near the high.

    Returns:
        Shape (t, 6) in the order of ``REGIMES``; rows sum to 1, or are NaN where too little evidence is there.
    """
    mean, spread, share = direction(found)
    strength = np.nan_to_num(found.strength, nan=0.5)
    calm = (1 - np.abs(mean)) * (1 - 0.5 * strength)
    deep = np.clip(found.drawdown / 0.40, 0, 1)
    cooling = np.clip(np.nan_to_num(found.cooling), 0, 1)
    scores = np.stack(
        [
            4.0 * mean + strength - deep,
            -4.0 * mean + strength + deep,
            2.5 * calm,
            3.0 * spread,
            2.5 * calm * deep + 1.0 * deep * (1 - strength),
            2.5 * calm * (1 - deep) * (0.5 + cooling) + 1.5 * cooling * (1 - deep),
        ],
        axis=1,
    )
    exponent = np.exp(scores - scores.max(axis=1, keepdims=True))
    result = exponent / exponent.sum(axis=1, keepdims=True)
    return np.where((share >= LEAST_EVIDENCE)[:, None], result, np.nan)


def path(chances: Floats) -> NDArray[np.int64]:
    """The regime in force by candle: the most probable one, but a change needs an advantage of ``STAY``.

    Args:
        chances: as ``probabilities`` returns them.
    Returns:
        Places in ``REGIMES``; -1 where there is no regime. Shape (t,).
    """
    states = np.full(len(chances), -1, dtype=np.int64)
    present = -1
    for i, row in enumerate(chances):
        if not np.isfinite(row).all():
            present = -1
        elif present < 0 or row.max() > row[present] + STAY:
            present = int(row.argmax())
        states[i] = present
    return states


def contributions(found: Evidence) -> dict[str, float]:
    """How much each piece of evidence moved the last direction: its weighted share, signed; they add up to it."""
    values = {name: float(getattr(found, name)[-1]) for name in WEIGHTS}
    known = {name: value for name, value in values.items() if np.isfinite(value)}
    total = sum(WEIGHTS[name] for name in known)
    return {name: WEIGHTS[name] * value / total for name, value in known.items()}


def last(found: Evidence) -> dict[str, float]:
    """Every piece of evidence of the last candle; NaN where it is not known."""
    return {piece.name: float(getattr(found, piece.name)[-1]) for piece in fields(found)}


def _momentum(close: Floats, returns: Floats, period: int) -> Floats:
    """Return over a period in units of the volatility over it."""
    result = np.full(len(close), np.nan)
    spread = _rolling_std(returns, period)
    result[period:] = np.log(close[period:] / close[:-period])
    return _in_units(result, spread * np.sqrt(period))


def _in_units(values: Floats, unit: Floats) -> Floats:
    """Quotient; NaN where the unit is 0: a price that stands still has no trend to measure."""
    return np.asarray(values / np.where(unit > 0, unit, np.nan))


def _rolling_std(values: Floats, period: int) -> Floats:
    mean = rolling_mean(values, period)
    square = rolling_mean(values**2, period)
    return np.sqrt(np.maximum(square - mean**2, 0))


def _place_among_past(values: Floats, span: int) -> Floats:
    """Share of the last ``span`` values, itself included, that are at most as large; NaN with fewer than 30."""
    windows = sliding_window_view(np.concatenate([np.full(span - 1, np.nan), values]), span)
    count = np.isfinite(windows).sum(axis=1)
    share = (windows <= values[:, None]).sum(axis=1) / np.maximum(count, 1)
    return np.where((count >= 30) & np.isfinite(values), share, np.nan)
