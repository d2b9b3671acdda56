"""Order of highs and lows, levels, trend lines, round numbers and divergences: values by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macro.compute.regime import divergences, levels, structure


def zigzag(*turns: float, steps: int = 8) -> np.ndarray:
    legs = [np.linspace(a, b, steps, endpoint=False) for a, b in pairwise(turns)]
    return np.append(np.concatenate(legs), turns[-1])


def around(line: np.ndarray, reach: float = 0.1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return line + reach, line - reach, line


class TestStructure:
    def test_a_rise_that_holds(self) -> None:
        found = structure.structure(*around(zigzag(10, 20, 15, 25, 18, 30, 22, 28)))
        assert found is not None
        assert (found.trend, found.change, found.is_broken, found.strength) == (1, "higher_high", False, 1)
        assert [swing.label for swing in found.swings] == ["HH", "HL", "HH", "HL"]
        assert found.last_high.price == pytest.approx(30.1)
        assert found.last_low.price == pytest.approx(21.9)

    def test_a_rise_is_broken_by_a_close_below_its_last_low(self) -> None:
        line = zigzag(10, 20, 15, 25, 18, 30, 22, 28)
        at_it = structure.structure(*around(np.append(line, 21.9)))
        below = structure.structure(*around(np.append(line, 21.89)))
        assert at_it is not None
        assert below is not None
        assert (at_it.is_broken, at_it.change) == (False, "higher_high")
        assert (below.is_broken, below.change, below.trend) == (True, "reversal", 1)

    def test_a_fall_is_broken_by_a_close_above_its_last_high(self) -> None:
        line = zigzag(40, 30, 35, 25, 32, 20, 28, 22)
        whole, broken = (structure.structure(*around(one)) for one in (line, np.append(line, 28.2)))
        assert whole is not None
        assert broken is not None
        assert (whole.trend, whole.change, whole.is_broken) == (-1, "lower_low", False)
        assert (broken.is_broken, broken.change) == (True, "reversal")

    def test_highs_and_lows_that_disagree(self) -> None:
        line = zigzag(20, 10, 22, 9, 24, 8, 26, 15)
        inside, outside = (structure.structure(*around(one)) for one in (line, np.append(line, 27)))
        assert inside is not None
        assert outside is not None
        assert (inside.trend, inside.change, inside.strength, inside.is_broken) == (0, "consolidation", 0, False)
        assert (outside.is_broken, outside.change) == (True, "consolidation")

    def test_two_of_each_are_needed(self) -> None:
        assert structure.structure(*around(zigzag(10, 20, 15, 25, 20))) is None
        assert structure.structure(*around(np.ones(60))) is None

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10_000))
    def test_strength_is_a_share_and_turns_upside_down(self, seed: int) -> None:
        line = 100 * np.exp(np.cumsum(0.03 * np.random.default_rng(seed).standard_normal(200)))
        high, low, close = around(line, 0.5)
        up, down = structure.structure(high, low, close), structure.structure(-low, -high, -close)
        if up is None or down is None:
            assert up is down
            return
        assert 0 <= up.strength <= 1
        assert (down.trend, down.strength, down.is_broken) == (-up.trend, up.strength, up.is_broken)


class TestLevels:
    def test_volume_at_a_level_is_what_its_band_holds(self) -> None:
        high, low = np.array([12.0, 11.0, 20.0]), np.array([8.0, 10.0, 18.0])
        volume = np.array([100.0, 50.0, 999.0])
        assert levels.traded_between(high, low, volume, 9, 11) == pytest.approx(100 * 2 / 4 + 50)
        assert levels.traded_between(np.array([10.0]), np.array([10.0]), np.array([7.0]), 9, 11) == 7
        assert levels.traded_between(np.array([10.0]), np.array([10.0]), np.array([7.0]), 11, 12) == 0

    def test_old_turns_weigh_less_and_both_sides_are_shown(self) -> None:
        line = np.concatenate([zigzag(15, 20, 10, 20.05, 10.05, 20.02, 15), zigzag(15, 30, 25, 30.05, 25.05, 28)])
        found = levels.key_levels(line + 0.01, line - 0.01, line, atr=1.0, volume=np.ones(len(line)), count=4)
        assert [(round(one.price), one.is_support, one.tests) for one in found] == [
            (10, True, 2), (20, True, 3), (25, True, 2), (30, False, 2),
        ]  # fmt: skip
        assert found[2].strength > 1.3 * found[0].strength
        three = levels.key_levels(line + 0.01, line - 0.01, line, atr=1.0, count=3)
        assert [round(one.price) for one in three] == [20, 25, 30]
        assert all(one.volume > 0 for one in found)

    def test_a_level_stays_narrow(self) -> None:
        """Turns that hang together like a chain are not one level as wide as all of them."""
        line = zigzag(15, 20, 10, 20.4, 10, 20.8, 10, 21.2, 10, 21.6, 15)
        found = levels.key_levels(line + 0.01, line - 0.01, line, atr=0.75, count=10)
        assert [one.tests for one in found if one.price > 15] == [3, 2]

    def test_trend_lines_by_hand(self) -> None:
        line = zigzag(20, 10, 30, 14, 34, 18, 38, 30)
        support, resistance = levels.trendlines(*around(line))
        assert support.is_support
        assert not resistance.is_support
        assert [turn.place for turn in support.turns] == [8, 24, 40]
        assert support.slope == pytest.approx(0.25)
        assert support.value == pytest.approx(9.9 + 0.25 * (len(line) - 1 - 8))
        assert support.held == 1
        assert levels.trendlines(*around(line[:30])) == []

    def test_a_line_is_crossed_where_the_price_stays_beyond_it(self) -> None:
        line = zigzag(20, 10, 30, 14, 34, 18, 38, 30)
        support, _resistance = levels.trendlines(*around(line))
        assert levels.crossed(support, line) is None
        for extra, at in (([40, 5, 40, 5, 4], len(line) + 3), ([5, 4, 3], len(line))):
            longer = np.append(line, extra)
            moved = levels.Trendline(support.turns, 0.25, 9.9 + 0.25 * (len(longer) - 1 - 8), 1.0, is_support=True)
            assert levels.crossed(moved, longer) == at

    @pytest.mark.parametrize(
        ("price", "near"), [(67_234, 65_000), (69_000, 70_000), (0.0812, 0.08), (9_700, 9_500), (9_800, 10_000), (1, 1)]
    )
    def test_round_numbers(self, price: float, near: float) -> None:
        assert levels.nearest_round(price) == pytest.approx(near)

    def test_nearness_to_a_round_number(self) -> None:
        assert levels.roundness(60_000, 1_000) == 1
        assert levels.roundness(61_000, 1_000) == pytest.approx(np.exp(-1))

    @pytest.mark.parametrize(("price", "atr"), [(0, 1), (-1, 1), (5, 0)])
    def test_nonsense_is_refused(self, price: float, atr: float) -> None:
        with pytest.raises(ValueError, match="above 0"):
            levels.roundness(price, atr)


class TestDivergences:
    LINE = zigzag(10, 20, 15, 25, 18)

    def test_a_higher_high_that_the_other_series_does_not_share(self) -> None:
        high, low, _close = around(self.LINE)
        other = np.zeros(len(high))
        other[[8, 24]] = (70.0, 60.0)
        (found,) = divergences.divergences(high, low, {"rsi_14": other}, {})
        assert (found.name, found.is_bearish, found.value_before, found.value_after) == ("rsi_14", True, 70, 60)
        assert divergences.divergences(high, low, {"rsi_14": -other}, {}) == []

    def test_a_lower_low(self) -> None:
        high, low, _close = around(-self.LINE + 50)
        other = np.zeros(len(high))
        other[[8, 24]] = (20.0, 30.0)
        (found,) = divergences.divergences(high, low, {"rsi_14": other}, {"volume": other})
        assert (found.name, found.is_bearish) == ("rsi_14", False)
        (found,) = divergences.divergences(high, low, {"rsi_14": -other}, {"volume": -other})
        assert (found.name, found.is_bearish) == ("volume", False)

    def test_old_turns_and_unknown_values_say_nothing(self) -> None:
        high, low, _close = around(self.LINE)
        other = np.zeros(len(high))
        other[[8, 24]] = (70.0, 60.0)
        flat = np.full(divergences.RECENT, 18.0)
        late = [np.append(line, flat + reach) for line, reach in ((high, 0.1), (low, -0.1))]
        assert divergences.divergences(late[0], late[1], {"rsi_14": np.append(other, flat)}, {}) == []
        other[8] = np.nan
        assert divergences.divergences(high, low, {"rsi_14": other}, {}) == []
