"""Candle periods. A candle is named by its start; it is closed once its end has come.

Times are aware UTC ``datetime`` objects. Weeks start on Monday 00:00, months on the first.
"""

from datetime import UTC, datetime, timedelta

LENGTHS: dict[str, timedelta] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
}
"""Length of each timeframe. A month (``1M``) has none; use ``start`` and ``end``."""

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


def start(moment: datetime, timeframe: str) -> datetime:
    """Start of the candle that contains ``moment``."""
    moment = moment.astimezone(UTC)
    if timeframe == "1M":
        return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return moment - (moment - MONDAY) % LENGTHS[timeframe]


def end(candle_time: datetime, timeframe: str) -> datetime:
    """When the candle that starts at ``candle_time`` is closed; the start of the next one."""
    if timeframe == "1M":
        return (candle_time.replace(day=28) + timedelta(days=4)).replace(day=1)
    return candle_time + LENGTHS[timeframe]


def last_closed(as_of: datetime, timeframe: str) -> datetime:
    """Start of the newest candle that is closed at ``as_of``."""
    return start(start(as_of, timeframe) - timedelta(microseconds=1), timeframe)


def is_aligned(moment: datetime, timeframe: str) -> bool:
    """Whether a candle of the timeframe starts at ``moment``."""
    return moment == start(moment, timeframe)


def bars(span: timedelta, timeframe: str) -> int:
    """How many candles of the timeframe fill ``span``, at least 1.

    Raises:
        ValueError: a month has no fixed length.
    """
    if timeframe not in LENGTHS:
        raise ValueError(f"{timeframe} has no fixed length")
    return max(1, round(span / LENGTHS[timeframe]))


def count(first: datetime, until: datetime, timeframe: str) -> int:
    """How many candles start in ``[first, until)``, both on the timeframe's grid; 0 when ``until`` is not later."""
    if timeframe == "1M":
        return max(0, (until.year - first.year) * 12 + until.month - first.month)
    return max(0, (until - first) // LENGTHS[timeframe])


def partition_bounds(moment: datetime, timeframe: str) -> tuple[datetime, datetime]:
    """Interval of the partition that holds ``moment``: a month below 1d, a year from 1d up."""
    first = moment.astimezone(UTC).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    if timeframe in ("1d", "1w", "1M"):
        return first, first.replace(year=first.year + 1)
    first = first.replace(month=moment.astimezone(UTC).month)
    return first, end(first, "1M")
