"""Latest figures of the assets, as lists and pages show them."""

from django.db import connection, transaction
from psycopg import sql

from assets.compute import periods
from system.services import publish

TOPIC = "price.updated"

REFRESH = """
UPDATE assets a SET
    current_price = q.close_price,
    last_price_update = q.closed_at,
    total_volume = (
        SELECT volume FROM price_data
        WHERE asset_id = wanted.id AND timeframe = '1d' AND candle_time > q.closed_at - interval '2 days'
        ORDER BY candle_time DESC LIMIT 1),
    price_change_percentage_24h = {change_1},
    price_change_percentage_7d = {change_7},
    price_change_percentage_30d = {change_30}
FROM unnest(%(assets)s::bigint[]) AS wanted(id)
CROSS JOIN LATERAL (
    SELECT c.close_price, c.candle_time + f.length AS closed_at
    FROM (VALUES {lengths}) AS f(timeframe, length)
    CROSS JOIN LATERAL (
        SELECT close_price, candle_time FROM price_data
        WHERE asset_id = wanted.id AND timeframe = f.timeframe ORDER BY candle_time DESC LIMIT 1
    ) c
    ORDER BY closed_at DESC, f.length LIMIT 1
) q
WHERE a.id = wanted.id
RETURNING a.id
"""
CHANGE = """(
        SELECT CASE WHEN abs(change) < {largest} THEN round(change, 4) END FROM (SELECT (q.close_price / (
            SELECT close_price FROM price_data
            WHERE asset_id = wanted.id
              AND (timeframe = '1h'
                   AND candle_time = date_trunc('hour', q.closed_at) - interval '{days} days' - interval '1 hour'
                   OR timeframe = '1d' AND candle_time = q.closed_at - interval '{days} days' - interval '1 day')
            ORDER BY timeframe DESC LIMIT 1) - 1) * 100 AS change) AS compared)"""
LARGEST_CHANGE = sql.SQL("999999.99995")
"""Percent: what would round to more than its column holds is unknown."""


@transaction.atomic
def refresh_quotes(asset_ids: list[int]) -> int:
    """Latest price, volume and changes of the assets, from their newest stored candles; who watches is told.

    A change compares with the price of exactly 1, 7 or 30 days before the last full hour; without that candle it is
    unknown.

    Returns:
        How many of the assets have candles.
    """
    lengths = sql.SQL(", ").join(
        sql.SQL("({}, {}::interval)").format(sql.Literal(name), sql.Literal(f"{int(length.total_seconds())} seconds"))
        for name, length in periods.LENGTHS.items()
    )
    changes = {
        f"change_{days}": sql.SQL(CHANGE).format(days=sql.SQL(str(days)), largest=LARGEST_CHANGE) for days in (1, 7, 30)
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(REFRESH).format(lengths=lengths, **changes), {"assets": asset_ids})
        priced = [asset_id for (asset_id,) in cursor.fetchall()]
    if priced:
        publish(TOPIC, {"asset_ids": priced})
    return len(priced)
