"""Means and shares of periods with how sure they are: what happens in one week shares the market, so weeks are drawn,
not single values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.bootstrap import TAILS, drawn_counts, enough_blocks, ratio_interval

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NORMAL = 1.959964
"""Quantile of the normal distribution for 95 %."""
BLOCK = 2
"""Weeks drawn at a time: a horizon of a week reaches into the next."""


@dataclass(frozen=True)
class Mean:
    """A mean with its 95 % interval; None for what cannot be said.

    Attributes:
        n: values that it is the mean of.
        periods: separate periods that they come from.
    """

    n: int
    periods: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


def mean_of_periods(values: Floats, *, block: int) -> Mean:
    """Mean of one value per period, oldest first, with a block-bootstrap interval.

    Args:
        values: shape (n,); NaN is left out.
        block: periods that hang together, at least 1. Twice as many are drawn at a time; just as many where the record
            is too short for that, which makes the interval somewhat too narrow (it holds 88-90 % of the time).
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return Mean(0, 0)
    drawn = (ratio_interval(known, np.ones(len(known)), block=length) for length in (2 * block, block))
    found = next((interval for interval in drawn if interval is not None), None)
    apart = -(-len(known) // block)
    if found is None:
        return Mean(len(known), apart, float(known.mean()))
    return Mean(len(known), apart, found.value, found.low, found.high)


def mean_by_week(values: Floats, weeks: Integers) -> Mean:
    """Mean over values of several weeks; blocks of weeks are drawn. None as interval with too few weeks.

    Args:
        values: finite, shape (n,).
        weeks: number of each value's week, shape (n,).
    """
    if not len(values):
        return Mean(0, 0)
    sums, counts = _by_week(values, weeks, weeks)
    found = ratio_interval(*_dense(sums, counts), block=BLOCK)
    apart, value = int((counts > 0).sum()), float(values.mean())
    return Mean(len(values), apart, value, found.low if found else None, found.high if found else None)


def share_by_week(flags: Floats, weeks: Integers) -> Mean:
    """Share of flags that are set: as ``mean_by_week``; with too few weeks Wilson's interval, with as many cases as
    there are weeks, because what happens in one week happens together.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    found = mean_by_week(flags, weeks)
    if found.value is None or found.low is not None:
        return found
    return Mean(found.n, found.periods, found.value, *wilson(found.value, found.periods))


def difference_by_week(one: Floats, weeks_one: Integers, other: Floats, weeks_other: Integers) -> Mean:
    """Mean of one group minus that of the other; the same weeks are drawn for both.

    Returns:
        Without an interval with too few weeks, without a value where a group is empty.
    """
    count = len(one) + len(other)
    every = np.concatenate([weeks_one, weeks_other])
    if not len(one) or not len(other):
        return Mean(count, len(np.unique(every)))
    value = float(one.mean() - other.mean())
    sums = [_by_week(values, weeks, every) for values, weeks in ((one, weeks_one), (other, weeks_other))]
    length = len(sums[0][0])
    apart = len(np.unique(every))
    if not enough_blocks(length, BLOCK):
        return Mean(count, apart, value)
    drawn = drawn_counts(length, block=BLOCK, draws=1000, seed=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        left, right = ((drawn @ total) / (drawn @ held) for total, held in sums)
    low, high = np.nanquantile(left - right, TAILS)
    return Mean(count, apart, value, float(low), float(high))


def _by_week(values: Floats, weeks: Integers, every: Integers) -> tuple[Floats, Floats]:
    """Sums and counts of each week from the first to the last of ``every``, those without any value too."""
    first, length = int(every.min()), int(every.max() - every.min()) + 1
    places = weeks - first
    sums, counts = np.bincount(places, weights=values, minlength=length), np.bincount(places, minlength=length)
    return sums.astype(np.float64), counts.astype(np.float64)


def _dense(sums: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Without the weeks that have no value."""
    return sums[counts > 0], counts[counts > 0]


def wilson(share: float, cases: int) -> tuple[float, float]:
    """95 % interval of a share of so many independent cases, at least 1.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    square = NORMAL**2
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    half = NORMAL / (1 + square / cases) * np.sqrt(share * (1 - share) / cases + square / (4 * cases**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))  # beyond them lies rounding only
