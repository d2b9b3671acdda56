"""How often the same situation came true before: measured, with the number of cases. All of it looks back only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.int8]
UP, FLAT, DOWN, UNKNOWN = 1, 0, -1, -9
LEAST_CASES, LEAST_PERIODS, LEAST_RUNS = 30, 5, 5
FLAT_SPREAD = 0.5
"""A return within this many standard deviations of its horizon is neither a rise nor a fall."""


@dataclass(frozen=True)
class Record:
    """Cases of the past whose outcome is known.

    Attributes:
        n: cases.
        hits: those that came true.
        periods: how many of them lie so far apart that their outcomes do not overlap.
    """

    n: int
    hits: int
    periods: int

    @property
    def rate(self) -> float:
        """Share that came true; NaN with too few cases to say so."""
        return self.hits / self.n if self.n >= LEAST_CASES and self.periods >= LEAST_PERIODS else float("nan")


def outlooks(momentum: Floats, strength: Floats, clear: float) -> Words:
    """Outlook in each period: up with clear momentum unless the sector is the weaker one, down the other way round.

    Args:
        momentum: -1 … 1, shape (t, k).
        strength: against the benchmark, 0-1, NaN does not object, shape (t, k).
        clear: momentum from which on it says something.
    Returns:
        ``UP``, ``FLAT``, ``DOWN``, or ``UNKNOWN`` without momentum, shape (t, k).
    """
    up = (momentum > clear) & ~(strength < 0.5)
    down = (momentum < -clear) & ~(strength > 0.5)
    words = np.where(up, UP, np.where(down, DOWN, FLAT))
    return np.where(np.isfinite(momentum), words, UNKNOWN).astype(np.int8)


def following(level: Floats, horizon: int) -> Floats:
    """Log return over the ``horizon`` periods after each; NaN where they are not over, shape (t, k)."""
    ahead = np.full(level.shape, np.nan)
    if len(level) > horizon:
        ahead[:-horizon] = np.log(level[horizon:]) - np.log(level[:-horizon])
    return ahead


def outlook_record(words: Words, level: Floats, spread: Floats, horizon: int, word: int) -> Record:
    """How often an outlook came true over the ``horizon`` that followed, in all sectors together.

    Up: the index rose; down: it fell; flat: it moved less than half a standard deviation of such a horizon.

    Args:
        words: outlook in each period, shape (t, k).
        level: index, shape (t, k).
        spread: volatility per period as known then, shape (t, k).
        horizon: periods until the outcome.
        word: the outlook asked for.
    """
    ahead = following(level, horizon)
    limit = FLAT_SPREAD * spread * np.sqrt(horizon)
    cases = (words == word) & np.isfinite(ahead) & (np.isfinite(limit) | (word != FLAT))
    came = {UP: ahead > 0, DOWN: ahead < 0, FLAT: np.abs(ahead) <= limit}[word]
    return _record(cases, cases & came, horizon)


def _record(cases: Flags, hits: Flags, horizon: int) -> Record:
    rows = np.flatnonzero(cases.any(axis=1))
    periods, free = 0, -1
    for row in rows.tolist():
        if row >= free:
            periods, free = periods + 1, row + horizon
    return Record(int(cases.sum()), int(hits.sum()), periods)


def remaining_life(words: Words) -> Floats:
    """How much longer an outlook stands: median, over the runs of the same outlook that are over and lasted as long as
    the present one has, of what was left of them. NaN with fewer than five such runs.

    Args:
        words: outlook in each period, oldest first, the present one last, shape (t, k).
    Returns:
        Periods, by sector, shape (k,).
    """
    ended: dict[int, list[int]] = {}
    present: list[tuple[int, int]] = []
    for column in words.T:
        edges = np.append(np.flatnonzero(np.diff(column)) + 1, len(column))
        starts = np.append(0, edges[:-1])
        for start, end in zip(starts[1:-1].tolist(), edges[1:-1].tolist(), strict=True):
            ended.setdefault(int(column[start]), []).append(end - start)
        present.append((int(column[-1]), int(len(column) - starts[-1])))
    found = []
    for word, so_far in present:
        left = [length - so_far for length in ended.get(word, []) if length >= so_far]
        found.append(float(np.median(left)) if word != UNKNOWN and len(left) >= LEAST_RUNS else float("nan"))
    return np.array(found)


def rank_agreement(first: Floats, second: Floats) -> Floats:
    """Spearman's correlation of two rows of values, row by row; NaN with fewer than three common values.

    Args:
        first, second: shape (t, k); NaN is no value.
    Returns:
        Shape (t,), -1 … 1.
    """
    both = np.isfinite(first) & np.isfinite(second)
    count = both.sum(axis=1)
    enough = count >= 3
    ranks = [
        np.where(both, np.where(both, values, np.inf).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable"), 0)
        for values in (first, second)
    ]
    apart = ((ranks[0] - ranks[1]) ** 2).sum(axis=1)
    size = np.maximum(count, 3)
    return np.where(enough, 1 - 6 * apart / (size * (size**2 - 1)), np.nan)


def rotation_record(level: Floats, horizon: int) -> Record:
    """How often the order of the sectors turned over after moments like the present one.

    It turned over when the order of their returns over the next ``horizon`` agrees less than not at all with that over
    the last one (Spearman's correlation below 0). Like the present: the returns lay further apart than usual (their
    standard deviation above the median so far), or not.

    Args:
        level: index, shape (t, k).
        horizon: periods, at least 1.
    """
    past = np.full(level.shape, np.nan)
    if len(level) > horizon:
        past[horizon:] = np.log(level[horizon:]) - np.log(level[:-horizon])
    agreement = rank_agreement(past, following(level, horizon))
    known = np.isfinite(past).sum(axis=1) >= 3
    filled = np.where(np.isfinite(past), past, 0.0)
    count = np.maximum(np.isfinite(past).sum(axis=1), 1)
    mean = filled.sum(axis=1) / count
    apart = np.sqrt((np.where(np.isfinite(past), past - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
    if not known.any() or not known[-1]:
        return Record(0, 0, 0)
    wide = apart > np.median(apart[known])
    cases = known & (apart > 0) & np.isfinite(agreement) & (wide == wide[-1])
    return _record(cases[:, None], (cases & (agreement < 0))[:, None], horizon)
