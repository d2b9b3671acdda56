"""Hours of a person's day: when it is quiet, and when the next digest is due, by the clock on their wall.

The clock is turned forward and back. A time that it jumps over is taken to be the moment of the jump; a time that it
shows twice counts both times.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def is_quiet(now: datetime, zone: ZoneInfo, start: time, end: time) -> bool:
    """Whether the clock on the wall shows a time from ``start`` up to, not including, ``end``; equal times: never."""
    shown = now.astimezone(zone).time()
    if start <= end:
        return start <= shown < end
    return shown >= start or shown < end


def quiet_until(now: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """End of the quiet hours that ``now`` lies in, in UTC.

    Args:
        now: aware.
        zone: of the person.
        start, end: on their wall; the end may be on the next day.
    Returns:
        None when it is not quiet.
    """
    return next_at(now, zone, end) if is_quiet(now, zone, start, end) else None


def next_at(now: datetime, zone: ZoneInfo, at: time, *, weekday: int | None = None) -> datetime:
    """The first moment after ``now`` at which the clock on the wall shows ``at``, in UTC.

    Args:
        now: aware.
        zone: of the person.
        at: time of the day, in whole minutes.
        weekday: only on this day, Monday = 0.
    """
    today = now.astimezone(zone).date()
    days = (today + number * DAY for number in range(-1, 10))
    moments = (moment for day in days if weekday in (None, day.weekday()) for moment in shown(day, at, zone))
    return next(moment for moment in moments if moment > now)


def shown(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """Moments in UTC, oldest first, at which the wall shows that time of that day: one; two when it is turned back over
    it; the moment of the jump when it is turned forward over it."""
    local = datetime.combine(day, at)
    while not (found := existing(local, zone)):
        local += MINUTE
    return found


def existing(local: datetime, zone: ZoneInfo) -> list[datetime]:
    moments = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in moments if moment.astimezone(zone).replace(tzinfo=None) == local)
