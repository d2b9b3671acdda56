"""When alerts fire: what closed candles and other series say about many thresholds at once.

Series are float64, oldest first, shape (t, m): one column per asset (or per asset and indicator), NaN where nothing is
known. Alerts are arrays of shape (n,), each with the column that it watches. Nothing here reads a clock: the end of
each row is given, in seconds since 1970 UTC, evenly spaced.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Words = NDArray[np.object_]
Looked = tuple[Flags, Floats, Floats]
"""What a row says of each alert: whether it makes it fire, what was measured, and what it was before."""

FRESH = 2
"""A series without a value in its newest so many rows is stale: it makes nothing fire."""
NEAR = 0.001
"""What lies so close to a level, as a share of it, equals the level."""
MAD_TO_SIGMA = 1.4826
"""The median distance from the median, times this, is the standard deviation of a normal distribution."""
LEAST_SHARE = 0.8
"""Of the candles of a window so many must be there."""

UNKNOWN = "nothing is known"
STALE = "stale"
NOTHING_NEW = "nothing new since it was armed"
NO_REFERENCE = "no candle at the beginning of the window"
NO_SPREAD = "the volumes of the window do not differ"
TOO_SHORT = "too little history"


@dataclass(frozen=True)
class Watched:
    """What n alerts look at.

    Attributes:
        columns: place of the series in the second axis, shape (n,).
        since: only what was known after this moment counts, seconds since 1970 UTC, shape (n,).
        thresholds: what is compared with, in the unit of the series or of the measure, shape (n,).
        directions: 1 up, -1 down, 0 either way, shape (n,).
    """

    columns: Integers
    since: Floats
    thresholds: Floats
    directions: Integers


@dataclass(frozen=True)
class Judged:
    """What was found of n alerts, each of shape (n,).

    Attributes:
        fires: whether the condition holds in a row that is new, of a series that is fresh.
        rows: the first row that makes it fire, else that of the newest value; -1 where none is known.
        values: what was measured; NaN where it could not be.
        before: what it was before, or what it is compared with; NaN where that is unknown.
        reasons: why an alert could not be judged, in the words above; empty where it was.
    """

    fires: Flags
    rows: Integers
    values: Floats
    before: Floats
    reasons: Words


def newest_rows(series: Floats) -> Integers:
    """Row of the newest known value of each column, shape (m,); -1 where a column has none."""
    known = np.isfinite(series)
    return np.where(known.any(axis=0), len(series) - 1 - known[::-1].argmax(axis=0), -1)


def levels(
    series: Floats,
    ends: Integers,
    watched: Watched,
    *,
    crosses: Flags,
    high: Floats | None = None,
    low: Floats | None = None,
    touches: Flags | None = None,
    first: int = 0,
) -> Judged:
    """Alerts on a level. Reaching it counts: up is ``>=``, down is ``<=``, either way is a crossing or being near.

    An alert that crosses needs a value on the other side too, of the last row known when it was armed or of any later
    one. An alert that touches looks at the high or low of a candle that began after it was armed, because when in it
    the price was there is not known.

    Args:
        series: closes or values of indicators, shape (t, m).
        ends: end of each row, shape (t,), t >= 2.
        watched: the alerts.
        crosses: which of them want a crossing, shape (n,).
        high, low: extremes of the candles, shape (t, m); where any alert touches.
        touches: which of them look at the extremes, shape (n,); none when left out.
        first: row from which on they are judged; those before are only what was before.
    """
    whole = np.zeros(len(crosses), dtype=bool) if touches is None else touches
    up, down, limits = watched.directions > 0, watched.directions < 0, watched.thresholds
    sides = _Sides(series, ends, watched)
    for row in range(first):
        sides.pass_by(row)

    def look(row: int, _open: Flags) -> Looked:
        values = series[row, watched.columns]
        if high is not None and low is not None:
            extremes = (high[row, watched.columns], low[row, watched.columns])
            values = np.select([whole & up, whole & down], extremes, values)
        rose = (values >= limits) & (sides.lowest < limits)
        fell = (values <= limits) & (sides.highest > limits)
        is_near = np.abs(values - limits) <= NEAR * np.abs(limits)
        beyond = (np.where(crosses, rose, values >= limits), np.where(crosses, fell, values <= limits))
        before = np.where(rose, sides.lowest, np.where(fell, sides.highest, np.nan))
        sides.pass_by(row)
        return np.select([up, down], beyond, rose | fell | is_near), values, before

    return _first_found(series, ends, watched, whole, first, look)


def changes(series: Floats, ends: Integers, watched: Watched, windows: Integers, *, first: int = 0) -> Judged:
    """Alerts on the change over a window, in percent of the value at its beginning. ``thresholds`` are above 0.

    Args:
        series: closes, shape (t, m), all above 0.
        ends: end of each row, shape (t,).
        watched: the alerts.
        windows: how many rows back the change is measured, at least 1, shape (n,).
        first: row from which on they are judged.
    """

    def look(row: int, _open: Flags) -> Looked:
        reference = series[np.maximum(row - windows, 0), watched.columns]
        reference = np.where(row >= windows, reference, np.nan)
        # Not divided yet: 90 is 10 % below 100, to the last bit.
        moved = 100 * (series[row, watched.columns] - reference)
        counted = np.select([watched.directions > 0, watched.directions < 0], [moved, -moved], np.abs(moved))
        return counted >= watched.thresholds * reference, moved / reference, reference

    judged = _first_found(series, ends, watched, np.zeros(len(windows), dtype=bool), first, look)
    judged.reasons[(judged.reasons == "") & ~np.isfinite(judged.values)] = NO_REFERENCE
    return judged


def spikes(
    volumes: Floats, ends: Integers, watched: Watched, windows: Integers, *, multiples: Flags, first: int = 0
) -> Judged:
    """Alerts on a volume far above what is usual: by its robust z-score, or as a multiple of the median.

    The window ends before the candle that is judged.

    Args:
        volumes: not negative, shape (t, m).
        ends: end of each row, shape (t,).
        watched: the alerts.
        windows: how many candles before are the usual, shape (n,).
        multiples: which alerts count in medians instead, shape (n,).
        first: row from which on they are judged.
    """

    def look(row: int, is_open: Flags) -> Looked:
        values, medians = np.full(len(windows), np.nan), np.full(len(windows), np.nan)
        for window in np.unique(windows[is_open]):
            alike = is_open & (windows == window)
            columns, places = np.unique(watched.columns[alike], return_inverse=True)
            found = usual(volumes[max(0, row - window) : row, columns], int(window))
            now = volumes[row, columns]
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = np.where(found.sigma > 0, (now - found.median) / found.sigma, np.nan)
                ratios = np.where(found.median > 0, now / found.median, np.nan)
            values[alike] = np.where(multiples[alike], ratios[places], scores[places])
            medians[alike] = found.median[places]
        return values >= watched.thresholds, values, medians

    judged = _first_found(volumes, ends, watched, np.zeros(len(windows), dtype=bool), first, look)
    left = (judged.reasons == "") & ~np.isfinite(judged.values)
    judged.reasons[left] = np.where(np.isfinite(judged.before[left]), NO_SPREAD, TOO_SHORT)
    return judged


@dataclass(frozen=True)
class Usual:
    """What is usual of each column: its median and its robust standard deviation, shape (m,); NaN: too few values."""

    median: Floats
    sigma: Floats


def usual(history: Floats, window: int) -> Usual:
    """Median and median absolute deviation (as a standard deviation) of each column.

    Args:
        history: shape (k, m), NaN where nothing is known.
        window: how many rows there should be; with less than four fifths of them nothing is usual.
    """
    enough = np.isfinite(history).sum(axis=0) >= LEAST_SHARE * window
    median, sigma = np.full(history.shape[1], np.nan), np.full(history.shape[1], np.nan)
    if enough.any():
        known = history[:, enough]
        median[enough] = _medians(known)
        sigma[enough] = MAD_TO_SIGMA * _medians(np.abs(known - median[enough]))
    return Usual(median, sigma)


def _medians(values: Floats) -> Floats:
    """Median of what is known of each column, which has something known. By sorting: of so few rows that is quicker
    than numpy's own median, which picks them out column by column."""
    ordered, columns = np.sort(values, axis=0), np.arange(values.shape[1])  # what is not known comes last
    count = np.isfinite(values).sum(axis=0)
    return np.asarray((ordered[(count - 1) // 2, columns] + ordered[count // 2, columns]) / 2)


class _Sides:
    """Lowest and highest value of each alert's column from the last row known when it was armed to the row before the
    one that is looked at; NaN without any."""

    def __init__(self, series: Floats, ends: Integers, watched: Watched) -> None:
        self._series, self._columns = series, watched.columns
        self._begin = np.searchsorted(ends, watched.since, side="right") - 1
        self.lowest = np.full(len(watched.columns), np.nan)
        self.highest = self.lowest.copy()

    def pass_by(self, row: int) -> None:
        """What was looked at is now one of those before."""
        values = np.where(row >= self._begin, self._series[row, self._columns], np.nan)
        self.lowest, self.highest = np.fmin(self.lowest, values), np.fmax(self.highest, values)


def _first_found(
    series: Floats,
    ends: Integers,
    watched: Watched,
    whole: Flags,
    first: int,
    look: Callable[[int, Flags], Looked],
) -> Judged:
    """The first row that makes each alert fire, as if every row had been looked at when it came, also where several
    came between two looks. Of those that none makes fire, what the newest row says.

    Args:
        whole: alerts whose candle must have begun after ``since``, not only have ended.
        first: rows before it make nothing fire.
        look: what a row says of each alert; only of those named it is asked.
    """
    newest, reasons = _unjudged(series, ends, watched, whole)
    count, step = len(newest), ends[1] - ends[0]
    fires, rows = np.zeros(count, dtype=bool), newest.copy()
    values, before = np.full(count, np.nan), np.full(count, np.nan)
    for row in range(first, len(series)):
        is_new = np.where(whole, ends[row] - step >= watched.since, ends[row] > watched.since)
        is_open = is_new & ~fires & (reasons == "") & np.isfinite(series[row, watched.columns])
        reached, value, other = look(row, is_open)
        rows[is_open], values[is_open], before[is_open] = row, value[is_open], other[is_open]
        fires |= is_open & reached
    return Judged(fires, rows, values, before, reasons)


def _unjudged(series: Floats, ends: Integers, watched: Watched, whole: Flags) -> tuple[Integers, Words]:
    """Row of the newest value of each alert, and why those that cannot be judged cannot."""
    rows = newest_rows(series)[watched.columns]
    begins = ends[rows] - (ends[1] - ends[0])
    is_new = np.where(whole, begins >= watched.since, ends[rows] > watched.since)
    reasons: Words = np.full(len(rows), "", dtype=object)
    reasons[~is_new] = NOTHING_NEW
    reasons[rows < len(ends) - FRESH] = STALE
    reasons[rows < 0] = UNKNOWN
    return rows, reasons
