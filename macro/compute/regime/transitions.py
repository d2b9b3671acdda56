"""How the states follow one another, and how long they last: counted on the states as they were judged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
PRIOR_CANDLES = 60.0
"""The rate at which all states end counts as much as this many candles of the state's own."""
PRIOR_CHANGES = 3.0
"""Where changes led from all states counts as much as this many changes of the state's own."""


@dataclass(frozen=True)
class Transitions:
    """Counted and shrunk changes of state from candle to candle.

    Attributes:
        matrix: probability of each state at the next candle, by present state, shape (k, k); rows sum to 1.
        steps: candles of each state that have a successor, shape (k,).
        changes: how often each state ended, shape (k,).
    """

    matrix: Floats
    steps: Integers
    changes: Integers

    def leaving(self, state: int) -> float:
        """Probability that the state ends at the next candle."""
        return float(1 - self.matrix[state, state])

    def next_state(self, state: int) -> int:
        """The state that most probably follows when this one ends."""
        others = self.matrix[state].copy()
        others[state] = -1
        return int(others.argmax())

    def remaining(self, state: int) -> float:
        """Candles that the state is expected to last on: ``1 / leaving``, whatever its age so far."""
        return 1 / self.leaving(state)

    def ahead(self, state: int, periods: int) -> Floats:
        """Probability of each state ``periods`` candles from now, shape (k,)."""
        return np.asarray(np.linalg.matrix_power(self.matrix, periods)[state], dtype=np.float64)


def left_within(remaining: float, candles: float) -> float:
    """Probability that a state ends within some candles, when each of them ends it alike.

    Args:
        remaining: candles that it is expected to last on, ``1 / leaving``, > 0; less than one counts as one.
        candles: how far ahead, >= 0.
    Returns:
        ``1 - (1 - 1 / remaining) ** candles``, 0-1.
    """
    if remaining <= 0 or candles < 0:
        raise ValueError("a state lasts on for some time, and a horizon lies ahead")
    return float(1 - (1 - 1 / max(remaining, 1.0)) ** candles)


def transitions(states: Integers, kinds: int) -> Transitions:
    """The matrix of a path of states, each row shrunk towards what all states have in common.

    With ``n`` candles and ``c`` changes of state i, and ``r = (C + 1) / (N + kinds)`` the rate of all states together,
    it ends at the next candle with probability ``(c + 60 r) / (n + 60)``. Where it leads: its own changes and three
    more, spread as all changes arrived (each state counted once more).

    Args:
        states: places from 0 to ``kinds`` - 1, -1 where there is none; what lies beside a -1 is not counted.
        kinds: number of states, at least 2.
    """
    if kinds < 2:
        raise ValueError("a change needs two kinds of states")
    counts = np.zeros((kinds, kinds), dtype=np.int64)
    before, after = states[:-1], states[1:]
    known = (before >= 0) & (after >= 0)
    np.add.at(counts, (before[known], after[known]), 1)
    moved = counts - np.diag(np.diag(counts))
    steps, changes = counts.sum(axis=1), moved.sum(axis=1)
    rate = (changes.sum() + 1) / (steps.sum() + kinds)
    leaving = (changes + PRIOR_CANDLES * rate) / (steps + PRIOR_CANDLES)
    arrivals = np.tile(moved.sum(axis=0) + 1.0, (kinds, 1))
    np.fill_diagonal(arrivals, 0)
    spread = arrivals / arrivals.sum(axis=1, keepdims=True)
    towards = (moved + PRIOR_CHANGES * spread) / (changes + PRIOR_CHANGES)[:, None]
    matrix = leaving[:, None] * towards
    np.fill_diagonal(matrix, 1 - leaving)
    return Transitions(matrix, steps, changes)


@dataclass(frozen=True)
class Spell:
    """Candles in a row of one state. ``is_whole``: its beginning and its end were both seen."""

    state: int
    start: int
    length: int
    is_whole: bool


def spells(states: Integers) -> list[Spell]:
    """The path cut where the state changes, oldest first; stretches without a state are left out."""
    if not len(states):
        return []
    edges = np.flatnonzero(np.diff(states)) + 1
    starts = np.concatenate([[0], edges]).astype(np.int64)
    ends = np.concatenate([edges, [len(states)]]).astype(np.int64)
    return [
        Spell(
            int(states[start]),
            int(start),
            int(end - start),
            bool(start > 0 and states[start - 1] >= 0 and end < len(states) and states[end] >= 0),
        )
        for start, end in zip(starts, ends, strict=True)
        if states[start] >= 0
    ]
