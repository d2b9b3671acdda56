"""Samples that a model learns from, and why some cannot be learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST_ROWS = 200
"""Fewer rows tell a model about their noise alone."""


@dataclass(frozen=True)
class Samples:
    """What was known at moments, and what came after.

    Attributes:
        features: shape (n, k); NaN is unknown.
        names: of the features, k.
        outcomes: 1 it happened, 0 it did not, shape (n,).
        times: moment of each row, any order, in a unit of the caller's choice, shape (n,).
        horizon: how long after its moment the outcome is known, same unit.
    """

    features: Floats
    names: tuple[str, ...]
    outcomes: Integers
    times: Integers
    horizon: int

    def rows(self, places: Integers) -> "Samples":
        """Some of them."""
        return Samples(self.features[places], self.names, self.outcomes[places], self.times[places], self.horizon)

    def columns(self, names: Sequence[str]) -> "Samples":
        """The same with some of the features, in this order.

        Raises:
            ValueError: a feature that it does not have.
        """
        if tuple(names) == self.names:
            return self
        if strange := [name for name in names if name not in self.names]:
            raise ValueError(f"there is no feature {strange[0]}")
        places = [self.names.index(name) for name in names]
        return Samples(self.features[:, places], tuple(names), self.outcomes, self.times, self.horizon)


def check_samples(features: Floats, names: Sequence[str], outcomes: Integers) -> None:
    """Refuse what the probability of an outcome cannot be learned from.

    Args:
        features: shape (n, k); NaN is unknown.
        names: of the features, k, each once.
        outcomes: 0 or 1, shape (n,).
    Raises:
        ValueError: with the reason: outcomes of one class or other than 0 and 1, or as ``check_values``.
    """
    classes = np.unique(outcomes)
    if not np.isin(classes, (0, 1)).all():
        raise ValueError("outcomes are 0 or 1")
    if len(classes) == 1:
        raise ValueError(f"all outcomes are {int(classes[0])}: one class alone cannot be learned")
    check_values(features, names, outcomes.astype(np.float64))


def check_values(features: Floats, names: Sequence[str], values: Floats) -> None:
    """Refuse what values cannot be learned from.

    Args:
        features, names: as for ``check_samples``.
        values: shape (n,).
    Raises:
        ValueError: with the reason: shapes that do not fit, too few rows, a value that is not finite, a feature that is
            infinite, never known, or the value itself.
    """
    if features.ndim != 2 or features.shape != (len(values), len(names)):
        raise ValueError(f"features of shape {features.shape} do not fit {len(values)} outcomes, {len(names)} names")
    if len(set(names)) != len(names) or not names:
        raise ValueError("features need names, each once")
    if len(values) < LEAST_ROWS:
        raise ValueError(f"{len(values)} rows are too few to learn from: at least {LEAST_ROWS}")
    if not np.isfinite(values).all():
        raise ValueError("what is learned must be finite in every row")
    check_features(features, names)
    same = copies_of(features, names, values)
    if same:
        raise ValueError(f"the feature {same[0]} is the outcome itself")


def check_features(features: Floats, names: Sequence[str]) -> None:
    """Refuse features that no row knows, or that are infinite.

    Raises:
        ValueError: naming the first such feature.
    """
    for place, name in enumerate(names):
        if np.isnan(features[:, place]).all():
            raise ValueError(f"the feature {name} is known in no row")
        if np.isinf(features[:, place]).any():
            raise ValueError(f"the feature {name} is infinite in some row")


def copies_of(features: Floats, names: Sequence[str], outcomes: Floats) -> list[str]:
    """Features that are the outcome up to their unit: where they are known, each tells exactly one of the outcomes,
    and the correlation is 1 or -1."""
    found = []
    for place, name in enumerate(names):
        known = np.isfinite(features[:, place]) & np.isfinite(outcomes)
        column, target = features[known, place], outcomes[known]
        if len(column) < 2 or column.std() == 0 or target.std() == 0:
            continue
        if abs(float(np.corrcoef(column, target)[0, 1])) > 1 - 1e-12:
            found.append(name)
    return found
