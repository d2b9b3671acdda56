"""Candles enter the database: one statement per batch, however large; the same batch again changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import polars as pl
from django.db import connection, transaction
from django.db.utils import IntegrityError
from psycopg import errors, sql

from assets.services.partitions import CANDLES, Partition, ensure_partitions, partition_homes

STAGING = """
CREATE TEMP TABLE IF NOT EXISTS candle_staging (
    candle_time timestamptz NOT NULL,
    open_price numeric(38, 18) NOT NULL,
    high_price numeric(38, 18) NOT NULL,
    low_price numeric(38, 18) NOT NULL,
    close_price numeric(38, 18) NOT NULL,
    base_volume numeric(38, 18) NOT NULL,
    trade_count integer,
    quote_volume numeric(30, 2)
) ON COMMIT DELETE ROWS
"""
# Without the dollars of the exchange the volume is an estimate, told by the missing vwap; an estimate never replaces
# a figure, and a null never a value.
MERGE = """
WITH merged AS (
    MERGE INTO {table} p
    USING (
        SELECT *,
               coalesce(quote_volume, round(base_volume * (open_price + high_price + low_price + close_price) / 4, 2))
                   AS volume,
               CASE WHEN quote_volume > 0 AND base_volume > 0
                    THEN (quote_volume / base_volume)::numeric(38, 18) END AS vwap
        FROM candle_staging
        WHERE candle_time >= {first} AND candle_time < {end}
    ) s
    ON p.asset_id = {asset} AND p.timeframe = {timeframe} AND p.candle_time = s.candle_time
       AND p.candle_time >= {first} AND p.candle_time < {end}
    WHEN MATCHED AND (p.open_price, p.high_price, p.low_price, p.close_price, p.base_volume, p.volume, p.trade_count,
                      p.vwap) IS DISTINCT FROM
                     (s.open_price, s.high_price, s.low_price, s.close_price, s.base_volume,
                      CASE WHEN s.vwap IS NULL AND p.vwap IS NOT NULL THEN p.volume ELSE s.volume END,
                      coalesce(s.trade_count, p.trade_count), coalesce(s.vwap, p.vwap)) THEN
        UPDATE SET open_price = s.open_price, high_price = s.high_price, low_price = s.low_price,
                   close_price = s.close_price, base_volume = s.base_volume,
                   volume = CASE WHEN s.vwap IS NULL AND p.vwap IS NOT NULL THEN p.volume ELSE s.volume END,
                   trade_count = coalesce(s.trade_count, p.trade_count), vwap = coalesce(s.vwap, p.vwap),
                   is_validated = true
    WHEN NOT MATCHED THEN
        INSERT (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, base_volume, volume,
                trade_count, vwap, is_validated)
        VALUES ({asset}, {timeframe}, s.candle_time, s.open_price, s.high_price, s.low_price, s.close_price,
                s.base_volume, s.volume, s.trade_count, s.vwap, true)
    RETURNING merge_action() AS action
)
SELECT count(*) FILTER (WHERE action = 'INSERT'), count(*) FILTER (WHERE action = 'UPDATE') FROM merged
"""
ATTEMPTS = 3


@dataclass(frozen=True)
class Stored:
    """What storing a batch did, in rows."""

    new: int = 0
    changed: int = 0
    equal: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(self.new + other.new, self.changed + other.changed, self.equal + other.equal)


def store_candles(asset_id: int, timeframe: str, candles: pl.DataFrame) -> Stored:
    """Store checked candles of one asset, all or none.

    Args:
        asset_id: whose candles.
        timeframe: of all of them.
        candles: ``candle_time`` (UTC), ``open``, ``high``, ``low``, ``close``, ``volume`` (coins), ``trade_count``,
            ``quote_volume`` (dollars), as decimal text or numbers; times unique.
    """
    if candles.is_empty():
        return Stored()
    first, last = candles["candle_time"].min(), candles["candle_time"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        raise TypeError("candle_time must hold times")
    ensure_partitions(timeframe, first, last)
    for _ in range(ATTEMPTS - 1):
        try:
            return _merge(asset_id, timeframe, candles, first, last)
        except IntegrityError as error:
            # Another writer may store the same candles between our look and our insert; the next look sees its rows.
            # Candles that break a rule of the table break it every time.
            if not isinstance(error.__cause__, errors.UniqueViolation):
                raise
    return _merge(asset_id, timeframe, candles, first, last)


@transaction.atomic
def _merge(asset_id: int, timeframe: str, candles: pl.DataFrame, first: datetime, last: datetime) -> Stored:
    columns = ("candle_time", "open", "high", "low", "close", "volume", "trade_count", "quote_volume")
    rows = BytesIO()
    candles.select(columns).write_csv(rows, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%:z")
    new = changed = 0
    with connection.cursor() as cursor:
        cursor.execute(STAGING)
        with connection.wrap_database_errors, cursor.copy("COPY candle_staging FROM STDIN (FORMAT csv)") as copy:
            copy.write(rows.getbuffer())
        for table, since, until in _homes(timeframe, first, last):
            cursor.execute(
                sql.SQL(MERGE).format(
                    table=sql.Identifier(table),
                    asset=sql.Literal(asset_id),
                    timeframe=sql.Literal(timeframe),
                    first=sql.Literal(since),
                    end=sql.Literal(until),
                )
            )
            inserted, updated = cursor.fetchone()
            new, changed = new + inserted, changed + updated
        cursor.execute("TRUNCATE candle_staging")
    return Stored(new, changed, candles.height - new - changed)


def _homes(timeframe: str, first: datetime, last: datetime) -> list[tuple[str, datetime, datetime]]:
    """Where the candles of a span live: stretches of the table and of its archive, in order."""
    homes = partition_homes(timeframe)
    stretches: list[tuple[str, datetime, datetime]] = []
    partition = Partition.of(first, timeframe)
    while partition.first <= last:
        table = homes.get(partition.name, CANDLES)
        if stretches and stretches[-1][0] == table:
            stretches[-1] = (table, stretches[-1][1], partition.end)
        else:
            stretches.append((table, partition.first, partition.end))
        partition = partition.next()
    return stretches
