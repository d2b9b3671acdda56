"""What is missing: stored candles against the grid of their timeframe, over the span that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg import sql

from assets.compute import periods

# The span of an asset is what its sources were asked for. A fence stands on either side of it, so that candles missing
# at its ends are found like those between two others. A candle belongs to a listing when any of it was traded.
MISSING = """
WITH span AS (
    SELECT asset_id, min(asked_from) AS first, max(asked_until) AS until
    FROM ingest_states WHERE timeframe = {timeframe} AND {wanted} GROUP BY asset_id
), listed AS (
    SELECT asset_id, range_agg(tstzrange({floor_listed}, {ceil_delisted})) AS traded
    FROM asset_listings WHERE {wanted} GROUP BY asset_id
), fenced AS (
    SELECT c.asset_id, c.candle_time FROM span s JOIN (
        SELECT asset_id, candle_time FROM price_data WHERE timeframe = {timeframe} AND {wanted}
        UNION ALL
        SELECT asset_id, candle_time FROM price_data_archive WHERE timeframe = {timeframe} AND {wanted}
    ) c ON c.asset_id = s.asset_id AND c.candle_time >= s.first AND c.candle_time < s.until
    UNION ALL SELECT asset_id, first - {length} FROM span
    UNION ALL SELECT asset_id, until FROM span
), stepped AS (
    SELECT asset_id, candle_time + {length} AS starts_at,
           lead(candle_time) OVER (PARTITION BY asset_id ORDER BY candle_time) AS ends_at
    FROM fenced
), holes AS (
    SELECT asset_id, tstzmultirange(tstzrange(starts_at, ends_at)) AS hole
    FROM stepped WHERE ends_at > starts_at
), parts AS (
    SELECT h.asset_id, true AS is_listed, unnest(h.hole * coalesce(l.traded, h.hole)) AS part
    FROM holes h LEFT JOIN listed l USING (asset_id)
    UNION ALL
    SELECT h.asset_id, false, unnest(h.hole - l.traded) FROM holes h JOIN listed l USING (asset_id)
)
SELECT asset_id, lower(part), upper(part), is_listed FROM parts ORDER BY 1, 2
"""


@dataclass(frozen=True, order=True)
class Missing:
    """A stretch without candles.

    Attributes:
        asset_id: whose candles are missing.
        starts_at: start of the first missing candle.
        ends_at: end of the last one.
        is_listed: whether the asset was traded then; where it was not, nothing is lost.
    """

    asset_id: int
    starts_at: datetime
    ends_at: datetime
    is_listed: bool = True


def missing_candles(timeframe: str, asset_ids: Sequence[int] | None = None) -> list[Missing]:
    """Every stretch without candles within the spans that were asked for, by asset and time.

    Args:
        timeframe: length of the candles.
        asset_ids: only these assets; None for all.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(MISSING).format(**_parts(timeframe, asset_ids)))
        return [Missing(*row) for row in cursor.fetchall()]


def _parts(timeframe: str, asset_ids: Sequence[int] | None) -> dict[str, Any]:
    wanted: sql.Composable = (
        sql.SQL("true") if asset_ids is None else sql.SQL("asset_id = ANY({})").format(list(map(int, asset_ids)))
    )
    length: sql.Composable
    if timeframe == "1M":
        length = sql.SQL("interval '1 month'")
        floor = "date_trunc('month', {})"
    else:
        seconds = int(periods.LENGTHS[timeframe].total_seconds())
        length = sql.SQL("interval {}").format(sql.Literal(f"{seconds} seconds"))
        floor = f"date_bin('{seconds} seconds', {{}}, '{periods.MONDAY.isoformat()}'::timestamptz)"
    listed = sql.SQL(floor.format("listed_at"))
    delisted = sql.SQL(floor.format("delisted_at - interval '1 microsecond'"))
    return {
        "timeframe": sql.Literal(timeframe),
        "wanted": wanted,
        "length": length,
        "floor_listed": listed,
        "ceil_delisted": sql.SQL("{} + {}").format(delisted, length),
    }
