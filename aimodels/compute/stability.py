"""Whether what a model sees, and how good it is, is still as it was when it was let in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.scores import SkillInterval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
BINS = 10
SHIFTED = 0.25
"""PSI below which no feature counts as shifted: the usual bound."""
LEVEL = 0.99
"""Share of the stretches of the training that show less than what counts as shifted."""
LEAST_WINDOWS = 19
"""With fewer stretches to compare with, one in twenty of those to come would be the most moved by chance."""
LEAST_USUAL = 1e-3
"""A feature that never moves is measured in this unit."""
LEAST_ROWS = 50
"""Five in each tenth: below that chance alone shows a PSI near ``SHIFTED``."""


def population_stability(reference: Floats, recent: Floats) -> float:
    """Population stability index (PSI): ``sum((r - e) * ln(r / e))`` over shares of tenths of the reference, what is
    unknown being a bin of its own. 0 is the same; one row more than was seen is counted in each bin.

    Args:
        reference: a feature as the model learned it, shape (n,); NaN is unknown.
        recent: as it is now, shape (m,).
    Returns:
        0 and more; NaN with fewer than ``LEAST_ROWS`` rows on one of the two sides.
    Source: Siddiqi (2006), Credit risk scorecards, ch. 9.
    """
    if min(len(reference), len(recent)) < LEAST_ROWS:
        return float("nan")
    known = reference[~np.isnan(reference)]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.empty(0)
    expected, seen = (_shares(values, edges) for values in (reference, recent))
    return float(((seen - expected) * np.log(seen / expected)).sum())


@dataclass(frozen=True)
class Windows:
    """What a version is given of late, beside stretches of the time that it learned from.

    Attributes:
        names: of the k features.
        reference: rows that it learned from, shape (r, k); NaN is unknown.
        recent: rows of the last stretch, shape (m, k).
        past: rows of stretches of the same length in the time of the training, shape (?, k) each.
    """

    names: tuple[str, ...]
    reference: Floats
    recent: Floats
    past: Sequence[Floats]


@dataclass(frozen=True)
class Shift:
    """How far features have moved.

    Attributes:
        indices: PSI of each, where there are rows enough.
        shifted: names of those that moved further than they did in the time of the training, the most moved first.
        windows: stretches of that time that could be compared; below ``LEAST_WINDOWS`` none is called shifted.
    """

    indices: dict[str, float]
    shifted: tuple[str, ...]
    windows: int


def windows_of(
    names: tuple[str, ...],
    times: Integers,
    rows: Floats,
    *,
    length: int,
    learned_until: int,
    reference: Floats | None = None,
) -> Windows:
    """Stretches of ``length`` of the time of a training, back from its end, beside the last one there is.

    Args:
        names: of the k features.
        times: moment of each row in any unit, shape (n,), n >= 1.
        rows: shape (n, k); NaN is unknown.
        length, learned_until: same unit; no stretch of the training is later, or shares a moment with the last one.
        reference: rows that were learned from; None = those of the stretches.
    """
    first, newest = int(times.min()), int(times.max())
    end = min(learned_until, newest - length)
    starts = range(end - length, first - 2, -length)
    past = [rows[(times > start) & (times <= start + length)] for start in starts]
    if reference is None:
        reference = rows[(times > starts[-1]) & (times <= end)] if past else rows[:0]
    return Windows(names, reference, rows[times > newest - length], past)


def shift_of(windows: Windows) -> Shift:
    """Which features have shifted: their PSI is above ``SHIFTED``, and above what such a stretch shows anyway.

    A stretch holds a few moments: what is one value for the whole market, and what all prices share, is far from the
    years even where nothing has changed. So each stretch of the training is held against the training too. Of many
    features some always moves: what is compared is the feature that moved the most, each in units of its mean over all
    stretches (the maximum statistic of Westfall and Young, 1993, Resampling-based multiple testing). If stretches of
    the training and this one are alike, one in a hundred raises a false alarm, with n < 99 of them one in n + 1.
    """
    past = np.array([_indices(windows.reference, one) for one in windows.past]).reshape(-1, len(windows.names))
    recent = _indices(windows.reference, windows.recent)
    past = past[np.isfinite(past).all(axis=1)]
    indices = {name: float(index) for name, index in zip(windows.names, recent, strict=True) if np.isfinite(index)}
    if not indices or len(past) < LEAST_WINDOWS:
        return Shift(indices, (), len(past))
    usual = np.maximum((past.sum(axis=0) + recent) / (len(past) + 1), LEAST_USUAL)
    bound = np.quantile((past / usual).max(axis=1), LEVEL, method="higher")
    moved = np.flatnonzero((recent > SHIFTED) & (recent / usual > bound))
    order = moved[np.argsort(-recent[moved], kind="stable")]
    return Shift(indices, tuple(windows.names[place] for place in order), len(past))


def has_lost_skill(recent: SkillInterval | None) -> bool:
    """Whether a model is proven to be worse than its baseline of late: even the upper bound of its skill is below 0."""
    return recent is not None and recent.high < 0


def _indices(reference: Floats, rows: Floats) -> Floats:
    """PSI of each feature, shape (k,)."""
    return np.array([population_stability(reference[:, place], rows[:, place]) for place in range(rows.shape[1])])


def _shares(values: Floats, edges: Floats) -> Floats:
    unknown = np.isnan(values)
    places = np.where(unknown, len(edges) + 1, np.searchsorted(edges, values, side="left"))
    counts = np.bincount(places, minlength=len(edges) + 2) + 1.0
    return np.asarray(counts / counts.sum())
