"""How sure means and shares of weeks are."""

import numpy as np
import pytest

from selection.compute.intervals import difference_by_week, mean_by_week, mean_of_periods, share_by_week, wilson


def weeks(count: int, each: int) -> np.ndarray:
    return np.repeat(np.arange(count), each)


def test_a_mean_of_few_weeks_has_no_interval() -> None:
    found = mean_by_week(np.arange(18.0), weeks(9, 2))
    assert (found.n, found.periods, found.value, found.low, found.high) == (18, 9, 8.5, None, None)
    assert mean_by_week(np.empty(0), np.empty(0, dtype=np.int64)).value is None


def test_what_happens_in_one_week_counts_once() -> None:
    """A hundred values a week that are all alike tell no more than one of each week."""
    levels = np.random.default_rng(0).standard_normal(40)
    one, many = mean_by_week(levels, weeks(40, 1)), mean_by_week(np.repeat(levels, 100), weeks(40, 100))
    assert one.low is not None
    assert one.high is not None
    assert one.value == pytest.approx(many.value)
    assert one.low == pytest.approx(many.low)
    assert one.low < float(levels.mean()) < one.high


def test_wilson_by_hand() -> None:
    """Eight of nine cases: 0.565 to 0.980."""
    found = share_by_week(np.array([1.0] * 8 + [0.0]), weeks(9, 1))
    assert found.low == pytest.approx(0.5650, abs=1e-3)
    assert found.high == pytest.approx(0.9801, abs=1e-3)


@pytest.mark.parametrize("cases", [1, 837, 1034, 1217, 3000])
def test_wilson_ends_where_shares_end(cases: int) -> None:
    assert 0 <= wilson(0, cases)[0] < 1e-12
    assert 1 - 1e-12 < wilson(1, cases)[1] <= 1


def test_the_interval_of_a_share_holds_what_it_should() -> None:
    """Weeks that hang together: of 200 made records about 95 in 100 intervals hold the truth of one half."""
    generator, held = np.random.default_rng(1), 0
    for _ in range(200):
        chances = generator.random(40)
        flags = (generator.random((40, 5)) < chances[:, None]).astype(float).ravel()
        found = share_by_week(flags, weeks(40, 5))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.5 <= found.high
    assert 175 <= held <= 200


def test_a_difference() -> None:
    generator = np.random.default_rng(2)
    one, other = generator.standard_normal(120) + 1, generator.standard_normal(120)
    found = difference_by_week(one, weeks(40, 3), other, weeks(40, 3))
    assert found.value == pytest.approx(one.mean() - other.mean())
    assert found.low is not None
    assert found.low > 0
    assert difference_by_week(one, weeks(40, 3), np.empty(0), np.empty(0, dtype=np.int64)).value is None
    assert difference_by_week(one[:6], weeks(2, 3), other[:6], weeks(2, 3)).low is None


def test_periods_of_one_value() -> None:
    values = np.random.default_rng(3).standard_normal(100)
    found = mean_of_periods(np.append(values, np.nan), block=7)
    assert (found.n, found.periods) == (100, 15)
    assert found.value == pytest.approx(values.mean())
    assert found.low is not None
    assert mean_of_periods(values[:60], block=7).low is not None
    assert mean_of_periods(values[:34], block=7).low is None
