"""Figures of the whole market from the candles of its assets.

Panels have shape (t, n): t periods, oldest first, n assets; NaN where an asset has no candle. Only assets that follow
no other price belong in them (no stablecoins, no wrapped coins).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import log_returns, rolling_mean, simple_return

Floats = NDArray[np.float64]
BREADTH_PERIOD = 50
BREADTH_LEAST = 20
"""A share of fewer assets than this says little and is not given."""
TOP = 100


def most_liquid(close: Floats, volume: Floats, count: int, *, days: int = 30) -> NDArray[np.int64]:
    """Places of the ``count`` assets with the largest median dollar volume over the last ``days`` periods.

    Args:
        close: USD, shape (t, n); an asset without a last price does not count.
        volume: USD per period, shape (t, n).
        count: how many at most.
        days: periods that are looked at.
    Returns:
        Places in the second axis, most liquid first.
    """
    recent = np.where(np.isfinite(volume[-days:]), volume[-days:], 0)
    median = np.where(np.isfinite(close[-1]), np.median(recent, axis=0), -1)
    order = np.argsort(-median, kind="stable")
    return order[median[order] >= 0][:count]


def largest(caps: Floats, close: Floats, volume: Floats, count: int, *, days: int = 30) -> NDArray[np.int64]:
    """Places of the ``count`` largest assets: by market cap, and behind them those of unknown cap by dollar volume.

    Args:
        caps: USD, shape (n,); NaN or 0 is unknown.
        close, volume: as of ``most_liquid``, which ranks those without a cap.
        count: how many at most.
        days: periods of volume that are looked at.
    Returns:
        Places in the second axis, largest first; without those that have no last price.
    """
    size = np.where(np.isfinite(caps) & (caps > 0) & np.isfinite(close[-1]), caps, -1.0)
    order = np.argsort(-size, kind="stable")
    known = order[size[order] > 0]
    by_volume = most_liquid(close, volume, close.shape[1], days=days)
    return np.concatenate([known, by_volume[~np.isin(by_volume, known)]])[:count]


def breadth(close: Floats, period: int = BREADTH_PERIOD) -> Floats:
    """Share of the assets whose close is above their moving average, by period.

    Args:
        close: USD, shape (t, n).
        period: length of the average.
    Returns:
        Percent, shape (t,); NaN where fewer than ``BREADTH_LEAST`` assets have an average.
    """
    average = rolling_mean(close, period)
    known = np.isfinite(average) & np.isfinite(close)
    count = known.sum(axis=1)
    above = (np.where(known, close > average, False)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count >= BREADTH_LEAST, 100 * above / count, np.nan)


@dataclass(frozen=True)
class Extremes:
    """How many assets stand at the highest or lowest close of a span."""

    highs: int
    lows: int
    counted: int


def new_extremes(close: Floats, periods: int) -> Extremes:
    """Assets whose last close is the highest (lowest) of the last ``periods`` + 1 closes.

    Args:
        close: USD, shape (t, n); assets with a hole in the span are not counted.
        periods: length of the span.
    """
    window = close[-periods - 1 :]
    whole = np.isfinite(window).all(axis=0) if len(window) == periods + 1 else np.zeros(close.shape[1], bool)
    moved = whole & (window.max(axis=0) > window.min(axis=0))
    return Extremes(
        int((moved & (window[-1] == window.max(axis=0))).sum()),
        int((moved & (window[-1] == window.min(axis=0))).sum()),
        int(whole.sum()),
    )


@dataclass(frozen=True)
class Advance:
    """How many assets rose and fell over a span."""

    rose: int
    fell: int

    @property
    def ratio(self) -> float:
        """Share of those that moved which rose, 0-1; NaN when none moved."""
        moved = self.rose + self.fell
        return self.rose / moved if moved else float("nan")


def advances(close: Floats, periods: int) -> Advance:
    """Assets that rose and fell over the last ``periods``.

    Args:
        close: USD, shape (t, n); assets without one of the two closes are not counted.
        periods: length of the span, at least 1.
    """
    change = simple_return(close, periods)
    with np.errstate(invalid="ignore"):
        return Advance(int((change > 0).sum()), int((change < 0).sum()))


def momentum_index(close: Floats, periods: int) -> float:
    """Median over the assets of return over volatility: ``ln(p[-1]/p[-1-k]) / (std of returns * sqrt(k))``.

    Above 0 most assets rise more than chance would have it; ±1 is a strong market. NaN when no asset has k returns.

    Args:
        close: USD, shape (t, n).
        periods: the k of the formula, at least 2.
    """
    window = log_returns(close)[-periods:]
    if len(window) < periods:
        return float("nan")
    whole = np.isfinite(window).all(axis=0)
    if not whole.any():
        return float("nan")
    spread = window[:, whole].std(axis=0, ddof=1)
    moved = spread > 0
    scores = window[:, whole].sum(axis=0)[moved] / (spread[moved] * np.sqrt(periods))
    return float(np.median(scores)) if len(scores) else float("nan")
