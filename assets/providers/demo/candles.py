"""Candles of the demo market, made from its paths."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from assets.providers.demo.coins import COINS
from assets.providers.demo.simulation import BLOCK, HOUR, START, DemoPaths, chances

Floats = NDArray[np.float64]
USUAL_TRADE = 900
"""Dollars of a usual trade."""
WICK = 0.45
"""How far an hour reaches beyond its open and close, in deviations."""
DAY_CURVE = 1 + 0.35 * np.sin((np.arange(24) - 9) * np.pi / 12)
"""Trade by the hour of the day (UTC): most in the afternoon."""
WEEKEND = 0.72
"""Trade on Saturdays and Sundays."""
OUTAGES = (
    (datetime(2024, 8, 5, 6, tzinfo=UTC), datetime(2024, 8, 5, 9, tzinfo=UTC)),
    (datetime(2026, 3, 18, 2, tzinfo=UTC), datetime(2026, 3, 18, 6, tzinfo=UTC)),
)
"""Hours that the market does not tell: what a source that was down looks like."""


@dataclass(frozen=True)
class DemoCandles:
    """Candles of whole periods, shape (t, n) in the order of ``COINS``; what a coin did not trade is there as well.

    Attributes:
        length: of a period, seconds.
        times: starts of the periods, seconds since 1970, shape (t,).
        open, high, low, close: USD.
        base_volume: coins.
        quote_volume: USD.
    """

    length: int
    times: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    base_volume: Floats
    quote_volume: Floats

    @property
    def trade_count(self) -> NDArray[np.int64]:
        return np.maximum(1, self.quote_volume / USUAL_TRADE).astype(np.int64)

    @property
    def traded(self) -> NDArray[np.bool_]:
        """Whether a coin was listed, shape (t, n)."""
        ends = np.iinfo(np.int64).max
        first = np.array([int(coin.listed_at.timestamp()) if coin.listed_at else 0 for coin in COINS])
        end = np.array([int(coin.delisted_at.timestamp()) if coin.delisted_at else ends for coin in COINS])
        return (self.times[:, None] >= first) & (self.times[:, None] < end)


def hourly_candles(blocks: Iterable[DemoPaths], since: datetime) -> DemoCandles:
    """Hours of the blocks, from ``since`` on."""
    origin = (since - START).total_seconds() / 3600
    made = [_block_candles(paths) for paths in blocks if paths.first + len(paths.level) > origin]
    times = np.concatenate([part.times for part in made])
    wanted = times >= since.timestamp()
    columns = ("open", "high", "low", "close", "base_volume", "quote_volume")
    return DemoCandles(
        3600, times[wanted], *(np.concatenate([getattr(p, name) for p in made])[wanted] for name in columns)
    )


def _block_candles(paths: DemoPaths) -> DemoCandles:
    hours = len(paths.level)
    draws = [chances(paths.first // BLOCK, f"candles {coin.symbol}").standard_normal((BLOCK, 3)) for coin in COINS]
    upper, lower, noise = (
        np.column_stack(columns) for columns in zip(*(draw[:hours].T for draw in draws), strict=True)
    )
    log_open = np.vstack([paths.before, paths.close[:-1]])
    moved = np.abs(paths.close - log_open) / paths.spread
    opened, close = _rounded(np.exp(log_open)), _rounded(np.exp(paths.close))
    high = _rounded(np.maximum(opened, close) * np.exp(WICK * paths.spread * np.abs(upper)))
    low = _rounded(np.minimum(opened, close) * np.exp(-WICK * paths.spread * np.abs(lower)))
    times = int(START.timestamp()) + 3600 * (paths.first + np.arange(hours, dtype=np.int64))
    coins = _rounded(_usual_trade(times) * paths.stress[:, None] ** 0.8 * (0.5 + 0.6 * moved) * np.exp(0.3 * noise))
    typical = (high + low + close) / 3
    return DemoCandles(3600, times, opened, high, low, close, coins, coins * typical)


def _rounded(values: Floats) -> Floats:
    """To nine significant digits, as an exchange rounds them too: a close is the next open to the last digit."""
    digits = 8 - np.floor(np.log10(values))
    rounded: Floats = np.rint(values * 10**digits) / 10**digits
    return rounded


def _usual_trade(times: NDArray[np.int64]) -> Floats:
    """Coins that change hands in an hour of a calm market, shape (t, n)."""
    hour, day = times // 3600 % 24, (times // 86400 + 3) % 7  # 1970-01-01 was a Thursday
    calendar = DAY_CURVE[hour] * np.where(day < 5, 1.0, WEEKEND)
    daily = np.array([coin.supply * coin.turnover for coin in COINS])
    return calendar[:, None] * daily / 24


def aggregate(hourly: DemoCandles, length: timedelta) -> DemoCandles:
    """Whole periods on their grid: first open, highest high, lowest low, last close, summed volumes.

    Args:
        hourly: without holes, beginning anywhere.
        length: of a period: some hours, of which a day has room for a whole number.
    """
    hours = length // HOUR
    skipped = int(-(hourly.times[0] // 3600) % hours)
    count = (len(hourly.times) - skipped) // hours
    return _grouped(hourly, slice(skipped, skipped + count * hours), hours)


def running_day(hourly: DemoCandles) -> DemoCandles:
    """The day that is not over, as far as its hours are; no candle at midnight."""
    hours = int((hourly.times[-1] // 3600 + 1) % 24)
    day = _grouped(hourly, slice(len(hourly.times) - hours, None), hours or 1)
    return replace(day, length=86400)


def _grouped(hourly: DemoCandles, chosen: slice, hours: int) -> DemoCandles:
    """Each ``hours`` of the chosen hours as one candle."""

    def blocks(values: Floats) -> Floats:
        return values[chosen].reshape(-1, hours, values.shape[1])

    return DemoCandles(
        3600 * hours,
        hourly.times[chosen][::hours],
        blocks(hourly.open)[:, 0],
        blocks(hourly.high).max(axis=1),
        blocks(hourly.low).min(axis=1),
        blocks(hourly.close)[:, -1],
        blocks(hourly.base_volume).sum(axis=1),
        blocks(hourly.quote_volume).sum(axis=1),
    )


def price_at(blocks: Iterable[DemoPaths], place: int, moment: datetime) -> float | None:
    """Price of a coin at the end of the hour that ends at ``moment``; None outside of the blocks."""
    hour = (moment - START) // HOUR - 1
    for paths in blocks:
        if 0 <= hour - paths.first < len(paths.level):
            return float(_rounded(np.exp(paths.close[hour - paths.first, place])))
    return None
