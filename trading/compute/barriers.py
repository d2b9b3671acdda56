"""Which came first after a plan: its target, its stop, or the end of its time."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Ending(IntEnum):
    """How a plan ended."""

    STOP = 0
    TARGET = 1
    EXPIRY = 2
    UNKNOWN = 3


@dataclass(frozen=True)
class Endings:
    """How plans ended.

    Attributes:
        kind: ``Ending`` of each, shape (n,).
        candle: place of the candle that ended it, the last one for an expiry, -1 for an unknown end; shape (n,).
        both: that candle holds target and stop: shorter candles may decide, else the stop counts; shape (n,).
    """

    kind: Integers
    candle: Integers
    both: Flags

    @property
    def is_known(self) -> Flags:
        """Shape (n,)."""
        return self.kind != Ending.UNKNOWN

    @property
    def reached(self) -> Integers:
        """1 where the target came before the stop and in time, else 0; shape (n,)."""
        return (self.kind == Ending.TARGET).astype(np.int64)


def first_touch(target: Floats, stop: Floats, high: Floats, low: Floats) -> Endings:
    """How plans ended on the candles that followed them. A touch is enough, and a candle with both counts as a stop.

    Row i depends on its own candles only, and on none after the one that ended it.

    Args:
        target, stop: USD; a target above the stop is a long, below it a short; shape (n,).
        high, low: of the candles after each plan until its time is up, USD, oldest first, shape (n, h), h >= 1; NaN
            where a candle is missing or has not come: a plan that nothing ended before has no known end.
    Raises:
        ValueError: shapes that do not fit, no candle, or a target that is the stop.
    """
    if high.ndim != 2 or high.shape != low.shape or target.shape != stop.shape or target.shape != high.shape[:1]:
        raise ValueError("target and stop have shape (n,), high and low (n, h)")
    if not high.shape[1]:
        raise ValueError("a plan needs a candle at least")
    if not (np.isfinite(target) & np.isfinite(stop) & (target != stop)).all():
        raise ValueError("target and stop must be finite, and differ")
    is_long = (target > stop)[:, None]
    above, below = np.where(is_long, target[:, None], stop[:, None]), np.where(is_long, stop[:, None], target[:, None])
    up, down = high >= above, low <= below
    hits, stops = np.where(is_long, up, down), np.where(is_long, down, up)
    ends = hits | stops | ~(np.isfinite(high) & np.isfinite(low))
    place = ends.argmax(axis=1)
    rows = np.arange(len(target))
    ended, hit, stopped = ends[rows, place], hits[rows, place], stops[rows, place]
    kind = np.where(stopped, Ending.STOP, np.where(hit, Ending.TARGET, np.where(ended, Ending.UNKNOWN, Ending.EXPIRY)))
    last = np.where(kind == Ending.UNKNOWN, -1, np.where(ended, place, high.shape[1] - 1))
    return Endings(kind.astype(np.int64), last.astype(np.int64), hit & stopped)


def decided(endings: Endings, target: Floats, stop: Floats, high: Floats, low: Floats) -> Endings:
    """The same, where a candle held both decided by the shorter candles inside it; without all of them up to the first
    touch the stop counts.

    Args:
        endings: of ``first_touch``.
        target, stop: of all plans, shape (n,).
        high, low: shorter candles inside the candle of each plan of ``endings.both``, in their order, shape (b, f).
    Raises:
        ValueError: other than one row for each of them.
    """
    places = np.flatnonzero(endings.both)
    if len(high) != len(places):
        raise ValueError(f"{len(places)} plans are to be decided, {len(high)} rows were given")
    if not len(places):
        return endings
    inside = first_touch(target[places], stop[places], high, low)
    kind, both = endings.kind.copy(), endings.both.copy()
    won = (inside.kind == Ending.TARGET) & ~inside.both
    kind[places] = np.where(won, Ending.TARGET, Ending.STOP)
    both[places] = inside.both | ~np.isin(inside.kind, (Ending.TARGET, Ending.STOP))
    return Endings(kind, endings.candle, both)


def walk_chance(to_target: Floats, to_stop: Floats, spread: Floats) -> Floats:
    """Chance that a price that wanders without drift reaches the target before the stop and in time.

    A Brownian motion between two absorbing barriers: ``x/L + 2/pi * sum((-1)^n/n * sin(n pi x/L) *
    exp(-n^2 pi^2 s^2 / (2 L^2)))`` with x the way to the stop, L that from stop to target, s the spread.

    Args:
        to_target, to_stop: distance of each barrier, size of the log return, above 0, shape (n,).
        spread: standard deviation of the log return over the whole time, same unit, above 0, shape (n,).
    Returns:
        0-1, shape (n,); with time without end ``to_stop / (to_stop + to_target)``.
    Source: Borodin and Salminen (2002), Handbook of Brownian Motion, 2nd ed., part II, 1.3.0.6.
    """
    if not ((to_target > 0) & (to_stop > 0) & (spread > 0)).all():
        raise ValueError("distances and spread must be above 0")
    whole = to_target + to_stop
    share, n = to_stop / whole, np.arange(1, 200)[:, None]
    terms = (-1.0) ** n / n * np.sin(n * np.pi * share) * np.exp(-(((n * np.pi * spread / whole) ** 2) / 2))
    return np.clip(share + 2 / np.pi * terms.sum(axis=0), 0.0, 1.0)
