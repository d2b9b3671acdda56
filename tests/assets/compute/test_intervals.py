"""Half-open intervals."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assets.compute.intervals import Interval, subtract

FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def span(begin: int, end: int) -> Interval:
    return FIRST + timedelta(hours=begin), FIRST + timedelta(hours=end)


def test_by_hand() -> None:
    assert subtract(span(0, 10), []) == [span(0, 10)]
    assert subtract(span(0, 10), [span(3, 5)]) == [span(0, 3), span(5, 10)]
    assert subtract(span(0, 10), [span(8, 12), span(-3, 2)]) == [span(2, 8)]
    assert subtract(span(0, 10), [span(2, 6), span(4, 7)]) == [span(0, 2), span(7, 10)]
    assert subtract(span(0, 10), [span(0, 10)]) == []
    assert subtract(span(0, 10), [span(10, 12), span(-2, 0)]) == [span(0, 10)]


spans = st.tuples(st.integers(-5, 25), st.integers(1, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(spans, st.lists(spans, max_size=8))
def test_equal_to_counting_the_hours(whole: tuple[int, int], parts: list[tuple[int, int]]) -> None:
    left = subtract(span(*whole), [span(*part) for part in parts])
    hours = {hour for hour in range(*whole) if not any(begin <= hour < end for begin, end in parts)}
    found = [
        (begin - FIRST) // timedelta(hours=1) + place
        for begin, end in left
        for place in range((end - begin) // timedelta(hours=1))
    ]
    assert found == sorted(hours)
    assert all(end < begin for (_, end), (begin, _) in itertools.pairwise(left))
