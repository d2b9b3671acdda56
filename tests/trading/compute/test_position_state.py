"""What stands behind the judgement of a position: by hand."""

from math import erfc, log, sqrt

import numpy as np
import pytest

from trading.compute.barriers import walk_chance
from trading.compute.position_state import (
    Ways,
    breaks_away,
    broken_level,
    deterioration,
    has_turned,
    mood_turned,
    volume_declines,
    walk_ways,
    with_chance,
)

WAVES = np.exp(np.cumsum(np.tile([0.02, -0.02], 30)))


def test_chances_of_a_walk_add_up_and_mirror_each_other() -> None:
    ways = walk_ways(1.0, 0.9, 1 / 0.9, WAVES, 10)
    assert ways is not None
    assert ways.target == pytest.approx(ways.stop)
    assert 0 < ways.target < 0.5
    nearer = walk_ways(1.0, 0.95, 1 / 0.9, WAVES, 10)
    assert nearer is not None
    assert nearer.stop > ways.stop


def test_a_stop_alone_is_touched_as_often_as_a_single_barrier_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reflection principle; the two barriers come to the same when one lies far off."""
    monkeypatch.setattr("trading.compute.position_state.DOUBT_POINTS", np.zeros(7))
    ways = walk_ways(1.0, 0.9, None, WAVES, 10)
    far = walk_ways(1.0, 0.9, 1e6, WAVES, 10)
    assert ways is not None
    assert far is not None
    spread = 0.02 * sqrt(10)
    assert ways.stop == pytest.approx(erfc(-log(0.9) / (spread * sqrt(2))), rel=1e-6)
    alone = walk_chance(np.array([-log(0.9)]), np.array([log(1e3)]), np.array([spread]))
    assert ways.stop == pytest.approx(float(alone[0]), abs=1e-6)
    assert far.stop == pytest.approx(ways.stop, abs=1e-3)


@pytest.mark.parametrize("close", [np.ones(60), WAVES[:20]])
def test_too_few_returns_or_a_price_that_does_not_move_say_nothing(close: np.ndarray) -> None:
    assert walk_ways(1.0, 0.9, 1.1, close, 10) is None


def test_a_trained_chance_leaves_what_runs_out_as_it_was() -> None:
    told = with_chance(Ways(0.3, 0.5), 0.4)
    assert (told.target, told.stop) == pytest.approx((0.4, 0.4))
    assert with_chance(Ways(0.3, 0.5), 0.95).stop == 0


def test_momentum_has_turned() -> None:
    close = np.exp(np.cumsum([0.0] + [0.03, 0.01] * 8 + [-0.01, -0.02, -0.01, -0.02, -0.01]))
    assert has_turned(close, 1) is True
    assert has_turned(close, -1) is False
    assert has_turned(close[-4:], 1) is None


def test_volume_declines() -> None:
    assert volume_declines(np.array([100.0] * 15 + [50.0] * 5)) is True  # 50 of a mean of 87.5
    assert volume_declines(np.array([100.0] * 15 + [65.0] * 5)) is False
    assert volume_declines(np.full(19, 100.0)) is None


@pytest.mark.parametrize(
    ("side", "entry", "price", "expected"),
    [(1, 110, 95, 100), (1, 110, 105, None), (-1, 90, 102, 100), (1, 99, 95, None)],
)
def test_a_broken_level_lies_between_entry_and_price(
    side: int, entry: float, price: float, expected: float | None
) -> None:
    assert broken_level([80.0, 100.0], entry, price, side) == expected


def test_it_breaks_away_from_bitcoin() -> None:
    steps = np.random.default_rng(1).normal(0, 0.02, 100)
    other = np.random.default_rng(2).normal(0, 0.02, 20)
    bitcoin = np.exp(np.cumsum(steps))
    own = np.exp(np.cumsum(np.concatenate([steps[:80], other])))
    assert breaks_away(own, bitcoin) is True
    assert breaks_away(bitcoin**2, bitcoin) is False
    assert breaks_away(bitcoin[-60:], bitcoin[-60:]) is None


def test_moods_and_the_share_of_signs() -> None:
    assert [mood_turned(70, 50, 1), mood_turned(70, 51, 1), mood_turned(30, 50, -1), mood_turned(None, 50, 1)] == [
        True, False, True, None,
    ]  # fmt: skip
    assert deterioration({"a": True, "b": False, "c": None}) == 0.5
    assert deterioration({"a": None}) is None
