"""Intervals of figures whose samples hang together."""

import numpy as np
import pytest

from aimodels.compute.bootstrap import auc_interval, by_moment, drawn_counts, mean_interval, skill_interval
from aimodels.compute.metrics import auc


def test_forecasts_of_a_moment_are_summed() -> None:
    sums, counts = by_moment(np.array([7, 3, 7]), np.array([1.0, 2.0, 4.0]))
    assert sums.tolist() == [2.0, 5.0]
    assert counts.tolist() == [1.0, 2.0]


def test_draws_hold_whole_blocks() -> None:
    counts = drawn_counts(20, block=5, draws=50, seed=1)
    assert (counts.sum(axis=1) == 20).all()
    assert all(sum(np.roll(row, 1) != row) <= 8 for row in counts)  # four blocks: eight changes of the count at most


@pytest.mark.parametrize("figure", ["mean", "auc"])
def test_few_blocks_have_no_interval(figure: str) -> None:
    def found(length: int, block: int = 7) -> object:
        times, outcomes = np.arange(length), np.arange(length) % 2
        if figure == "mean":
            return mean_interval(outcomes.astype(float), times, block=block)
        return auc_interval(np.linspace(0, 1, length), outcomes, times, block=block, draws=20)

    assert found(34) is None
    assert found(35) is not None
    with pytest.raises(ValueError, match="block"):
        found(35, block=0)


def test_one_class_has_no_auc_interval() -> None:
    assert auc_interval(np.linspace(0, 1, 50), np.ones(50, dtype=np.int64), np.arange(50), block=1) is None


def test_the_interval_of_a_share_holds_the_truth() -> None:
    """Coverage of 0.9 where a bad week misses for all: about 57 of 60 intervals hold 0.9; single days would not."""
    held = {14: 0, 1: 0}
    for seed in range(60):
        generator = np.random.default_rng(seed)
        flags = np.repeat(generator.random(80) < 0.9, 14).astype(float)  # two assets, seven days
        times = np.repeat(np.arange(560), 2)
        for block in held:
            found = mean_interval(flags, times, block=block, draws=150, seed=seed)
            assert found is not None
            held[block] += found.low <= 0.9 <= found.high
    assert held[14] >= 52
    assert held[1] < 42


def test_the_interval_of_the_auc_holds_the_truth() -> None:
    truth = 0.5 + 2 / np.pi * np.arcsin(0.5 / np.sqrt(2))  # orthant of three normals: the signal's correlation is 0.5
    held = 0
    for seed in range(30):
        generator = np.random.default_rng(seed)
        signal = generator.standard_normal(600)
        outcomes = (signal + np.sqrt(3) * generator.standard_normal(600) > 0).astype(np.int64)
        found = auc_interval(signal, outcomes, np.arange(600), block=5, draws=100, seed=seed)
        assert found is not None
        assert found.value == auc(signal, outcomes)
        held += found.low <= truth <= found.high
    assert held >= 25


def test_skill_of_a_better_forecast_is_above_none() -> None:
    generator = np.random.default_rng(3)
    baseline = 0.2 + 0.1 * generator.random(900)
    times = np.repeat(np.arange(300), 3)
    found = skill_interval(baseline * 0.9, baseline, times, block=5)
    assert found is not None
    assert found.skill == pytest.approx(0.1)
    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(0.1)
