"""Elementary figures: values by hand, bounds, causality."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assets.compute import series

returns = arrays(np.float64, st.integers(1, 80), elements=st.floats(-0.5, 0.5))
prices = arrays(np.float64, st.integers(2, 80), elements=st.floats(0.01, 1e5))


def test_log_returns_by_hand() -> None:
    found = series.log_returns(np.array([100.0, 110.0, 99.0]))
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([np.log(1.1), np.log(0.9)])


def test_a_hole_spoils_the_returns_on_both_sides_only() -> None:
    found = series.log_returns(np.array([1.0, np.nan, 2.0, 4.0]))
    assert np.isnan(found[:3]).all()
    assert found[3] == pytest.approx(np.log(2))


def test_simple_return_by_hand() -> None:
    assert series.simple_return(np.array([100.0, 105.0, 120.0]), 2) == pytest.approx(0.2)
    assert np.isnan(series.simple_return(np.array([100.0, 105.0]), 2))
    with pytest.raises(ValueError, match="at least 1"):
        series.simple_return(np.array([1.0, 2.0]), 0)


def test_rolling_mean_by_hand() -> None:
    found = series.rolling_mean(np.array([1.0, 2.0, 6.0, np.nan, 8.0, 10.0]), 2)
    assert found == pytest.approx([np.nan, 1.5, 4.0, np.nan, np.nan, 9.0], nan_ok=True)


def test_ewma_volatility_by_hand() -> None:
    found = series.ewma_volatility(np.array([0.02, -0.01]), decay=0.9)
    assert found == pytest.approx([0.02, np.sqrt(0.9 * 0.0004 + 0.1 * 0.0001)])


@given(returns, st.integers(0, 79))
def test_ewma_volatility_sees_no_future(values: np.ndarray, cut: int) -> None:
    cut = min(cut, len(values) - 1)
    assert series.ewma_volatility(values)[cut] == series.ewma_volatility(values[: cut + 1])[cut]


@pytest.mark.parametrize("bad", [np.array([]), np.array([[0.1]]), np.array([np.nan]), np.array([np.inf])])
def test_ewma_volatility_refuses(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="one-dimensional, finite"):
        series.ewma_volatility(bad)


@pytest.mark.parametrize("decay", [0.0, 1.0, -1.0])
def test_ewma_volatility_refuses_decay(decay: float) -> None:
    with pytest.raises(ValueError, match="decay"):
        series.ewma_volatility(np.array([0.1]), decay=decay)


@given(prices)
def test_drawdown_lies_between_0_and_1_and_is_0_at_the_top(close: np.ndarray) -> None:
    found = series.drawdown(close)
    assert ((found >= 0) & (found < 1)).all()
    assert found[np.argmax(close)] == 0


def test_drawdown_by_hand() -> None:
    assert series.drawdown(np.array([100.0, 80.0, np.nan, 120.0, 90.0])) == pytest.approx(
        [0, 0.2, np.nan, 0, 0.25], nan_ok=True
    )


def test_percentile_rank_by_hand() -> None:
    found = series.percentile_rank(np.array([30.0, 10.0, np.nan, 20.0, 20.0]))
    assert found == pytest.approx([1.0, 0.0, np.nan, 0.5, 0.5], nan_ok=True)
    assert series.percentile_rank(np.array([np.nan, 7.0])) == pytest.approx([np.nan, 0.5], nan_ok=True)


@given(arrays(np.float64, st.integers(2, 30), elements=st.floats(-1e6, 1e6)))
def test_percentile_ranks_are_symmetrical(values: np.ndarray) -> None:
    assert series.percentile_rank(values) == pytest.approx(1 - series.percentile_rank(-values))


def test_correlation_needs_enough_common_elements() -> None:
    first, second = np.arange(25.0), 3 - 2 * np.arange(25.0)
    assert series.correlation(first, second) == pytest.approx(-1)
    second[:6] = np.nan
    assert np.isnan(series.correlation(first, second))
    assert np.isnan(series.correlation(first, np.ones(25)))


def test_robust_z_by_hand() -> None:
    before = np.tile([-1.0, 0.0, 1.0], 12)  # median 0, median deviation 1
    assert series.robust_z(np.append(before, 5.0)) == pytest.approx(5 / 1.4826)
    assert np.isnan(series.robust_z(np.ones(50)))
    assert np.isnan(series.robust_z(np.arange(20.0)))


def test_holes_are_counted_after_the_first_value() -> None:
    nan = np.nan
    values = np.array([[nan, 1.0, nan], [2.0, nan, nan], [nan, nan, nan], [3.0, 4.0, nan]])
    assert series.holes(values).tolist() == [1, 2, 0]
    assert series.holes(np.empty((0, 2))).tolist() == [0, 0]
