"""Scores of forecasts, and how sure they are."""

import numpy as np
import pytest

from aimodels.compute.scores import block_bootstrap_skill, drawn_blocks, drawn_sums, skill


def test_skill_by_hand() -> None:
    assert skill(0.20, 0.25) == pytest.approx(0.2)
    assert skill(0.25, 0.25) == 0
    assert skill(0.5, 0.25) == -1
    assert np.isnan(skill(0.1, 0))


def test_few_blocks_have_no_interval() -> None:
    ones = np.ones(34)
    assert block_bootstrap_skill(ones, ones, ones, block=7) is None
    assert block_bootstrap_skill(np.ones(35), np.ones(35), np.ones(35), block=7) is not None
    with pytest.raises(ValueError, match="block"):
        block_bootstrap_skill(ones, ones, ones, block=0)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Forecasts of a known skill of 0, scores that hang together over a week: about 95 of 100 intervals hold it."""
    held = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        shared = np.repeat(generator.standard_normal(60), 7) + 0.5 * generator.standard_normal(420)
        naive = np.full(420, 0.25)
        found = block_bootstrap_skill(naive + 0.05 * shared, naive, np.ones(420), block=7, draws=400, seed=seed)
        assert found is not None
        assert found.low <= found.skill <= found.high
        held += found.low <= 0 <= found.high
    assert held >= 88


def test_blocks_widen_the_interval_of_dependent_scores() -> None:
    generator = np.random.default_rng(5)
    scores = 0.25 + 0.05 * np.repeat(generator.standard_normal(60), 7)
    wide = block_bootstrap_skill(scores, np.full(420, 0.25), np.ones(420), block=7)
    narrow = block_bootstrap_skill(scores, np.full(420, 0.25), np.ones(420), block=1)
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_the_same_seed_gives_the_same() -> None:
    scores = np.random.default_rng(1).random(50)
    arguments = (scores, np.full(50, 0.25), np.ones(50))
    assert block_bootstrap_skill(*arguments, block=5) == block_bootstrap_skill(*arguments, block=5)


@pytest.mark.parametrize(("length", "block"), [(35, 7), (50, 7), (40, 1), (41, 8)])
def test_sums_of_drawn_blocks_are_those_of_their_moments(length: int, block: int) -> None:
    values = np.random.default_rng(3).random(length)
    starts = drawn_blocks(length, block=block, draws=20, seed=4)
    places = ((starts[:, :, None] + np.arange(block)) % length).reshape(20, -1)[:, :length]
    assert drawn_sums(values, starts, block) == pytest.approx(values[places].sum(axis=1), abs=1e-12)
