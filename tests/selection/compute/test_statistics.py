"""Figures of daily returns, against values by hand and against their definitions."""

import numpy as np
import pytest

from selection.compute import statistics

RETURNS = np.array([0.01, -0.02, 0.03] * 20)


def test_sharpe_and_volatility_are_a_years_of_365_days() -> None:
    assert statistics.sharpe(RETURNS) == pytest.approx(RETURNS.mean() / RETURNS.std(ddof=1) * 365**0.5)
    assert statistics.volatility(RETURNS) == pytest.approx(RETURNS.std(ddof=1) * 365**0.5)


def test_sortino_counts_losses_only() -> None:
    assert statistics.sortino(RETURNS) == pytest.approx((0.02 / 3) / (0.02 / 3**0.5) * 365**0.5)


@pytest.mark.parametrize("figure", [statistics.sharpe, statistics.sortino, statistics.volatility])
def test_few_days_say_nothing(figure: object) -> None:
    assert callable(figure)
    assert figure(RETURNS[:29]) is None
    assert figure(np.append(RETURNS[:29], np.nan)) is None
    assert figure(np.append(RETURNS[:30], np.nan)) is not None


def test_what_does_not_move_has_no_ratio() -> None:
    assert statistics.sharpe(np.zeros(60)) is None
    assert statistics.sortino(np.full(60, 0.01)) is None


def test_the_deepest_drawdown_and_where_it_lies() -> None:
    found = statistics.deepest_drawdown(np.array([0.1, -0.5, 0.2, np.nan, -0.5, 1.0]))
    assert found is not None
    assert found.depth == pytest.approx(0.7)
    assert (found.peak, found.trough) == (0, 4)


def test_a_fall_from_the_start_is_a_drawdown() -> None:
    found = statistics.deepest_drawdown(np.array([-0.1, 0.05]))
    assert found is not None
    assert found.depth == pytest.approx(0.1)
    assert (found.peak, found.trough) == (-1, 0)


def test_no_return_no_drawdown() -> None:
    assert statistics.deepest_drawdown(np.array([np.nan])) is None


def test_calmar_is_a_years_return_by_the_drawdown() -> None:
    assert statistics.calmar(1.21, 730, 0.2) == pytest.approx(0.5)
    assert statistics.calmar(1.21, 364, 0.2) is None
    assert statistics.calmar(1.21, 730, 0.0) is None
    assert statistics.calmar(0.0, 730, 1.0) is None


def test_how_far_below_its_high_each_day_ended() -> None:
    """1.1, then half of it, then back to 0.88; a day without a return stays where it was."""
    found = statistics.underwater(np.array([0.1, -0.5, np.nan, 0.6, 0.5]))
    assert found == pytest.approx([0, -0.5, -0.5, -0.2, 0])
    assert statistics.underwater(np.empty(0)).shape == (0,)
