"""What following forecasts would have earned, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimodels.compute.trading_metrics import held_positions, max_drawdown, net_returns, trading_figures


def test_every_change_of_position_costs() -> None:
    positions, returns = np.array([1.0, 1.0, 0.0, -0.5]), np.array([0.02, -0.01, 0.05, 0.04])
    found = net_returns(positions, returns, fee=0.001, slippage=0.0005)
    assert found == pytest.approx([0.02 - 0.0015, -0.01, -0.0015, -0.02 - 0.00075])


def test_figures_by_hand() -> None:
    positions = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    returns = np.array([0.10, 0.0, 0.5, -0.20, 0.0, 0.05])
    found = trading_figures(positions, returns, fee=0.0, slippage=0.0, per_year=365)
    assert found.total_return == pytest.approx(1.1 * 0.8 * 1.05 - 1)
    assert found.max_drawdown == pytest.approx(0.2)
    assert (found.trades, found.open_trades) == (3, 1)
    assert found.win_rate == pytest.approx(2 / 3)
    assert found.profit_factor == pytest.approx(0.15 / 0.20)
    assert found.exposure == pytest.approx(4 / 6)
    assert found.turnover == pytest.approx(5 / 6)
    assert found.costs == 0


def test_leaving_belongs_to_the_trade() -> None:
    """A gain of 0.3 % that entering and leaving at 0.2 % each eats."""
    found = trading_figures(np.array([1.0, 0.0]), np.array([0.003, 0.0]), fee=0.002, slippage=0.0, per_year=365)
    assert found.win_rate == 0
    assert found.costs == pytest.approx(0.004)
    assert found.total_return == pytest.approx(1.001 * 0.998 - 1)


def test_without_trades_nothing_is_claimed() -> None:
    found = trading_figures(np.zeros((5, 2)), np.full((5, 2), 0.01), fee=0.001, slippage=0.0, per_year=365)
    assert found.trades == 0
    assert np.isnan(found.win_rate)
    assert np.isnan(found.profit_factor)
    assert np.isnan(found.sharpe)
    assert found.total_return == 0


def test_an_asset_that_does_not_trade_earns_nothing() -> None:
    assert net_returns(np.ones(2), np.array([np.nan, 0.1]), fee=0.0, slippage=0.0).tolist() == [0.0, 0.1]


def test_positions_are_held_over_the_horizon() -> None:
    assert held_positions(np.array([1.0, 0.0, np.nan, 1.0, 1.0]), 2).tolist() == [0.5, 0.5, 0.0, 0.5, 1.0]
    assert held_positions(np.array([1.0, -1.0]), 1).tolist() == [1.0, -1.0]
    with pytest.raises(ValueError, match="periods"):
        held_positions(np.ones(3), 0)


def test_a_coin_flip_loses_what_it_costs() -> None:
    generator = np.random.default_rng(1)
    positions = (generator.random((4000, 5)) < 0.5).astype(float)
    returns = 0.01 * generator.standard_normal((4000, 5))
    free = trading_figures(positions, returns, fee=0.0, slippage=0.0, per_year=365)
    paid = trading_figures(positions, returns, fee=0.001, slippage=0.0005, per_year=365)
    assert abs(free.sharpe) < 0.7
    assert paid.sharpe < -3
    assert paid.costs == pytest.approx(4000 * 0.5 * 0.0015, rel=0.05)


@given(st.lists(st.floats(-0.9, 2.0), min_size=1, max_size=60))
def test_the_drawdown_lies_between_0_and_1(returns: list[float]) -> None:
    found = max_drawdown(np.array(returns))
    assert 0 <= found <= 1
    assert found >= -min(0.0, *returns, 0.0) - 1e-9


@pytest.mark.parametrize(
    ("positions", "returns", "fee", "said"),
    [
        (np.ones((3, 1)), np.ones((2, 1)), 0.0, "one shape"),
        (np.ones(2), np.ones(2), -0.1, "fee"),
        (np.empty(0), np.empty(0), 0.0, "no periods"),
    ],
)
def test_what_is_refused(positions: np.ndarray, returns: np.ndarray, fee: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        trading_figures(positions, returns, fee=fee, slippage=0.0, per_year=365)
