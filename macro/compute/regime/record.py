"""How often a state of the market meant what its name says, counted on the states as they were judged then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RISE, FALL, STILL, CHANGE = "rise", "fall", "small_move", "other_state"
MEANING = {
    "Bull": RISE,
    "Accumulation": RISE,
    "Bear": FALL,
    "Distribution": FALL,
    "Sideways": STILL,
    "Transition": CHANGE,
}
"""What a state announces for the next candles: a higher close, a lower one, a move smaller than half of all moves so
far, or that the state itself has gone by then."""
LEAST_SEPARATE = 10
"""Separate stretches that a rate needs: what overlaps counts as one."""


@dataclass(frozen=True)
class HitRate:
    """Attributes:
    rate: share of the past moments in this state after which it came as announced, 0-1.
    moments: how many, overlapping ones included.
    separate: how many stretches that do not overlap they make; the sample is no larger than this.
    """

    rate: float
    moments: int
    separate: int


def hit_rate(meaning: str, states: NDArray[np.int64], state: int, close: Floats, horizon: int) -> HitRate | None:
    """How often ``state`` was followed by what it announces, over the moments whose aftermath is known.

    Args:
        meaning: one of those in ``MEANING``.
        states: as they were judged, shape (t,).
        state: the one asked for.
        close: USD, shape (t,), finite.
        horizon: candles ahead, at least 1.
    Returns:
        None when there was no such moment.
    """
    moves = np.log(close[horizon:] / close[:-horizon])
    then, later = states[:-horizon], states[horizon:]
    moments = np.flatnonzero(then == state)
    if not len(moments):
        return None
    known = moves[then >= 0]
    came = {
        RISE: moves > 0,
        FALL: moves < 0,
        STILL: np.abs(moves) < np.median(np.abs(known)),
        CHANGE: later != then,
    }[meaning]
    return HitRate(float(came[moments].mean()), len(moments), _separate(moments, horizon))


def _separate(moments: NDArray[np.int64], horizon: int) -> int:
    """The most moments that can be picked so that none lies within the aftermath of another."""
    count, free_from = 0, -1
    for moment in moments.tolist():
        if moment >= free_from:
            count, free_from = count + 1, moment + horizon
    return count
