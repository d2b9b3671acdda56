"""Indicators of the newest candles, kept with them for lists and pages."""

from collections.abc import Iterable
from datetime import datetime

import orjson
from django.db import connection

from assets.selectors.lifting import NEWEST, Newest, Part, lifted_market

STORE = """
UPDATE price_data p SET technical_indicators = s.value
FROM unnest(%(assets)s::bigint[], %(times)s::timestamptz[], %(values)s::jsonb[]) AS s(asset_id, candle_time, value)
WHERE p.asset_id = s.asset_id AND p.timeframe = %(timeframe)s AND p.candle_time = s.candle_time
  AND p.candle_time BETWEEN %(first)s AND %(last)s AND p.technical_indicators IS DISTINCT FROM s.value
"""


def cache_indicators(timeframe: str, as_of: datetime, parts: Iterable[Part] = ()) -> int:
    """Put the indicators of every asset of the universe beside its newest closed candle. Repeatable.

    Missing candles are left out, so the neighbours of a hole are treated as neighbours.

    Args:
        timeframe: length of the candles.
        as_of: nothing that ended later is read.
        parts: what others have read and computed already; the rest is read here.
    Returns:
        How many candles were written; 0 when nothing is new.
    Raises:
        NoData: no asset has a candle near that moment.
    """
    newest: list[Newest] = lifted_market(timeframe, as_of, parts).figures[NEWEST]
    times = [candle_time for _, candle_time, _ in newest]
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            {
                "assets": [asset_id for asset_id, _, _ in newest],
                "times": times,
                "values": [orjson.dumps(value).decode() for _, _, value in newest],
                "timeframe": timeframe,
                "first": min(times),
                "last": max(times),
            },
        )
        return int(cursor.rowcount)
