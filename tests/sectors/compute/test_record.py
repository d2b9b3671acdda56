"""What is said of the future has its measured record, from cases that were over."""

import numpy as np
import pytest

from sectors.compute.record import (
    DOWN,
    FLAT,
    UNKNOWN,
    UP,
    following,
    outlook_record,
    outlooks,
    rank_agreement,
    remaining_life,
    rotation_record,
)

NAN = float("nan")


def test_outlooks() -> None:
    momentum = np.array([[0.5, 0.5, 0.5, -0.5, -0.5, 0.1, NAN]])
    strength = np.array([[0.7, 0.3, NAN, 0.3, 0.7, 0.9, 0.9]])
    assert outlooks(momentum, strength, 0.25).tolist() == [[UP, FLAT, UP, DOWN, FLAT, FLAT, UNKNOWN]]


def test_cases_whose_outcome_is_known_and_no_others() -> None:
    level = np.array([100.0, 110, 121, 110, 100, 110, 120])[:, None]
    assert following(level, 2)[:, 0] == pytest.approx(
        [np.log(1.21), 0, np.log(100 / 121), 0, np.log(1.2), NAN, NAN], nan_ok=True
    )
    words = np.full((7, 1), UP, np.int8)
    found = outlook_record(words, level, np.full((7, 1), 0.01), 2, UP)
    assert (found.n, found.hits, found.periods) == (5, 2, 3)
    assert np.isnan(found.rate), "five cases are too few"
    flat = outlook_record(np.full((7, 1), FLAT, np.int8), level, np.full((7, 1), 0.01), 2, FLAT)
    assert (flat.n, flat.hits) == (5, 2)


def test_a_rate_needs_cases_and_separate_periods() -> None:
    level = np.exp(0.01 * np.arange(60))[:, None] * np.ones((1, 4))
    words = np.full((60, 4), UP, np.int8)
    assert outlook_record(words, level, level, 7, UP).rate == 1
    assert np.isnan(outlook_record(words, level, level, 30, UP).rate), "one period of thirty is no record"


def test_how_much_longer_an_outlook_stands() -> None:
    runs = [UP] * 2 + [DOWN] * 3 + [UP] * 4 + [DOWN] * 3 + [UP] * 6 + [DOWN] * 3 + [UP] * 8 + [DOWN] * 3
    words = np.array([*runs, *([UP] * 5), DOWN, *([UP] * 3), DOWN, UP, UP, UP], dtype=np.int8)[:, None]
    # ended ups: 4, 6, 8, 5, 3 (the first, whose beginning nobody saw, does not count); now 3 old: left 1 3 5 2 0
    assert remaining_life(words).tolist() == [2]
    assert np.isnan(remaining_life(np.vstack([words, [[UP]]]))).all(), "only four lasted as long"


def test_the_order_of_sectors() -> None:
    rows = np.array([[1.0, 2, 3, 4], [1, 2, 3, NAN], [1, 2, NAN, NAN]])
    other = np.array([[10.0, 20, 30, 40], [3, 2, 1, 9], [1, 2, 3, 4]])
    assert rank_agreement(rows, other) == pytest.approx([1, -1, NAN], nan_ok=True)


def test_a_market_that_always_turns_over() -> None:
    """The winners of one week lose the next one, so a rotation is certain; without a turn it never comes."""
    sign = np.where((np.arange(400) // 7) % 2 == 0, 1, -1)[:, None]
    generator = np.random.default_rng(1)
    drift = np.array([[0.01, 0.0, -0.01]]) + 1e-4 * generator.standard_normal((400, 3))
    turning = rotation_record(np.exp(np.cumsum(sign * drift, axis=0)), 7)
    steady = rotation_record(np.exp(np.cumsum(drift, axis=0)), 7)
    assert turning.rate > 0.5
    assert steady.rate == 0
    assert rotation_record(np.full((400, 3), 5.0), 7).n == 0


@pytest.mark.parametrize("cut", [150, 200, 333])
def test_no_look_ahead(cut: int) -> None:
    generator = np.random.default_rng(cut)
    level = np.exp(np.cumsum(0.02 * generator.standard_normal((400, 5)), axis=0))
    noisy = level.copy()
    noisy[cut:] = generator.random((400 - cut, 5)) + 1
    assert rotation_record(level[:cut], 7) == rotation_record(noisy[:cut], 7)
    words = outlooks(np.tanh(np.log(level)), np.full(level.shape, NAN), 0.25)
    early = outlook_record(words[:cut], level[:cut], np.ones((cut, 5)), 7, UP)
    over = following(level, 7)[: cut - 7]
    assert early.n == ((words[: cut - 7] == UP) & np.isfinite(over)).sum()
    assert early.hits == ((words[: cut - 7] == UP) & (over > 0)).sum()
