"""Indicators of the newest candles, kept with them for lists and pages."""

from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from assets.compute.indicators import nested, with_indicators
from assets.compute.outputs import OUTPUTS, WARM_UP
from assets.selectors.indicators import flat_candles, panels
from assets.selectors.panel import CandlePanel
from assets.selectors.universe import universe

STORE = """
UPDATE price_data p SET technical_indicators = s.value
FROM unnest(%(assets)s::bigint[], %(times)s::timestamptz[], %(values)s::jsonb[]) AS s(asset_id, candle_time, value)
WHERE p.asset_id = s.asset_id AND p.timeframe = %(timeframe)s AND p.candle_time = s.candle_time
  AND p.candle_time BETWEEN %(first)s AND %(last)s AND p.technical_indicators IS DISTINCT FROM s.value
"""
Newest = tuple[int, datetime, dict[str, Any]]
"""An asset, its newest closed candle and what is kept with it."""


def cache_indicators(timeframe: str, as_of: datetime) -> int:
    """Put the indicators of every asset of the universe beside its newest closed candle. Repeatable.

    Missing candles are left out, so the neighbours of a hole are treated as neighbours.

    Returns:
        How many candles were written; 0 when nothing is new.
    Raises:
        NoData: no asset has a candle near that moment.
    """
    asset_ids = universe(timeframe, as_of).asset_ids
    newest = [row for panel in panels(asset_ids, timeframe, as_of, WARM_UP) for row in newest_indicators(panel)]
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


def newest_indicators(panel: CandlePanel) -> list[Newest]:
    """Indicators of every asset of a panel that has candles, at its newest one, in the shape that is stored."""
    newest = []
    for row in with_indicators(flat_candles(panel), bars=1).iter_rows(named=True):
        values = nested({name: row[name] for name in OUTPUTS})
        values["computed_at"] = row["candle_time"].isoformat()
        newest.append((row["asset_id"], row["candle_time"], values))
    return newest
