"""The first candle in which something happens to a position, searched for all positions at once.

Candles are seen from a side: for a short every price is negated, so that up is always good. Negating changes no digit.
"""

from dataclasses import dataclass

import numpy as np

from trading.compute.backtest.bars import Bars, Flags, Floats, Integers

WIDTH = 32
"""Candles that are looked at first; then twice as many."""
BLOCK = 1 << 17
"""Candles that are looked at in one step, so that they stay in the cache."""


@dataclass(frozen=True)
class Side:
    """Prices of all assets in the eyes of longs (``sign`` 1) or shorts (-1), one asset after the other, shape
    (n * t,)."""

    sign: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats


def side_of(bars: Bars, sign: int) -> Side:
    """The candles from a side."""
    if sign > 0:
        return Side(1, bars.flat("open"), bars.flat("high"), bars.flat("low"), bars.flat("close"))
    return Side(-1, -bars.flat("open"), -bars.flat("low"), -bars.flat("high"), -bars.flat("close"))


@dataclass(frozen=True)
class Levels:
    """What ends the search for each of q positions, prices as of their side.

    Attributes:
        base: place of the asset's first candle; ``start``, ``end``: rows that are searched, ``end`` excluded.
        stop: -inf = none. ``target``: inf = none. ``invalid``: a close below it; -inf = none.
        best: best close so far, -inf at first. ``keep``: share of it that a trailing stop stays at, 0 = it does not
            trail; ``give``: USD that it stays below that.
    """

    base: Integers
    start: Integers
    end: Integers
    stop: Floats
    target: Floats
    invalid: Floats
    best: Floats
    keep: Floats
    give: Floats

    def take(self, places: Integers) -> "Levels":
        """Some of them."""
        return Levels(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Found:
    """Row of the first candle that touches a level, ``end`` where none does; the stop in force there and the best close
    before it."""

    row: Integers
    stop: Floats
    best: Floats


def first_event(side: Side, levels: Levels) -> Found:
    """The first candle of each position whose low is at or below the stop, whose high is at or above the target, or
    that closes beyond ``invalid``. A missing candle touches nothing. Nothing after that candle is read."""
    found = Found(levels.end.copy(), levels.stop.copy(), levels.best.copy())
    for first in range(0, len(levels.base), BLOCK // WIDTH):
        places = np.arange(first, min(first + BLOCK // WIDTH, len(levels.base)))
        _search(side, levels.take(places), found, places)
    return found


def _search(side: Side, levels: Levels, found: Found, places: Integers) -> None:
    width, trails = WIDTH, bool(levels.keep.any())
    live = levels.start < levels.end
    levels, places = levels.take(np.flatnonzero(live)), places[live]
    start = levels.start
    while len(places):
        ahead = start[:, None] + np.arange(width)
        flat = levels.base[:, None] + np.minimum(ahead, levels.end[:, None] - 1)
        stop, best = _stops(side, levels, flat, trails=trails)
        hit = _touched(side, levels, flat, stop) & (ahead < levels.end[:, None])
        place, rows = hit.argmax(axis=1), np.arange(len(places))
        ends = hit[rows, place]
        who = places[ends]
        found.row[who] = ahead[rows, place][ends]
        found.stop[who] = (stop[rows, place] if trails else stop[:, 0])[ends]
        found.best[who] = best[rows, place][ends] if trails else best[ends, 0]
        stays = np.flatnonzero(~ends & (start + width < levels.end))
        if trails:
            found.best[places] = np.where(ends, found.best[places], np.fmax(best[:, -1], side.close[flat[:, -1]]))
            levels = Levels(**{**levels.__dict__, "best": found.best[places]})
        start, levels, places = start[stays] + width, levels.take(stays), places[stays]
        width = min(2 * width, max(WIDTH, BLOCK // max(len(places), 1)))


def _stops(side: Side, levels: Levels, flat: Integers, *, trails: bool) -> tuple[Floats, Floats]:
    """The stop in force in each candle, and the best close before it."""
    if not trails:
        return levels.stop[:, None], levels.best[:, None]
    before = np.concatenate([levels.best[:, None], side.close[flat[:, :-1]]], axis=1)
    best = np.fmax.accumulate(before, axis=1)
    follows = (levels.keep[:, None] > 0) & (best > -np.inf)
    trailing = np.where(follows, best, 0.0) * levels.keep[:, None] - levels.give[:, None]
    return np.where(follows, np.maximum(levels.stop[:, None], trailing), levels.stop[:, None]), best


def _touched(side: Side, levels: Levels, flat: Integers, stop: Floats) -> Flags:
    hit = side.low[flat] <= stop
    if (levels.target < np.inf).any():
        hit |= side.high[flat] >= levels.target[:, None]
    if (levels.invalid > -np.inf).any():
        hit |= side.close[flat] < levels.invalid[:, None]
    return np.asarray(hit)
