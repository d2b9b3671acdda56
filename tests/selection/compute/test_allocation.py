"""Optimal weights: skfolio's own, within the limits, and a named way out where none keeps to them."""

import subprocess
import sys

import numpy as np
import pytest
from skfolio.moments import LedoitWolf, ShrunkMu
from skfolio.optimization import HierarchicalRiskParity, MeanRisk, ObjectiveFunction
from skfolio.prior import EmpiricalPrior

from selection.compute.allocation import Costs, Limits, conflict, efficiency, mean_risk, moments, optimum, risk_parity
from selection.compute.rebalancing import evened, plan, utility

RETURNS = np.random.default_rng(3).normal(0.0006, 0.02, (250, 6)) @ (np.eye(6) * [1, 1.2, 0.8, 0.5, 2, 1] + 0.2)
SECTORS = ("a", "a", "b", "b", "c", "c")
EVEN = np.full(6, 1 / 6)


def limits(largest: float = 1.0, group: float = 1.0, turnover: float | None = None) -> Limits:
    return Limits(np.full(6, largest), SECTORS, group, turnover)


def test_mean_risk_weights_are_those_of_skfolio_called_bare() -> None:
    bare = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
        risk_aversion=2.5,
        prior_estimator=EmpiricalPrior(mu_estimator=ShrunkMu(), covariance_estimator=LedoitWolf()),
        max_weights=np.full(6, 0.4),
        groups=[["x", "x", "y", "y", "z", "z"]],
        linear_constraints=["x <= 0.5", "y <= 0.5", "z <= 0.5"],
        transaction_costs=0.002 / 20,
        previous_weights=EVEN,
        max_turnover=0.8,
    )
    found = mean_risk(RETURNS, limits(0.4, 0.5, 0.8), EVEN, Costs(0.002, 20, 2.5))
    assert (found == bare.fit(RETURNS).weights_).all()
    chosen = optimum(RETURNS, limits(0.4, 0.5, 0.8), EVEN, Costs(0.002, 20, 2.5))
    assert (chosen.method, chosen.fallbacks, (chosen.weights == found).all()) == ("mean_risk", (), True)


def test_risk_parity_weights_are_those_of_skfolio_called_bare() -> None:
    assert (risk_parity(RETURNS, None) == HierarchicalRiskParity().fit(RETURNS).weights_).all()
    bare = HierarchicalRiskParity(max_weights=np.full(6, 0.2)).fit(RETURNS).weights_
    assert (risk_parity(RETURNS, np.full(6, 0.2)) == bare).all()


def test_weights_keep_to_the_limits() -> None:
    found = optimum(RETURNS, limits(0.3, 0.4, 0.9), EVEN, Costs()).weights
    assert found.sum() == pytest.approx(1)
    assert found.max() <= 0.3 + 1e-6
    assert max(found[:2].sum(), found[2:4].sum(), found[4:].sum()) <= 0.4 + 1e-6
    assert np.abs(found - EVEN).sum() <= 0.9 + 1e-6


def test_dear_trading_keeps_what_is_held() -> None:
    held = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    found = optimum(RETURNS, limits(), held, Costs(rate=0.9, days=1)).weights
    assert found == pytest.approx(held, abs=1e-4)


class TestFallbacks:
    def test_limits_of_single_assets_without_room(self) -> None:
        found = optimum(RETURNS, limits(0.1), EVEN, Costs())
        assert found.method == "hrp_without_limits"
        assert found.fallbacks == (
            ("mean_risk", "the limits leave room for 60.0 % only"),
            ("hrp", "the limits of single assets leave room for 60.0 % only"),
        )
        assert (found.weights == HierarchicalRiskParity().fit(RETURNS).weights_).all()

    def test_limits_of_sectors_without_room(self) -> None:
        found = optimum(RETURNS, limits(0.3, 0.3), EVEN, Costs())
        assert found.method == "hrp"
        assert found.fallbacks[0] == ("mean_risk", "the limits leave room for 90.0 % only")
        assert found.weights.max() <= 0.3 + 1e-9

    def test_a_turnover_that_does_not_reach_the_limits(self) -> None:
        held = np.array([1.0, 0, 0, 0, 0, 0])
        found = optimum(RETURNS, limits(0.9, 0.5, 0.2), held, Costs())
        assert found.method == "hrp"
        assert found.fallbacks[0][1] == "no weights within the limits are reached by trading 20.0 % of the whole"

    def test_what_can_be_kept_to(self) -> None:
        assert conflict(limits(1 / 6)) is None
        assert conflict(limits(0.5, 1 / 3)) is None


@pytest.mark.parametrize("returns", [RETURNS[:59], RETURNS[:, :1], RETURNS[:, 0]])
def test_too_little_to_judge(returns: np.ndarray) -> None:
    with pytest.raises(ValueError, match="60 days of two assets"):
        optimum(returns, limits(), EVEN, Costs())


def test_what_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="stands still"):
        optimum(RETURNS * [1, 1, 0, 1, 1, 1], limits(), EVEN, Costs())


def test_efficiency_is_1_on_the_frontier_and_less_inside() -> None:
    best = MeanRisk(prior_estimator=EmpiricalPrior(ShrunkMu(), LedoitWolf())).fit(RETURNS).weights_
    assert efficiency(RETURNS, best) == pytest.approx(1, abs=1e-3)
    alone = np.zeros(6)
    alone[moments(RETURNS)[0].argmin()] = 1
    found = efficiency(RETURNS, alone)
    assert found is not None
    assert found < 0.95


def test_skfolio_is_loaded_on_first_use_only() -> None:
    """It takes seconds; a web process never needs it."""
    code = "import sys, selection.compute.allocation, selection.compute.rebalancing; sys.exit('skfolio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestRebalancing:
    MEAN, COVARIANCE = moments(RETURNS)

    def found(self, current: np.ndarray, target: np.ndarray, costs: Costs, least: float = 0.0):
        return plan(current, target, self.MEAN, self.COVARIANCE, costs, least=least)

    def test_trades_that_pay_are_made(self) -> None:
        target = optimum(RETURNS, limits(), EVEN, Costs(0.0001, 90)).weights
        found = self.found(EVEN, target, Costs(0.0001, 90))
        assert found.gain > found.cost > 0
        assert found.change.sum() == pytest.approx(0, abs=1e-9)
        before, after = (utility(w, self.MEAN, self.COVARIANCE, Costs(0.0001, 90)) for w in (EVEN, EVEN + found.change))
        assert after - before == pytest.approx(found.gain)

    def test_no_trade_where_the_gain_does_not_exceed_the_costs(self) -> None:
        target = np.add(EVEN, [0.02, -0.02, 0.01, -0.01, 0, 0])
        found = self.found(EVEN, target, Costs(0.05, 1))
        assert not found.change.any()
        assert (found.gain, found.cost) == (0, 0)
        assert found.dropped.tolist() == [True, True, True, True, False, False]

    def test_small_changes_are_not_worth_a_trade(self) -> None:
        target = np.add(EVEN, [0.3, -0.15, -0.15, 0.005, -0.005, 0])
        assert not self.found(EVEN, target, Costs(0, 30), least=0.01).change[3:].any()

    def test_sales_pay_for_purchases(self) -> None:
        assert evened(np.array([0.4, -0.1, 0.0])) == pytest.approx([0.1, -0.1, 0])
        assert evened(np.array([0.1, -0.4, 0.0])) == pytest.approx([0.1, -0.1, 0])
        assert not evened(np.array([0.1, 0.2])).any()
