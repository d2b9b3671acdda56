"""Holes inside a batch of candles."""

from datetime import datetime
from typing import NamedTuple

import polars as pl

from assets.compute import periods


class BatchGap(NamedTuple):
    """A stretch between two candles of one batch that the batch has no candles for.

    Attributes:
        asset_id: whose candles.
        first: start of the first missing candle.
        end: end of the last missing one.
        missing: how many there are.
    """

    asset_id: int
    first: datetime
    end: datetime
    missing: int


def gaps_within(candles: pl.DataFrame, timeframe: str) -> tuple[BatchGap, ...]:
    """Holes between the first and the last candle of each asset.

    Args:
        candles: ``asset_id`` and ``candle_time``, sorted by both, unique, on the grid of the timeframe.
        timeframe: of all of them.
    """
    step = {"1M": "1mo"}.get(timeframe, timeframe)
    before = pl.col("candle_time").shift(1).over("asset_id")
    holes = (
        candles.select("asset_id", pl.col("candle_time").alias("end"), before.dt.offset_by(step).alias("first"))
        .filter(pl.col("first") < pl.col("end"))
        .select("asset_id", "first", "end")
    )
    return tuple(
        BatchGap(asset, first, end, periods.count(first, end, timeframe)) for asset, first, end in holes.iter_rows()
    )
