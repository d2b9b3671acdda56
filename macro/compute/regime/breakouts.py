"""Breakouts from Donchian channels, with their volume and the test of the level afterwards; and swelling volatility."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from assets.compute.series import log_returns
from macro.compute.regime.place import place, rolling_deviation

Floats = NDArray[np.float64]
SHORT, LONG = 20, 55
FRESH = 10
"""Candles for which a breakout is news."""
TOGETHER = 5
"""Closes beyond the channel that lie this close belong to one breakout."""
LOUD = 1.5
"""Volume, as a multiple of the mean of the 20 candles before, that confirms."""
NARROW = 0.2
"""A channel among the narrowest fifth of the past year is a range."""
RETEST_IN_ATR = 0.25


@dataclass(frozen=True)
class Breakout:
    """A close beyond the channel.

    Attributes:
        place: the first candle that closed beyond it.
        is_up: above the highest high; else below the lowest low.
        period: candles of the widest channel left, 20 or 55.
        level: the channel's bound then, USD.
        volume_ratio: volume of that candle over the mean of the 20 before; NaN when that is not known or 0.
        holds: the last close still lies beyond the level.
        is_retested: afterwards a candle came back to the level and closed beyond it.
        from_range: the channel was among the narrowest of its year.
    """

    place: int
    is_up: bool
    period: int
    level: float
    volume_ratio: float
    holds: bool
    is_retested: bool
    from_range: bool


def channel(high: Floats, low: Floats, period: int) -> tuple[Floats, Floats]:
    """Highest high and lowest low of the ``period`` candles before each one, shape (t,) each; NaN during warm-up.

    Source: R. Donchian's four-week rule; 20 and 55 as in the Turtle rules (1983).
    """
    upper, lower = np.full(len(high), np.nan), np.full(len(low), np.nan)
    if len(high) > period:
        upper[period:] = sliding_window_view(high, period).max(axis=1)[:-1]
        lower[period:] = sliding_window_view(low, period).min(axis=1)[:-1]
    return upper, lower


def volume_ratio(volume: Floats, at: int) -> float:
    """Volume of a candle over the mean of the 20 before it; NaN when there are not so many, or they are 0.

    Args:
        volume: any unit, shape (t,), finite.
        at: place of the candle, from 0.
    """
    before = volume[max(0, at - SHORT) : at]
    if len(before) < SHORT or not before.mean() > 0:
        return float("nan")
    return float(volume[at] / before.mean())


def newest_breakout(high: Floats, low: Floats, close: Floats, volume: Floats, atr: float) -> Breakout | None:
    """The breakout that began during the last ``FRESH`` candles; None when there was none.

    Args:
        high, low, close: USD, shape (t,), finite.
        volume: any unit, shape (t,), finite.
        atr: average true range of the last candle, USD.
    """
    upper, lower = channel(high, low, SHORT)
    beyond = np.where(close > upper, 1, np.where(close < lower, -1, 0))
    recent = np.flatnonzero(beyond[-FRESH:])
    if not len(recent):
        return None
    sign = int(beyond[-FRESH:][recent[-1]])
    first = _beginning(beyond, sign)
    if first < len(close) - FRESH:
        return None
    wide = channel(high, low, LONG)[0 if sign > 0 else 1][first]
    level = float((upper if sign > 0 else lower)[first])
    back = sign * (low if sign > 0 else high)[first + 1 :] <= sign * level + RETEST_IN_ATR * atr
    kept = sign * (close[first + 1 :] - level) > 0
    heights = (upper - lower)[: first + 1] / close[: first + 1]
    return Breakout(
        place=first,
        is_up=sign > 0,
        period=LONG if sign * (close[first] - wide) > 0 else SHORT,
        level=level,
        volume_ratio=volume_ratio(volume, first),
        holds=bool(sign * (close[-1] - level) > 0),
        is_retested=bool((back & kept).any()),
        from_range=bool(place(heights) < NARROW),
    )


def _beginning(beyond: NDArray[np.int64], sign: int) -> int:
    """First of the newest closes beyond the channel on one side that lie close together."""
    places = np.flatnonzero(beyond == sign)
    parted = np.flatnonzero(np.diff(places) > TOGETHER)
    return int(places[parted[-1] + 1] if len(parted) else places[0])


def expansion(close: Floats) -> float:
    """How much volatility swells: place of (volatility of 10 candles over that of 60) among the last year's, 0-1.

    NaN with too little history, or without any movement for 60 candles.

    Args:
        close: USD, shape (t,), finite.
    """
    returns = log_returns(close)
    quick, steady = rolling_deviation(returns, 10), rolling_deviation(returns, 60)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(steady > 0, quick / steady, np.nan)
    return place(ratio)
