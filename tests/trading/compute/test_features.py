"""What a plan is made from and judged by, by hand."""

import numpy as np
import pytest

from trading.compute.barriers import walk_chance
from trading.compute.features import (
    GROUPS,
    LEAST_CHANCE,
    NAMES,
    Around,
    Candles,
    Limits,
    Market,
    Setup,
    chance_in_time,
    factors,
    features,
    market_of,
    rule_chance,
    setup,
)
from trading.compute.signals import Plan

LIMITS = Limits(min_risk_reward=1.5, min_confluence=3, min_stop_atr=1.0, max_stop_atr=3.5)
UP = Around(month=0.1, place=0.8, mood=0.5, outlook=1.0)
DOWN = Around(month=-0.1, place=0.2, mood=-0.5, outlook=-1.0)
NO_MARKET = Market(0.5, 0.1, 0.75)


def candles(drift: float, seed: int = 3, rows: int = 200) -> Candles:
    generator = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(drift + 0.02 * generator.standard_normal(rows)))
    return Candles(close * 1.01, close * 0.99, close, np.exp(generator.standard_normal(rows)))


def planned(drift: float, around: Around) -> Setup:
    found = setup(candles(drift), around, LIMITS)
    assert isinstance(found, Setup)
    return found


def test_groups_name_every_feature_once() -> None:
    assert sorted(name for part in GROUPS.values() for name in part) == sorted(NAMES)


def test_what_is_not_known_is_no_factor() -> None:
    found = factors(candles(0.01), Around(float("nan"), float("nan"), float("nan"), float("nan")))
    assert list(found) == ["trend"]


def test_reasons_against_a_plan() -> None:
    assert setup(candles(0.01), DOWN, LIMITS) == "trend and momentum disagree"
    alone = Around(month=0.1, place=0.2, mood=-0.5, outlook=-1.0)
    assert setup(candles(0.01), alone, Limits(1.5, 6, 1.0, 3.5)) == "too little speaks for it"
    flat = np.full(100, 50.0)
    still = Candles(flat, flat, flat, np.ones(100))
    assert setup(still, UP, LIMITS) == "trend and momentum disagree"


@pytest.mark.parametrize(("drift", "around", "side"), [(0.01, UP, 1), (-0.01, DOWN, -1)])
def test_by_hand(drift: float, around: Around, side: int) -> None:
    found = planned(drift, around)
    value = dict(zip(NAMES, features(found, NO_MARKET, 7).tolist(), strict=True))
    plan, close = found.plan, found.candles.close
    assert found.direction == side
    assert value["is_long"] == (side > 0)
    assert value["stop_in_atr"] == pytest.approx(abs(plan.entry - plan.stop) / found.atr)
    assert value["target_in_atr"] == pytest.approx(value["stop_in_atr"] * plan.risk_reward)
    assert value["endless_walk_log_odds"] == pytest.approx(np.log(plan.chance / (1 - plan.chance)))
    assert value["trend_agrees"] == value["momentum_agrees"] == 1
    assert value["relative_strength_agrees"] == pytest.approx(0.6)
    assert value["stretch"] == pytest.approx(side * (close[-1] - close[-20:].mean()) / found.atr)
    assert value["drawdown"] == pytest.approx(np.log(close[-1] / close[-60:].max()))
    assert (value["market_momentum"], value["market_breadth"]) == (side * 0.5, side * 0.25)
    behind = [side * (close[-1] - level) / found.atr for level in found.levels if side * (close[-1] - level) > 0]
    assert value["level_behind"] == pytest.approx(min(behind))


def test_the_chance_in_time_grows_towards_that_without_end() -> None:
    found = planned(0.01, UP)
    told = [rule_chance(found, horizon) for horizon in (1, 7, 70, 700_000)]
    assert told == sorted(told)
    assert told[0] < 0.5 * found.plan.chance
    # The plan's levels lie evenly in dollars, a walk of returns moves evenly in logarithms.
    assert told[-1] == pytest.approx(found.plan.chance, abs=0.06)
    row = features(found, NO_MARKET, 1)[NAMES.index("walk_log_odds")]
    chance = max(told[0], LEAST_CHANCE)
    assert row == pytest.approx(np.log(chance / (1 - chance)))


def test_the_market() -> None:
    close = np.column_stack([np.linspace(1, 2, 80), np.linspace(2, 1, 80), np.full(80, np.nan)])
    found = market_of(close[:, 0], close)
    assert found.breadth == 0.5
    assert 0 < found.momentum <= 1
    assert np.isnan(market_of(close[:5, 0], close[:5]).breadth)


def test_doubt_about_the_volatility_brings_far_targets_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = np.tile([0.02, -0.02], 100)
    near, far = Plan(100, 102, 99, 2.0), Plan(100, 130, 90, 3.0)
    doubtful = [chance_in_time(one, returns, 7) for one in (near, far)]
    monkeypatch.setattr("trading.compute.features.VOLATILITY_DOUBT", 0.0)
    certain = [chance_in_time(one, returns, 7) for one in (near, far)]
    up, down, spread = (np.array([value]) for value in (np.log(1.3), -np.log(0.9), 0.02 * 7**0.5))
    assert certain[1] == pytest.approx(float(walk_chance(up, down, spread)[0]))
    assert doubtful[1] > 2 * certain[1]
    assert doubtful[0] == pytest.approx(certain[0], abs=0.02)
    assert np.isnan(chance_in_time(near, np.zeros(100), 7))
