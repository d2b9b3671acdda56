"""Whether what a model sees is still what it was."""

import numpy as np
import pytest

from aimodels.compute.scores import SkillInterval
from aimodels.compute.stability import SHIFTED, has_lost_skill, population_stability, shifted_features


def test_the_index_by_hand() -> None:
    """Halves of the reference at 0 and 1; now a quarter and three quarters, unknown in neither."""
    reference, recent = np.repeat([0.0, 1.0], 499_999), np.repeat([0.0, 1.0], [250_000, 750_000])
    expected = -0.25 * np.log(0.5) + 0.25 * np.log(1.5)
    assert population_stability(reference, recent) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("seed", range(10))
def test_a_feature_that_stays_is_not_shifted_and_one_that_moves_is(seed: int) -> None:
    generator = np.random.default_rng(seed)
    reference, same = generator.standard_normal(3000), generator.standard_normal(500)
    assert population_stability(reference, same) < 0.1
    assert population_stability(reference, same + 0.8) > SHIFTED
    assert population_stability(reference, 2.5 * same) > SHIFTED
    assert population_stability(reference, np.where(generator.random(500) < 0.4, np.nan, same)) > SHIFTED
    assert population_stability(np.full(300, np.nan), same) > SHIFTED


def test_few_rows_say_nothing() -> None:
    assert np.isnan(population_stability(np.zeros(199), np.zeros(300)))
    assert np.isnan(population_stability(np.zeros(300), np.zeros(199)))


def test_the_most_shifted_come_first() -> None:
    assert shifted_features({"a": 0.3, "b": 0.9, "c": 0.1, "d": float("nan")}) == ["b", "a"]


def test_skill_is_lost_when_the_upper_bound_is_below_0() -> None:
    assert has_lost_skill(SkillInterval(-0.05, -0.09, -0.01))
    assert not has_lost_skill(SkillInterval(-0.05, -0.11, 0.01))
    assert not has_lost_skill(None)
