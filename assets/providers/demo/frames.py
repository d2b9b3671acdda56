"""Candles of one coin of the demo market as a table."""

from datetime import datetime

import numpy as np
import polars as pl

from assets.providers.demo.candles import OUTAGES, DemoCandles

MICROSECONDS = 1_000_000


def candle_frame(candles: DemoCandles, place: int, since: datetime) -> pl.DataFrame:
    """What the market tells of one coin: without the time before its listing and after its end, and without the hours
    that lie in an outage. A whole day is told even when some of its hours are not.

    Args:
        candles: of all coins.
        place: which coin of ``COINS``.
        since: start of the first candle that is wanted.
    """
    wanted = candles.traded[:, place] & (candles.times >= since.timestamp()) & ~_untold(candles)
    columns = {name: getattr(candles, name)[wanted, place] for name in ("open", "high", "low", "close")}
    return pl.DataFrame(
        {
            "candle_time": pl.Series(candles.times[wanted] * MICROSECONDS).cast(pl.Datetime("us", "UTC")),
            **columns,
            "volume": candles.base_volume[wanted, place],
            "trade_count": candles.trade_count[wanted, place],
            "quote_volume": np.round(candles.quote_volume[wanted, place], 2),
        }
    )


def _untold(candles: DemoCandles) -> np.ndarray:
    """Whether a whole period lies in an outage, shape (t,)."""
    untold = np.zeros(len(candles.times), dtype=bool)
    for first, end in OUTAGES:
        untold |= (candles.times >= first.timestamp()) & (candles.times + candles.length <= end.timestamp())
    return untold
