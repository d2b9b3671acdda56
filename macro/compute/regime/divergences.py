"""Divergences: the price makes a new extreme, and what drives it does not.

What has a direction, like RSI, must fall at a higher high, or rise at a lower low. What is an effort, like volume, must
fall at both: a new extreme that fewer people pay for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from macro.compute.regime.structure import Pivot, pivots

Floats = NDArray[np.float64]
RECENT = 30
"""Candles since its confirmation for which a pivot still speaks of the present."""


@dataclass(frozen=True)
class Divergence:
    """Two turns of the price and the values of the other series at them.

    Attributes:
        name: the other series.
        is_bearish: higher highs that the other series does not share; else lower lows.
        before, after: the turns.
        value_before, value_after: the other series at them, in its own unit.
    """

    name: str
    is_bearish: bool
    before: Pivot
    after: Pivot
    value_before: float
    value_after: float


def divergences(
    high: Floats, low: Floats, directed: Mapping[str, Floats], efforts: Mapping[str, Floats]
) -> list[Divergence]:
    """Divergences of the newest two highs, and of the newest two lows, as long as the newer one is recent.

    Args:
        high, low: USD, shape (t,), finite.
        directed, efforts: by name, shape (t,) each; where a value at a turn is NaN, nothing is said.
    """
    turns, found = pivots(high, low), []
    for is_high in (True, False):
        pair = [pivot for pivot in turns if pivot.is_high == is_high][-2:]
        if len(pair) < 2 or len(high) - 1 - pair[1].confirmed > RECENT:
            continue
        sign = 1 if is_high else -1
        if sign * (pair[1].price - pair[0].price) <= 0:
            continue
        for name, series in {**directed, **efforts}.items():
            first, second = (float(series[pivot.place]) for pivot in pair)
            falls = second < first if name in efforts else sign * (second - first) < 0
            if np.isfinite(first) and np.isfinite(second) and falls:
                found.append(Divergence(name, is_high, pair[0], pair[1], first, second))
    return found
