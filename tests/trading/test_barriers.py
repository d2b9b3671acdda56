"""Target, stop or neither: by hand, by a slow plain reading of the same rule, and blind to what comes after."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trading.compute.barriers import Ending, Endings, decided, first_touch, walk_chance

Floats = NDArray[np.float64]
GONE = float("nan")


def ended(target: float, stop: float, candles: list[tuple[float, float]]) -> tuple[Ending, int, bool]:
    """One plan on candles of (high, low)."""
    high, low = (np.array([[candle[side] for candle in candles]], dtype=np.float64) for side in (0, 1))
    found = first_touch(np.array([target]), np.array([stop]), high, low)
    return Ending(found.kind[0]), int(found.candle[0]), bool(found.both[0])


class TestByHand:
    def test_long(self) -> None:
        assert ended(110, 95, [(105, 96), (110, 100), (120, 90)]) == (Ending.TARGET, 1, False)
        assert ended(110, 95, [(105, 95), (110, 100)]) == (Ending.STOP, 0, False)

    def test_short(self) -> None:
        assert ended(90, 105, [(104, 91), (104.9, 90), (120, 80)]) == (Ending.TARGET, 1, False)
        assert ended(90, 105, [(105, 91), (100, 80)]) == (Ending.STOP, 0, False)

    def test_both_in_one_candle_is_the_stop(self) -> None:
        assert ended(110, 95, [(105, 96), (111, 94)]) == (Ending.STOP, 1, True)
        assert ended(90, 105, [(106, 89)]) == (Ending.STOP, 0, True)

    def test_neither_is_an_expiry_and_not_reached(self) -> None:
        assert ended(110, 95, [(109.9, 95.1)] * 3) == (Ending.EXPIRY, 2, False)
        found = first_touch(np.array([110.0]), np.array([95.0]), np.full((1, 3), 109.0), np.full((1, 3), 96.0))
        assert (found.reached[0], found.is_known[0]) == (0, True)

    def test_a_hole_before_the_first_touch_leaves_the_end_unknown(self) -> None:
        assert ended(110, 95, [(105, 96), (GONE, GONE), (111, 100)]) == (Ending.UNKNOWN, -1, False)
        assert ended(110, 95, [(111, 100), (GONE, GONE)]) == (Ending.TARGET, 0, False)

    @pytest.mark.parametrize(
        ("inside", "kind", "both"),
        [
            ([(100, 99), (110, 99), (111, 94)], Ending.TARGET, False),
            ([(100, 95), (110, 99)], Ending.STOP, False),
            ([(100, 99), (111, 94)], Ending.STOP, True),
            ([(GONE, GONE), (111, 99)], Ending.STOP, True),
            ([(100, 99), (100, 99)], Ending.STOP, True),
        ],
    )
    def test_shorter_candles_decide(self, inside: list[tuple[float, float]], kind: Ending, both: bool) -> None:
        target, stop = np.array([110.0, 110.0]), np.array([95.0, 95.0])
        high, low = np.array([[105.0, 111.0], [110.0, 111.0]]), np.array([[96.0, 94.0], [96.0, 94.0]])
        whole = first_touch(target, stop, high, low)
        finer = [np.array([[candle[side] for candle in inside]]) for side in (0, 1)]
        found = decided(whole, target, stop, *finer)
        assert (found.kind.tolist(), found.both.tolist()) == ([kind, Ending.TARGET], [both, False])
        assert found.candle.tolist() == [1, 0]

    def test_refusals(self) -> None:
        one = np.array([1.0])
        with pytest.raises(ValueError, match="differ"):
            first_touch(one, one, np.ones((1, 1)), np.ones((1, 1)))
        with pytest.raises(ValueError, match="shape"):
            first_touch(one, 2 * one, np.ones((2, 1)), np.ones((2, 1)))
        with pytest.raises(ValueError, match="candle"):
            first_touch(one, 2 * one, np.ones((1, 0)), np.ones((1, 0)))
        held = first_touch(2 * one, one, np.array([[3.0]]), np.array([[0.5]]))
        with pytest.raises(ValueError, match="1 plans"):
            decided(held, 2 * one, one, np.ones((0, 2)), np.ones((0, 2)))


def slowly(target: float, stop: float, high: Floats, low: Floats) -> tuple[int, int]:
    """The rule read candle by candle."""
    for place, (top, bottom) in enumerate(zip(high.tolist(), low.tolist(), strict=True)):
        if not (np.isfinite(top) and np.isfinite(bottom)):
            return Ending.UNKNOWN, -1
        if (bottom <= stop) if target > stop else (top >= stop):
            return Ending.STOP, place
        if (top >= target) if target > stop else (bottom <= target):
            return Ending.TARGET, place
    return Ending.EXPIRY, len(high) - 1


candle = st.tuples(st.floats(50, 150), st.floats(0, 40), st.booleans())


@st.composite
def plans(draw: st.DrawFn) -> tuple[Floats, Floats, Floats, Floats]:
    rows, length = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    drawn = draw(st.lists(candle, min_size=rows * length, max_size=rows * length))
    low = np.array([GONE if hole and draw(st.booleans()) else base for base, _size, hole in drawn])
    high = low + np.array([size for _base, size, _hole in drawn])
    barriers = draw(st.lists(st.tuples(st.integers(50, 150), st.integers(1, 60)), min_size=rows, max_size=rows))
    is_long = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    bottom = np.array([base for base, _gap in barriers], dtype=np.float64)
    top = bottom + np.array([gap for _base, gap in barriers])
    flags = np.array(is_long)
    shape = (rows, length)
    return np.where(flags, top, bottom), np.where(flags, bottom, top), high.reshape(shape), low.reshape(shape)


class TestProperties:
    @given(plans())
    def test_equals_the_plain_reading(self, drawn: tuple[Floats, Floats, Floats, Floats]) -> None:
        target, stop, high, low = drawn
        found = first_touch(target, stop, high, low)
        for row in range(len(target)):
            expected = slowly(float(target[row]), float(stop[row]), high[row], low[row])
            assert (found.kind[row], found.candle[row]) == expected

    @given(plans(), st.integers(0, 2**32 - 1))
    def test_nothing_after_the_end_matters(self, drawn: tuple[Floats, Floats, Floats, Floats], seed: int) -> None:
        target, stop, high, low = drawn
        found = first_touch(target, stop, high, low)
        later = np.arange(high.shape[1]) > np.where(found.is_known, found.candle, high.shape[1])[:, None]
        noise = np.exp(np.random.default_rng(seed).standard_normal(high.shape))
        again = first_touch(target, stop, np.where(later, high * noise, high), np.where(later, low * noise / 9, low))
        assert same(found, again)

    @given(plans())
    def test_a_mirrored_market_ends_alike(self, drawn: tuple[Floats, Floats, Floats, Floats]) -> None:
        target, stop, high, low = drawn
        mirrored = first_touch(-target, -stop, -low, -high)
        assert same(first_touch(target, stop, high, low), mirrored)


def same(one: Endings, other: Endings) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("kind", "candle", "both"))


class TestWalkChance:
    def test_without_end_it_is_the_stopping_theorem(self) -> None:
        found = walk_chance(np.array([2.0, 1.0, 0.5]), np.array([1.0, 1.0, 1.5]), np.full(3, 100.0))
        assert found == pytest.approx([1 / 3, 1 / 2, 3 / 4], abs=1e-12)

    def test_without_time_it_is_nothing(self) -> None:
        assert walk_chance(np.array([1.0]), np.array([0.5]), np.array([0.05]))[0] == pytest.approx(0, abs=1e-6)

    def test_against_the_reflection_principle(self) -> None:
        """With a stop far away only the target matters: 2 * P(end beyond it)."""
        found = walk_chance(np.array([1.0]), np.array([20.0]), np.array([1.0]))
        assert found[0] == pytest.approx(2 * 0.15865525393145707, abs=1e-9)

    def test_against_made_walks(self) -> None:
        generator = np.random.default_rng(4)
        steps = np.cumsum(generator.standard_normal((20_000, 400)) / 20, axis=1)
        found = first_touch(np.full(20_000, 1.2), np.full(20_000, -0.7), steps, steps)
        chance = walk_chance(np.array([1.2 + 0.583 / 20]), np.array([0.7 + 0.583 / 20]), np.array([1.0]))[0]
        assert found.reached.mean() == pytest.approx(chance, abs=0.012)

    def test_refusals(self) -> None:
        with pytest.raises(ValueError, match="above 0"):
            walk_chance(np.array([0.0]), np.array([1.0]), np.array([1.0]))
