"""Factor scores of assets: where each stands among the others, from what is known of prices and volumes.

Panels have shape (t, n): t periods, oldest first, n assets; NaN where an asset has no candle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import log_returns, percentile_rank, simple_return

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST_FACTORS = 5
"""An asset of which fewer factors are known gets no score."""
SURGE_ROWS, TREND_ROWS, RANGE_ROWS, BREAKOUT_ROWS = 20, 50, 14, 20


@dataclass(frozen=True)
class Factors:
    """Raw factors, one value per asset, shape (n,); larger is better in each. NaN where history is too short.

    Attributes:
        momentum_7d, momentum_30d, momentum_90d: simple returns, fractions.
        trend: distance above the 50-period average, in mean true ranges of 14 periods.
        volume_surge: last volume over its 20-period mean.
        calm: minus the volatility of the last 30 days, per period.
        resilience: minus the drawdown from the highest close.
        relative_strength: 30-day return above that of the asset's sector, or of the market without one.
        liquidity: median dollar volume of 30 days.
    """

    momentum_7d: Floats
    momentum_30d: Floats
    momentum_90d: Floats
    trend: Floats
    volume_surge: Floats
    calm: Floats
    resilience: Floats
    relative_strength: Floats
    liquidity: Floats


NAMES = tuple(field.name for field in fields(Factors))


@dataclass(frozen=True)
class Span:
    """Lengths in periods of the panel."""

    week: int
    month: int
    quarter: int


@dataclass(frozen=True)
class Candles:
    """What factors are made from, shape (t, n) each.

    Attributes:
        high, low, close: USD.
        volume: USD per period.
    """

    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def until(self, row: int) -> "Candles":
        """The candles up to a row, that one included."""
        return Candles(*(panel[: row + 1] for panel in (self.high, self.low, self.close, self.volume)))


def factors(candles: Candles, sector: Integers, span: Span) -> Factors:
    """The raw factors at the last period. Causal: what comes later is not asked for.

    Args:
        candles: of the market.
        sector: number of each asset's sector, -1 for none, shape (n,).
        span: how many periods a week, a month and a quarter have.
    """
    close, volume = candles.close, candles.volume
    month = simple_return(close, span.month)
    with np.errstate(invalid="ignore", divide="ignore"):
        trend = (close[-1] - _tail_mean(close, TREND_ROWS)) / mean_true_range(candles)
        surge = volume[-1] / _tail_mean(volume, SURGE_ROWS)
    return Factors(
        momentum_7d=simple_return(close, span.week),
        momentum_30d=month,
        momentum_90d=simple_return(close, span.quarter),
        trend=trend,
        volume_surge=surge,
        calm=-_spread(close[-span.month - 1 :], span.month),
        resilience=close[-1] / np.fmax.reduce(close, axis=0) - 1,
        relative_strength=month - peer_returns(month, sector),
        liquidity=np.median(volume[-span.month :], axis=0) if len(volume) >= span.month else _unknown(close),
    )


def _unknown(panel: Floats) -> Floats:
    return np.full(panel.shape[1], np.nan)


def _tail_mean(panel: Floats, rows: int) -> Floats:
    return panel[-rows:].mean(axis=0) if len(panel) >= rows else _unknown(panel)


def _spread(close: Floats, returns: int) -> Floats:
    """Standard deviation of the log returns; NaN with a hole or with fewer than ``returns`` of them."""
    if len(close) <= returns or returns < 2:
        return _unknown(close)
    return np.asarray(log_returns(close)[1:].std(axis=0, ddof=1))


def mean_true_range(candles: Candles, rows: int = RANGE_ROWS) -> Floats:
    """Mean true range of the last ``rows`` periods of each asset, USD, shape (n,); NaN with a hole or too few."""
    if len(candles.close) <= rows:
        return _unknown(candles.close)
    high, low, before = candles.high[-rows:], candles.low[-rows:], candles.close[-rows - 1 : -1]
    ranges = np.stack([high - low, np.abs(high - before), np.abs(low - before)])
    return np.asarray(ranges.max(axis=0).mean(axis=0))


def true_range(high: Floats, low: Floats, close: Floats, period: int = 14) -> Floats:
    """Wilder's average true range of the last candle of each asset, USD, shape (n,), holes passed over; NaN with too
    few candles. For stops: it remembers more than ``mean_true_range``, and costs a pass over each asset."""
    import talib

    result = np.full(close.shape[1], np.nan)
    for i in range(close.shape[1]):
        present = np.isfinite(close[:, i])
        if present.sum() > period:
            result[i] = talib.ATR(high[present, i], low[present, i], close[present, i], period)[-1]
    return result


def peer_returns(returns: Floats, sector: Integers) -> Floats:
    """What each asset is compared with: the median of its sector, itself among them; of all without a sector."""
    result = np.full(returns.shape, np.nan)
    for number in np.unique(sector).tolist():
        group = sector == number
        peers = returns if number < 0 else returns[group]
        known = peers[np.isfinite(peers)]
        if len(known):
            result[group] = np.median(known)
    return result


def breakouts(candles: Candles, rows: int = BREAKOUT_ROWS) -> Floats:
    """1 where the last close lies above the highest high of the ``rows`` periods before it, -1 below the lowest low, 0
    between; NaN with a hole or too few periods. Shape (n,)."""
    if len(candles.close) <= rows:
        return _unknown(candles.close)
    last, high, low = candles.close[-1], candles.high[-rows - 1 : -1], candles.low[-rows - 1 : -1]
    known = np.isfinite(last) & np.isfinite(high).all(axis=0) & np.isfinite(low).all(axis=0)
    return np.where(known, 1.0 * (last > high.max(axis=0)) - (last < low.min(axis=0)), np.nan)


@dataclass(frozen=True)
class Scores:
    """Percentiles of each factor and their mean, per asset; 0 = last of all, 1 = first of all. NaN without a score."""

    by_factor: dict[str, Floats]
    total: Floats
    place: Floats


def scores(found: Factors) -> Scores:
    """Cross-sectional scores: every factor as a percentile, all with the same weight, and the place by the total.

    Equal weights are no finding: they are what one takes before weights have been validated.
    """
    by_factor = percentiles(found)
    total = combined(np.stack(list(by_factor.values())), np.ones(len(by_factor)))
    return Scores(by_factor, total, percentile_rank(total))


def percentiles(found: Factors) -> dict[str, Floats]:
    """Each factor as the share of the other assets that have less of it."""
    return {name: percentile_rank(values) for name, values in vars(found).items()}


def combined(table: Floats, weights: Floats) -> Floats:
    """Weighted mean of the percentiles that are known of each asset; NaN where fewer than ``LEAST_FACTORS`` are.

    Args:
        table: percentiles, shape (k, n); NaN where a factor is unknown.
        weights: of the factors, 0 and more, shape (k,).
    """
    known = np.isfinite(table)
    held = weights[:, None] * known
    sums, shares = (np.where(known, table, 0.0) * held).sum(axis=0), held.sum(axis=0)
    enough = (known.sum(axis=0) >= LEAST_FACTORS) & (shares > 0)
    return np.divide(sums, shares, out=np.full(table.shape[1], np.nan), where=enough)


def joined(by_factor: Mapping[str, Floats], extra: Mapping[str, Floats]) -> tuple[tuple[str, ...], Floats]:
    """Names and percentiles of the factors and of what stands beside them, one row each, shape (k, n)."""
    both = {**by_factor, **{name: percentile_rank(values) for name, values in extra.items()}}
    return tuple(both), np.stack(list(both.values()))
