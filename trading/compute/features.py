"""One asset at one moment, as a plan is made for it and judged: the same for a live run and for the past of a training.

Candles are those of one asset without holes, oldest first, shape (t,); everything is about the last of them and is made
of them alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import ewma_volatility, log_returns
from macro.compute.regime.levels import key_levels
from macro.compute.regime.structure import swing_trend
from trading.compute.barriers import walk_chance
from trading.compute.signals import FACTOR_WEIGHTS, Plan, confluence, direction_of, plan

Floats = NDArray[np.float64]
QUICK, SLOW, ATR_PERIOD = 20, 50, 14
UNBROKEN = 60
"""Candles without a hole, the newest included, that a plan needs."""
SPREAD_OVER = 250
"""Returns that the volatility of a plan's horizon is taken from."""
VOLATILITY_DOUBT = 0.5
"""Standard deviation of the logarithm of the volatility to come around that of late. Of 0, 0.2, 0.35, 0.5 and 0.7 the
one that was good on days before 2024 and on hours before July 2024: without doubt, far targets come much too seldom."""
DOUBT_POINTS, _weights = np.polynomial.hermite_e.hermegauss(7)
DOUBT_WEIGHTS = _weights / _weights.sum()
LEAST_CHANCE = 1e-4
"""A chance below this is as good as none."""
GENERATION = "2"
"""Changes whenever a feature means something else; 1 knew no doubt about the volatility."""
NAMES = (
    "is_long",
    "risk_reward",
    "stop_in_atr",
    "target_in_atr",
    "atr_share",
    "walk_log_odds",
    "endless_walk_log_odds",
    "confluence",
    *(f"{name}_agrees" for name in FACTOR_WEIGHTS),
    "level_behind",
    "level_ahead",
    "levels_between",
    "momentum_5",
    "momentum_20",
    "momentum_60",
    "stretch",
    "volatility_change",
    "drawdown",
    "volume_surge",
    "market_momentum",
    "market_volatility_change",
    "market_breadth",
)
GROUPS = {
    "plan": [*NAMES[:7], "level_behind", "level_ahead", "levels_between"],
    "confluence": ["confluence", *(f"{name}_agrees" for name in FACTOR_WEIGHTS)],
    "price": ["momentum_5", "momentum_20", "momentum_60", "stretch", "volatility_change", "drawdown"],
    "volume": ["volume_surge"],
    "market": ["market_momentum", "market_volatility_change", "market_breadth"],
}
"""Features by the kind of data they come from."""


@dataclass(frozen=True)
class Candles:
    """Candles of one asset without holes, USD, shape (t,) each; volume per candle."""

    high: Floats
    low: Floats
    close: Floats
    volume: Floats


@dataclass(frozen=True)
class Around:
    """What the layers above say of the asset at that moment; NaN is unknown.

    Attributes:
        month: its return of 30 days, a fraction.
        place: its place among all by the ranking, 0-1.
        mood: of the regime, -1 (bear) to 1 (bull).
        outlook: of its sector, -1, 0 or 1.
    """

    month: float
    place: float
    mood: float
    outlook: float


@dataclass(frozen=True)
class Limits:
    """What a plan must offer, as configured."""

    min_risk_reward: float
    min_confluence: int
    min_stop_atr: float
    max_stop_atr: float


@dataclass(frozen=True)
class Setup:
    """A plan and what it was made from.

    Attributes:
        direction: 1 long, -1 short.
        agreeing: factors that speak for it with their weights, weightiest first; ``share`` of all weight.
        factors: all that are known, -1 to 1.
        atr: average true range, USD.
        levels: key levels, USD, from low to high.
        candles: that all of it is about.
    """

    direction: int
    plan: Plan
    agreeing: list[tuple[str, float]]
    share: float
    factors: dict[str, float]
    atr: float
    levels: list[float]
    candles: Candles


def factors(candles: Candles, around: Around) -> dict[str, float]:
    """What speaks for a rise (1) or a fall (-1); factors that are not known are left out."""
    close = candles.close
    quick, slow = close[-QUICK:].mean(), close[-SLOW:].mean()
    found = {
        "trend": 1.0 if close[-1] > slow and quick > slow else -1.0 if close[-1] < slow and quick < slow else 0.0,
        "momentum": float(np.sign(around.month)),
        "relative_strength": 2 * around.place - 1,
        "regime": around.mood,
        "sector": around.outlook,
    }
    if direction_of({name: value for name, value in found.items() if np.isfinite(value)}):
        found["structure"] = float(swing_trend(candles.high, candles.low)[-1])
    return {name: found[name] for name in FACTOR_WEIGHTS if np.isfinite(found.get(name, np.nan))}


def setup(candles: Candles, around: Around, limits: Limits) -> Setup | str:
    """The plan for an asset, or the reason why there is none.

    Args:
        candles: ``UNBROKEN`` at least.
    """
    import talib

    known = factors(candles, around)
    direction = direction_of(known)
    if direction == 0:
        return "trend and momentum disagree"
    agreeing, share = confluence(known, direction)
    if len(agreeing) < limits.min_confluence:
        return "too little speaks for it"
    high, low, close = candles.high, candles.low, candles.close
    atr = float(talib.ATR(high, low, close, ATR_PERIOD)[-1])
    levels = [level.price for level in key_levels(high, low, close, atr)] if atr > 0 else []
    planned = (
        plan(
            float(close[-1]),
            atr,
            levels,
            direction,
            min_risk_reward=limits.min_risk_reward,
            min_stop_atr=limits.min_stop_atr,
            max_stop_atr=limits.max_stop_atr,
        )
        if atr > 0
        else None
    )
    if planned is None:
        return "no stop and target fit"
    return Setup(direction, planned, agreeing, share, known, atr, levels, candles)


