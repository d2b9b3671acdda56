"""Bull and bear phases dated after the fact: the yardstick for regimes that were judged as the market went.

A turning point is known only long after it, so nothing that runs at a moment may use this: it dates history for
training labels and for evaluation.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BULL, BEAR, OPEN = 1, 0, -1
WINDOW = 60
"""Days on each side of which a turning point is the extreme; the last ones are never dated."""
SHORTEST_PHASE = 60
SHORTEST_CYCLE = 150
LARGE_MOVE = 0.20
"""A phase that moves the price further than this may be shorter than ``SHORTEST_PHASE``."""


@dataclass(frozen=True)
class Turn:
    """A turning point: its place in the series, its log price, and whether it is a peak."""

    place: int
    value: float
    is_peak: bool


def pagan_sossounov(close: Floats) -> NDArray[np.int64]:
    """Phases of daily closes.

    Turning points are the extremes of ``WINDOW`` days on each side; of two peaks in a row the higher one stays (of two
    troughs the lower one), of two peaks (troughs) closer than ``SHORTEST_CYCLE`` days as well; a phase shorter than
    ``SHORTEST_PHASE`` days that moves the price by at most ``LARGE_MOVE`` is no phase; a first or last peak (trough)
    with a higher (lower) price between it and the end of the series is none. The phase before the first turning point
    and the one after the last are the opposite of their neighbours; the last ``WINDOW`` days are open.

    Args:
        close: prices, shape (t,), above 0 and finite.
    Returns:
        ``BULL``, ``BEAR`` or ``OPEN`` by day, shape (t,). The day of a turning point still belongs to the phase that
        it ends. All open where no turning point is found.
    Raises:
        ValueError: a price that is missing or not above 0.
    Source: Pagan and Sossounov (2003), A simple framework for analysing bull and bear markets, Journal of Applied
        Econometrics 18, appendix B; windows in days as fixed for this product.
    """
    labels = _between(turning_points(close), len(close))
    labels[max(0, len(close) - WINDOW) :] = OPEN
    return labels


def turning_points(close: Floats) -> list[Turn]:
    """Peaks and troughs in turn, oldest first, as ``pagan_sossounov`` defines them."""
    line = _log(close)
    turns = _alternating(_extremes(line))
    while True:
        rest = _without_false_ends(_without_short_phase(_alternating(_without_short_cycle(turns))), line)
        if rest == turns:
            return turns
        turns = rest


def lunde_timmermann(close: Floats, *, rise: float = 0.40, fall: float = 0.30) -> NDArray[np.int64]:
    """Phases by the size of the move alone: a bear phase ends with the lowest close before a rise of ``rise``, a bull
    phase with the highest one before a fall of ``fall``. The phase after the last turning point is open.

    Args:
        close: prices, shape (t,), above 0 and finite.
        rise, fall: fractions of the price at the turning point, above 0.
    Returns:
        ``BULL``, ``BEAR`` or ``OPEN`` by day, shape (t,).
    Raises:
        ValueError: a price that is missing or not above 0, a filter that is not above 0, or a fall of all.
    Source: Lunde and Timmermann (2004), Duration dependence in stock prices, Journal of Business & Economic
        Statistics 22.
    """
    if rise <= 0 or not 0 < fall < 1:
        raise ValueError("rise must be above 0, fall between 0 and 1")
    line = _log(close)
    up, down = np.log1p(rise), -np.log1p(-fall)
    turns: list[Turn] = []
    high = low = 0
    rising: bool | None = None
    for i, value in enumerate(line):
        if rising is not True and value < line[low]:
            low = i
        if rising is not False and value > line[high]:
            high = i
        if rising is not True and value - line[low] >= up:
            turns.append(Turn(low, float(line[low]), is_peak=False))
            rising, high = True, i
        elif rising is not False and line[high] - value >= down:
            turns.append(Turn(high, float(line[high]), is_peak=True))
            rising, low = False, i
    turns = [turn for turn in turns if turn.place > 0]  # where a series begins, nothing turns
    labels = _between(turns, len(line))
    if turns:
        labels[turns[-1].place + 1 :] = OPEN
    return labels


def _log(close: Floats) -> Floats:
    values = np.asarray(close, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values <= 0).any():
        raise ValueError("closes must be one-dimensional, finite and above 0")
    return np.log(values)


def _extremes(line: Floats) -> list[Turn]:
    """Every day that is the highest (lowest) of the window around it; of equal days the first."""
    if len(line) < 2 * WINDOW + 1:
        return []
    windows = sliding_window_view(line, 2 * WINDOW + 1)
    middle = line[WINDOW:-WINDOW]
    found = []
    for is_peak, best, first in (
        (True, windows.max(axis=1), windows.argmax(axis=1)),
        (False, windows.min(axis=1), windows.argmin(axis=1)),
    ):
        places = np.flatnonzero((middle == best) & (first == WINDOW)) + WINDOW
        found += [Turn(int(place), float(line[place]), is_peak) for place in places]
    return sorted(found, key=lambda turn: turn.place)


def _alternating(turns: list[Turn]) -> list[Turn]:
    """Of neighbours of one kind only the more extreme one."""
    kept: list[Turn] = []
    for turn in turns:
        if kept and kept[-1].is_peak == turn.is_peak:
            kept[-1] = _further(kept[-1], turn)
        else:
            kept.append(turn)
    return kept


def _further(first: Turn, second: Turn) -> Turn:
    """The higher one of two peaks, the lower one of two troughs; of equals the first."""
    return second if (second.value > first.value if first.is_peak else second.value < first.value) else first


def _without_short_cycle(turns: list[Turn]) -> list[Turn]:
    """Without the lesser end of the shortest cycle, if that one is too short."""
    cycles = [(turns[i + 2].place - turns[i].place, i) for i in range(len(turns) - 2)]
    length, i = min(cycles, default=(SHORTEST_CYCLE, 0))
    if length >= SHORTEST_CYCLE:
        return turns
    lesser = turns[i + 2] if _further(turns[i], turns[i + 2]) == turns[i] else turns[i]
    return [turn for turn in turns if turn != lesser]


def _without_short_phase(turns: list[Turn]) -> list[Turn]:
    """Without the two ends of the shortest phase that is too short for how little it moves the price, or moves it the
    wrong way: a trough above the peak before it is left where a peak between them fell with a short cycle."""
    phases = [
        (after.place - before.place, i)
        for i, (before, after) in enumerate(pairwise(turns))
        if (after.value > before.value) != after.is_peak
        or (after.place - before.place < SHORTEST_PHASE and not _is_large(before, after))
    ]
    if not phases:
        return turns
    _length, i = min(phases)
    return turns[:i] + turns[i + 2 :]


def _without_false_ends(turns: list[Turn], line: Floats) -> list[Turn]:
    """Without the first (last) turning point, if a day before (after) it goes further."""
    if turns and _is_passed(turns[0], line[: turns[0].place]):
        return turns[1:]
    if turns and _is_passed(turns[-1], line[turns[-1].place + 1 :]):
        return turns[:-1]
    return turns


def _is_passed(turn: Turn, others: Floats) -> bool:
    return bool((others > turn.value).any() if turn.is_peak else (others < turn.value).any())


def _is_large(before: Turn, after: Turn) -> bool:
    return abs(np.expm1(after.value - before.value)) > LARGE_MOVE


def _between(turns: list[Turn], length: int) -> NDArray[np.int64]:
    """The phase of each day: rising up to a peak, falling up to a trough."""
    labels = np.full(length, OPEN, dtype=np.int64)
    if not turns:
        return labels
    start = 0
    for turn in turns:
        labels[start : turn.place + 1] = BULL if turn.is_peak else BEAR
        start = turn.place + 1
    labels[start:] = BEAR if turns[-1].is_peak else BULL
    return labels
