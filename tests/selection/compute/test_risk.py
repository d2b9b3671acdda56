"""Concentration, beta, correlated pairs and losses: by hand and against their definitions."""

import numpy as np
import pytest

from selection.compute import risk

RANDOM = np.random.default_rng(5)


def test_the_herfindahl_index() -> None:
    assert risk.herfindahl(np.array([0.5, -0.3, 0.2])) == pytest.approx(0.38)
    assert risk.effective_positions(np.full(4, 0.25)) == pytest.approx(4)


def test_beta_of_a_multiple_is_the_multiple() -> None:
    market = RANDOM.normal(0, 0.02, 100)
    assert risk.beta(-1.5 * market, market) == pytest.approx(-1.5)
    assert np.isnan(risk.beta(market[:29], market[:29]))
    assert np.isnan(risk.beta(market, np.zeros(100)))


def test_correlated_pairs_are_those_that_move_together_as_they_are_held() -> None:
    first = RANDOM.normal(0, 0.02, 200)
    returns = np.column_stack([first, first + RANDOM.normal(0, 0.002, 200), RANDOM.normal(0, 0.02, 200), -first])
    found = risk.correlated_pairs(returns, np.array([1.0, 1, 1, 1]), 0.8)
    assert [(pair.first, pair.second) for pair in found] == [(0, 1)]
    hedged = risk.correlated_pairs(returns, np.array([1.0, 1, 1, -1]), 0.8)
    assert {(pair.first, pair.second) for pair in hedged} == {(0, 1), (0, 3), (1, 3)}
    assert hedged[0].correlation == pytest.approx(1)


def test_diversification() -> None:
    first = RANDOM.normal(0, 0.02, 200)
    same = np.column_stack([first, first])
    assert risk.diversification_ratio(same, np.array([0.5, 0.5])) == pytest.approx(1)
    assert np.isnan(risk.diversification_ratio(same[:29], np.array([0.5, 0.5])))
    assert np.isnan(risk.diversification_ratio(same, np.array([0.5, -0.5])))


class TestLosses:
    def test_by_hand(self) -> None:
        """Of 100 days with losses 1 % to 100 % the fifth worst is 96 %, and the worst five lose 98 % on average."""
        returns = -np.arange(1, 101) / 100
        found = risk.historical_loss(RANDOM.permutation(returns), 0.95)
        assert found is not None
        assert [found.var, found.cvar, found.days] == pytest.approx([0.96, 0.98, 100])

    def test_a_hole_is_passed_over(self) -> None:
        found = risk.historical_loss(np.append(-np.arange(1, 101) / 100, np.nan), 0.95)
        assert found is not None
        assert found.days == 100

    def test_too_few_days_beyond_the_level(self) -> None:
        assert risk.historical_loss(np.full(99, -0.1), 0.99) is None
        assert risk.historical_loss(np.full(100, -0.1), 0.99) is not None
        assert risk.historical_loss(np.full(29, -0.1), 0.6) is None

    @pytest.mark.parametrize("level", [0.5, 1.0, float("nan")])
    def test_a_level_out_of_range(self, level: float) -> None:
        with pytest.raises(ValueError, match="level"):
            risk.historical_loss(np.zeros(100), level)

    def test_the_filter_scales_the_past_to_the_present(self) -> None:
        """Calm for a year, then wild for a month: history says a calm loss, the filtered one a wild one."""
        calm, wild = RANDOM.normal(0, 0.005, 365), RANDOM.normal(0, 0.05, 30)
        returns = np.concatenate([calm, wild])
        plain, filtered = risk.historical_loss(returns, 0.9), risk.filtered_loss(returns, 0.9)
        assert plain is not None
        assert filtered is not None
        assert filtered.var > 3 * plain.var

    def test_the_filter_by_its_definition(self) -> None:
        returns = RANDOM.normal(0, 0.02, 120)
        variance = (returns[:30] ** 2).mean()
        known_before = []
        for value in returns:
            known_before.append(variance)
            variance = 0.94 * variance + 0.06 * value**2
        scaled = returns / np.sqrt(known_before) * np.sqrt(variance)
        found, wanted = risk.filtered_loss(returns, 0.95), risk.historical_loss(scaled, 0.95)
        assert found is not None
        assert wanted is not None
        assert [found.var, found.cvar] == pytest.approx([wanted.var, wanted.cvar])
        assert risk.filtered_loss(returns[:30], 0.95) is None

    def test_what_each_day_is_scaled_by_was_known_before_it(self) -> None:
        returns = RANDOM.normal(0, 0.02, 120)
        assert (risk.forecast_volatility(returns, 0.94)[:80] == risk.forecast_volatility(returns[:79], 0.94)).all()


def test_shares() -> None:
    assert risk.shares([1, 2, 1], ["b", "a", "b"]) == {"b": 50.0, "a": 50.0}
    assert list(risk.shares([1, 3], ["b", "a"])) == ["a", "b"]
