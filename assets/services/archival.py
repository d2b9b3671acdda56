"""Old candles leave by whole partitions: detached from the one table, attached to its twin, in milliseconds."""

from datetime import datetime, timedelta

from django.db import connections, transaction
from psycopg import sql

from assets.compute import periods
from assets.services.partitions import ARCHIVE, CANDLES, partition_homes
from system.services import setting

LOCK_TIMEOUT = "2s"


def retention(now: datetime) -> dict[str, timedelta]:
    """Age at which candles of a timeframe are archived; timeframes that are not named stay."""
    days = setting("retention", now)
    return {
        "1m": timedelta(days=days["price_1m_days"]),
        "5m": timedelta(days=days["price_5m_15m_days"]),
        "15m": timedelta(days=days["price_5m_15m_days"]),
        "1h": timedelta(days=days["price_1h_days"]),
    }


def archive_prices(now: datetime) -> list[str]:
    """Move every partition whose candles are all older than their timeframe's age. Repeatable.

    Returns:
        Names of the partitions that moved.
    """
    moved = []
    for timeframe, age in retention(now).items():
        for name, home in sorted(partition_homes(timeframe).items()):
            if home == CANDLES and _upper_bound(name, timeframe) <= now - age:
                _move(name, timeframe)
                moved.append(name)
    return moved


def _upper_bound(name: str, timeframe: str) -> datetime:
    """End of the interval that a partition's name tells."""
    year, _, month = name.rpartition("_y")[2].partition("m")
    first = datetime.fromisoformat(f"{year}-{month or '01'}-01T00:00:00+00:00")
    return periods.partition_bounds(first, timeframe)[1]


def _move(name: str, timeframe: str) -> None:
    """The partition carries a CHECK of its own bounds, so ATTACH need not scan it."""
    end = _upper_bound(name, timeframe)
    first = periods.partition_bounds(end - timedelta(seconds=1), timeframe)[0]
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
        for statement in (
            "ALTER TABLE {source} DETACH PARTITION {name}",
            "DROP TRIGGER IF EXISTS trg_price_data_updated_at ON {name}",
            "ALTER TABLE {target} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})",
        ):
            cursor.execute(
                sql.SQL(statement).format(
                    source=sql.Identifier(f"{CANDLES}_{timeframe}"),
                    target=sql.Identifier(f"{ARCHIVE}_{timeframe}"),
                    name=sql.Identifier(name),
                    first=sql.Literal(first.isoformat()),
                    end=sql.Literal(end.isoformat()),
                )
            )
