"""Gates: what a model must pass before it may serve, as functions of arrays and figures.

Each gives the list of what failed, with its reason and figures; an empty list is a pass. There is no way past them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.bootstrap import Interval
from aimodels.compute.calibration import CalibrationError
from aimodels.compute.scores import SkillInterval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Compute = Callable[[Floats], Floats]
"""Features from history: shape (t, ...) in, (t, k) out, row by row."""
CUTS = 200
WARM_UP_TOLERANCE = 1e-9
LEAK_LIMIT = 0.3
"""Rank correlation with the future that no honest feature of a market has; good ones show a tenth."""
LEAK_ERRORS = 3.0
MOST_CALIBRATION_ERROR = 0.05
COVERAGE = (0.87, 0.93)
LEAST_BLOCKS = 30
"""Separate stretches of time in the final test."""


class Gate(StrEnum):
    """What is asked of a model."""

    LOOK_AHEAD = "look_ahead"
    WARM_UP = "warm_up"
    LEAKAGE = "leakage"
    FINAL_TEST = "final_test"
    SKILL_BASELINE = "skill_baseline"
    SKILL_CHAMPION = "skill_champion"
    CALIBRATION = "calibration"
    COVERAGE = "coverage"
    LIVE_SKILL = "live_skill"


@dataclass(frozen=True)
class Failed:
    """A gate that was not passed.

    Attributes:
        gate: which.
        reason: a sentence in English; pages say it in their language from ``gate``, ``subject`` and ``figures``.
        subject: feature it is about, if one.
        figures: behind the reason, by name.
    """

    gate: Gate
    reason: str
    subject: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


def look_ahead(
    compute: Compute, history: Floats, names: Sequence[str], *, cuts: int = CUTS, seed: int = 0
) -> list[Failed]:
    """Features that change when what came after them is deleted, or replaced by noise.

    Args:
        compute: the features; must be equal, not close.
        history: oldest first, shape (t, ...), t >= 3.
        names: of the features, k.
        cuts: random places at which the future is taken away.
        seed: of the generator.
    """
    generator = np.random.default_rng(seed)
    whole = compute(history)
    found: dict[int, int] = {}
    for cut in generator.integers(1, len(history), size=cuts):
        noise = np.exp(generator.standard_normal(history[cut:].shape))
        other = np.concatenate([history[:cut], history[cut:] * noise])
        for seen in (compute(history[:cut]), compute(other)[:cut]):
            same = (seen == whole[:cut]) | (np.isnan(seen) & np.isnan(whole[:cut]))
            for column in np.flatnonzero(~same.all(axis=0)):
                found.setdefault(int(column), int(cut))
    return [
        Failed(
            Gate.LOOK_AHEAD,
            f"The feature {names[column]} changes when all from row {cut} on is taken away: it knows the future.",
            names[column],
            {"cut": cut, "cuts": cuts},
        )
        for column, cut in sorted(found.items())
    ]


def warm_up(
    compute: Compute, history: Floats, names: Sequence[str], *, length: int, places: int = 50, seed: int = 0
) -> list[Failed]:
    """Features that need more history than is declared: from the last ``length`` rows alone they come out otherwise
    than from all, or not at all.

    Args:
        compute, names, seed: as for ``look_ahead``.
        history: oldest first, shape (t, ...), without holes, t > ``length``.
        length: rows that are declared to suffice, at least 1.
        places: random rows that are tried.
    Raises:
        ValueError: a history that is not longer than the warm-up.
    """
    if not 1 <= length < len(history):
        raise ValueError("the history must be longer than the warm-up")
    whole, worst = compute(history), np.zeros(len(names))
    for place in np.random.default_rng(seed).integers(length, len(history), size=places):
        short, full = compute(history[place + 1 - length : place + 1])[-1], whole[place]
        gap = np.abs(short - full) / np.maximum(np.abs(full), 1e-12)
        gap = np.where(short == full, 0.0, gap)
        worst = np.maximum(worst, np.where(np.isnan(gap), np.inf, gap))
    return [
        Failed(
            Gate.WARM_UP,
            f"The feature {names[column]} is not the same from {length} rows as from all: its warm-up is longer.",
            names[column],
            {"length": length} | ({"relative_gap": float(worst[column])} if np.isfinite(worst[column]) else {}),
        )
        for column in np.flatnonzero(worst > WARM_UP_TOLERANCE).tolist()
    ]


def leakage(
    features: Floats, names: Sequence[str], futures: Floats, times: Integers, *, horizon: int, limit: float = LEAK_LIMIT
) -> list[Failed]:
    """Features that follow the future more closely than any honest one could: a future return among them, as it is or
    with noise, is named.

    The rank correlation of each feature with each future must stay below ``limit`` by three standard errors, counted
    over stretches that do not overlap; one that is 1 or -1 fails however few they are.

    Args:
        features: shape (n, k); NaN is unknown.
        names: of the features, k.
        futures: what no sample may know, shape (n, m): the label, its return, returns of shorter horizons.
        times: moment of each row, shape (n,).
        horizon: of the longest of them, in the unit of ``times``.
        limit: higher for a label that is a state at the moment itself, not a change after it.
    """
    found = []
    for column, name in enumerate(names):
        strongest = 0.0
        for future in futures.T:
            known = np.isfinite(features[:, column]) & np.isfinite(future)
            strength = _rank_correlation(features[known, column], future[known])
            bound = strength - LEAK_ERRORS / np.sqrt(_stretches(times[known], horizon)) if strength < 1 else 1.0
            strongest = max(strongest, strength if bound > limit else 0.0)
        if strongest:
            reason = f"The feature {name} follows the future with a rank correlation of {strongest:.2f}: it is a leak."
            found.append(Failed(Gate.LEAKAGE, reason, name, {"rank_correlation": strongest, "limit": limit}))
    return found


@dataclass(frozen=True)
class Evidence:
    """Figures of a candidate on the untouched block. None is "cannot be said", and fails.

    Attributes:
        final_uses: how often this generation has looked at the block, this time among them.
        blocks: separate stretches of time in it.
        baseline: skill over the baseline.
        champion: skill over the version that serves; ``has_champion`` says whether one does.
        champion_blocks: separate stretches on which the champion could be asked; None = the whole block.
        champion_lacks: features that the champion needs and the rows do not have: it was not asked.
        calibration: of its probabilities; None for a model that gives none.
        coverage: of its 90 % interval; None for a model that gives none.
    """

    final_uses: int
    blocks: int
    baseline: SkillInterval | None
    champion: SkillInterval | None = None
    has_champion: bool = False
    calibration: CalibrationError | None = None
    coverage: Interval | None = None
    champion_blocks: int | None = None
    champion_lacks: int = 0


def failed_gates(evidence: Evidence, *, found_before: Sequence[Failed] = ()) -> list[Failed]:
    """Everything that stands against a candidate; it may serve if that is nothing.

    Args:
        evidence: its figures.
        found_before: what ``look_ahead``, ``warm_up`` and ``leakage`` gave for its features, or why the block could not
            be looked at; where it was not, they are all that is said.
    """
    if found_before and not evidence.final_uses:  # it was not looked at because of them
        return [*found_before]
    return [
        *found_before,
        *_final_test(evidence),
        *skill_gate(Gate.SKILL_BASELINE, "the baseline", evidence.baseline),
        *(_champion_gate(evidence) if evidence.has_champion else ()),
        *(calibration_gate(evidence.calibration) if evidence.calibration else ()),
        *(coverage_gate(evidence.coverage) if evidence.coverage else ()),
    ]


def skill_gate(gate: Gate, other: str, found: SkillInterval | None) -> list[Failed]:
    """Skill above 0 whose lower 95 % bound is at least 0."""
    if found is None or not np.isfinite([found.skill, found.low]).all():
        return [Failed(gate, f"The skill over {other} has no interval: too little was tested.")]
    if found.low >= 0 < found.skill:
        return []
    reason = f"The skill over {other} is {found.skill:.4f}, its lower bound {found.low:.4f}: not proven above 0."
    return [Failed(gate, reason, figures={"skill": found.skill, "low": found.low, "high": found.high})]


def calibration_gate(found: CalibrationError, *, most: float = MOST_CALIBRATION_ERROR) -> list[Failed]:
    """Corrected calibration error of at most ``most``, with an interval."""
    figures = {"error": found.corrected, "low": found.low, "high": found.high, "n": float(found.n)}
    if not np.isfinite(found.low):
        return [Failed(Gate.CALIBRATION, "The calibration error has no interval: too little was tested.")]
    if found.corrected <= most:
        return []
    reason = f"The calibration error is {found.corrected:.4f}, above {most:.2f}."
    return [Failed(Gate.CALIBRATION, reason, figures=figures)]


def coverage_gate(found: Interval, *, between: tuple[float, float] = COVERAGE) -> list[Failed]:
    """Share of outcomes inside the 90 % interval, between the two."""
    if between[0] <= found.value <= between[1]:
        return []
    reason = f"The 90 % interval held {found.value:.1%} of outcomes: not between {between[0]:.0%} and {between[1]:.0%}."
    return [Failed(Gate.COVERAGE, reason, figures={"coverage": found.value, "low": found.low, "high": found.high})]


def touched_gate(blocks: int, until: float) -> Failed:
    """The final block was looked at, or chosen by, before: a further look is for moments that nothing knows yet.

    Args:
        blocks: separate stretches of time that are untouched so far.
        until: when there may be enough, seconds since 1970.
    """
    reason = (
        f"The final block was looked at or learned from before: {blocks} separate stretches of time are untouched so "
        f"far, fewer than {LEAST_BLOCKS}. Wait until {datetime.fromtimestamp(until, UTC):%Y-%m-%d}, and train again."
    )
    return Failed(Gate.FINAL_TEST, reason, figures={"untouched": blocks, "least": LEAST_BLOCKS, "until": until})


def _champion_gate(evidence: Evidence) -> list[Failed]:
    lacks, blocks = evidence.champion_lacks, evidence.champion_blocks
    if lacks:
        reason = f"The champion needs {lacks} features that these rows do not have: it could not be asked."
        return [Failed(Gate.SKILL_CHAMPION, reason, figures={"lacks": lacks})]
    if blocks is not None and blocks < LEAST_BLOCKS:
        reason = f"The champion had not seen {blocks} separate stretches of the block, fewer than {LEAST_BLOCKS}."
        return [Failed(Gate.SKILL_CHAMPION, reason, figures={"blocks": blocks, "least": LEAST_BLOCKS})]
    return skill_gate(Gate.SKILL_CHAMPION, "the champion", evidence.champion)


def _final_test(evidence: Evidence) -> list[Failed]:
    found = []
    if evidence.final_uses != 1:
        reason = f"The final block was used {evidence.final_uses} times by this generation: once is what counts."
        found.append(Failed(Gate.FINAL_TEST, reason, figures={"uses": evidence.final_uses}))
    if evidence.blocks < LEAST_BLOCKS:
        reason = f"The final block holds {evidence.blocks} separate stretches of time, fewer than {LEAST_BLOCKS}."
        found.append(Failed(Gate.FINAL_TEST, reason, figures={"blocks": evidence.blocks, "least": LEAST_BLOCKS}))
    return found


def _rank_correlation(left: Floats, right: Floats) -> float:
    """Its size, 0-1; exactly 1 if the order is the same or reversed throughout; 0 where one of the two never varies."""
    from scipy.stats import rankdata  # takes a second, and few processes need it

    if len(left) < 3 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    strength = abs(float(np.corrcoef(rankdata(left), rankdata(right))[0, 1]))
    return 1.0 if strength > 1 - 1e-12 else strength


def _stretches(times: Integers, horizon: int) -> int:
    """Moments that are at least a horizon apart."""
    return max(1, len(np.unique(times // max(1, horizon))))
