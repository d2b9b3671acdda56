"""What is stored of an asset's candles."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from psycopg import sql

from assets.choices import Timeframe
from assets.compute import periods

STORED = """
SELECT min(candle_time), max(candle_time), count(*), count(*) FILTER (WHERE step > {length}),
       coalesce(sum(step / {length} - 1) FILTER (WHERE step > {length}), 0)::bigint
FROM (SELECT candle_time, extract(epoch FROM candle_time - lag(candle_time) OVER (ORDER BY candle_time)) AS step
      FROM ({candles}) AS every) AS stepped
"""
CANDLES = "SELECT candle_time FROM {table} WHERE asset_id = {asset_id} AND timeframe = {timeframe}"


@dataclass(frozen=True)
class Coverage:
    """The stored candles of an asset and timeframe, archived ones included.

    Attributes:
        timeframe: length of the candles.
        first, newest: starts of the oldest and the newest one.
        stored: how many there are.
        gaps, missing: stretches without a candle between the first and the newest, and candles missing in them;
            None for months, which differ in length.
    """

    timeframe: str
    first: datetime
    newest: datetime
    stored: int
    gaps: int | None
    missing: int | None

    @property
    def closes(self) -> datetime:
        """When the newest candle is, or will be, closed."""
        return periods.end(self.newest, self.timeframe)


def stored_timeframes(asset_id: int) -> list[str]:
    """Timeframes of which the asset has a candle, the shortest first."""
    query = sql.SQL(
        "SELECT f FROM unnest({timeframes}::text[]) WITH ORDINALITY AS t(f, place) WHERE {any} ORDER BY place"
    )
    has_one = sql.SQL(" OR ").join(
        sql.SQL("EXISTS (SELECT FROM {} WHERE asset_id = {} AND timeframe = f)").format(
            sql.Identifier(table), sql.Literal(asset_id)
        )
        for table in ("price_data", "price_data_archive")
    )
    with connection.cursor() as cursor:
        cursor.execute(query.format(timeframes=sql.Literal(Timeframe.values), any=has_one))
        return [timeframe for (timeframe,) in cursor.fetchall()]


def coverage(asset_id: int, timeframe: str) -> Coverage | None:
    """What is stored of a timeframe; None when there is nothing."""
    length = periods.LENGTHS.get(timeframe)
    candles = sql.SQL(" UNION ALL ").join(
        sql.SQL(CANDLES).format(
            table=sql.Identifier(table), asset_id=sql.Literal(asset_id), timeframe=sql.Literal(timeframe)
        )
        for table in ("price_data", "price_data_archive")
    )
    seconds = sql.Literal(length.total_seconds() if length else 1)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(STORED).format(length=seconds, candles=candles))
        first, newest, stored, gaps, missing = cursor.fetchone()
    if not stored:
        return None
    return Coverage(timeframe, first, newest, stored, gaps if length else None, missing if length else None)
