"""How longer candles are made of shorter ones.

One candle is made of all the shorter ones in its period: the first one's open, the highest high, the lowest low, the
last one's close, the sums of their volumes and trades, and the mean price weighted by volume, which is the sum of
dollars over the sum of coins. If one of them is missing there is no candle; a sum with an unknown part is unknown.
"""

from assets.compute import periods


def shorter_timeframes(timeframe: str) -> list[str]:
    """Timeframes whose candles fill each candle of this one exactly, finest first. Weeks do not fill months."""
    if timeframe == "1M":
        return [name for name in periods.LENGTHS if name != "1w"]
    length = periods.LENGTHS[timeframe]
    return [name for name, part in periods.LENGTHS.items() if part < length and not length % part]
