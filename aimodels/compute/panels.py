"""Features of many prices side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_UNKNOWN = 0.5
"""A feature that is unknown in a larger part of the rows is left out of a training."""


@dataclass(frozen=True)
class Features:
    """Features of each moment and price.

    Attributes:
        names: k of them, the same for a timeframe whatever the market.
        values: shape (t, m, k); NaN is unknown.
        groups: names by the kind of data they come from.
    """

    names: tuple[str, ...]
    values: Floats
    groups: dict[str, list[str]]

    def taken(self, names: tuple[str, ...]) -> Floats:
        """Some of them in the order of ``names``, shape (t, m, len(names)).

        Raises:
            ValueError: one that is not among them.
        """
        return self.values[:, :, [self.names.index(name) for name in names]]

    def known(self, rows: Integers, columns: Integers) -> tuple[tuple[str, ...], Floats]:
        """Those that are known often enough to be learned from, at some places: names, and values of shape (n, k)."""
        values = self.values[rows, columns]
        kept = np.flatnonzero(np.isnan(values).mean(axis=0) <= MOST_UNKNOWN)
        return tuple(self.names[place] for place in kept), values[:, kept]
