"""Historical analogues: moments of the past that looked most like the present, and what followed them.

Only moments count whose whole aftermath was known; the scales of the features come from those same moments, so nothing
here knows more than the present does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import log_returns, rolling_mean
from macro.compute.regime.place import rolling_deviation

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FEATURES = (
    "return_7",
    "return_30",
    "return_90",
    "volatility_30",
    "volatility_change",
    "place_in_range_90",
    "above_average_50",
    "rsi_14",
    "volume_change",
)
"""In candles. Returns are in units of the volatility of 90 candles; the rest is explained in ``features``."""
LEAST_FEATURES = 6
HORIZONS = (7, 30, 90)
"""Days after which the aftermath is read."""
LEAST_CANDIDATES = 100
"""Past moments that must be there before one of them is called the nearest."""
APART = 30
"""Candles between two analogues at least: neighbours are one and the same moment."""
DAY = 86_400


@dataclass(frozen=True)
class Analogue:
    """A moment of the past.

    Attributes:
        place: its candle.
        distance: root mean square of the differences of the z-scored features.
        similarity: ``exp(-distance**2 / 2)``, 0-1.
        followed: return in percent after each horizon in days.
    """

    place: int
    distance: float
    similarity: float
    followed: dict[int, float]


def features(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
    """What the market looks like by candle: shape, tension and volume of the last 90 candles.

    Returns over 7, 30 and 90 candles in units of volatility; logarithm of the 30-candle volatility; its logarithm less
    that of 90 candles; place of the close between lowest low and highest high of 90 candles; distance from the
    average of 50; RSI; logarithm of the 20-candle mean volume less that of 90 candles. Causal.

    Args:
        high, low, close: USD, shape (t,), finite, above 0.
        volume: any unit, shape (t,), finite.
    Returns:
        Shape (t, 9) in the order of ``FEATURES``; NaN during warm-up, and where prices or volumes stood still.
    """
    import talib

    returns = log_returns(close)
    month, quarter = (_log(rolling_deviation(returns, period)) for period in (30, 90))
    moves = [_change(close, period) / (np.exp(quarter) * np.sqrt(period)) for period in (7, 30, 90)]
    standing = _place_in_range(high, low, close, 90)
    average = rolling_mean(close, 50)
    strength = talib.RSI(close, 14) if len(close) > 14 else np.full(len(close), np.nan)
    traded = _log(rolling_mean(volume, 20)) - _log(rolling_mean(volume, 90))
    return np.column_stack([*moves, month, month - quarter, standing, close / average - 1, strength / 100, traded])


def _change(close: Floats, period: int) -> Floats:
    result = np.full(len(close), np.nan)
    result[period:] = np.log(close[period:] / close[:-period])
    return result


def _place_in_range(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """0 at the lowest low of the period, 1 at its highest high; NaN where they are equal."""
    import talib

    if len(close) < period:
        return np.full(len(close), np.nan)
    top, bottom = talib.MAX(high, period), talib.MIN(low, period)
    reach = np.where(top > bottom, top - bottom, np.nan)
    return np.asarray((close - bottom) / reach)


def _log(values: Floats) -> Floats:
    """Logarithm; NaN where the value is not above 0."""
    return np.log(np.where(values > 1e-12, values, np.nan))


def nearest(
    found: Floats, ends: Integers, close: Floats, *, count: int = 5, horizons: tuple[int, ...] = HORIZONS
) -> list[Analogue]:
    """The past moments that lie nearest to the last one, the nearest first.

    Args:
        found: features by candle, shape (t, k); those that the last candle lacks are left out everywhere.
        ends: ends of the candles, seconds since 1970, rising, shape (t,).
        close: USD, shape (t,).
        count: how many at most.
        horizons: days; the longest must have passed before the last candle.
    Returns:
        Nothing when the last candle has fewer than ``LEAST_FEATURES`` features or the past fewer than
        ``LEAST_CANDIDATES`` moments.
    """
    if not len(ends):
        return []
    usable = np.isfinite(found[-1])
    whole = np.isfinite(found[:, usable]).all(axis=1) & (ends + max(horizons) * DAY <= ends[-1])
    candidates = np.flatnonzero(whole)
    if usable.sum() < LEAST_FEATURES or len(candidates) < LEAST_CANDIDATES:
        return []
    past = found[np.ix_(candidates, usable)]
    spread = past.std(axis=0)
    moving = spread > 1e-12
    scores = (past[:, moving] - found[-1, usable][moving]) / spread[moving]
    distance = np.sqrt(np.mean(scores**2, axis=1))
    chosen: list[int] = []
    for at in np.argsort(distance, kind="stable"):
        if all(abs(candidates[at] - candidates[other]) >= APART for other in chosen):
            chosen.append(int(at))
        if len(chosen) == count:
            break
    return [
        Analogue(
            int(candidates[at]),
            float(distance[at]),
            float(np.exp(-(distance[at] ** 2) / 2)),
            _followed(int(candidates[at]), ends, close, horizons),
        )
        for at in chosen
    ]


def _followed(place: int, ends: Integers, close: Floats, horizons: tuple[int, ...]) -> dict[int, float]:
    """Return in percent to the last close at or before the end of each horizon."""
    until = np.searchsorted(ends, [ends[place] + days * DAY for days in horizons], side="right") - 1
    return {days: 100 * float(close[at] / close[place] - 1) for days, at in zip(horizons, until.tolist(), strict=True)}
