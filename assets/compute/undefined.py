"""Where an oscillator has no value: it divides by a movement of prices, and there was none."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
STOCHASTIC_WINDOW, STOCHASTIC_SMOOTHING = 14, 3
BY_CLOSE = ("RSI_7", "RSI_14", "RSI_21")
BY_RANGE = ("ADX_14", "PLUS_DI_14", "MINUS_DI_14")


def suspects(offsets: NDArray[np.int64], high: Floats, low: Floats, close: Floats) -> Flags:
    """Which slices may hold such places: the two first closes are equal, or a candle has no range.

    Args:
        offsets: of the slices, shape (n + 1,).
        high, low, close: of all slices, shape (t,).
    Returns:
        Shape (n,).
    """
    first, end = offsets[:-1], offsets[1:]
    result = np.zeros(len(first), dtype=np.bool_)
    pairs = end - first > 1
    result[pairs] = close[first[pairs]] == close[first[pairs] + 1]
    still = np.flatnonzero(high == low)
    if len(still):
        result[np.searchsorted(offsets, still, side="right") - 1] = True
    return result


def blank_undefined(values: Mapping[str, Floats], high: Floats, low: Floats, close: Floats) -> None:
    """Write NaN where TA-Lib has 0 only because nothing moved.

    RSI has no value until the close has moved once since the first candle, ADX and DI until any price has, the
    stochastic while all prices of its window are one.

    Args:
        values: series of one asset by name, shape (t,); changed in place. Other outputs are left alone.
        high, low, close: its candles, shape (t,).
    """
    without_range = unmoved(high, low, close)
    flat = flat_windows(without_range, high, STOCHASTIC_WINDOW)
    blanks = dict.fromkeys(BY_CLOSE, np.logical_and.accumulate(close == close[0]))
    blanks |= dict.fromkeys(BY_RANGE, np.logical_and.accumulate(without_range & (close == close[0])))
    blanks["STOCH_k"] = lately(flat, STOCHASTIC_SMOOTHING)
    blanks["STOCH_d"] = lately(blanks["STOCH_k"], STOCHASTIC_SMOOTHING)
    for name in blanks.keys() & values.keys():
        values[name][blanks[name]] = np.nan


def unmoved(high: Floats, low: Floats, close: Floats) -> Flags:
    """Candles of one price only."""
    return np.asarray((high == low) & (close == high))


def flat_windows(without_range: Flags, price: Floats, period: int) -> Flags:
    """Whether the last ``period`` candles all stand at one and the same price."""
    same = without_range.copy()
    same[0] = False
    same[1:] &= without_range[:-1] & (price[1:] == price[:-1])
    places = np.arange(len(price))
    return np.asarray(places - np.maximum.accumulate(np.where(same, 0, places)) >= period - 1)


def lately(flags: Flags, period: int) -> Flags:
    """Whether any of the last ``period`` elements is set."""
    result = flags.copy()
    for back in range(1, period):
        result[back:] |= flags[:-back]
    return result
