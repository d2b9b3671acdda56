"""Whether what a model sees, and how good it is, is still as it was when it was let in."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.scores import SkillInterval

Floats = NDArray[np.float64]
BINS = 10
SHIFTED = 0.25
"""PSI from which a feature counts as shifted: the usual bound."""
LEAST_ROWS = 200
"""Below this many rows chance alone shows a PSI of a twentieth and more."""


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


def shifted_features(indices: Mapping[str, float], *, limit: float = SHIFTED) -> list[str]:
    """Names of the features whose PSI is above the limit, the most shifted first; one that cannot be said is not."""
    return sorted((name for name, index in indices.items() if index > limit), key=lambda name: -indices[name])


def has_lost_skill(recent: SkillInterval | None) -> bool:
    """Whether a model is proven to be worse than its baseline of late: even the upper bound of its skill is below 0."""
    return recent is not None and recent.high < 0


def _shares(values: Floats, edges: Floats) -> Floats:
    unknown = np.isnan(values)
    places = np.where(unknown, len(edges) + 1, np.searchsorted(edges, values, side="left"))
    counts = np.bincount(places, minlength=len(edges) + 2) + 1.0
    return np.asarray(counts / counts.sum())
