"""Swing structure: pivots, and whether they rise or fall.

A pivot is confirmed only ``SPAN`` candles after it happened, and everything here uses it from then on: no element sees
a later candle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SPAN = 5


@dataclass(frozen=True)
class Pivot:
    """A turning point. ``place`` is its candle, ``confirmed`` the candle at which it was known."""

    place: int
    confirmed: int
    price: float
    is_high: bool


def pivots(high: Floats, low: Floats, span: int = SPAN) -> list[Pivot]:
    """Candles whose high (low) is the strict extreme of ``span`` candles on each side, in order of confirmation.

    Args:
        high, low: USD, shape (t,), finite.
        span: candles on each side, at least 1.
    """
    if span < 1:
        raise ValueError("span must be at least 1")
    if len(high) < 2 * span + 1:
        return []
    found = [
        Pivot(int(place), int(place) + span, float(line[place]), line is high)
        for line, turns in ((high, _peaks(high, span)), (low, _peaks(-low, span)))
        for place in turns
    ]
    return sorted(found, key=lambda pivot: (pivot.place, not pivot.is_high))


def _peaks(values: Floats, span: int) -> NDArray[np.int64]:
    """Places above all of the ``span`` values on each side."""
    sides = sliding_window_view(values, span).max(axis=1)
    middle = values[span:-span]
    return span + np.flatnonzero((middle > sides[: len(middle)]) & (middle > sides[span + 1 :]))


def swing_trend(high: Floats, low: Floats, span: int = SPAN) -> Floats:
    """Direction of the last two confirmed highs and lows, by candle.

    Returns:
        1 for a higher high and a higher low, -1 for a lower high and a lower low, 0 when they disagree or are equal;
        NaN until two of each are confirmed. Shape (t,).
    """
    result = np.full(len(high), np.nan)
    highs: list[float] = []
    lows: list[float] = []
    pending = pivots(high, low, span)
    at = 0
    for i in range(len(high)):
        while at < len(pending) and pending[at].confirmed <= i:
            (highs if pending[at].is_high else lows).append(pending[at].price)
            at += 1
        if len(highs) > 1 and len(lows) > 1:
            result[i] = (np.sign(highs[-1] - highs[-2]) + np.sign(lows[-1] - lows[-2])) / 2
    return np.where(np.isin(result, (-1.0, 1.0)) | np.isnan(result), result, 0.0)
