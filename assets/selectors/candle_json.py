"""Candles as the API and the charts take them: JSON made by the database, no Python object per candle."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.utils import timezone

from assets.compute import periods
from assets.models import PriceData
from system.history import history_connection

COLUMNS = "candle_time, open_price, high_price, low_price, close_price, volume, vwap, trade_count, technical_indicators"
# Joined text is half the work of json_build_object. No part of it needs an escape but the indicators, which are JSON.
CANDLE = """
concat(
    '{"time":"', to_char(candle_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    '","open":"', trim_scale(open_price), '","high":"', trim_scale(high_price), '","low":"', trim_scale(low_price),
    '","close":"', trim_scale(close_price), '","volume":"', trim_scale(volume),
    '","vwap":', coalesce('"' || trim_scale(vwap) || '"', 'null'),
    ',"trade_count":', coalesce(trade_count::text, 'null'), ',"indicators":'"""
INDICATORS = """, coalesce(nullif(technical_indicators, '{}')::text, 'null'), '}')"""
NO_INDICATORS = """, 'null}')"""
QUERY = """
SELECT count(*), '[' || coalesce(string_agg({candle}, ',' ORDER BY candle_time), '') || ']'
FROM (SELECT * FROM ({candles}) AS every ORDER BY candle_time DESC LIMIT %(limit)s) AS newest
"""
PART = """
(SELECT {columns} FROM {table} WHERE asset_id = %(asset)s AND timeframe = %(timeframe)s {bounds}
 ORDER BY candle_time DESC LIMIT %(limit)s)
"""
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class CandleWish:
    """Which candles of an asset are wanted: the newest ``limit`` of a period.

    Attributes:
        timeframe: their length.
        first: not older than this start.
        end: starts before this.
        limit: how many at most.
        indicators: with the indicators that are cached on the candles; else they are null.
        archive: archived candles too.
    """

    timeframe: str
    first: datetime | None = None
    end: datetime | None = None
    limit: int = 500
    indicators: bool = False
    archive: bool = False


def candles_json(asset_id: int, timeframe: str, **wishes: Any) -> str:
    """The newest candles of a period, oldest first, as a JSON array (see ``CandleWish``).

    Prices and volume are exact decimal strings without idle zeros; times are starts of candles in UTC.
    """
    return wished_json(asset_id, CandleWish(timeframe, **wishes))


def wished_json(asset_id: int, wish: CandleWish) -> str:
    """The candles of a wish as a JSON array.

    Every partition that a query may touch costs planning, so the newest candles are first looked for where they should
    be; only when some are missing there, farther back.
    """
    text = "[]"
    with history_connection().cursor() as cursor:
        for first in lower_bounds(wish, timezone.now()):
            parameters: dict[str, Any] = {"asset": asset_id, "timeframe": wish.timeframe, "limit": wish.limit}
            statement = query(first is not None, wish.end is not None, wish.indicators, wish.archive)
            cursor.execute(statement, parameters | {"first": first, "end": wish.end})
            found, text = cursor.fetchone()
            if found == wish.limit:
                break
    return text


def lower_bounds(wish: CandleWish, now: datetime) -> Iterator[datetime | None]:
    """Where to look for the newest candles: from just far enough back without a gap, to as far as is wished for."""
    newest = wish.end or now
    span = (wish.limit + max(wish.limit // 10, 24)) * periods.LENGTHS.get(wish.timeframe, LONGEST)
    for factor in (1, 8):
        if factor * span < newest - (wish.first or OLDEST):
            yield newest - factor * span
    yield wish.first


@lru_cache
def query(is_begun: bool, is_ended: bool, indicators: bool, archive: bool) -> str:
    """The statement of a kind of wish. Values are put in as literals, so that the planner leaves partitions out."""
    begin = "AND candle_time >= %(first)s" if is_begun else ""
    bounds = f"{begin} AND candle_time < %(end)s" if is_ended else begin
    tables = ["price_data", "price_data_archive"] if archive else ["price_data"]
    candles = " UNION ALL ".join(PART.format(columns=COLUMNS, table=table, bounds=bounds) for table in tables)
    return QUERY.format(candle=CANDLE + (INDICATORS if indicators else NO_INDICATORS), candles=candles)


def newest_indicators(asset_id: int, timeframe: str) -> tuple[datetime, dict[str, Any]] | None:
    """Start and cached indicators of the newest candle that carries any."""
    candles = PriceData.objects.filter(asset_id=asset_id, timeframe=timeframe).exclude(technical_indicators={})
    newest = candles.order_by("-candle_time").first()
    return None if newest is None else (newest.candle_time, newest.technical_indicators or {})
