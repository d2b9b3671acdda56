"""Where the newest value of a series stands among those before it."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
YEAR, LEAST = 365, 60


def place(values: Floats, *, span: int = YEAR, least: int = LEAST) -> float:
    """Share of the last ``span`` values before the newest one that are smaller, ties counted half: 0 low, 1 high.

    NaN when the newest value is not known, or fewer than ``least`` before it are.

    Args:
        values: oldest first, shape (t,); NaN is no value.
        span: how many values are looked back at.
        least: how many of them must be known.
    """
    if len(values) < 2 or not np.isfinite(values[-1]):
        return float("nan")
    before = values[-span - 1 : -1]
    before = before[np.isfinite(before)]
    if len(before) < least:
        return float("nan")
    return float(((before < values[-1]).sum() + (before == values[-1]).sum() / 2) / len(before))


def rolling_deviation(values: Floats, period: int) -> Floats:
    """Standard deviation of the last ``period`` values, shape (t,); NaN during warm-up and beside holes."""
    result = np.full(len(values), np.nan)
    if len(values) >= period:
        windows = np.lib.stride_tricks.sliding_window_view(values, period)
        result[period - 1 :] = windows.std(axis=1)
    return result
