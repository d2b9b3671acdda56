"""What a set of headlines says together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEIGHTS = {"low": 1.0, "medium": 2.0, "high": 3.0, "critical": 4.0}
"""How much a headline counts, by its importance."""


@dataclass(frozen=True)
class Mood:
    """The sentiment of some headlines.

    Attributes:
        count: how many there are, at least 1.
        mean: their sentiment weighted by importance, -1 (bearish) to 1 (bullish).
        dispersion: weighted standard deviation around the mean, 0 (all say the same) to 1 (half and half).
    """

    count: int
    mean: float
    dispersion: float


def mood(scores: Floats, weights: Floats) -> Mood | None:
    """Weighted mean and standard deviation of the sentiment of headlines; None of none.

    ``mean = sum(w * s) / sum(w)``, ``dispersion = sqrt(sum(w * (s - mean)**2) / sum(w))``. The order of the headlines
    does not matter.

    Args:
        scores: sentiment of each, -1 to 1, shape (n,), all finite.
        weights: how much each counts, above 0, shape (n,).
    Raises:
        ValueError: shapes differ, a score or weight is out of its range.
    """
    if scores.shape != weights.shape or scores.ndim != 1:
        raise ValueError("a weight for each score is needed")
    if not len(scores):
        return None
    if not (np.abs(scores) <= 1).all() or not (weights > 0).all():
        raise ValueError("scores lie between -1 and 1, and weights above 0")
    order = np.lexsort((weights, scores))  # sums of floats depend on their order; rows come in any
    scores, weights = scores[order], weights[order]
    total = weights.sum()
    mean = float((weights * scores).sum() / total)
    variance = float((weights * (scores - mean) ** 2).sum() / total)
    return Mood(len(scores), mean, variance**0.5)
