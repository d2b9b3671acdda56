"""What the past says: transitions, spells, hit rates and analogues."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macro.compute.regime import analogues
from macro.compute.regime.analogues import DAY, FEATURES, features, nearest
from macro.compute.regime.record import CHANGE, FALL, RISE, STILL, hit_rate
from macro.compute.regime.transitions import PRIOR_CANDLES, PRIOR_CHANGES, spells, transitions

PATHS = st.lists(st.integers(-1, 5), min_size=0, max_size=120).map(lambda path: np.array(path, dtype=np.int64))


class TestTransitions:
    def test_by_hand(self) -> None:
        found = transitions(np.array([0, 0, 0, 1, 1, 0, -1, 2, 2]), 3)
        assert found.steps.tolist() == [3, 2, 1]
        assert found.changes.tolist() == [1, 1, 0]
        rate = (2 + 1) / (6 + 3)
        leaving = (1 + PRIOR_CANDLES * rate) / (3 + PRIOR_CANDLES)
        assert found.leaving(0) == pytest.approx(leaving)
        # Arrivals, each state once more: 0: 2, 1: 2, 2: 1; from state 0 they part 2 to 1.
        towards = (1 + PRIOR_CHANGES * 2 / 3) / (1 + PRIOR_CHANGES)
        assert found.matrix[0, 1] == pytest.approx(leaving * towards)
        assert found.next_state(0) == 1
        assert found.remaining(0) == pytest.approx(1 / leaving)

    @settings(max_examples=60, deadline=None)
    @given(PATHS)
    def test_rows_are_probabilities_and_every_state_can_end(self, path: np.ndarray) -> None:
        found = transitions(path, 6)
        assert found.matrix.sum(axis=1) == pytest.approx(np.ones(6))
        assert (found.matrix > 0).all()
        assert found.ahead(2, 30).sum() == pytest.approx(1)
        assert all(0 < found.leaving(state) < 1 for state in range(6))
        assert all(found.next_state(state) != state for state in range(6))

    @settings(max_examples=40, deadline=None)
    @given(PATHS)
    def test_much_evidence_outweighs_what_all_share(self, path: np.ndarray) -> None:
        often = np.tile([0] * 10 + [1] * 10, 200)
        found = transitions(np.concatenate([path, [-1], often]), 6)
        assert found.leaving(0) == pytest.approx(0.1, abs=0.02)
        assert found.next_state(0) == 1

    def test_one_kind_has_no_changes(self) -> None:
        with pytest.raises(ValueError, match="two kinds"):
            transitions(np.zeros(5, np.int64), 1)

    def test_spells(self) -> None:
        found = spells(np.array([2, 2, 0, 0, 0, 1, -1, 1, 0]))
        assert [(one.state, one.start, one.length, one.is_whole) for one in found] == [
            (2, 0, 2, False), (0, 2, 3, True), (1, 5, 1, False), (1, 7, 1, False), (0, 8, 1, False),
        ]  # fmt: skip
        assert spells(np.array([], np.int64)) == []

    @settings(max_examples=40, deadline=None)
    @given(PATHS)
    def test_spells_fill_the_path(self, path: np.ndarray) -> None:
        built = np.full(len(path), -1)
        for one in spells(path):
            built[one.start : one.start + one.length] = one.state
        assert np.array_equal(built, path)


class TestHitRate:
    CLOSE = np.array([100.0, 110, 98, 120, 121, 90])
    STATES = np.array([0, 0, 1, 0, 1, 0])

    def test_rise_and_fall_by_hand(self) -> None:
        """Of the moments of state 0 with a candle afterwards (0, 1, 3): up, down, up."""
        found = hit_rate(RISE, self.STATES, 0, self.CLOSE, 1)
        assert found is not None
        assert found.rate == pytest.approx(2 / 3)
        assert (found.moments, found.separate) == (3, 3)
        down = hit_rate(FALL, self.STATES, 0, self.CLOSE, 1)
        assert down is not None
        assert down.rate == pytest.approx(1 / 3)

    def test_moments_that_overlap_are_counted_apart(self) -> None:
        found = hit_rate(RISE, np.zeros(12, np.int64), 0, np.arange(1.0, 13), 5)
        assert found is not None
        assert (found.rate, found.moments, found.separate) == (1, 7, 2)

    def test_small_moves_and_other_states(self) -> None:
        still = hit_rate(STILL, self.STATES, 0, self.CLOSE, 1)
        other = hit_rate(CHANGE, self.STATES, 0, self.CLOSE, 1)
        assert still is not None
        assert other is not None
        assert still.rate == pytest.approx(2 / 3)  # moves of 10, 12, 20, 1 and 30 %: the median is 12
        assert other.rate == pytest.approx(2 / 3)

    def test_without_an_aftermath_nothing_is_known(self) -> None:
        assert hit_rate(RISE, np.array([1, 0]), 0, np.array([1.0, 2]), 1) is None
        assert hit_rate(RISE, np.array([0]), 0, np.array([1.0]), 7) is None


def walk(seed: int, count: int) -> tuple[np.ndarray, ...]:
    generator = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.03 * generator.standard_normal(count)))
    spread = 1 + 0.02 * generator.random(count)
    return close * spread, close / spread, close, 1e6 * (1 + generator.random(count))


class TestAnalogues:
    def test_the_same_again_is_found(self) -> None:
        """A year that comes back is its own nearest analogue, and what followed is what followed."""
        generator = np.random.default_rng(8)
        steps, volume = 0.03 * generator.standard_normal(300), 1e6 * (1 + generator.random(300))
        steps = np.concatenate([steps, 0.03 * generator.standard_normal(200), steps[:250]])
        volume = np.concatenate([volume, 1e6 * (1 + generator.random(200)), volume[:250]])
        close = 100 * np.exp(np.cumsum(steps))
        ends = DAY * np.arange(1, len(close) + 1)
        best, *others = nearest(features(close * 1.01, close * 0.99, close, volume), ends, close)
        assert best.place == 249
        assert best.similarity == pytest.approx(1)
        assert best.followed == {
            days: pytest.approx(100 * (close[249 + days] / close[249] - 1)) for days in (7, 30, 90)
        }
        assert all(one.distance >= best.distance for one in others)
        assert all(abs(one.place - best.place) >= analogues.APART for one in others)

    def test_only_what_was_over(self) -> None:
        high, low, close, volume = walk(3, 700)
        ends = DAY * np.arange(1, 701)
        found = nearest(features(high, low, close, volume), ends, close, count=20)
        assert found
        assert max(one.place for one in found) + 90 <= 699

    def test_too_short_a_past_has_none(self) -> None:
        high, low, close, volume = walk(4, 270)
        ends = DAY * np.arange(1, 271)
        assert nearest(features(high, low, close, volume), ends, close) == []
        assert nearest(np.empty((0, 9)), ends[:0], close[:0]) == []

    def test_dead_markets_have_no_features(self) -> None:
        looks = features(np.ones(200), np.ones(200), np.ones(200), np.zeros(200))
        assert looks.shape == (200, len(FEATURES))
        assert nearest(looks, DAY * np.arange(1, 201), np.ones(200)) == []

    def test_without_volume_the_price_alone_is_compared(self) -> None:
        high, low, close, _volume = walk(5, 600)
        looks = features(high, low, close, np.zeros(600))
        assert np.isnan(looks[:, FEATURES.index("volume_change")]).all()
        assert nearest(looks, DAY * np.arange(1, 601), close)

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10_000), st.integers(100, 598))
    def test_features_are_blind_to_the_future(self, seed: int, cut: int) -> None:
        lines = walk(seed, 600)
        whole = features(*lines)[: cut + 1]
        deleted = features(*(line[: cut + 1] for line in lines))
        noise = np.random.default_rng(seed + 1)
        replaced = features(
            *(np.concatenate([line[: cut + 1], line[cut + 1 :] * np.exp(noise.standard_normal(599 - cut))])
              for line in lines)
        )[: cut + 1]  # fmt: skip
        assert np.array_equal(whole, deleted, equal_nan=True)
        assert np.array_equal(whole, replaced, equal_nan=True)
