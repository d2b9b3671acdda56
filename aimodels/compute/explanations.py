"""What each feature added to a forecast; the parts sum to what the model says, in log odds or in its own unit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Contributions:
    """Parts of forecasts.

    Attributes:
        base: what the model says of a row of which it knows nothing special.
        values: what each feature adds to it, shape (n, k).
    """

    base: float
    values: Floats

    @property
    def total(self) -> Floats:
        """Output of the model, shape (n,)."""
        return np.asarray(self.base + self.values.sum(axis=1))


def linear_contributions(features: Floats, weights: Floats, means: Floats, intercept: float) -> Contributions:
    """Terms of a linear model, each against the mean of its feature; an unknown feature counts as its mean.

    Args:
        features: shape (n, k); NaN is unknown.
        weights, means: shape (k,), in the units of the features.
        intercept: output of a row of means.
    """
    known = np.where(np.isnan(features), means, features)
    return Contributions(intercept, (known - means) * weights)


def rule_contributions(parts: Floats, weights: Floats) -> Contributions:
    """Weighted parts of a rule: ``weight * part / sum of the weights of the parts that are known``.

    Args:
        parts: shape (n, k); NaN is unknown and adds nothing.
        weights: shape (k,), 0 and more, above 0 in sum.
    Raises:
        ValueError: a weight below 0, or none above it.
    """
    if (weights < 0).any() or not weights.any():
        raise ValueError("weights must be at least 0, one of them above")
    known = np.where(np.isnan(parts), 0.0, weights)
    whole = known.sum(axis=1, keepdims=True)
    shares = np.divide(known, whole, out=np.zeros_like(known), where=whole > 0)
    return Contributions(0.0, shares * np.nan_to_num(parts))


def top_contributions(found: Contributions, names: Sequence[str], row: int, count: int = 5) -> list[tuple[str, float]]:
    """The features that moved one forecast most, the strongest first, and all others together as ``others``: with
    ``found.base`` the parts still sum to the output.

    Args:
        names: of the features, k.
        row: of ``found``.
        count: features named.
    """
    line = found.values[row]
    order = np.argsort(-np.abs(line), kind="stable")
    named = [(names[place], float(line[place])) for place in order[:count]]
    return [*named, ("others", float(line[order[count:]].sum()))]


def largest_gap(found: Contributions, outputs: Floats) -> float:
    """Largest distance between the sum of the parts and the output, which ``TOLERANCE`` bounds.

    Args:
        outputs: of the model, shape (n,), n >= 1.
    """
    return float(np.abs(found.total - outputs).max())
