"""Whether what was measured grows: a robust slope over the second half, held against a bound.

Theil and Sen's slope is the middle of the slopes between all pairs of days: a day on which the machine was busy with
something else does not move it. Its interval (95 %) says what noise leaves open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from scipy import stats

MONTH = 30.0
FEWEST = 10
"""Samples in the second half, below which nothing is said."""
MOST_MEMORY, MOST_TIME = 3.0, 10.0
"""Percent a simulated month that what stays counts as flat."""
LEAST_MEMORY = 1.0
"""Megabytes a simulated month that are worth no word: of a part that has few, they are many percent."""
MOST_OF_EARLIER = 1.25
"""Of the growth of the first half: what a disk may grow by in the second. What is kept for ever grows evenly."""


@dataclass(frozen=True)
class Verdict:
    """How a figure went in the second half.

    Attributes:
        middle: median, in the figure's unit.
        slope: change in a simulated month, percent of the median; with its interval.
        bound: percent a month from which on it grows.
        word: ``flat`` (the interval's end is below the bound), ``grows`` (its begin is above), ``uncertain``.
    """

    name: str
    middle: float
    slope: float
    low: float
    high: float
    bound: float
    word: str


def verdict(
    name: str, days: Sequence[float], values: Sequence[float], bound: float, least: float = 0.0
) -> Verdict | None:
    """The verdict on a figure; None: too few days, or nothing but zeros.

    Args:
        bound: percent of the median a month.
        least: change a month in the figure's unit that is allowed at any rate.
    """
    half = len(values) // 2
    later, of = list(values[half:]), list(days[half:])
    middle = median(later) if later else 0.0
    if len(later) < FEWEST or not middle:
        return None
    bound = round(max(bound, least / middle * 100), 1)
    found = stats.theilslopes(later, of, 0.95)
    slope, low, high = (float(one) * MONTH / middle * 100 for one in (found.slope, found.low_slope, found.high_slope))
    word = "flat" if high <= bound else "grows" if low > bound else "uncertain"
    return Verdict(name, round(middle, 2), round(slope, 2), round(low, 2), round(high, 2), bound, word)


@dataclass(frozen=True)
class Growth:
    """Megabytes a simulated month in either half, by the slope of Theil and Sen."""

    name: str
    last: float
    first_half: float
    second_half: float
    is_even: bool


def growth(name: str, days: Sequence[float], values: Sequence[float], least: float = 1.0) -> Growth | None:
    """How a size grew; None: too few days.

    Args:
        least: megabytes a month below which no growth is worth a word.
    """
    half = len(values) // 2
    if half < FEWEST:
        return None
    first, second = (
        float(stats.theilslopes(values[part], days[part]).slope) * MONTH for part in (slice(half), slice(half, None))
    )
    is_even = second <= max(least, first * MOST_OF_EARLIER)
    return Growth(name, round(values[-1], 2), round(first, 2), round(second, 2), is_even)


def falls(values: Sequence[float]) -> int:
    """How often a figure became less: what is swept or archived does."""
    return sum(later < earlier for earlier, later in pairwise(values))
