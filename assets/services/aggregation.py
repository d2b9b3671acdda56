"""Candles that a source does not have, made of its shorter ones."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from django.db import connection
from psycopg import sql

from assets.compute import periods
from assets.compute.aggregation import shorter_timeframes
from assets.services.ingest import Stored, store_batch
from assets.services.partitions import Partition

FRAME: dict[str, pl.DataType] = {
    "asset_id": pl.Int64(),
    "candle_time": pl.Int64(),
    **dict.fromkeys(("open", "high", "low", "close", "volume"), pl.String()),
    "trade_count": pl.Int64(),
    "quote_volume": pl.String(),
}
MAX_COUNT = 2**31 - 1
"""What the column of trade counts can hold; more is unknown."""
# Of a complete bucket the first candle starts where it starts, and the last one ends where it ends. Dollars are known
# where the exchange gave them, told by the vwap, and where there are no coins to pay for; one estimate among them makes
# the sum an estimate, which storing makes anew by its own rule.
PART = """
SELECT {rank} AS rank, asset_id, bucket,
       max(open_price) FILTER (WHERE candle_time = bucket) AS open, max(high_price) AS high, min(low_price) AS low,
       max(close_price) FILTER (WHERE candle_time + {length} = {bucket_end}) AS close, sum(base_volume) AS volume,
       CASE WHEN count(trade_count) = count(*) THEN sum(trade_count) END AS trade_count,
       CASE WHEN bool_and(vwap IS NOT NULL OR base_volume = 0) THEN sum(volume) END AS quote_volume
