"""Candle periods: starts, ends, partitions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.compute import periods

moments = st.datetimes(datetime(1999, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
timeframes = st.sampled_from(["1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "timeframe", "start"),
    [
        ("2024-06-30T13:47:11", "1m", "2024-06-30T13:47:00"),
        ("2024-06-30T13:47:11", "15m", "2024-06-30T13:45:00"),
        ("2024-06-30T13:47:11", "4h", "2024-06-30T12:00:00"),
        ("2024-06-30T13:47:11", "1d", "2024-06-30T00:00:00"),
        ("2024-06-30T13:47:11", "1w", "2024-06-24T00:00:00"),  # a Sunday belongs to the week that began on Monday
        ("2024-07-01T00:00:00", "1w", "2024-07-01T00:00:00"),
        ("2024-02-29T23:59:59", "1M", "2024-02-01T00:00:00"),
    ],
)
def test_start_by_hand(moment: str, timeframe: str, start: str) -> None:
    assert periods.start(at(moment), timeframe) == at(start)


@given(moments, timeframes)
def test_a_moment_lies_in_its_candle(moment: datetime, timeframe: str) -> None:
    start = periods.start(moment, timeframe)
    assert start <= moment < periods.end(start, timeframe)
    assert periods.is_aligned(start, timeframe)


@given(moments, timeframes)
def test_the_last_closed_candle_ended_and_its_follower_did_not(moment: datetime, timeframe: str) -> None:
    last = periods.last_closed(moment, timeframe)
    following = periods.end(last, timeframe)
    assert following <= moment < periods.end(following, timeframe)


def test_a_candle_is_closed_at_its_very_end() -> None:
    assert periods.last_closed(at("2024-06-30T00:00:00"), "1d") == at("2024-06-29T00:00:00")
    assert periods.last_closed(at("2024-06-29T23:59:59"), "1d") == at("2024-06-28T00:00:00")


@given(moments, timeframes)
def test_partitions_meet_without_gap(moment: datetime, timeframe: str) -> None:
    first, end = periods.partition_bounds(moment, timeframe)
    assert first <= moment < end
    assert periods.partition_bounds(end, timeframe)[0] == end
    assert periods.partition_bounds(end - timedelta(microseconds=1), timeframe) == (first, end)


@pytest.mark.parametrize(("span", "timeframe", "count"), [(timedelta(days=30), "1d", 30), (timedelta(days=1), "1w", 1)])
def test_bars(span: timedelta, timeframe: str, count: int) -> None:
    assert periods.bars(span, timeframe) == count


def test_a_month_has_no_fixed_length() -> None:
    with pytest.raises(ValueError, match="1M has no fixed length"):
        periods.bars(timedelta(days=30), "1M")
