"""Plans by hand: levels, stops, targets, and what a signal without a record may claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.compute.signals import FACTOR_WEIGHTS, confluence, direction_of, plan

RULES = {"min_risk_reward": 1.5, "min_stop_atr": 1.0, "max_stop_atr": 3.5}


def test_a_long_hides_behind_a_support_and_aims_at_a_resistance() -> None:
    found = plan(100, 4, [94.0, 99.5, 104.0, 125.0], 1, **RULES)
    # 99.5 is too near (0.5 + 1 < 4), 94 gives 6 + 0.25 * 4; 104 pays too little for it, 125 pays
    assert found is not None
    assert (found.entry, found.stop, found.target) == (100, 93, 125)
    assert found.risk_reward == pytest.approx(25 / 7)
    assert found.chance == pytest.approx(7 / 32)


def test_a_short_is_its_mirror() -> None:
    found = plan(100, 4, [106.0, 75.0], -1, **RULES)
    assert found is not None
    assert (found.stop, found.target) == (107, 75)


def test_without_levels_two_average_true_ranges_and_twice_that() -> None:
    found = plan(100, 4, [], 1, **RULES)
    assert found is not None
    assert (found.stop, found.target, found.risk_reward) == (92, 116, 2)


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
