"""What looks wrong: robust deviations against the plain form, splits, and candles that contradict themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from assets.compute.series import robust_z as of_one
from macro.compute.quality import changes, looks_like_split, median, out_of_range, robust_z


def test_every_column_is_as_if_it_were_alone() -> None:
    values = np.random.default_rng(4).standard_normal((200, 7))
    values[:50, 1] = np.nan  # began later
    values[-1, 2] = np.nan  # no last value
    values[::3, 3] = np.nan  # holes
    values[:, 4] = 5.0  # does not move
    values[:-20, 5] = np.nan  # too short
    values[-1, 6] = 40.0
    expected = [of_one(values[:, place]) for place in range(7)]
    assert robust_z(values) == pytest.approx(expected, nan_ok=True)
    assert np.isnan(robust_z(values)[[2, 4, 5]]).all()
    assert robust_z(values)[6] > 20


@given(arrays.arrays(float, (9, 4), elements=st.one_of(st.floats(-1e9, 1e9), st.just(np.nan))))
def test_the_median_of_what_is_there(values: np.ndarray) -> None:
    expected = [np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan for column in values.T]
    assert median(values) == pytest.approx(np.array(expected), nan_ok=True)


def test_changes() -> None:
    assert changes(np.array([1.0, 0.0, 4.0, 8.0]), relative=True) == pytest.approx(
        [np.nan, np.nan, np.nan, np.log(2)], nan_ok=True
    )
    assert changes(np.array([1.0, 0.0, -4.0]), relative=False) == pytest.approx([np.nan, -1, -4], nan_ok=True)


def test_a_split_is_no_market_move() -> None:
    returns = np.log(np.array([[1.0, 1.0, 1.0, 1.0], [0.3, 0.001, 3.9, 5.0]]))
    assert looks_like_split(returns).tolist() == [False, True, False, True]
    assert looks_like_split(np.array([[np.nan]])).tolist() == [False]


def test_a_close_outside_its_candle() -> None:
    high, low, close = np.array([[2.0, 2, 2, np.nan, 2], [1.0, 1, 1, np.nan, 0], [1.5, 2.1, 0.9, np.nan, 1]])
    assert out_of_range(high, low, close).tolist() == [False, True, True, False, True]
