"""Whether the best variant was the best by luck."""

from math import comb

import numpy as np
import pytest

from aimodels.compute.overfitting import GROUPS, Overfitting, overfitting

MOMENTS, VARIANTS = 800, 9


def told(losses: np.ndarray, naive: np.ndarray | None = None, *, horizon: int = 5) -> Overfitting | None:
    times = np.arange(len(losses))
    given = np.ones(len(losses)) if naive is None else naive
    return overfitting(losses, given, times, horizon=horizon, purge=horizon, embargo=horizon)


def test_a_variant_that_is_always_the_best_is_no_luck() -> None:
    noise = 0.01 * np.random.default_rng(0).standard_normal((MOMENTS, VARIANTS))
    found = told(1 + noise - 0.1 * (np.arange(VARIANTS) == 3))
    assert found is not None
    assert (found.probability, found.halves, found.variants) == (0.0, comb(GROUPS, GROUPS // 2), VARIANTS)
    assert found.low == pytest.approx(0.1, abs=0.01)
    assert found.low <= found.median <= found.high


def test_variants_that_do_not_differ_but_by_chance_are_chosen_by_luck() -> None:
    """The mean of 40 worlds lies near one half: what was the best of one half is the worse in the other half, as both
    sum to what it was in all."""
    found = [told(1 + np.random.default_rng(seed).standard_normal((MOMENTS, VARIANTS))) for seed in range(40)]
    probabilities = [one.probability for one in found if one is not None]
    assert len(probabilities) == 40
    assert 0.35 < np.mean(probabilities) < 0.75


def test_a_variant_that_was_good_once_is_found_out() -> None:
    """One had a single lucky stretch: whichever half holds it chooses it, and the other half says that it is worse."""
    losses = np.ones((MOMENTS, 3)) + 0.001 * np.random.default_rng(1).standard_normal((MOMENTS, 3))
    losses[:, 0] += 0.05
    losses[: MOMENTS // GROUPS, 0] -= 5
    found = told(losses)
    assert found is not None
    assert found.probability > 0.45


def test_alike_variants_are_neither() -> None:
    found = told(np.ones((MOMENTS, 2)))
    assert found is not None
    assert (found.probability, found.median) == (0.5, 0.0)


def test_what_cannot_be_said() -> None:
    assert told(np.ones((MOMENTS, 1))) is None
    assert told(np.ones((2 * GROUPS * 10, 2))) is None
    assert told(np.ones((2 * GROUPS * 10 + 1, 2))) is not None
