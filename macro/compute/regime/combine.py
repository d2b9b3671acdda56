"""The judgement: what the components say together, candle by candle.

A phase (bull or bear) carries the judgement; the six regimes refine it by the rules of the scorecard. Memory is finite
everywhere: smoothing looks back ``SMOOTHING`` candles, a phase ``HOLD``; so a run that lifts a fixed number of candles
gives what a run over the whole history gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from macro.compute.regime.scorecard import REGIMES, STAY

if TYPE_CHECKING:
    from aimodels.models import AIModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SPAN = 5
"""Span of the exponential smoothing of a probability: the newest candle weighs 2 / (SPAN + 1)."""
SMOOTHING = 20
GAP = 0.05
"""A phase changes when its probability is this far beyond one half."""
HOLD = 250
BULLISH = {
    "Bull": 0.95,
    "Bear": 0.05,
    "Sideways": 0.5,
    "Transition": 0.5,
    "Accumulation": 0.65,
    "Distribution": 0.35,
}
"""How likely a bull phase is in each regime: definitions, not estimates."""


@dataclass(frozen=True)
class Judgement:
    """The state of the market by candle of Bitcoin, oldest first. Element i uses candles up to i only.

    Attributes:
        times: starts of the candles, seconds since 1970, shape (t,).
        probabilities: of each regime in the order of ``REGIMES``, shape (t, 6); NaN where too little is known.
        states: places in ``REGIMES`` after hysteresis, -1 where there is no regime, shape (t,).
        phase: probability that a bull phase is on, 0-1, NaN where too little is known, shape (t,).
        components: what each part says alone, by name, shape (t, 6) each.
        contributions: by piece of evidence, signed; they add up to ``direction`` of the last candle.
        direction: where the evidence points at the last candle, -1 (down) to 1 (up).
        model: version in force.
    """

    times: Integers
    probabilities: Floats
    states: Integers
    phase: Floats
    components: dict[str, Floats]
    contributions: dict[str, float]
    direction: float
    model: "AIModel"


def weighed(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Weighted mean of probabilities; a part that is NaN gives its weight to the others, NaN where all are."""
    values = np.stack([parts[name] for name in weights])
    shares = np.array([weights[name] for name in weights]).reshape(-1, *[1] * (values.ndim - 1))
    known = np.isfinite(values) * shares
    total = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((np.nan_to_num(values) * known).sum(axis=0) / total)


def smoothed(chances: Floats, span: int = SPAN) -> Floats:
    """Exponentially weighted mean of the last ``SMOOTHING`` values, unknown ones left out; NaN stays NaN.

    Args:
        chances: shape (t,).
        span: the newest value weighs ``2 / (span + 1)``, each one before it less by the rest.
    """
    decay = 1 - 2 / (span + 1)
    windows = _windows(chances, SMOOTHING, np.nan)
    weights = np.isfinite(windows) * decay ** np.arange(SMOOTHING - 1, -1, -1)
    with np.errstate(invalid="ignore"):
        mean = (np.nan_to_num(windows) * weights).sum(axis=1) / weights.sum(axis=1)
    return np.where(np.isfinite(chances), mean, np.nan)


def phases(chances: Floats, gap: float = GAP) -> Integers:
    """The phase in force: 1 bull, 0 bear, -1 unknown. It changes when the probability leaves the middle on the other
    side; without such a candle among the last ``HOLD``, the side of one half decides.

    Args:
        chances: of a bull phase, 0-1, shape (t,).
        gap: half the width of the middle, at least 0.
    """
    sides = np.where(chances > 0.5 + gap, 1, np.where(chances < 0.5 - gap, 0, -1))
    windows = _windows(sides, HOLD, -1)[:, ::-1]
    newest = (windows >= 0).argmax(axis=1)
    held = windows[np.arange(len(windows)), newest]
    undecided = (chances > 0.5).astype(np.int64)
    return np.where(np.isfinite(chances), np.where(held >= 0, held, undecided), -1).astype(np.int64)


def refined(phase: Floats, rules: Floats) -> Floats:
    """The rules' probabilities of the regimes in the light of a phase: each is weighed by how well it fits.

    Args:
        phase: probability of a bull phase, 0-1, shape (t,).
        rules: shape (t, 6) in the order of ``REGIMES``.
    Returns:
        Shape (t, 6), rows sum to 1; NaN where either is.
    """
    bullish = np.array([BULLISH[name] for name in REGIMES])
    weights = rules * (phase[:, None] * bullish + (1 - phase[:, None]) * (1 - bullish))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def states(chances: Floats, stay: float = STAY) -> Integers:
    """The regime in force: the most probable one, but a change needs an advantage of ``stay``. It is followed from
    ``HOLD`` candles before each candle.

    Args:
        chances: shape (t, 6), rows sum to 1 or are NaN.
        stay: probability.
    Returns:
        Places in ``REGIMES``, -1 where there is no regime, shape (t,).
    """
    known = np.asarray(np.isfinite(chances).all(axis=1))
    filled = np.where(known[:, None], chances, -1.0)
    best, most = filled.argmax(axis=1), filled.max(axis=1)
    present = np.full(len(chances), -1, dtype=np.int64)
    places = np.arange(len(chances))
    for back in range(HOLD - 1, -1, -1):
        at = np.maximum(places - back, 0)
        is_there = (places >= back) & known[at]
        stays = (present >= 0) & (most[at] <= filled[at, present] + stay)
        present = np.where(is_there, np.where(stays, present, best[at]), -1)
    return present


def _windows(values: NDArray, length: int, missing: float) -> NDArray:
    """The last ``length`` values up to each one, oldest first; before the first there is ``missing``."""
    padded = np.concatenate([np.full(length - 1, missing, dtype=values.dtype), values])
    return sliding_window_view(padded, length)
