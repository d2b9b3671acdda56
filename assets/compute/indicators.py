"""Technical indicators of one asset, by TA-Lib.

All series are oldest first, shape (t,), float64, all finite; results have the same shape, NaN during warm-up. Element i
uses candles up to i only. Smoothed indicators (RSI, EMA, MACD, ATR, ADX) start from a seed, so their value depends a
little on how far back the series begins; ``WARM_UP`` candles make that less than 1e-9 of the value. On-balance volume
counts from the first candle given: its changes mean something, its level does not.
"""

from typing import Any

import numpy as np
import talib
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RSI_PERIODS = (7, 14, 21)
SMA_PERIODS = (20, 50, 100, 200)
EMA_PERIODS = (12, 20, 26, 50, 100, 200)
WARM_UP = 2500
"""Candles that cover the slowest memory: EMA 200 forgets 1 % per candle, and 0.99 ** 2300 < 1e-9."""


def indicators(high: Floats, low: Floats, close: Floats, volume: Floats) -> dict[str, Floats]:
    """Every indicator that is cached and shown.

    Args:
        high, low, close: USD, shape (t,), all above 0.
        volume: USD, shape (t,), not negative.
    Returns:
        Series by name: ``RSI_14``, ``SMA_50``, ``EMA_200``, ``MACD``, ``MACD_signal``, ``MACD_histogram``,
        ``BB_upper``, ``BB_middle``, ``BB_lower`` (USD), ``BB_bandwidth`` (upper less lower over middle), ``ATR_14``
        (USD), ``ADX_14``, ``PLUS_DI_14``, ``MINUS_DI_14``, ``STOCH_k``, ``STOCH_d`` (0-100), ``OBV`` (USD),
        ``volume_sma_20`` (USD), ``VWAP_20`` (USD).
    Raises:
        ValueError: different lengths, or values that are not finite.
    """
    if not len(high) == len(low) == len(close) == len(volume):
        raise ValueError("high, low, close and volume differ in length")
    if not all(np.isfinite(values).all() for values in (high, low, close, volume)):
        raise ValueError("candles must be finite; leave out the missing ones")
    found = {f"RSI_{n}": talib.RSI(close, n) for n in RSI_PERIODS}
    found |= {f"SMA_{n}": talib.SMA(close, n) for n in SMA_PERIODS}
    found |= {f"EMA_{n}": talib.EMA(close, n) for n in EMA_PERIODS}
    found["MACD"], found["MACD_signal"], found["MACD_histogram"] = talib.MACD(close, 12, 26, 9)
    found["BB_upper"], found["BB_middle"], found["BB_lower"] = talib.BBANDS(close, 20, 2.0, 2.0)
    found["BB_bandwidth"] = (found["BB_upper"] - found["BB_lower"]) / found["BB_middle"]
    found["ATR_14"] = talib.ATR(high, low, close, 14)
    found["ADX_14"] = talib.ADX(high, low, close, 14)
    found["PLUS_DI_14"] = talib.PLUS_DI(high, low, close, 14)
    found["MINUS_DI_14"] = talib.MINUS_DI(high, low, close, 14)
    found["STOCH_k"], found["STOCH_d"] = talib.STOCH(high, low, close, 14, 3, talib.MA_Type.SMA, 3, talib.MA_Type.SMA)
    found["OBV"] = talib.OBV(close, volume)
    found["volume_sma_20"] = talib.SMA(volume, 20)
    found["VWAP_20"] = rolling_vwap(high, low, close, volume, 20)
    return found


def rolling_vwap(high: Floats, low: Floats, close: Floats, volume: Floats, period: int) -> Floats:
    """Mean typical price of the last ``period`` candles, weighted by their volume. NaN where nothing was traded."""
    typical = (high + low + close) / 3
    sums = np.cumsum(np.concatenate([[[0.0, 0.0]], np.column_stack([typical * volume, volume])]), axis=0)
    result = np.full(len(close), np.nan)
    if len(close) >= period:
        value, weight = (sums[period:] - sums[:-period]).T
        with np.errstate(invalid="ignore", divide="ignore"):
            result[period - 1 :] = np.where(weight > 0, value / weight, np.nan)
    return result


PLAIN = {"volume_sma_20": "volume_sma"}
"""Series that stand in no group."""
WITHOUT_LEVEL = {"OBV"}
"""Series of which a single value says nothing."""


def nested(values: dict[str, float]) -> dict[str, Any]:
    """One candle's values in the shape of ``price_data.technical_indicators``; what is not known yet is left out, and
    what has no level."""
    shape: dict[str, Any] = {}
    for name, value in values.items():
        if not np.isfinite(value) or name in WITHOUT_LEVEL:
            continue
        if name in PLAIN:
            shape[PLAIN[name]] = value
        else:
            group, _, part = name.rpartition("_")
            shape.setdefault(group or name, {})[part if group else "value"] = value
    return shape
