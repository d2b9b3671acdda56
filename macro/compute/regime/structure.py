"""Swing structure: pivots, and whether they rise or fall.

A pivot is confirmed only ``SPAN`` candles after it happened, and everything here uses it from then on: no element sees
a later candle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SPAN = 5
COMPARED = 3
"""Comparisons of highs, and as many of lows, that the strength of a structure rests on."""


@dataclass(frozen=True)
class Pivot:
    """A turning point. ``place`` is its candle, ``confirmed`` the candle at which it was known."""

    place: int
    confirmed: int
    price: float
    is_high: bool


@dataclass(frozen=True)
class Swing:
    """A pivot against the one of its kind before it: HH, LH, HL, LL; EH or EL when both are equal."""

    pivot: Pivot
    label: str

    @property
    def sign(self) -> int:
        """1 for a rise, -1 for a fall, 0 for neither."""
        return {"H": 1, "L": -1, "E": 0}[self.label[0]]


@dataclass(frozen=True)
class Structure:
    """The order of highs and lows at the last candle.

    Attributes:
        trend: 1 for a higher high and a higher low, -1 for a lower high and a lower low, 0 when they disagree.
        is_broken: the last close lies beyond the pivot that the structure rests on: below the last low of a rise, above
            the last high of a fall, outside both when highs and lows disagree.
        change: ``higher_high``, ``lower_low``, ``consolidation``, or ``reversal`` of a rise or fall that is broken.
        strength: agreement of the last comparisons, 0 (as many up as down) to 1 (all one way).
        swings: the newest comparisons, oldest first.
        last_high, last_low: newest confirmed pivots.
    """

    trend: int
    is_broken: bool
    change: str
    strength: float
    swings: tuple[Swing, ...]
    last_high: Pivot
    last_low: Pivot


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


def swings(turns: Sequence[Pivot]) -> list[Swing]:
    """Each pivot against the one of its kind before it; the first of each kind is left out."""
    before: dict[bool, Pivot] = {}
    found = []
    for pivot in turns:
        if pivot.is_high in before:
            sign = np.sign(pivot.price - before[pivot.is_high].price)
            found.append(Swing(pivot, {1: "H", -1: "L", 0: "E"}[int(sign)] + ("H" if pivot.is_high else "L")))
        before[pivot.is_high] = pivot
    return found


def swing_trend(high: Floats, low: Floats, span: int = SPAN) -> Floats:
    """Direction of the last two confirmed highs and lows, by candle.

    Returns:
        1 for a higher high and a higher low, -1 for a lower high and a lower low, 0 when they disagree or are equal;
        NaN until two of each are confirmed. Shape (t,).
    """
    result = np.full(len(high), np.nan)
    newest: dict[bool, int] = {}
    for swing in swings(pivots(high, low, span)):
        newest[swing.pivot.is_high] = swing.sign
        if len(newest) == 2:
            result[swing.pivot.confirmed :] = _direction(newest[True], newest[False])
    return result


def _direction(of_highs: int, of_lows: int) -> int:
    """Both must go one way."""
    return of_highs if of_highs == of_lows else 0


def structure(high: Floats, low: Floats, close: Floats, span: int = SPAN) -> Structure | None:
    """The structure at the last candle; None until two highs and two lows are confirmed.

    Args:
        high, low, close: USD, shape (t,), finite.
        span: candles on each side that confirm a pivot.
    """
    found = swings(pivots(high, low, span))
    highs = [swing for swing in found if swing.pivot.is_high]
    lows = [swing for swing in found if not swing.pivot.is_high]
    if not highs or not lows:
        return None
    trend = _direction(highs[-1].sign, lows[-1].sign)
    below, above = close[-1] < lows[-1].pivot.price, close[-1] > highs[-1].pivot.price
    broken = bool({1: below, -1: above, 0: below or above}[trend])
    compared = [*highs[-COMPARED:], *lows[-COMPARED:]]
    change = {1: "higher_high", -1: "lower_low", 0: "consolidation"}[trend]
    return Structure(
        trend,
        broken,
        "reversal" if broken and trend else change,
        abs(sum(swing.sign for swing in compared)) / len(compared),
        tuple(sorted(compared, key=lambda swing: (swing.pivot.place, not swing.pivot.is_high))),
        highs[-1].pivot,
        lows[-1].pivot,
    )
