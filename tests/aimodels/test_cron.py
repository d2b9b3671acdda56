"""Times of cron expressions."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import crontab
from hypothesis import given
from hypothesis import strategies as st

from aimodels.compute.cron import last_time, next_time

START = datetime(2024, 2, 27, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * *", datetime(2024, 2, 27, 12, 35)),  # noqa: DTZ001
        ("*/15 * * * *", datetime(2024, 2, 27, 12, 45)),  # noqa: DTZ001
        ("0 2 * * *", datetime(2024, 2, 28, 2, 0)),  # noqa: DTZ001
        ("34 12 * * *", datetime(2024, 2, 28, 12, 34)),  # noqa: DTZ001
        ("0 0 29 2 *", datetime(2024, 2, 29)),  # noqa: DTZ001
        ("0 0 1 jan *", datetime(2025, 1, 1)),  # noqa: DTZ001
        ("30 6 * * mon-fri", datetime(2024, 2, 28, 6, 30)),  # noqa: DTZ001
        ("0 0 * * 7", datetime(2024, 3, 3)),  # noqa: DTZ001
        ("0 0 15 * sun", datetime(2024, 3, 3)),  # noqa: DTZ001
        ("5,10 3-4/1 * 3 *", datetime(2024, 3, 1, 3, 5)),  # noqa: DTZ001
    ],
)
def test_the_next_time(expression: str, expected: datetime) -> None:
    assert next_time(expression, START) == expected.replace(tzinfo=UTC)


def test_the_29th_of_february_comes_after_eight_years_around_1900() -> None:
    assert next_time("0 0 29 2 *", datetime(2096, 3, 1, tzinfo=UTC)) == datetime(2104, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *", "5-1 * * * *",
     "*/0 * * * *", "0 0 30 2 *", "-1 * * * *", "1,,2 * * * *", "* * * * * *", "1/ * * * *"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        next_time(expression, START)


@given(
    minute=st.sampled_from(["*", "0", "7,38", "*/20", "10-40/10"]),
    hour=st.sampled_from(["*", "0", "3,17", "*/6", "9-17"]),
    day=st.sampled_from(["*", "1", "15,31"]),
    month=st.sampled_from(["*", "2", "*/3"]),
    after=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_every_time_is_one_that_celery_names_too(minute: str, hour: str, day: str, month: str, after: datetime) -> None:
    expression, after = f"{minute} {hour} {day} {month} *", after.replace(tzinfo=UTC)
    if (day, month) == ("15,31", "2"):
        day = "15"
    theirs = crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, nowfun=lambda: after)
    assert next_time(expression, after) == after + theirs.remaining_estimate(after)


@given(
    expression=st.sampled_from(["* * * * *", "*/7 * * * *", "0 2 * * *", "0 0 29 2 *", "15 9-17 * * mon"]),
    hours=st.floats(0, 24 * 900),
)
def test_the_last_time_is_the_one_before_the_next(expression: str, hours: float) -> None:
    first = next_time(expression, START)
    until = first + timedelta(hours=hours)
    found = last_time(expression, first, until)
    assert first <= found <= until < next_time(expression, found)
    assert found == first or next_time(expression, found - timedelta(minutes=1)) == found
