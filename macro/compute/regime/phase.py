"""The probability of a bull phase, part by part, for every asset of a market: the heart of the judgement.

Panels have shape (t, n): t candles, oldest first, n assets, NaN where an asset has no candle. The same function serves
the run of a moment and the evaluation over years.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import rolling_mean
from macro.compute.phase_scores import balanced_accuracy
from macro.compute.regime import hmm, learned, scorecard
from macro.compute.regime.combine import smoothed, weighed
from macro.compute.regime.features import phase_features

Floats = NDArray[np.float64]
LEAST_CANDLES = 75
"""A shorter history gives no phase."""
BREADTH_PERIOD, BREADTH_LEAST = 50, 5
MARKET = 0.5
"""Weight of the mean over all assets in the phase of one of them: coins turn together."""
PARTS = ("scorecard", "hmm", "learned")
MIXED = ("hmm", "learned")
"""Parts that weigh the same where they have passed their test: the best of five mixtures on the days up to 2021."""
RULES = {"scorecard": 1.0}
COIN = 0.5
"""What a coin reaches."""


@dataclass(frozen=True)
class Parameters:
    """What a version holds: trained parts, and the weight of each part. Without trained parts the rules alone judge."""

    trees: learned.Trees | None = None
    hidden: hmm.HiddenMarkov | None = None
    weights: Mapping[str, float] = field(default_factory=lambda: RULES)
    market: float = MARKET


@dataclass(frozen=True)
class Panel:
    """Candles of n assets over t periods; shape (t, n) each."""

    high: Floats
    low: Floats
    close: Floats


def market_breadth(close: Floats) -> Floats:
    """Share of the assets whose close is above their 50-period average, 0-1, shape (t,); NaN where fewer than five
    have one. A share of nine pairs, which is all that daily data before 2024 may hold, moves in steps of a ninth.

    Args:
        close: USD, shape (t, n).
    """
    average = rolling_mean(close, BREADTH_PERIOD)
    known = np.isfinite(average) & np.isfinite(close)
    with np.errstate(invalid="ignore"):
        above = (known & (close > average)).sum(axis=1)
        count = known.sum(axis=1)
        return np.where(count >= BREADTH_LEAST, above / np.maximum(count, 1), np.nan)


def part_phases(
    parameters: Parameters, panel: Panel, breadth: Floats, found: Mapping[int, scorecard.Evidence] | None = None
) -> dict[str, Floats]:
    """Probability of a bull phase by part, candle and asset, before smoothing.

    Args:
        parameters: the version.
        panel: candles.
        breadth: of the market, 0-1, NaN where unknown, shape (t,).
        found: the scorecard's evidence on an asset's own candles by its place, where it has been computed before.
    Returns:
        Shape (t, n) by name of the part; NaN where it knows too little.
    """
    ready = found or {}
    phases = {name: np.full(panel.close.shape, np.nan) for name in parameters.weights}
    for column in range(panel.close.shape[1]):
        rows = np.flatnonzero(np.isfinite(panel.close[:, column]))
        if len(rows) < LEAST_CANDLES:
            continue
        lines = [values[rows, column] for values in (panel.high, panel.low, panel.close)]
        for name, chances in _of_one(parameters, lines, breadth[rows], ready.get(column)).items():
            chances[: LEAST_CANDLES - 1] = np.nan
            phases[name][rows, column] = chances
    return phases


def _of_one(
    parameters: Parameters, lines: list[Floats], breadth: Floats, evidence: scorecard.Evidence | None
) -> dict[str, Floats]:
    high, low, close = lines
    found = {}
    if "scorecard" in parameters.weights:
        evidence = evidence or scorecard.evidence(high, low, close, 100 * breadth)
        found["scorecard"] = (1 + scorecard.direction(evidence)[0]) / 2
    if parameters.hidden is not None:
        found["hmm"] = hmm.bull_probability(parameters.hidden, hmm.observations(close))
    if parameters.trees is not None:
        features = phase_features(close)
        known = np.isfinite(features).any(axis=1)
        found["learned"] = np.full(len(close), np.nan)
        found["learned"][known] = learned.bull_probability(parameters.trees, features[known])
    return found


def with_market(chances: Floats, market: float) -> Floats:
    """Each asset's probability drawn towards the mean over all assets of the candle.

    Args:
        chances: shape (t, n), NaN where unknown.
        market: weight of the mean, 0-1.
    """
    known = np.isfinite(chances)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, chances, 0.0).sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
    return np.asarray((1 - market) * chances + market * mean)


def combined(parameters: Parameters, parts: Mapping[str, Floats]) -> Floats:
    """The parts together, with the market, smoothed; shape (t, n)."""
    together = with_market(weighed(parts, parameters.weights), parameters.market)
    return np.stack([smoothed(together[:, column]) for column in range(together.shape[1])], axis=1)


def validated_weights(parts: Mapping[str, Floats], labels: NDArray[np.int64]) -> dict[str, float]:
    """Weights by what was tested: the parts in ``MIXED`` that were right on more than half of the days, both phases
    counted alike, weigh the same, and the others nothing. If none was, the rules judge.

    Args:
        parts: probabilities that each part gave for candles it had not learned from, same shape each.
        labels: 1 bull, 0 bear, others unknown; same shape.
    Raises:
        ValueError: no part judged candles of both phases.
    """
    right = {name: _share_right(parts[name], labels) for name in MIXED}
    if not np.isfinite(list(right.values())).any():
        raise ValueError("weights need candles of both phases that a part judged")
    useful = [name for name, share in right.items() if share > COIN]
    shares = dict.fromkeys(useful, 1 / len(useful)) if useful else RULES
    return {name: shares.get(name, 0.0) for name in parts}


def _share_right(chances: Floats, labels: NDArray[np.int64]) -> float:
    known = (labels >= 0) & np.isfinite(chances)
    return balanced_accuracy((chances[known] > COIN).astype(np.int64), labels[known])
