"""Plans by hand: levels, stops, targets, and what a signal without a record may claim."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.compute.plan_faults import plan_fault
from trading.compute.signals import FACTOR_WEIGHTS, confluence, direction_of, plan

RULES = {"min_risk_reward": 1.5, "min_stop_atr": 1.0, "max_stop_atr": 3.5}


def test_a_long_hides_behind_a_support_and_aims_at_a_resistance() -> None:
    found = plan(100, 4, [94.0, 99.5, 104.0, 125.0], 1, **RULES)
    # 99.5 is too near (0.5 + 1 < 4), 94 gives 6 + 0.25 * 4; 104 pays too little for it, 125 pays
    assert found is not None
    assert (found.entry, found.stop, found.target) == (100, 93, 125)
    assert found.level == 94
    assert found.risk_reward == pytest.approx(25 / 7)
    assert found.chance == pytest.approx(7 / 32)


def test_a_short_is_its_mirror() -> None:
    found = plan(100, 4, [106.0, 75.0], -1, **RULES)
    assert found is not None
    assert (found.stop, found.target, found.level) == (107, 75, 106)


def test_without_levels_two_average_true_ranges_and_twice_that() -> None:
    found = plan(100, 4, [], 1, **RULES)
    assert found is not None
    assert (found.stop, found.target, found.risk_reward, found.level) == (92, 116, 2, None)


def test_no_plan_below_zero() -> None:
    assert plan(1, 0.6, [], 1, **RULES) is None
    assert plan(1, 0.3, [], -1, **RULES) is None


@pytest.mark.parametrize(("price", "atr", "direction"), [(0, 1, 1), (1, 0, 1), (1, 1, 0), (float("nan"), 1, 1)])
def test_nonsense_is_refused(price: float, atr: float, direction: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        plan(price, atr, [], direction, **RULES)


@given(
    st.floats(1, 1e5),
    st.floats(0.001, 0.1),
    st.lists(st.floats(0.5, 1.5), max_size=8),
    st.sampled_from([1, -1]),
)
def test_what_holds_for_any(price: float, calm: float, levels: list[float], direction: int) -> None:
    atr = price * calm
    found = plan(price, atr, [price * level for level in levels], direction, **RULES)
    if found is None:
        return
    risk, reward = direction * (price - found.stop), direction * (found.target - price)
    assert 1.0 - 1e-9 <= risk / atr <= 3.5 + 1e-9
    assert reward >= 1.5 * risk * (1 - 1e-9)
    assert found.risk_reward == pytest.approx(reward / risk)
    # The expected value of a driftless walk is 0: the probability claims no edge.
    assert found.chance * reward - (1 - found.chance) * risk == pytest.approx(0, abs=1e-9 * price)


def test_direction_needs_trend_and_momentum() -> None:
    assert direction_of({"trend": 1, "momentum": 1}) == 1
    assert direction_of({"trend": -1, "momentum": -1}) == -1
    assert direction_of({"trend": 1, "momentum": -1}) == 0
    assert direction_of({"trend": 1}) == 0


def test_confluence_by_hand() -> None:
    agreeing, share = confluence({"trend": 1, "momentum": 0.2, "regime": -1, "sector": 0}, 1)
    assert agreeing == [("trend", 0.25), ("momentum", 0.2)]
    assert share == pytest.approx(0.45)
    assert sum(FACTOR_WEIGHTS.values()) == pytest.approx(1)


class TestFaults:
    def test_a_sound_plan_has_none(self) -> None:
        assert plan_fault(1, 100, 90, 120) is None
        assert plan_fault(-1, 100, 110, 80, zone=(101, 105), further=[(70, 0.25), (60, 0.25)]) is None

    @pytest.mark.parametrize(
        ("levels", "more", "field", "words"),
        [
            ((1, float("nan"), 90, 120), {}, "entry_price", "number"),
            ((1, 100, float("inf"), 120), {}, "stop_loss", "number"),
            ((1, 100, 90, -5), {}, "target_price", "number"),
            ((1, 100, 90, 100), {}, "target_price", "is the entry"),
            ((-1, 100, 110, 100), {}, "target_price", "is the entry"),
            ((1, 100, 90, 95), {}, "target_price", "wrong side"),
            ((1, 100, 101, 120), {}, "stop_loss", "wrong side"),
            ((-1, 100, 100, 80), {}, "stop_loss", "wrong side"),
            ((1, 100, 90, 120), {"zone": (96, 95)}, "entry_zone_low", "lower one first"),
            ((1, 100, 90, 120), {"zone": (90, 95)}, "entry_zone_low", "between"),
            ((-1, 100, 110, 80), {"zone": (79, 95)}, "entry_zone_low", "between"),
            ((1, 100, 90, 120), {"further": [(119, 0.5)]}, "further_targets", "behind"),
            ((1, 100, 90, 120), {"further": [(130, 0.5), (129, 0.1)]}, "further_targets", "behind"),
            ((1, 100, 90, 120), {"further": [(130, 0.5), (140, 0.5)]}, "further_targets", "left"),
            ((1, 100, 90, 120), {"further": [(130, 0)]}, "further_targets", "above 0"),
            ((1, 100, 90, 120), {"further": [(130 + n, 0.1) for n in range(4)]}, "further_targets", "at most"),
        ],
    )
    def test_each_is_named(self, levels: tuple[Any, ...], more: dict[str, Any], field: str, words: str) -> None:
        fault = plan_fault(*levels, **more)
        assert fault is not None
        assert fault.field == field
        assert words in fault.words
