"""Factor scores of assets: where each stands among the others, from what is known of prices and volumes.

Panels have shape (t, n): t periods, oldest first, n assets; NaN where an asset has no candle.
"""

from dataclasses import dataclass

import numpy as np
import talib
from numpy.typing import NDArray

from assets.compute.series import drawdown, log_returns, percentile_rank, rolling_mean, simple_return

Floats = NDArray[np.float64]
LEAST_FACTORS = 5
"""An asset of which fewer factors are known gets no score."""


@dataclass(frozen=True)
class Factors:
    """Raw factors, one value per asset, shape (n,); larger is better in each. NaN where history is too short.

    Attributes:
        momentum_7d, momentum_30d, momentum_90d: simple returns, fractions.
        trend: distance above the 50-period average, in average true ranges.
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


@dataclass(frozen=True)
class Span:
    """Lengths in periods of the panel."""

    week: int
    month: int
    quarter: int


def factors(high: Floats, low: Floats, close: Floats, volume: Floats, peers: Floats, span: Span) -> Factors:
    """The raw factors.

    Args:
        high, low, close: USD, shape (t, n).
        volume: USD per period, shape (t, n).
        peers: 30-day return of what each asset is compared with, a fraction, shape (n,).
        span: how many periods a week, a month and a quarter have.
    """
    recent = volume[-span.month :]
    with np.errstate(invalid="ignore", divide="ignore"):
        month = simple_return(close, span.month)
        surge = volume[-1] / rolling_mean(volume, 20)[-1] if len(volume) >= 20 else np.full(close.shape[1], np.nan)
        trend = (close[-1] - rolling_mean(close, 50)[-1]) / true_range(high, low, close)
    spread = log_returns(close)[-span.month :].std(axis=0, ddof=1)
    whole = np.isfinite(recent).all(axis=0) & (len(recent) == span.month)
    return Factors(
        momentum_7d=simple_return(close, span.week),
        momentum_30d=month,
        momentum_90d=simple_return(close, span.quarter),
        trend=trend,
        volume_surge=surge,
        calm=-spread,
        resilience=-drawdown(close)[-1],
        relative_strength=month - peers,
        liquidity=np.where(whole, np.median(np.where(np.isfinite(recent), recent, 0), axis=0), np.nan),
    )


def true_range(high: Floats, low: Floats, close: Floats, period: int = 14) -> Floats:
    """Average true range of the last candle of each asset, USD, shape (n,); NaN with too few candles."""
    result = np.full(close.shape[1], np.nan)
    for i in range(close.shape[1]):
        present = np.isfinite(close[:, i])
        if present.sum() > period:
            result[i] = talib.ATR(high[present, i], low[present, i], close[present, i], period)[-1]
    return result


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
    by_factor = {name: percentile_rank(values) for name, values in vars(found).items()}
    table = np.stack(list(by_factor.values()))
    known = np.isfinite(table).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(table, axis=0) / known
    total = np.where(known >= LEAST_FACTORS, mean, np.nan)
    return Scores(by_factor, total, percentile_rank(total))
