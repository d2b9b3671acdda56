"""Candles as the API and the charts take them: JSON made by the database, no Python object per candle."""

from datetime import datetime
from typing import Any

from django.db import connection
from psycopg import sql

from assets.models import PriceData

COLUMNS = "candle_time, open_price, high_price, low_price, close_price, volume, vwap, trade_count, technical_indicators"


def candles_json(
    asset_id: int,
    timeframe: str,
    *,
    first: datetime | None = None,
    end: datetime | None = None,
    limit: int = 500,
    indicators: bool = False,
    archive: bool = False,
) -> str:
    """The newest ``limit`` candles of a period, oldest first, as a JSON array.

    Prices and volume are exact decimal strings without idle zeros; times are starts of candles in UTC.

    Args:
        asset_id: whose candles.
        timeframe: their length.
        first: not older than this start.
        end: starts before this.
        limit: how many at most.
        indicators: with the indicators that are cached on the candles; else they are null.
        archive: archived candles too.
    """
    query = sql.SQL(
        """
        SELECT coalesce(json_agg(json_build_object(
            'time', to_char(candle_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'open', trim_scale(open_price)::text, 'high', trim_scale(high_price)::text,
            'low', trim_scale(low_price)::text, 'close', trim_scale(close_price)::text,
            'volume', trim_scale(volume)::text, 'vwap', trim_scale(vwap)::text, 'trade_count', trade_count,
            'indicators', {indicators}) ORDER BY candle_time), '[]')::text
        FROM (SELECT * FROM ({candles}) AS every ORDER BY candle_time DESC LIMIT {limit}) AS newest
        """
    ).format(
        indicators=sql.SQL("nullif(technical_indicators, '{}')" if indicators else "NULL"),
        candles=sql.SQL(" UNION ALL ").join(
            part(table, asset_id, timeframe, first, end)
            for table in (["price_data", "price_data_archive"] if archive else ["price_data"])
        ),
        limit=sql.Literal(limit),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        text: str = cursor.fetchone()[0]
    return text


def part(table: str, asset_id: int, timeframe: str, first: datetime | None, end: datetime | None) -> sql.Composed:
    """Candles of one of the twin tables. Literal bounds let the planner leave partitions out."""
    bounds = [sql.SQL("asset_id = {}").format(asset_id), sql.SQL("timeframe = {}").format(timeframe)]
    if first is not None:
        bounds.append(sql.SQL("candle_time >= {}").format(first))
    if end is not None:
        bounds.append(sql.SQL("candle_time < {}").format(end))
    return sql.SQL("(SELECT {columns} FROM {table} WHERE {bounds} ORDER BY candle_time DESC)").format(
        columns=sql.SQL(COLUMNS), table=sql.Identifier(table), bounds=sql.SQL(" AND ").join(bounds)
    )


def newest_indicators(asset_id: int, timeframe: str) -> tuple[datetime, dict[str, Any]] | None:
    """Start and cached indicators of the newest candle that carries any."""
    candles = PriceData.objects.filter(asset_id=asset_id, timeframe=timeframe).exclude(technical_indicators={})
    newest = candles.order_by("-candle_time").first()
    return None if newest is None else (newest.candle_time, newest.technical_indicators or {})
