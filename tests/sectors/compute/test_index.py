"""The sector index by hand, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sectors.compute.caps import DAY_SECONDS, carried_caps
from sectors.compute.index import (
    carried,
    chain_linked,
    changes,
    dominance,
    share_above_average,
    trailing_median,
)

NAN = float("nan")


class TestChanges:
    def test_a_missing_price_counts_as_unmoved_until_the_next_one(self) -> None:
        close = np.array([[10.0], [NAN], [12.0], [NAN], [NAN], [NAN], [24.0]])
        assert changes(close)[:, 0] == pytest.approx([NAN, 0, 0.2, 0, 0, NAN, NAN], nan_ok=True)

    def test_held_no_longer_than_the_limit(self) -> None:
        held = carried(np.array([[NAN, 1.0], [2.0, NAN], [NAN, NAN]]), 1)
        assert np.array_equal(held, np.array([[NAN, 1], [2, 1], [2, NAN]]), equal_nan=True)


class TestChainLinked:
    def test_by_hand(self) -> None:
        """Caps of the day before: 3 to 1, then 1 to 1."""
        close = np.array([[10.0, 20.0], [11.0, 20.0], [11.0, 22.0]])
        cap = np.array([[300.0, 100.0], [50.0, 50.0], [1.0, 9.0]])
        found = chain_linked(changes(close), cap, np.ones((3, 2)))
        # 100 * (1 + 0.75 * 10 %) = 107.5; then * (1 + 0.5 * 10 %) = 112.875
        assert found.level == pytest.approx([100, 107.5, 112.875])
        assert found.by_cap.tolist() == [False, True, True]

    def test_equal_weights_where_most_caps_are_unknown(self) -> None:
        """One cap of three: all count alike. Two of three: those two by cap."""
        change = np.array([[NAN] * 3, [0.3, 0.0, 0.0], [0.3, 0.0, 0.6]])
        cap = np.array([[1.0, NAN, NAN], [1.0, 3.0, NAN], [1.0, 1.0, 1.0]])
        found = chain_linked(change, cap, np.ones((3, 3)))
        assert found.level == pytest.approx([100, 110, 110 * 1.075])
        assert found.by_cap.tolist() == [False, False, True]

    def test_there_is_no_sector_before_its_first_price(self) -> None:
        close = np.array([[NAN], [NAN], [10.0], [11.0]])
        found = chain_linked(changes(close), np.full((4, 1), NAN), np.ones((4, 1)))
        assert found.level == pytest.approx([NAN, NAN, 100, 110], nan_ok=True)
        lone = chain_linked(changes(close[:3]), np.full((3, 1), NAN), np.ones((3, 1)))
        assert np.isnan(lone.level).all()

    def test_a_coin_that_dies_leaves_at_its_last_price(self) -> None:
        close = np.array([[10.0, 10.0], [5.0, 10.0], [NAN, 11.0], [NAN, 11.0], [NAN, 11.0], [NAN, 22.0]])
        level = chain_linked(changes(close), np.full(close.shape, NAN), np.ones(close.shape)).level
        assert level == pytest.approx([100, 75, 75 * 1.05, 75 * 1.05, 75 * 1.05, 150 * 1.05])

    def test_a_share_counts_as_part_of_the_asset(self) -> None:
        change = np.array([[NAN, NAN], [0.1, 0.0]])
        found = chain_linked(change, np.full((2, 2), NAN), np.array([[0.5, 1.0]] * 2))
        assert found.level[1] == pytest.approx(100 * (1 + 0.1 / 3))

    def test_prices_that_stand_still_and_volume_nought(self) -> None:
        found = chain_linked(changes(np.full((5, 2), 7.0)), np.full((5, 2), NAN), np.ones((5, 2)))
        assert found.level.tolist() == [100] * 5

    @settings(max_examples=100)
    @given(st.integers(0, 10_000), st.integers(1, 39), st.booleans())
    def test_a_pure_change_of_membership_moves_nothing(self, seed: int, cut: int, with_caps: bool) -> None:
        """Prices that stand still give 100 whatever the members; and whoever joins or leaves at a moment moves nothing
        up to then, and nothing from then on if its price follows the index."""
        generator = np.random.default_rng(seed)
        share = generator.random((40, 6)) * (generator.random((40, 6)) < 0.7)
        cap = generator.random((40, 6)) * 1e12 if with_caps else np.full((40, 6), NAN)
        still = chain_linked(changes(np.tile(generator.random(6) + 0.1, (40, 1))), cap, share).level
        assert (still[np.isfinite(still)] == 100).all()
        change = generator.normal(0, 0.05, (40, 6))
        before = chain_linked(change, cap, share).level
        joined = share.copy()
        joined[cut:] = generator.random((40 - cut, 6))
        after = chain_linked(change, cap, joined).level
        assert np.array_equal(before[:cut], after[:cut], equal_nan=True)
        moved = np.append(0, np.diff(np.where(np.isfinite(before), before, 100)))
        level = np.where(np.isfinite(before), before, 100)
        follower = moved / np.append(100, level[:-1])
        extra = np.column_stack([change, follower])
        weights = np.column_stack([share, np.where(np.arange(40) >= cut, 0.8, 0.0)])
        sizes = np.column_stack([cap, generator.random(40) * 1e12 if with_caps else np.full(40, NAN)])
        whole = chain_linked(extra, sizes, weights).level
        known = np.isfinite(before) & np.isfinite(whole)
        assert whole[known] == pytest.approx(before[known], rel=1e-12)

    @settings(max_examples=50)
    @given(st.integers(0, 10_000), st.integers(2, 59))
    def test_no_look_ahead_and_the_units_do_not_matter(self, seed: int, cut: int) -> None:
        generator = np.random.default_rng(seed)
        close = np.exp(generator.standard_normal((60, 5)).cumsum(axis=0) / 20)
        close[generator.random((60, 5)) < 0.1] = NAN
        cap = generator.random((60, 5)) + 0.1
        cap[generator.random((60, 5)) < 0.3] = NAN
        share = generator.random((60, 5)) * (generator.random((60, 5)) < 0.8)
        whole = chain_linked(changes(close), cap, share)
        noisy, other = close.copy(), cap.copy()
        noisy[cut:], other[cut:] = generator.random((60 - cut, 5)) * 1e6, generator.random((60 - cut, 5))
        for prices, sizes in ((close[:cut], cap[:cut]), (noisy, other)):
            part = chain_linked(changes(prices), sizes, share[: len(prices)])
            assert np.array_equal(whole.level[: cut - 1], part.level[: cut - 1], equal_nan=True)
            assert np.array_equal(whole.by_cap[:cut], part.by_cap[:cut])
        scaled = chain_linked(changes(close * np.array([1, 10, 1e-6, 5e4, 3])), cap * 1e9, share)
        assert scaled.level == pytest.approx(whole.level, nan_ok=True)
        known = np.isfinite(whole.level)
        moved = np.diff(whole.level[known]) / whole.level[known][:-1]
        bounds = np.where(np.isfinite(changes(close)), changes(close), 0)[known][1:]
        assert (moved >= np.minimum(bounds.min(axis=1), 0) - 1e-12).all()
        assert (moved <= np.maximum(bounds.max(axis=1), 0) + 1e-12).all()


class TestCaps:
    ENDS = np.arange(1, 9) * DAY_SECONDS

    def panel(self, close: np.ndarray, *rows: tuple[int, int, float]) -> list[float]:
        """Of one asset: rows of (observed, known, value) in days."""
        observed, known, value = (np.array(part) for part in zip(*rows, strict=True))
        found = carried_caps(
            self.ENDS,
            close[:, None],
            column=np.zeros(len(rows), int),
            observed=observed * DAY_SECONDS,
            known=known * DAY_SECONDS,
            value=value.astype(float),
            max_age=4 * DAY_SECONDS,
        )
        return found[:, 0].tolist()

    def test_known_when_the_day_is_over_and_carried_with_the_price(self) -> None:
        """The value of day 1 becomes known at the end of candle 1; then the price moves it, until it is too old."""
        close = np.array([1.0, 10, 20, 5, 10, 10, 10, 10])
        assert self.panel(close, (1, 2, 100)) == pytest.approx([NAN, 100, 200, 50, 100, NAN, NAN, NAN], nan_ok=True)

    def test_a_correction_counts_from_when_it_was_known(self) -> None:
        close = np.ones(8)
        found = self.panel(close, (1, 2, 100), (2, 3, 110), (1, 4, 7), (2, 4, 120), (4, 5, 130))
        assert found == pytest.approx([NAN, 100, 110, 120, 130, 130, 130, 130], nan_ok=True)

    def test_without_a_price_there_is_no_cap(self) -> None:
        close = np.array([NAN, 10, NAN, 20, NAN, 1, 1, 1])
        assert self.panel(close, (1, 2, 100)) == pytest.approx([NAN, 100, NAN, 200, *[NAN] * 4], nan_ok=True)

    def test_what_becomes_known_after_the_last_candle_is_not_there(self) -> None:
        assert self.panel(np.ones(8), (1, 2, 5), (7, 99, 100))[3:] == pytest.approx([5, 5, *[NAN] * 3], nan_ok=True)

    def test_dominance_adds_up(self) -> None:
        cap = np.array([60.0, 30.0, 10.0, NAN])
        shares, rest = dominance(cap, np.array([[1, 0.5, 0, 1], [0, 0.25, 0, 0]]))
        assert shares.tolist() == [75, 7.5]
        assert rest == pytest.approx(17.5)
        assert np.isnan(dominance(np.full(4, NAN), np.ones((2, 4)))[0]).all()

    @settings(max_examples=100)
    @given(st.integers(0, 10_000))
    def test_dominance_sums_to_a_hundred(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        share = generator.random((5, 30)) * (generator.random((5, 30)) < 0.4)
        share /= np.maximum(share.sum(axis=0), 1)
        cap = 10 ** generator.uniform(3, 13, 30)
        cap[generator.random(30) < 0.2] = NAN
        shares, rest = dominance(cap, share)
        assert shares.sum() + rest == pytest.approx(100, abs=1e-9)
        assert min(shares.min(), rest) >= 0


class TestFigures:
    def test_the_usual_volume_is_the_median_of_enough_candles(self) -> None:
        volume = np.array([[1.0, NAN], [2.0, NAN], [9.0, NAN], [4.0, NAN], [NAN, 5.0]])
        assert trailing_median(volume[:4], 3)[0] == 4
        assert trailing_median(volume, 3) == pytest.approx([6.5, 5], nan_ok=True)
        assert np.isnan(trailing_median(volume, 5)[1])

    def test_above_the_average(self) -> None:
        close = np.array([[1.0, 3.0, NAN], [2.0, 2.0, 1.0], [3.0, 1.0, 1.0]])
        assert share_above_average(close, 3) == pytest.approx([1, 0, NAN], nan_ok=True)
        assert np.isnan(share_above_average(close, 4)).all()
