"""The sector index by hand, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sectors.compute import index

NAN = float("nan")


class TestChainLinked:
    def test_by_hand(self) -> None:
        """Weights of the day before: 3 to 1, then 1 to 1."""
        close = np.array([[10.0, 20.0], [11.0, 20.0], [11.0, 22.0]])
        size = np.array([[300.0, 100.0], [50.0, 50.0], [1.0, 9.0]])
        member = np.ones((3, 2), bool)
        level = index.chain_linked(close, size, member, np.ones(2))
        # 100 * (1 + 0.75 * 10 %) = 107.5; then * (1 + 0.5 * 10 %) = 112.875
        assert level == pytest.approx([100, 107.5, 112.875])

    def test_a_change_of_members_does_not_move_the_level(self) -> None:
        close = np.array([[10.0, 500.0], [10.0, 500.0], [10.0, 500.0]])
        member = np.array([[True, False], [True, True], [False, True]])
        assert index.chain_linked(close, np.ones((3, 2)), member, np.ones(2)).tolist() == [100, 100, 100]

    def test_a_newcomer_counts_from_its_second_candle(self) -> None:
        close = np.array([[10.0, NAN], [11.0, 50.0], [11.0, 100.0]])
        size = np.array([[1.0, NAN], [1.0, 1.0], [1.0, 1.0]])
        level = index.chain_linked(close, size, np.ones((3, 2), bool), np.ones(2))
        assert level == pytest.approx([100, 110, 165])

    def test_a_share_counts_as_part_of_the_size(self) -> None:
        close = np.array([[10.0, 10.0], [11.0, 10.0]])
        level = index.chain_linked(close, np.ones((2, 2)), np.ones((2, 2), bool), np.array([0.5, 1.0]))
        assert level[1] == pytest.approx(100 * (1 + 0.1 / 3))

    @settings(max_examples=50)
    @given(st.integers(0, 10_000), st.integers(1, 59))
    def test_no_look_ahead_and_the_units_do_not_matter(self, seed: int, cut: int) -> None:
        generator = np.random.default_rng(seed)
        close = np.exp(generator.standard_normal((60, 5)).cumsum(axis=0) / 20)
        close[generator.random((60, 5)) < 0.1] = NAN
        size = generator.random((60, 5)) + 0.1
        member = generator.random((60, 5)) < 0.8
        share = generator.random(5)
        whole = index.chain_linked(close, size, member, share)
        part = index.chain_linked(close[: cut + 1], size[: cut + 1], member[: cut + 1], share)
        assert np.array_equal(whole[: cut + 1], part)
        scaled = index.chain_linked(close * np.array([1, 10, 1e-6, 5e4, 3]), size, member, share)
        assert scaled == pytest.approx(whole)
        moved = np.diff(whole) / whole[:-1]
        with np.errstate(invalid="ignore"):
            changes = close[1:] / close[:-1] - 1
        lowest = np.nanmin(np.where(np.isfinite(changes), changes, 0), axis=1)
        highest = np.nanmax(np.where(np.isfinite(changes), changes, 0), axis=1)
        assert (moved >= np.minimum(lowest, 0) - 1e-12).all()
        assert (moved <= np.maximum(highest, 0) + 1e-12).all()


class TestFigures:
    def test_dollar_volume_is_the_median_of_enough_days(self) -> None:
        volume = np.array([[1.0, NAN], [2.0, NAN], [9.0, 5.0], [4.0, NAN]])
        found = index.trailing_dollar_volume(volume, 3)
        assert found[:, 0].tolist() == [1, 1.5, 2, 4]
        assert np.isnan(found[:2, 1]).all()
        assert found[2:, 1].tolist() == [5, 5]

    def test_relative_strength_is_half_for_the_same_and_falls_behind_below(self) -> None:
        generator = np.random.default_rng(1)
        noise = 0.01 * generator.standard_normal(90)
        benchmark = np.exp(np.cumsum(noise))
        other = 0.01 * generator.standard_normal(90)
        ahead = benchmark * np.exp(np.cumsum(other - other[-30:].mean() + 0.003))
        behind = benchmark * np.exp(np.cumsum(other - other[-30:].mean() - 0.003))
        assert np.isnan(index.relative_strength(benchmark, benchmark, 30))
        assert index.relative_strength(ahead, benchmark, 30) > 0.9
        assert index.relative_strength(ahead, benchmark, 30) == pytest.approx(
            1 - index.relative_strength(behind, benchmark, 30)
        )

    def test_momentum_by_hand(self) -> None:
        level = np.array([100.0, 110.0, 121.0, 108.9])
        returns = np.log([1.1, 1.1, 0.9])
        expected = np.tanh(returns.sum() / (returns.std(ddof=1) * np.sqrt(3)))
        assert index.momentum_score(level, 3) == pytest.approx(expected)
        assert np.isnan(index.momentum_score(level, 4))
        assert np.isnan(index.momentum_score(np.full(9, 5.0), 3))

    def test_volatility_has_its_place_among_the_past(self) -> None:
        generator = np.random.default_rng(2)
        calm, wild = 0.01 * generator.standard_normal(80), 0.08 * generator.standard_normal(40)
        assert index.volatility_place(np.exp(np.cumsum(np.append(calm, wild)))) > 0.9
        assert index.volatility_place(np.exp(np.cumsum(np.append(wild, calm)))) < 0.4
        assert np.isnan(index.volatility_place(np.exp(calm[:50])))
