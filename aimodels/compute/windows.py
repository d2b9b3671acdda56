"""Sums over the last rows of a panel that depend on those rows alone, to the last bit.

A running sum carries what came long before in its rounding, so that a panel of years and one of months would differ.
Here a window is the sum of two halves, each again of two: the same additions in the same order wherever it lies. What
lies before the first row counts as unknown, which is 0 in a sum.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def shifted(values: Floats, rows: int, *, fill: float = np.nan) -> Floats:
    """Each row as it was ``rows`` rows before; ``fill`` where there was none.

    Args:
        values: shape (t, ...).
        rows: 0 and more.
    """
    result = np.full_like(values, fill)
    if rows < len(values):
        result[rows:] = values[: len(values) - rows]
    return result


def window_sum(values: Floats, rows: int) -> Floats:
    """Sum of the last ``rows`` rows, what is not finite left out; same shape.

    Args:
        values: shape (t, ...).
        rows: at least 1.
    Raises:
        ValueError: fewer.
    """
    if rows < 1:
        raise ValueError("rows must be at least 1")
    block, length, behind = np.where(np.isfinite(values), values, 0.0), 1, 0
    total = np.zeros_like(block)
    while True:
        if rows & length:
            _add(total, block, behind)
            behind += length
        length *= 2
        if length > rows:
            return total
        block = _add(block.copy(), block, length // 2)


def window_mean(values: Floats, rows: int, *, least: int) -> Floats:
    """Mean of what is known in the last ``rows`` rows; NaN where that is fewer than ``least``."""
    return _divided(window_sum(values, rows), known_in_window(values, rows), least)


def known_in_window(values: Floats, rows: int) -> NDArray[np.int64]:
    """How many of the last ``rows`` rows are known; same shape."""
    running = np.cumsum(np.isfinite(values), axis=0)
    running[rows:] -= running[:-rows].copy()
    return running


def decayed_mean(values: Floats, decay: float, doublings: int, *, least: int) -> Floats:
    """Mean of what is known in the last ``2**doublings`` rows, a row before counting ``decay`` times as much.

    Args:
        values: shape (t, ...); NaN is unknown.
        decay: above 0, at most 1.
        doublings: 0 and more.
        least: known rows, at least 1; NaN where there are fewer.
    """
    known = np.isfinite(values)
    sums, weights = np.where(known, values, 0.0), known.astype(np.float64)
    for power in range(doublings):
        weight = decay ** (2**power)
        sums = _add(sums.copy(), weight * sums, 2**power)
        weights = _add(weights.copy(), weight * weights, 2**power)
    enough = known_in_window(values, 2**doublings) >= least
    return np.divide(sums, weights, out=np.full_like(sums, np.nan), where=enough)


def window_extreme(values: Floats, rows: int, *, highest: bool) -> Floats:
    """Highest or lowest value of the last ``rows`` rows, what is unknown left out; NaN where nothing is known.

    Args:
        values: shape (t, ...).
        rows: at least 1.
    """
    choose = np.fmax if highest else np.fmin
    block, length = values, 1
    while 2 * length <= rows:
        block, length = choose(block, shifted(block, length)), 2 * length
    return np.asarray(choose(block, shifted(block, rows - length)))


def _add(sums: Floats, values: Floats, behind: int) -> Floats:
    """``sums``, with the values of so many rows before added to each row."""
    if behind < len(sums):
        sums[behind:] += values[: len(values) - behind]
    return sums


def _divided(sums: Floats, counts: NDArray[np.int64], least: int) -> Floats:
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts >= least)
