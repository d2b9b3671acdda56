"""Market caps of single days, carried onto the candles of any length."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DAY_SECONDS = 86400


def carried_caps(
    ends: Integers,
    close: Floats,
    *,
    column: Integers,
    observed: Integers,
    known: Integers,
    value: Floats,
    max_age: int,
) -> Floats:
    """Market cap of each asset at the end of each candle, as it was known then.

    The newest value known at that moment, times the change of the asset's own price since the day that the value
    describes ended: the supply is taken to stand still until the next value.

    Args:
        ends: ends of the candles, seconds since 1970, rising, shape (t,).
        close: USD, shape (t, n); NaN where there is no price, and no cap either then.
        column: asset of each value, its place in the second axis, shape (v,).
        observed: start of the day that each value describes, seconds since 1970, shape (v,).
        known: from when on it was known, shape (v,).
        value: USD, above 0, shape (v,).
        max_age: seconds after ``observed`` from which on a value stands for nothing any more.
    Returns:
        USD, shape (t, n); NaN where it is not known.
    """
    row = np.searchsorted(ends, known, side="left")
    inside = row < len(ends)
    order = np.lexsort((known[inside], observed[inside], column[inside], row[inside]))
    row, column, observed, known = (part[inside][order] for part in (row, column, observed, known))
    value = value[inside][order]
    stamp = np.full(close.shape, -np.inf)
    newest, base = np.full(close.shape, np.nan), np.full(close.shape, np.nan)
    described = np.searchsorted(ends, np.minimum(observed + DAY_SECONDS, known), side="right") - 1
    price = np.where(described >= 0, close[np.maximum(described, 0), column], np.nan)
    last = np.append((row[1:] != row[:-1]) | (column[1:] != column[:-1]), True)[: len(row)]
    row, column = row[last], column[last]
    stamp[row, column], newest[row, column], base[row, column] = observed[last], value[last], price[last]
    return _carried(ends, close, stamp, newest, base, max_age)


def _carried(ends: Integers, close: Floats, stamp: Floats, newest: Floats, base: Floats, max_age: int) -> Floats:
    """The values of each row carried forward; one that describes an earlier day than another is passed over."""
    rows = np.arange(len(ends))[:, None]
    standing = np.isfinite(stamp) & (stamp >= np.maximum.accumulate(stamp, axis=0))
    place = np.maximum(np.maximum.accumulate(np.where(standing, rows, -1), axis=0), 0)
    newest, base, stamp = (np.take_along_axis(part, place, axis=0) for part in (newest, base, stamp))
    fresh = ends[:, None] - stamp <= max_age
    growth = np.where(np.isfinite(base), close / base, np.where(np.isfinite(close), 1.0, np.nan))
    return np.where(fresh, newest * growth, np.nan)
