"""When alerts fire, by hand and against a walk that looks at every row."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trading.compute.alerts import (
    NO_REFERENCE,
    NO_SPREAD,
    NOTHING_NEW,
    STALE,
    TOO_SHORT,
    UNKNOWN,
    Judged,
    Watched,
    changes,
    levels,
    newest_rows,
    spikes,
    usual,
)

NAN = float("nan")
STEP = 3600


def ends(count: int) -> Any:
    """The n-th row ends at hour n + 1."""
    return STEP * np.arange(1, count + 1)


def watch(threshold: float, direction: int = 1, *, armed_after: int = -1) -> Watched:
    """One alert on the first column, armed just after the n-th row ended; -1: before all."""
    since = STEP * (armed_after + 1) + (1 if armed_after >= 0 else 0)
    return Watched(np.array([0]), np.array([float(since)]), np.array([threshold]), np.array([direction]))


def level(
    closes: list[float],
    threshold: float,
    direction: int = 1,
    *,
    cross: bool = False,
    touch: bool = False,
    armed_after: int = -1,
    high: list[float] | None = None,
    low: list[float] | None = None,
) -> Judged:
    series = np.array(closes, dtype=float)[:, None]
    return levels(
        series,
        ends(len(closes)),
        watch(threshold, direction, armed_after=armed_after),
        crosses=np.array([cross]),
        touches=np.array([touch]),
        high=series if high is None else np.array(high)[:, None],
        low=series if low is None else np.array(low)[:, None],
        first=1,
    )


@pytest.mark.parametrize(
    ("closes", "threshold", "direction", "fires"),
    [
        ([90, 100], 100, 1, True),  # reaching it counts
        ([90, 99.999], 100, 1, False),
        ([110, 111], 100, 1, True),  # it is above, however long it has been
        ([110, 100], 100, -1, True),
        ([110, 100.001], 100, -1, False),
        ([110, 111], 100, -1, False),
        ([-0.5, 0.25], 0, 1, True),
        ([99, 101], 100, 0, True),  # crossed on its way up
        ([101, 99], 100, 0, True),
        ([90, 99.95], 100, 0, True),  # within a thousandth
        ([90, 99.8], 100, 0, False),
        ([105, 106], 100, 0, False),
    ],
)
def test_a_level_by_hand(closes: list[float], threshold: float, direction: int, fires: bool) -> None:
    found = level(closes, threshold, direction)
    assert (bool(found.fires[0]), found.values[0], found.rows[0], found.reasons[0]) == (fires, closes[-1], 1, "")


@pytest.mark.parametrize(
    ("closes", "direction", "armed_after", "fires"),
    [
        ([99, 101], 1, 0, True),
        ([101, 102], 1, 0, False),  # it was above when armed
        ([101, 99, 102], 1, 0, True),  # it has come down since
        ([99, 101, 102], 1, 0, True),  # crossed in a row that nobody looked at
        ([99, 101, 102], 1, 1, False),  # crossed before it was armed
        ([101, 99], -1, 0, True),
        ([99, 98], -1, 0, False),
        ([99, 100], 1, 0, True),  # reaching it from below
        ([100, 101], 1, 0, False),  # it stood on the level
        ([NAN, 101], 1, 0, False),  # what was before is not known
        ([99, NAN, 101], 1, 0, True),
    ],
)
def test_a_crossing_needs_the_other_side_since_it_was_armed(
    closes: list[float], direction: int, armed_after: int, fires: bool
) -> None:
    found = level(closes, 100, direction, cross=True, armed_after=armed_after)
    assert bool(found.fires[0]) is fires


def test_a_crossing_tells_from_where() -> None:
    assert level([95, 97, 101], 100, 1, cross=True, armed_after=0).before[0] == 95
    assert level([105, 103, 99], 100, -1, cross=True, armed_after=0).before[0] == 105


def test_what_was_known_before_it_was_armed_makes_nothing_fire() -> None:
    for cross in (False, True):
        found = level([90, 110], 100, cross=cross, armed_after=1)
        assert (bool(found.fires[0]), found.reasons[0]) == (False, NOTHING_NEW)


def test_a_touch_looks_at_candles_that_began_after_it_was_armed() -> None:
    closes, high, low = [98.0, 99.0, 98.0], [99.0, 99.5, 101.0], [97.0, 98.0, 95.0]
    assert level(closes, 100, touch=True, high=high, low=low).fires[0]
    assert level(closes, 96, -1, touch=True, high=high, low=low).fires[0]
    assert not level(closes, 100, high=high, low=low).fires[0]
    within = Watched(np.array([0]), np.array([2.5 * STEP]), np.array([100.0]), np.array([1]))  # in the third candle
    series = np.array(closes)[:, None]
    found = levels(
        series,
        ends(3),
        within,
        crosses=np.array([False]),
        touches=np.array([True]),
        high=np.array(high)[:, None],
        low=np.array(low)[:, None],
    )
    assert (bool(found.fires[0]), found.reasons[0]) == (False, NOTHING_NEW)


@pytest.mark.parametrize(
    ("closes", "reason"),
    [([90, 110, NAN], ""), ([90, 110, NAN, NAN], STALE), ([NAN, NAN], UNKNOWN)],
)
def test_stale_and_unknown_values_make_nothing_fire(closes: list[float], reason: str) -> None:
    found = level(closes, 100)
    assert (bool(found.fires[0]), found.reasons[0]) == (not reason, reason)


def test_many_alerts_on_many_columns() -> None:
    series = np.array([[90.0, 9.0], [101.0, 8.0]])
    watched = Watched(np.array([0, 1, 1, 0]), np.zeros(4), np.array([100.0, 8.5, 10.0, 101.5]), np.array([1, -1, 1, 1]))
    found = levels(series, ends(2), watched, crosses=np.array([True, True, False, False]))
    assert found.fires.tolist() == [True, True, False, False]
    assert newest_rows(np.array([[1, NAN, 2], [3, NAN, NAN]])).tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("closes", "direction", "options", "row"),
    [
        ([90, 101, 99, 98], 1, {}, 1),  # above for one row that nobody looked at
        ([90, 101, 99, 98], 1, {"armed_after": 1}, None),
        ([110, 99, 101, 101], -1, {}, 1),
        ([95, 101, 95, 102], 1, {"cross": True, "armed_after": 0}, 1),  # the first of two
        ([95, 101, 97, 97], 1, {"cross": True, "armed_after": 0}, 1),  # and back
        ([90, 99.95, 90, 90], 0, {}, 1),
        ([90, 91, 92, 93], 1, {"touch": True, "high": [90, 100, 92, 93]}, 1),
        ([90, 91, 92, 93], 1, {"touch": True, "high": [90, 100, 92, 93], "armed_after": 1}, None),
        ([90, 101, NAN, NAN], 1, {}, None),  # stale as a whole
    ],
)
def test_an_event_between_two_looks_is_not_missed(
    closes: list[float], direction: int, options: dict[str, Any], row: int | None
) -> None:
    found = level(closes, 100, direction, **options)
    assert (bool(found.fires[0]), found.rows[0] if row is not None else None) == (row is not None, row)
    if row is not None and not options.get("touch"):
        assert found.values[0] == closes[row]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    closes=st.lists(st.sampled_from([98.0, 99.0, 100.0, 101.0, 102.0, NAN]), min_size=3, max_size=12),
    armed_after=st.integers(0, 11),
    direction=st.sampled_from([1, -1]),
    skipped=st.sets(st.integers(0, 11)),
    cross=st.booleans(),
)
def test_the_first_event_is_found_at_the_first_look_after_it(
    closes: list[float], armed_after: int, direction: int, skipped: set[int], cross: bool
) -> None:
    """A walk over all rows tells when it happens; who looks at some of them only finds the same, later."""
    event, was_beyond = None, False
    for row in range(armed_after, len(closes)):
        reached = direction * closes[row] >= direction * 100
        if event is None and row > armed_after and reached and (was_beyond or not cross):
            event = row
        was_beyond |= bool(np.isfinite(closes[row]) and not reached)
    looks = [
        row for row in range(1, len(closes)) if row not in skipped and np.isfinite(closes[row - 1 : row + 1]).any()
    ]
    found = None
    for row in looks:
        looked = level(closes[: row + 1], 100, direction, cross=cross, armed_after=armed_after)
        if looked.fires[0]:
            found = (row, int(looked.rows[0]))
            break
    assert found == next(((row, event) for row in looks if event is not None and row >= event), None)


@pytest.mark.parametrize(
    ("closes", "window", "direction", "limit", "fires", "value"),
    [
        ([100, 102, 105], 2, 1, 5, True, 5),
        ([100, 102, 105], 2, 1, 5.01, False, 5),
        ([100, 102, 105], 1, 1, 2.9, True, 300 / 102),
        ([100, 90], 1, -1, 10, True, -10),
        ([100, 90], 1, 1, 10, False, -10),
        ([100, 90], 1, 0, 10, True, -10),
        ([100, 110], 1, -1, 10, False, 10),
        ([50, NAN, 60], 2, 0, 20, True, 20),
    ],
)
def test_a_change_by_hand(
    closes: list[float], window: int, direction: int, limit: float, fires: bool, value: float
) -> None:
    found = changes(
        np.array(closes, dtype=float)[:, None], ends(len(closes)), watch(limit, direction), np.array([window])
    )
    assert bool(found.fires[0]) is fires
    assert found.values[0] == pytest.approx(value, rel=1e-12)


def test_a_change_between_two_looks_is_not_missed() -> None:
    series = np.array([100, 102, 112, 113], dtype=float)[:, None]
    found = changes(series, ends(4), watch(9), np.array([1]))
    assert (bool(found.fires[0]), found.rows[0], found.values[0]) == (True, 2, pytest.approx(1000 / 102))
    assert not changes(series, ends(4), watch(9, armed_after=2), np.array([1])).fires[0]
    assert not changes(series, ends(4), watch(9), np.array([1]), first=3).fires[0]


@pytest.mark.parametrize(
    ("closes", "window", "reason"), [([100, 110], 2, NO_REFERENCE), ([NAN, 100, 200], 2, NO_REFERENCE)]
)
def test_a_change_without_its_beginning_is_unknown(closes: list[float], window: int, reason: str) -> None:
    found = changes(np.array(closes, dtype=float)[:, None], ends(len(closes)), watch(1), np.array([window]))
    assert (bool(found.fires[0]), found.reasons[0]) == (False, reason)


def spike(volumes: list[float], limit: float, window: int, *, multiple: bool = False) -> Judged:
    return spikes(
        np.array(volumes, dtype=float)[:, None],
        ends(len(volumes)),
        watch(limit),
        np.array([window]),
        multiples=np.array([multiple]),
    )


def test_a_spike_by_hand() -> None:
    """Median 12, deviations 2 1 0 1 2, their median 1: 18 lies 6 / 1.4826 of it away."""
    found = spike([10, 11, 12, 13, 14, 18], 4, 5)
    assert found.fires[0]
    assert (found.values[0], found.before[0]) == (pytest.approx(6 / 1.4826), 12)
    assert not spike([10, 11, 12, 13, 14, 18], 4.05, 5).fires[0]
    found = spike([10, 11, 12, 13, 14, 18], 1.5, 5, multiple=True)
    assert (bool(found.fires[0]), found.values[0]) == (True, 1.5)


def test_a_spike_between_two_looks_is_not_missed() -> None:
    found = spike([10, 11, 12, 13, 14, 18, 12], 4, 5)
    assert (bool(found.fires[0]), found.rows[0], found.before[0]) == (True, 5, 12)


def test_one_wild_candle_of_the_window_hides_no_spike() -> None:
    calm = [10, 11, 12, 13, 14]
    assert spike([*calm, 1e9, *calm, 40], 4, 11).fires[0]
    deviation = np.std([*calm, 1e9, *calm])
    assert (40 - 12) / deviation < 4


def test_a_spike_needs_a_history_that_varies() -> None:
    assert spike([10, 10, 10, 10, 10, 99], 4, 5).reasons[0] == NO_SPREAD
    assert spike([10, 10, 10, 10, 10, 30], 3, 5, multiple=True).fires[0]
    assert spike([10, 11, 12, NAN, NAN, 99], 4, 5).reasons[0] == TOO_SHORT
    assert spike([10, 11, 12, 13, NAN, 99], 4, 5).reasons[0] == ""
    assert spike([0, 0, 0, 0, 0, 9], 1, 5, multiple=True).reasons[0] == NO_SPREAD


def test_spikes_of_different_windows_at_once() -> None:
    volumes = np.array([[10.0, 1], [11, 2], [12, 3], [13, 4], [14, NAN], [18, NAN]])
    watched = Watched(np.array([0, 0, 1]), np.zeros(3), np.array([4.0, 4, 4]), np.array([1, 1, 1]))
    found = spikes(volumes, ends(6), watched, np.array([5, 3, 3]), multiples=np.array([False, True, False]))
    assert found.values[:2] == pytest.approx([6 / 1.4826, 18 / 13])
    assert found.reasons.tolist() == ["", "", STALE]
    assert usual(np.array([[1.0], [2.0], [9.0]]), 3).median.tolist() == [2]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_usual_is_the_median_of_what_is_known(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 5))
    chance = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    history = chance.lognormal(size=(rows, columns))
    history[chance.random((rows, columns)) < data.draw(st.sampled_from((0, 0.1)))] = np.nan
    found = usual(history, rows)
    for column in range(columns):
        known = history[:, column][np.isfinite(history[:, column])]
        if len(known) < 0.8 * rows:
            assert np.isnan([found.median[column], found.sigma[column]]).all()
        else:
            assert found.median[column] == np.median(known)
            assert found.sigma[column] == 1.4826 * np.median(np.abs(known - np.median(known)))
