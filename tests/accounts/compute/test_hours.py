"""Quiet hours and digests by the clock on the wall, also on the days when it is turned."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.compute.hours import is_quiet, next_at, quiet_until

BERLIN, TEHRAN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tehran"), ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start", "end", "until"),
    [
        ("2024-06-01 20:30", "22:00", "07:00", "2024-06-02 05:00"),  # summer: two hours ahead
        ("2024-01-10 22:30", "22:00", "07:00", "2024-01-11 06:00"),
        ("2024-06-01 04:59", "22:00", "07:00", "2024-06-01 05:00"),
        ("2024-06-01 05:00", "22:00", "07:00", None),
        ("2024-06-01 19:59", "22:00", "07:00", None),
        ("2024-06-01 10:00", "12:00", "14:00", "2024-06-01 12:00"),
        ("2024-03-30 22:00", "22:00", "07:00", "2024-03-31 05:00"),  # the night that loses an hour
        ("2024-10-26 21:00", "22:00", "07:00", "2024-10-27 06:00"),  # the night that gains one
        ("2024-03-31 00:30", "01:00", "02:30", "2024-03-31 01:00"),  # 02:30 is jumped over: over at the jump
        ("2024-10-27 00:10", "01:00", "02:30", "2024-10-27 00:30"),  # 02:30 comes twice: the first
        ("2024-10-27 01:10", "01:00", "02:30", "2024-10-27 01:30"),  # … and again
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(now: str, start: str, end: str, until: str | None) -> None:
    found = quiet_until(utc(now), BERLIN, time.fromisoformat(start), time.fromisoformat(end))
    assert found == (until and utc(until))


@pytest.mark.parametrize(
    ("now", "zone", "at", "weekday", "due"),
    [
        ("2024-06-01 06:00", BERLIN, "08:00", None, "2024-06-02 06:00"),  # just now: the next day
        ("2024-06-01 05:59", BERLIN, "08:00", None, "2024-06-01 06:00"),
        ("2024-03-30 07:30", BERLIN, "08:00", None, "2024-03-31 06:00"),
        ("2024-06-01 06:00", TEHRAN, "08:00", None, "2024-06-02 04:30"),
        ("2024-06-01 06:00", NEW_YORK, "23:30", 5, "2024-06-02 03:30"),  # a Saturday there, Sunday in UTC
        ("2024-06-01 06:00", BERLIN, "08:00", 0, "2024-06-03 06:00"),
        ("2024-03-31 00:00", BERLIN, "02:30", None, "2024-03-31 01:00"),
    ],
)
def test_a_digest_is_due_by_the_clock_on_the_wall(
    now: str, zone: ZoneInfo, at: str, weekday: int | None, due: str
) -> None:
    assert next_at(utc(now), zone, time.fromisoformat(at), weekday=weekday) == utc(due)


clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(
    st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: utc("2023-01-01 00:00") + minutes * MINUTE),
    st.sampled_from([BERLIN, TEHRAN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]),
    clocks,
    clocks,
)
def test_it_is_quiet_until_the_end_and_not_at_it(now: datetime, zone: ZoneInfo, start: time, end: time) -> None:
    """The end lies ahead by at most a day and the hour of a change, it is not quiet there, and it is just before."""
    until = quiet_until(now, zone, start, end)
    if until is None:
        assert not is_quiet(now, zone, start, end)
        return
    assert now < until <= now + timedelta(hours=25)
    assert not is_quiet(until, zone, start, end)
    assert is_quiet(max(now, until - MINUTE), zone, start, end)
