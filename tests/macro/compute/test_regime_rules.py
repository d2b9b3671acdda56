"""The regime's rules: structure, levels, evidence and probabilities."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macro.compute.regime import levels, scorecard, structure


def walk(seed: int, count: int = 420) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.025 * generator.standard_normal(count)))
    return close * (1 + 0.01 * generator.random(count)), close * (1 - 0.01 * generator.random(count)), close


def zigzag(*turns: float, steps: int = 8) -> np.ndarray:
    legs = [np.linspace(a, b, steps, endpoint=False) for a, b in pairwise(turns)]
    return np.append(np.concatenate(legs), turns[-1])


class TestStructure:
    def test_pivots_of_a_zigzag(self) -> None:
        line = zigzag(10, 20, 12, 25, 15)
        found = structure.pivots(line + 0.1, line - 0.1)
        assert [(pivot.place, pivot.is_high) for pivot in found] == [(8, True), (16, False), (24, True)]
        assert [pivot.confirmed - pivot.place for pivot in found] == [structure.SPAN] * 3

    def test_equal_neighbours_are_no_pivot(self) -> None:
        assert structure.pivots(np.ones(30), np.ones(30)) == []

    def test_rising_swings_are_known_only_when_confirmed(self) -> None:
        line = zigzag(10, 20, 12, 25, 15, 30)
        trend = structure.swing_trend(line + 0.1, line - 0.1)
        known = np.flatnonzero(trend == 1)
        assert known[0] == 32 + structure.SPAN
        assert np.isnan(trend[: known[0]]).all()

    @pytest.mark.parametrize(("turns", "trend"), [((30, 15, 25, 12, 20, 10), -1), ((20, 10, 22, 9, 24, 8, 26), 0)])
    def test_falling_and_widening_swings(self, turns: tuple[float, ...], trend: int) -> None:
        line = zigzag(*turns)
        assert structure.swing_trend(line + 0.1, line - 0.1)[-1] == trend

    @settings(max_examples=25)
    @given(st.integers(0, 10_000), st.integers(20, 419))
    def test_no_look_ahead(self, seed: int, cut: int) -> None:
        high, low, _close = walk(seed)
        whole = structure.swing_trend(high, low)
        assert np.array_equal(whole[: cut + 1], structure.swing_trend(high[: cut + 1], low[: cut + 1]), equal_nan=True)

    def test_span_must_be_positive(self) -> None:
        with pytest.raises(ValueError, match="span"):
            structure.pivots(np.ones(9), np.ones(9), 0)


class TestLevels:
    def test_turns_at_one_price_are_one_level(self) -> None:
        line = zigzag(15, 20, 10, 20.05, 10.05, 20.02, 15)
        found = levels.key_levels(line + 0.01, line - 0.01, line, atr=1.0)
        assert [(round(level.price, 1), level.tests, level.is_support) for level in found] == [
            (10.0, 2, True),
            (20.0, 3, False),
        ]
        assert sum(level.strength for level in found) == pytest.approx(1)

    def test_without_turns_there_are_none(self) -> None:
        line = np.arange(1.0, 40.0)
        assert levels.key_levels(line, line, line, atr=1.0) == []

    def test_atr_must_be_positive(self) -> None:
        with pytest.raises(ValueError, match="atr"):
            levels.key_levels(np.ones(9), np.ones(9), np.ones(9), atr=0)


@pytest.fixture(scope="module")
def trending() -> dict[str, np.ndarray]:
    """A year up, a year down, with breadth that follows."""
    generator = np.random.default_rng(3)
    drift = np.repeat([0.004, -0.006], 350)
    close = 100 * np.exp(np.cumsum(drift + 0.012 * generator.standard_normal(700)))
    share = np.repeat([85.0, 10.0], 350)
    found = scorecard.evidence(close * 1.006, close * 0.994, close, share)
    return {"chances": scorecard.probabilities(found), "states": scorecard.path(scorecard.probabilities(found))}


class TestScorecard:
    def test_a_rise_is_bull_and_a_fall_is_bear(self, trending: dict[str, np.ndarray]) -> None:
        names = np.array(scorecard.REGIMES)[trending["states"]]
        assert (names[250:345] == "Bull").mean() > 0.9
        assert (names[600:] == "Bear").mean() > 0.9

    def test_probabilities_are_probabilities(self, trending: dict[str, np.ndarray]) -> None:
        chances = trending["chances"]
        known = chances[np.isfinite(chances).all(axis=1)]
        assert len(known) > 600
        assert known.sum(axis=1) == pytest.approx(1)
        assert (known >= 0).all()

    def test_no_regime_without_half_of_the_evidence(self, trending: dict[str, np.ndarray]) -> None:
        assert (trending["states"][:60] == -1).all()
        assert (trending["states"][100:] >= 0).all()

    def test_a_change_needs_an_advantage(self) -> None:
        even = np.full(6, 0.15)
        first, close_by, ahead = even.copy(), even.copy(), even.copy()
        first[0] += 0.1
        close_by[:2] = [0.2, 0.2 + 0.9 * scorecard.STAY]
        ahead[1] += 0.3
        assert scorecard.path(np.array([first, close_by, ahead])).tolist() == [0, 0, 1]

    def test_the_place_of_the_volatility_counted_day_by_day(self) -> None:
        high, low, close = walk(3, 450)
        returns = np.diff(np.log(close))
        spread = np.array([np.nan] * 20 + [returns[i - 20 : i].std() for i in range(20, 450)])
        expected = np.full(450, np.nan)
        for i in range(49, 450):
            past = spread[max(0, i - 364) : i + 1]
            past = past[np.isfinite(past)]
            expected[i] = (past <= spread[i]).mean()
        found = scorecard.evidence(high, low, close, np.full(450, 50.0)).volatility
        assert found == pytest.approx(expected, nan_ok=True)

    def test_contributions_add_up_to_the_direction(self) -> None:
        high, low, close = walk(11)
        found = scorecard.evidence(high, low, close, np.full(len(close), 60.0))
        assert sum(scorecard.contributions(found).values()) == pytest.approx(scorecard.direction(found)[0][-1])

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 10_000), st.integers(80, 419))
    def test_no_look_ahead(self, seed: int, cut: int) -> None:
        high, low, close = walk(seed)
        share = 50 + 40 * np.sin(np.arange(len(close)) / 30)
        lines = (high, low, close, share)
        whole = scorecard.probabilities(scorecard.evidence(*lines))
        part = scorecard.probabilities(scorecard.evidence(*(line[: cut + 1] for line in lines)))
        assert np.array_equal(whole[: cut + 1], part, equal_nan=True)
