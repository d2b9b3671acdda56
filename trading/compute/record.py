"""What came of signals, in figures: how often each end, how much it brought, and whether probabilities held."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selection.compute.intervals import wilson

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
BINS = 10
DRAWS = 1000
"""Made records of a model that is perfectly calibrated."""


@dataclass(frozen=True)
class Share:
    """A count among others, as a share 0-1 with its 95 % interval, which takes the cases as independent; signals of one
    week are not, so the truth is wider."""

    count: int
    value: float
    low: float
    high: float


def share(count: int, of: int) -> Share | None:
    """None without cases."""
    if not of:
        return None
    return Share(count, count / of, *wilson(count / of, of))


@dataclass(frozen=True)
class Calibration:
    """How far probabilities lie from what came true.

    Attributes:
        error: mean distance of probability and share over ``BINS`` bins, weighted by n (ECE).
        by_chance: what a perfectly calibrated model shows on average with these probabilities.
        at_most: what it stays below 95 % of the time: an error above it is no accident.
    """

    error: float
    by_chance: float
    at_most: float


def calibration(chances: Floats, came_true: Flags, *, seed: int = 0) -> Calibration | None:
    """Of forecasts of a probability, shape (n,); None without any.

    Source: Vaicenavicius et al. (2019), Evaluating model calibration in classification (consistency resampling).
    """
    if not len(chances):
        return None
    generator = np.random.default_rng(seed)
    drawn = [_error(chances, generator.random(len(chances)) < chances) for _ in range(DRAWS)]
    return Calibration(_error(chances, came_true), float(np.mean(drawn)), float(np.quantile(drawn, 0.95)))


def _error(chances: Floats, came_true: Flags) -> float:
    bins = np.minimum((chances * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(bins, weights=came_true - chances, minlength=BINS)
    return float(np.abs(gaps).sum() / len(chances))
