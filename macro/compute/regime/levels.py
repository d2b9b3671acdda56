"""Key levels: prices at which the market has turned before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from macro.compute.regime.structure import pivots

Floats = NDArray[np.float64]
WIDTH_IN_ATR = 0.5


@dataclass(frozen=True)
class Level:
    """A cluster of pivots. ``strength`` is its share of all pivots, 0-1; ``last_test`` the candle of the newest one."""

    price: float
    is_support: bool
    strength: float
    tests: int
    last_test: int


def key_levels(high: Floats, low: Floats, close: Floats, atr: float, *, count: int = 6) -> list[Level]:
    """The levels with the most tests, from low to high.

    Pivots that lie within half an average true range of their neighbour form one level, whose price is their mean. A
    level below the last close is support, one above it resistance.

    Args:
        high, low, close: USD, shape (t,), finite.
        atr: average true range of the last candle, USD, above 0.
        count: how many levels at most.
    """
    if not atr > 0:
        raise ValueError("atr must be above 0")
    turns = sorted(pivots(high, low), key=lambda pivot: pivot.price)
    clusters: list[list] = []
    for pivot in turns:
        if clusters and pivot.price - clusters[-1][-1].price <= WIDTH_IN_ATR * atr:
            clusters[-1].append(pivot)
        else:
            clusters.append([pivot])
    levels = [
        Level(
            price=float(np.mean([pivot.price for pivot in cluster])),
            is_support=float(np.mean([pivot.price for pivot in cluster])) < close[-1],
            strength=len(cluster) / len(turns),
            tests=len(cluster),
            last_test=max(pivot.place for pivot in cluster),
        )
        for cluster in clusters
    ]
    strongest = sorted(levels, key=lambda level: (-level.tests, -level.last_test))[:count]
    return sorted(strongest, key=lambda level: level.price)
