"""Funding by its real interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macro.compute.funding import annualised, intervals, per_eight_hours

HOUR = 3600
START = 1_700_000_000 - 1_700_000_000 % HOUR


def charges(*gaps: float) -> np.ndarray:
    return (START + np.cumsum([0, *gaps]) * HOUR).astype(np.int64)


def test_each_charge_covers_the_time_since_the_one_before() -> None:
    assert intervals(charges(8, 8, 4, 2, 2, 2, 8)).tolist() == [8, 8, 8, 4, 2, 2, 2, 8]


def test_jitter_does_not_matter() -> None:
    times = charges(8, 8, 2, 2) + np.array([0, 20, 3, 45, 0])
    assert intervals(times).tolist() == [8, 8, 8, 2, 2]


def test_a_charge_that_is_not_stored_does_not_lengthen_the_next() -> None:
    assert intervals(charges(8, 16, 8, 240)).tolist() == [8, 8, 8, 8, 8]


def test_one_charge_counts_as_the_longest() -> None:
    assert intervals(charges()).tolist() == [8]
    assert intervals(np.array([], dtype=np.int64)).tolist() == []


def test_by_hand() -> None:
    """0.01 % every 8 hours are 10.95 % a year; the same every 2 hours four times as much."""
    rates, times = np.array([0.0001, 0.0001, 0.0001]), charges(8, 2)
    assert annualised(rates, times) == pytest.approx([10.95, 10.95, 43.8])
    assert per_eight_hours(rates, times) == pytest.approx([0.0001, 0.0001, 0.0004])


def test_eight_hours_change_nothing_to_the_last_bit() -> None:
    rates = np.random.default_rng(1).normal(0, 1e-4, 500)
    assert (per_eight_hours(rates, charges(*[8] * 499)) == rates).all()


@given(st.lists(st.sampled_from([1, 2, 4, 8]), min_size=2, max_size=60), st.integers(1, 59))
def test_what_comes_later_changes_nothing(gaps: list[int], cut: int) -> None:
    times = charges(*gaps)
    cut = min(cut, len(gaps)) + 1
    assert (intervals(times[:cut]) == intervals(times)[:cut]).all()


@pytest.mark.parametrize("gaps", [(8, 0), (8, -8)])
def test_times_must_rise(gaps: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        intervals(charges(*gaps))


def test_each_rate_needs_its_time() -> None:
    with pytest.raises(ValueError, match="needs its time"):
        annualised(np.array([0.1]), charges(8))
