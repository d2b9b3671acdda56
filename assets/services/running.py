"""The candle that is still running: kept apart from closed ones, replaced by each newer sight, gone when it is over."""

from datetime import datetime

import polars as pl
from django.db import connection

from assets.services.merging import one_by_one

SEEN = """
INSERT INTO open_candles AS o (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume,
                               base_volume, trade_count, seen_at)
SELECT asset_id, %(timeframe)s, candle_time, open_price, high_price, low_price, close_price, volume, base_volume,
       trade_count, %(seen_at)s
FROM unnest(%(asset_id)s::bigint[], %(candle_time)s::timestamptz[], %(open_price)s::numeric[],
            %(high_price)s::numeric[], %(low_price)s::numeric[], %(close_price)s::numeric[], %(volume)s::numeric[],
            %(base_volume)s::numeric[], %(trade_count)s::integer[])
     AS s (asset_id, candle_time, open_price, high_price, low_price, close_price, volume, base_volume, trade_count)
WHERE NOT EXISTS (SELECT FROM price_data p WHERE p.asset_id = s.asset_id AND p.timeframe = %(timeframe)s
                  AND p.candle_time = s.candle_time)
ON CONFLICT (asset_id, timeframe) DO UPDATE SET
    candle_time = excluded.candle_time, open_price = excluded.open_price, high_price = excluded.high_price,
    low_price = excluded.low_price, close_price = excluded.close_price, volume = excluded.volume,
    base_volume = excluded.base_volume, trade_count = excluded.trade_count, seen_at = excluded.seen_at
WHERE o.seen_at < excluded.seen_at AND o.candle_time <= excluded.candle_time
"""
CLOSED = """
DELETE FROM open_candles o USING unnest(%s::bigint[], %s::timestamptz[]) AS s (asset_id, newest)
WHERE o.asset_id = s.asset_id AND o.timeframe = %s AND o.candle_time <= s.newest
"""
STORED = (
    "asset_id", "candle_time", "open_price", "high_price", "low_price", "close_price", "volume", "base_volume", "vwap",
    "trade_count", "is_derived",
)  # fmt: skip


def see_running(timeframe: str, candles: pl.DataFrame, seen_at: datetime) -> int:
    """Keep running candles as a source showed them.

    Args:
        timeframe: of all of them.
        candles: ``asset_id``, ``candle_time``, ``SENT`` amounts, ``trade_count``, ``is_derived``; one per asset.
        seen_at: when the source was asked. An older sight never replaces a newer one.
    Returns:
        How many are kept now that were not, or otherwise, before.
    """
    if candles.is_empty():
        return 0
    columns = dict(zip(STORED, map(list, zip(*one_by_one(candles), strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(SEEN, columns | {"timeframe": timeframe, "seen_at": seen_at})
        return int(cursor.rowcount)


def drop_closed(timeframe: str, candles: pl.DataFrame) -> None:
    """Running candles that are over, because they or later ones of their asset have been stored."""
    newest = candles.group_by("asset_id").agg(pl.col("candle_time").max()).sort("asset_id")
    with connection.cursor() as cursor:
        cursor.execute(CLOSED, [newest["asset_id"].to_list(), newest["candle_time"].to_list(), timeframe])
