"""Prices that money is counted with: exact closes, never the floats of a panel."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from assets.choices import DEMO_SOURCE, CandleField, Market
from assets.compute import periods
from assets.selectors import MarketView

OLDEST = timedelta(days=4)
"""A price that was known so long before the view's newest close counts still; an older one does not."""
QUERY = """
SELECT DISTINCT ON (c.asset_id) c.asset_id, coalesce(
    (SELECT r.old_value FROM candle_revisions r
     WHERE r.asset_id = c.asset_id AND r.timeframe = %(timeframe)s AND r.candle_time = c.candle_time
       AND r.field = %(field)s AND r.corrected_at > %(as_of)s ORDER BY r.corrected_at LIMIT 1),
    c.close_price)
FROM (
    SELECT asset_id, candle_time, close_price FROM price_data
    WHERE timeframe = %(timeframe)s AND candle_time BETWEEN %(oldest)s AND %(newest)s AND asset_id = ANY(%(ids)s)
    UNION ALL
    SELECT asset_id, candle_time, close_price FROM price_data_archive
    WHERE timeframe = %(timeframe)s AND candle_time BETWEEN %(oldest)s AND %(newest)s AND asset_id = ANY(%(ids)s)
) c JOIN assets a ON a.id = c.asset_id AND (a.data_source = %(demo)s) = %(is_demo)s
ORDER BY c.asset_id, c.candle_time DESC
"""


def latest_closes(asset_ids: Iterable[int], view: MarketView) -> dict[int, Decimal]:
    """Close of each asset's last candle as it was known at the view's moment, USD, in one query however many they are.

    Without those whose last candle is older than ``OLDEST``, and without those of another market than the view's.
    """
    parameters: dict[str, Any] = {
        "timeframe": view.timeframe,
        "newest": view.candle_time,
        "oldest": view.candle_time - OLDEST,
        "ids": list(asset_ids),
        "demo": DEMO_SOURCE,
        "is_demo": view.market == Market.DEMO,
        "field": CandleField.CLOSE.value,
        "as_of": view.as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(QUERY, parameters)
        return dict(cursor.fetchall())


CLOSES_AT = """
SELECT c.asset_id, c.candle_time, coalesce(
    (SELECT r.old_value FROM candle_revisions r
     WHERE r.asset_id = c.asset_id AND r.timeframe = %(timeframe)s AND r.candle_time = c.candle_time
       AND r.field = %(field)s AND r.corrected_at > %(as_of)s ORDER BY r.corrected_at LIMIT 1),
    c.close_price)
FROM (
    SELECT asset_id, candle_time, close_price FROM price_data
    WHERE timeframe = %(timeframe)s AND candle_time = ANY(%(times)s) AND asset_id = ANY(%(ids)s)
    UNION ALL
    SELECT asset_id, candle_time, close_price FROM price_data_archive
    WHERE timeframe = %(timeframe)s AND candle_time = ANY(%(times)s) AND asset_id = ANY(%(ids)s)
) c
"""


def closes_at(
    asset_ids: Iterable[int], timeframe: str, times: Iterable[datetime], *, as_of: datetime
) -> dict[tuple[int, datetime], Decimal]:
    """Closes of the candles that begin at some times as they were known at ``as_of``, USD, by asset and time; without
    those that are missing."""
    parameters: dict[str, Any] = {
        "timeframe": timeframe,
        "times": list(times),
        "ids": list(asset_ids),
        "field": CandleField.CLOSE.value,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLOSES_AT, parameters)
        return {(asset_id, time): price for asset_id, time, price in cursor.fetchall()}


LAST_CLOSES = """
SELECT DISTINCT ON (c.asset_id) c.asset_id, c.candle_time, coalesce(
    (SELECT r.old_value FROM candle_revisions r
     WHERE r.asset_id = c.asset_id AND r.timeframe = %(timeframe)s AND r.candle_time = c.candle_time
       AND r.field = %(field)s AND r.corrected_at > %(as_of)s ORDER BY r.corrected_at LIMIT 1),
    c.close_price)
FROM (
    SELECT asset_id, candle_time, close_price FROM price_data
    WHERE timeframe = %(timeframe)s AND candle_time BETWEEN %(since)s AND %(newest)s AND asset_id = ANY(%(ids)s)
    UNION ALL
    SELECT asset_id, candle_time, close_price FROM price_data_archive
    WHERE timeframe = %(timeframe)s AND candle_time BETWEEN %(since)s AND %(newest)s AND asset_id = ANY(%(ids)s)
) c
ORDER BY c.asset_id, c.candle_time DESC
"""


def last_closes(
    asset_ids: Iterable[int], timeframe: str, since: datetime, *, as_of: datetime
) -> dict[int, tuple[datetime, Decimal]]:
    """Beginning and close of the last candle from ``since`` on that was known at ``as_of``, USD, by asset."""
    parameters: dict[str, Any] = {
        "timeframe": timeframe,
        "since": since,
        "newest": as_of - periods.LENGTHS[timeframe],
        "ids": list(asset_ids),
        "field": CandleField.CLOSE.value,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(LAST_CLOSES, parameters)
        return {asset_id: (time, price) for asset_id, time, price in cursor.fetchall()}