FROM (
    SELECT *, {bucket} AS bucket FROM ({tables}) AS every
    WHERE timeframe = {source} AND NOT is_derived AND asset_id = ANY({ids})
      AND candle_time >= {first} AND candle_time < {end}
) AS candles
GROUP BY asset_id, bucket
HAVING count(base_volume) = extract(epoch FROM {bucket_end} - bucket) / extract(epoch FROM {length})
"""
FINEST = """
COPY (
    SELECT asset_id, (extract(epoch FROM bucket) * 1000000)::bigint, trim_scale(open), trim_scale(high),
           trim_scale(low), trim_scale(close), trim_scale(volume),
           CASE WHEN trade_count <= {max_count} THEN trade_count END, trim_scale(quote_volume)
    FROM (SELECT DISTINCT ON (asset_id, bucket) * FROM ({parts}) AS parts ORDER BY asset_id, bucket, rank) AS finest
    WHERE NOT EXISTS (
        SELECT FROM ({tables}) AS own
        WHERE own.asset_id = finest.asset_id AND own.timeframe = {timeframe} AND own.candle_time = finest.bucket
          AND own.candle_time >= {first} AND own.candle_time < {end} AND NOT own.is_derived
    )
    ORDER BY asset_id, bucket
) TO STDOUT (FORMAT csv)
"""
TABLES = sql.SQL("SELECT * FROM price_data UNION ALL SELECT * FROM price_data_archive")
OLDEST = """
SELECT min(c.candle_time) FROM unnest(%(assets)s::bigint[]) AS a(id)
CROSS JOIN unnest(%(sources)s::text[]) AS t(name)
CROSS JOIN LATERAL (
    (SELECT candle_time FROM price_data WHERE asset_id = a.id AND timeframe = t.name ORDER BY candle_time LIMIT 1)
    UNION ALL
    (SELECT candle_time FROM price_data_archive WHERE asset_id = a.id AND timeframe = t.name
     ORDER BY candle_time LIMIT 1)
) AS c
"""


def derive_candles(
    asset_ids: Sequence[int], timeframe: str, as_of: datetime, *, since: datetime | None = None
) -> Stored:
    """Make the candles of a timeframe that the sources of these assets do not have, out of their shorter ones.

    Each is made of the finest timeframe that has all its parts, exactly, and marked as derived. A source's own candle
    is left alone, and takes the place of a derived one when it comes. Again it changes nothing, unless parts were
    corrected or a finer timeframe has become complete. Derived candles are no parts of others.

    Args:
        asset_ids: whose candles.
        timeframe: of the candles that are made; ``1m`` has none shorter.
        as_of: only candles that are closed then.
        since: only candles that start here or later; all by default.
    """
    first = since or _oldest(asset_ids, timeframe)
    stored = Stored()
    if first is None:
        return stored
    end = periods.end(periods.last_closed(as_of, timeframe), timeframe)
    partition = Partition.of(first, timeframe)
    while partition.first < end:
        bounds = _ceiling(max(first, partition.first), timeframe), min(end, _ceiling(partition.end, timeframe))
        if bounds[0] < bounds[1]:
            stored += store_batch(timeframe, aggregated(asset_ids, timeframe, *bounds))
        partition = partition.next()
    return stored


def aggregated(asset_ids: Sequence[int], timeframe: str, first: datetime, end: datetime) -> pl.DataFrame:
    """Candles that can be made and that no source has of its own.

    Args:
        asset_ids: whose.
        timeframe: of the candles that are made.
        first, end: bounds of their periods, both on the grid of the timeframe.
    Returns:
        ``asset_id``, ``candle_time`` (UTC), ``open``, ``high``, ``low``, ``close``, ``volume`` (coins) and
        ``quote_volume`` (dollars) as decimal text, ``trade_count``, ``is_derived``; by asset and time.
    """
    sources = shorter_timeframes(timeframe)
    if not sources or not asset_ids:
        return _frame(b"")
    common = {"first": sql.Literal(first), "end": sql.Literal(end), "tables": TABLES}
    bucket, bucket_end = _bucket(timeframe)
    parts = [
        sql.SQL(PART).format(
            rank=sql.Literal(rank),
            length=_interval(source),
            bucket=bucket,
            bucket_end=bucket_end,
            source=sql.Literal(source),
            ids=sql.Literal(list(map(int, asset_ids))),
            **common,
        )
        for rank, source in enumerate(sources)
    ]
    query = sql.SQL(FINEST).format(
        parts=sql.SQL(" UNION ALL ").join(parts),
        timeframe=sql.Literal(timeframe),
        max_count=sql.Literal(MAX_COUNT),
        **common,
    )
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        return _frame(b"".join(bytes(block) for block in copy))


def _frame(rows: bytes) -> pl.DataFrame:
    frame = pl.read_csv(rows, has_header=False, schema=FRAME) if rows else pl.DataFrame(schema=FRAME)
    time = pl.from_epoch("candle_time", time_unit="us").dt.replace_time_zone("UTC")
    return frame.with_columns(time, is_derived=pl.lit(value=True))


def _bucket(timeframe: str) -> tuple[sql.Composable, sql.Composable]:
    """Start of the candle that contains ``candle_time``, and the end of the candle that starts at ``bucket``."""
    if timeframe == "1M":
        return (
            sql.SQL("date_trunc('month', candle_time, 'UTC')"),
            sql.SQL("((bucket AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC')"),
        )
    length = _interval(timeframe)
    grid = sql.SQL("date_bin({}, candle_time, {})").format(length, sql.Literal(periods.MONDAY))
    return grid, sql.SQL("(bucket + {})").format(length)


def _interval(timeframe: str) -> sql.Composable:
    seconds = int(periods.LENGTHS[timeframe].total_seconds())
    return sql.SQL("interval {}").format(sql.Literal(f"{seconds} seconds"))


def _ceiling(moment: datetime, timeframe: str) -> datetime:
    """Start of the first candle that does not start before ``moment``."""
    start = periods.start(moment, timeframe)
    return start if start == moment else periods.end(start, timeframe)


def _oldest(asset_ids: Sequence[int], timeframe: str) -> datetime | None:
    """Start of the oldest candle that could be a part."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, {"assets": list(asset_ids), "sources": shorter_timeframes(timeframe)})
        oldest: datetime | None = cursor.fetchone()[0]
    return oldest
