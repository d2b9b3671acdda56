"""Key levels of any asset, from the candles that are closed now."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from assets.compute import periods
from assets.selectors.candles import candles
from assets.selectors.panel import moment
from macro.compute.regime.levels import key_levels

BARS = 300
LEAST = 30
ATR_PERIOD = 14


@dataclass(frozen=True)
class PriceLevel:
    """A price at which the market has turned.

    Attributes:
        price: USD.
        is_support: it lies below the last close.
        tests: how often the market turned there.
        last_test: start of the candle of the newest turn.
        strength: its share of the weight of all turns, 0-1.
    """

    price: float
    is_support: bool
    tests: int
    last_test: datetime
    strength: float


def price_levels(asset_id: int, timeframe: str, as_of: datetime) -> list[PriceLevel]:
    """The strongest levels of the last 300 candles, from low to high; none while fewer than 30 are known, while the
    price stood still, and of months, which have no grid.

    Args:
        asset_id: whose.
        timeframe: length of the candles.
        as_of: nothing that ended later is read.
    """
    if timeframe not in periods.LENGTHS:
        return []
    end = periods.end(periods.last_closed(as_of, timeframe), timeframe)
    found = candles(asset_id, timeframe, end - BARS * periods.LENGTHS[timeframe], end, as_of)
    if len(found) < LEAST:
        return []
    before = found.close[:-1]
    ranges = np.maximum(found.high[1:], before) - np.minimum(found.low[1:], before)
    width = float(ranges[-ATR_PERIOD:].mean())
    if not width > 0:
        return []
    return [
        PriceLevel(level.price, level.is_support, level.tests, moment(found.times[level.last_test]), level.strength)
        for level in key_levels(found.high, found.low, found.close, width)
    ]