@dataclass(frozen=True)
class Market:
    """The market at the moment: ``momentum`` and ``volatility_change`` of Bitcoin as in ``price_features``, share of
    the assets above their average, 0-1; NaN is unknown."""

    momentum: float
    volatility_change: float
    breadth: float


def market_of(bitcoin: Floats, close: Floats) -> Market:
    """The market from closes of Bitcoin without holes, shape (t,), and those of all assets, shape (t, n)."""
    window = close[-SLOW:]
    known = np.isfinite(window).all(axis=0) if len(window) == SLOW else np.zeros(close.shape[1], dtype=np.bool_)
    above = window[-1, known] > window[:, known].mean(axis=0)
    returns = log_returns(bitcoin)[1:]
    return Market(momentum(returns, 20), volatility_change(returns), float(above.mean()) if len(above) else np.nan)


def features(found: Setup, market: Market, horizon: int) -> Floats:
    """What a plan is judged by, in the order of ``NAMES``; NaN is unknown. What points anywhere is turned so that above
    0 it points to the target.

    Args:
        found: as ``setup`` made it.
        horizon: candles that the plan lives.
    Returns:
        Shape (k,).
    """
    planned, side, atr, candles = found.plan, found.direction, found.atr, found.candles
    returns = log_returns(candles.close)[1:]
    ahead = [side * (level - planned.entry) / atr for level in found.levels]
    forward, backward = ([one for one in ahead if one > 0], [-one for one in ahead if one < 0])
    reach = side * (planned.target - planned.entry) / atr
    values = {
        "is_long": float(side > 0),
        "risk_reward": planned.risk_reward,
        "stop_in_atr": side * (planned.entry - planned.stop) / atr,
        "target_in_atr": reach,
        "atr_share": atr / planned.entry,
        "walk_log_odds": _log_odds(chance_in_time(planned, returns, horizon)),
        "endless_walk_log_odds": _log_odds(planned.chance),
        "confluence": found.share,
        "level_behind": min(backward, default=np.nan),
        "level_ahead": min(forward, default=np.nan),
        "levels_between": float(sum(one < reach for one in forward)),
        "momentum_5": side * momentum(returns, 5),
        "momentum_20": side * momentum(returns, 20),
        "momentum_60": side * momentum(returns, 59),
        "stretch": side * (planned.entry - float(candles.close[-QUICK:].mean())) / atr,
        "volatility_change": volatility_change(returns),
        "drawdown": float(np.log(candles.close[-1] / candles.close[-UNBROKEN:].max())),
        "volume_surge": _surge(candles.volume),
        "market_momentum": side * market.momentum,
        "market_volatility_change": market.volatility_change,
        "market_breadth": side * (market.breadth - 0.5),
    }
    values |= {f"{name}_agrees": side * found.factors.get(name, np.nan) for name in FACTOR_WEIGHTS}
    return np.array([values[name] for name in NAMES])


def chance_in_time(planned: Plan, returns: Floats, horizon: int) -> float:
    """Chance of the target before the stop within the horizon for a walk without drift, of the volatility of late and
    the doubt about it: the mean over volatilities that are lognormal around it. NaN for a price that does not move.

    Args:
        returns: log returns, oldest first, finite, shape (t,).
        horizon: candles.
    """
    spread = float(ewma_volatility(returns[-SPREAD_OVER:])[-1]) * np.sqrt(horizon)
    if not spread > 0:
        return float("nan")
    to_target, to_stop = (abs(float(np.log(level / planned.entry))) for level in (planned.target, planned.stop))
    spreads = spread * np.exp(VOLATILITY_DOUBT * DOUBT_POINTS)
    many = np.ones(len(spreads))
    return float(walk_chance(to_target * many, to_stop * many, spreads) @ DOUBT_WEIGHTS)


def rule_chance(found: Setup, horizon: int) -> float:
    """What is claimed without a trained version: ``chance_in_time``, or that without end where the price never moved.

    The chance without end, ``risk / (risk + reward)``, is far too high for a plan that lives some candles only.
    """
    told = chance_in_time(found.plan, log_returns(found.candles.close)[1:], horizon)
    return told if np.isfinite(told) else found.plan.chance


def momentum(returns: Floats, period: int) -> float:
    """Sum of the last returns in units of their deviation, squeezed to -1 … 1; NaN with too few or none that move."""
    last = returns[-period:]
    spread = float(last.std()) if len(last) == period else 0.0
    return float(np.tanh(last.sum() / (spread * np.sqrt(period)))) if spread > 0 else float("nan")


def volatility_change(returns: Floats) -> float:
    """Log of the deviation of the last 10 returns over that of the last 50; NaN with too few or none that move."""
    short, long = (float(returns[-period:].std()) if len(returns) >= period else 0.0 for period in (10, 50))
    return float(np.log(short / long)) if short > 0 and long > 0 else float("nan")


def _log_odds(chance: float) -> float:
    """What a model of log odds takes a chance as; NaN stays NaN."""
    held = float(np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE))
    return float(np.log(held / (1 - held)))


def _surge(volume: Floats) -> float:
    """Log of the mean volume of the last 3 candles over that of the last 30; NaN where one is unknown or 0."""
    short, long = float(volume[-3:].mean()), float(volume[-30:].mean())
    return float(np.log(short / long)) if short > 0 and long > 0 else float("nan")
