"""Sector indexes. Panels have shape (t, n): t periods, oldest first, n assets; NaN where something is not known.

Element i of each result uses elements up to i only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
START = 100.0
MOST_MISSED = 2
"""Candles in a row that an asset may lack and still count with its last price, as in the universe."""


def carried(values: Floats, limit: int) -> Floats:
    """Each hole of at most ``limit`` elements filled with the value before it.

    Args:
        values: shape (t, n); NaN is no value.
        limit: how long a value may stand in for missing ones.
    """
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), rows, -1), axis=0)
    held = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where((last >= 0) & (rows - last <= limit), held, np.nan)


def changes(close: Floats) -> Floats:
    """``close[i] / close[i-1] - 1``; a price that is missing for a moment counts as unmoved until the next one.

    Args:
        close: USD, shape (t, n), above 0 or NaN.
    Returns:
        Fractions, shape (t, n); NaN in the first period and for an asset that began or had ended.
    """
    held = carried(close, MOST_MISSED)
    moved = np.full(close.shape, np.nan)
    moved[1:] = held[1:] / held[:-1] - 1
    return moved


@dataclass(frozen=True)
class Index:
    """A chain-linked index of a group of assets.

    Attributes:
        level: 100 in the period in which the first member has a price, NaN before, shape (t,).
        by_cap: whether the change of a period was weighed by market caps; else its members counted alike, shape (t,).
    """

    level: Floats
    by_cap: Flags


def chain_linked(change: Floats, cap: Floats, share: Floats) -> Index:
    """Index of members weighed by market cap, or all alike where most caps are unknown.

    ``level[i] = level[i-1] * (1 + sum(w[i-1] * change[i]) / sum(w[i-1]))`` over the members of period i that have a
    price in both periods; ``w[i-1] = cap[i-1] * share[i]`` when at least half of them have a cap (the others do not
    count then), else ``share[i]``. Caps are those of the period before, so the weights are known when the period
    begins; because each period is linked to the one before, a change of membership or of weights does not move the
    level. A period without any member leaves it as it was.

    Args:
        change: change of each price over the period, a fraction, shape (t, m).
        cap: market cap at the end of the period, USD, NaN or above 0, shape (t, m).
        share: part of the asset that counts in this group, 0-1, 0 = no member, shape (t, m).
    """
    counted = (share > 0) & np.isfinite(change)
    before = np.full(cap.shape, np.nan)
    before[1:] = cap[:-1]
    capped = counted & np.isfinite(before)
    by_cap = capped.any(axis=1) & (2 * capped.sum(axis=1) >= counted.sum(axis=1))
    weight = np.where(by_cap[:, None], np.where(capped, before, 0.0), 1.0) * np.where(counted, share, 0.0)
    total = weight.sum(axis=1)
    moved = (weight * np.where(counted, change, 0.0)).sum(axis=1) / np.where(total > 0, total, 1.0)
    level = START * np.cumprod(1 + moved)
    begun = np.zeros(len(level), bool)
    if counted.any():
        begun[max(0, int(np.argmax(counted.any(axis=1))) - 1) :] = True
    return Index(np.where(begun, level, np.nan), by_cap)


def trailing_median(values: Floats, period: int) -> Floats:
    """Median of the last ``period`` rows by asset; NaN with less than a third of them.

    Args:
        values: shape (t, n).
        period: rows looked at.
    Returns:
        Shape (n,).
    """
    window = values[-period:]
    enough = 3 * np.isfinite(window).sum(axis=0) >= min(period, len(values))
    enough &= np.isfinite(window).any(axis=0)
    result = np.full(values.shape[1], np.nan)
    if enough.any():
        result[enough] = np.nanmedian(window[:, enough], axis=0)
    return result


def share_above_average(close: Floats, period: int) -> Floats:
    """Which assets closed above their average of the last ``period`` closes.

    Args:
        close: USD, shape (t, n).
        period: length of the average.
    Returns:
        1 above, 0 not, NaN without an average, shape (n,).
    """
    window = close[-period:]
    if len(window) < period:
        return np.full(close.shape[1], np.nan)
    average = window.mean(axis=0)
    return np.where(np.isfinite(average), (window[-1] > average).astype(float), np.nan)


def dominance(cap: Floats, share: Floats) -> tuple[Floats, float]:
    """Share of each sector in the total market cap, and of what belongs to no sector; together 100.

    Args:
        cap: market caps, USD, above 0 or NaN, shape (n,).
        share: part of each asset that counts in each sector; of an asset at most 1 in all, shape (k, n).
    Returns:
        Percent, shape (k,), NaN without any cap; and the remainder.
    """
    known = np.where(np.isfinite(cap), cap, 0.0)
    total = known.sum()
    if total <= 0:
        return np.full(len(share), np.nan), float("nan")
    shares = 100 * (share @ known) / total
    return shares, max(0.0, 100 - float(shares.sum()))


def linked(level: Floats, stored: Floats) -> Floats:
    """Levels as a published series goes on: what is stored stands, and others follow from the stored level before them
    (before the first, from that after them) by the change that ``level`` shows.

    Args:
        level: of a view, in units of its own, shape (t, k), above 0, NaN before an index began.
        stored: published before, shape (t, k); NaN is none.
    Returns:
        Shape (t, k); in the units of ``level`` where nothing is stored.
    """
    ratio = np.where(np.isfinite(level), stored / level, np.nan)
    rows = np.arange(len(level))[:, None]
    known = np.isfinite(ratio)
    last = np.maximum.accumulate(np.where(known, rows, -1), axis=0)
    first = np.argmax(known, axis=0)[None, :]
    scale = np.take_along_axis(ratio, np.where(last >= 0, last, first), axis=0)
    return np.where(np.isfinite(stored), stored, level * np.where(known.any(axis=0), scale, 1.0))
