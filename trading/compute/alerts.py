"""When alerts fire: what closed candles and other series say about many thresholds at once.

Series are float64, oldest first, shape (t, m): one column per asset (or per asset and indicator), NaN where nothing is
known. Alerts are arrays of shape (n,), each with the column that it watches. Nothing here reads a clock: the end of
each row is given, in seconds since 1970 UTC, evenly spaced.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Words = NDArray[np.object_]

FRESH = 2
"""A value of an older row than the newest so many is stale: it makes nothing fire."""
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
        fires: whether the condition holds, by something that is new and fresh.
        rows: row of the newest value; -1 where none is known.
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
) -> Judged:
    """Alerts on a level. Reaching it counts: up is ``>=``, down is ``<=``, either way is a crossing or being near.

    An alert that crosses needs a value on the other side too, of the last row known when it was armed or of any later
    one: as if every row since had been looked at, also where none was. An alert that touches looks at the high or low
    of a candle that began after it was armed, because when in it the price was there is not known.

    Args:
        series: closes or values of indicators, shape (t, m).
        ends: end of each row, shape (t,), t >= 2.
        watched: the alerts.
        crosses: which of them want a crossing, shape (n,).
        high, low: extremes of the candles, shape (t, m); where any alert touches.
        touches: which of them look at the extremes, shape (n,); none when left out.
    """
    whole = np.zeros(len(crosses), dtype=bool) if touches is None else touches
    rows, reasons = _unjudged(series, ends, watched, whole)
    values = series[rows, watched.columns]
    if high is not None and low is not None:
        up, down = whole & (watched.directions > 0), whole & (watched.directions < 0)
        values = np.where(up, high[rows, watched.columns], np.where(down, low[rows, watched.columns], values))
    lowest, highest = _extremes_since(series, ends, watched)
    rose = (values >= watched.thresholds) & (lowest < watched.thresholds)
    fell = (values <= watched.thresholds) & (highest > watched.thresholds)
    is_near = np.abs(values - watched.thresholds) <= NEAR * np.abs(watched.thresholds)
    reached = np.select(
        [watched.directions > 0, watched.directions < 0],
        [
            np.where(crosses, rose, values >= watched.thresholds),
            np.where(crosses, fell, values <= watched.thresholds),
        ],
        rose | fell | is_near,
    )
    before = np.where(rose, lowest, np.where(fell, highest, np.nan))
    return Judged(reached & (reasons == ""), rows, values, before, reasons)


def changes(series: Floats, ends: Integers, watched: Watched, windows: Integers) -> Judged:
    """Alerts on the change over a window, in percent of the value at its beginning. ``thresholds`` are above 0.

    Args:
        series: closes, shape (t, m), all above 0.
        ends: end of each row, shape (t,).
        watched: the alerts.
        windows: how many rows back the change is measured, at least 1, shape (n,).
    """
    rows, reasons = _unjudged(series, ends, watched, np.zeros(len(windows), dtype=bool))
    reference = series[np.maximum(rows - windows, 0), watched.columns]
    reference = np.where(rows >= windows, reference, np.nan)
    moved = 100 * (series[rows, watched.columns] - reference)  # not divided yet: 90 is 10 % below 100, to the last bit
    values = moved / reference
    reasons[(reasons == "") & ~np.isfinite(values)] = NO_REFERENCE
    counted = np.select([watched.directions > 0, watched.directions < 0], [moved, -moved], np.abs(moved))
    return Judged((counted >= watched.thresholds * reference) & (reasons == ""), rows, values, reference, reasons)


def spikes(volumes: Floats, ends: Integers, watched: Watched, windows: Integers, *, multiples: Flags) -> Judged:
    """Alerts on a volume far above what is usual: by its robust z-score, or as a multiple of the median.

    The window ends before the candle that is judged.

    Args:
        volumes: not negative, shape (t, m).
        ends: end of each row, shape (t,).
        watched: the alerts.
        windows: how many candles before are the usual, shape (n,).
        multiples: which alerts count in medians instead, shape (n,).
    """
    rows, reasons = _unjudged(volumes, ends, watched, np.zeros(len(windows), dtype=bool))
    values, medians = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    pairs = np.stack([windows, rows, watched.columns], axis=1)
    for window, row in np.unique(pairs[reasons == "", :2], axis=0):
        alike = (reasons == "") & (windows == window) & (rows == row)
        columns, places = np.unique(watched.columns[alike], return_inverse=True)
        found = usual(volumes[max(0, row - window) : row, columns], int(window))
        now = volumes[row, columns]
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.where(found.sigma > 0, (now - found.median) / found.sigma, np.nan)
            ratios = np.where(found.median > 0, now / found.median, np.nan)
        values[alike] = np.where(multiples[alike], ratios[places], scores[places])
        medians[alike] = found.median[places]
    left = (reasons == "") & ~np.isfinite(values)
    reasons[left] = np.where(np.isfinite(medians[left]), NO_SPREAD, TOO_SHORT)
    return Judged((values >= watched.thresholds) & (reasons == ""), rows, values, medians, reasons)


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
        median[enough] = np.nanmedian(history[:, enough], axis=0)
        sigma[enough] = MAD_TO_SIGMA * np.nanmedian(np.abs(history[:, enough] - median[enough]), axis=0)
    return Usual(median, sigma)


def _unjudged(series: Floats, ends: Integers, watched: Watched, whole: Flags) -> tuple[Integers, Words]:
    """Row of the newest value of each alert, and why those that cannot be judged cannot.

    ``whole``: alerts whose candle must have begun after ``since``, not only have ended.
    """
    rows = newest_rows(series)[watched.columns]
    begins = ends[rows] - (ends[1] - ends[0])
    is_new = np.where(whole, begins >= watched.since, ends[rows] > watched.since)
    reasons: Words = np.full(len(rows), "", dtype=object)
    reasons[~is_new] = NOTHING_NEW
    reasons[rows < len(ends) - FRESH] = STALE
    reasons[rows < 0] = UNKNOWN
    return rows, reasons


def _extremes_since(series: Floats, ends: Integers, watched: Watched) -> tuple[Floats, Floats]:
    """Lowest and highest value from the last row known at ``since`` to the one before the newest; NaN without any."""
    earlier, newest = series.copy(), newest_rows(series)
    earlier[newest, np.arange(series.shape[1])] = np.nan
    first = np.maximum(np.searchsorted(ends, watched.since, side="right") - 1, 0)
    lowest = np.fmin.accumulate(earlier[::-1], axis=0)[::-1]
    highest = np.fmax.accumulate(earlier[::-1], axis=0)[::-1]
    return lowest[first, watched.columns], highest[first, watched.columns]
