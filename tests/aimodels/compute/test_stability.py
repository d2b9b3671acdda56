"""Whether what a model sees is still what it was."""

from collections.abc import Callable

import numpy as np
import pytest

from aimodels.compute.scores import SkillInterval
from aimodels.compute.stability import (
    LEAST_WINDOWS,
    SHIFTED,
    Shift,
    Windows,
    has_lost_skill,
    population_stability,
    shift_of,
    windows_of,
)


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
    assert np.isnan(population_stability(np.zeros(49), np.zeros(300)))
    assert np.isnan(population_stability(np.zeros(300), np.zeros(49)))


MOMENTS, PRICES, LENGTH = 1500, 10, 30
NAMES = ("mood", "breadth", "momentum", "volatility", "noise")


def market(seed: int) -> np.ndarray:
    """Features of a market whose laws never change, shape (t, m, k): two that are one value for all prices, two that
    the prices share for the most part, all of them slow; and one that is new each time."""
    generator = np.random.default_rng(seed)
    shocks = generator.standard_normal((MOMENTS, 4))
    slow = np.zeros((MOMENTS, 4))
    for moment in range(1, MOMENTS):
        slow[moment] = 0.9 * slow[moment - 1] + shocks[moment]
    own = generator.standard_normal((MOMENTS, PRICES, 3))
    shared = np.broadcast_to(slow[:, None, :], (MOMENTS, PRICES, 4))
    return np.concatenate([shared[:, :, :2], shared[:, :, 2:] + own[:, :, :2], own[:, :, 2:]], axis=2)


def watched(values: np.ndarray) -> Shift:
    times = np.repeat(np.arange(MOMENTS), PRICES)
    learned_until = MOMENTS - 1 - LENGTH
    reference = values[: learned_until + 1].reshape(-1, len(NAMES))[:: MOMENTS * PRICES // 1000]
    rows = values.reshape(-1, len(NAMES))
    return shift_of(windows_of(NAMES, times, rows, length=LENGTH, learned_until=learned_until, reference=reference))


def test_a_market_that_stays_as_it_is_raises_few_alarms() -> None:
    """A true one in fifty raises at most 4 of 50, with a chance of 99.7 %. The index alone would raise all."""
    found = [watched(market(seed)) for seed in range(50)]
    assert all(max(one.indices.values()) > SHIFTED for one in found)
    assert {one.windows for one in found} == {49}
    assert sum(bool(one.shifted) for one in found) <= 4


@pytest.mark.parametrize(
    ("place", "moved"),
    [(0, lambda line: line + 12), (2, lambda line: line + 12), (3, lambda line: 6 * line), (4, lambda line: line + 1)],
)
def test_what_has_moved_further_than_ever_is_found(place: int, moved: Callable[[np.ndarray], np.ndarray]) -> None:
    values = market(1)
    values[-LENGTH:, :, place] = moved(values[-LENGTH:, :, place])
    assert watched(values).shifted == (NAMES[place],)


def test_the_most_shifted_come_first() -> None:
    values = market(2)
    values[-LENGTH:, :, 4] += 1
    values[-LENGTH:, :, 2] += 30
    assert watched(values).shifted == ("momentum", "noise")


def test_with_few_stretches_nothing_is_called_shifted() -> None:
    generator = np.random.default_rng(0)
    reference, recent = generator.standard_normal((500, 1)), 9 + generator.standard_normal((500, 1))
    past = [generator.standard_normal((500, 1)) for _ in range(LEAST_WINDOWS)]
    for count, shifted in ((LEAST_WINDOWS, ("a",)), (LEAST_WINDOWS - 1, ())):
        found = shift_of(Windows(("a",), reference, recent, past[:count]))
        assert (found.windows, found.shifted) == (count, shifted)
        assert found.indices["a"] > SHIFTED
    assert shift_of(Windows(("a",), reference, recent[:49], past)) == Shift({}, (), LEAST_WINDOWS)
    assert shift_of(Windows(("a",), reference, recent, [])) == Shift(found.indices, (), 0)


def test_stretches_lie_in_the_time_of_the_training_and_share_nothing_with_the_last() -> None:
    times = np.repeat(np.arange(100, 200), 2)
    rows = times[:, None].astype(np.float64)
    found = windows_of(("a",), times, rows, length=10, learned_until=150)
    assert np.array_equal(np.unique(found.recent), np.arange(190, 200))
    assert [(one.min(), one.max(), len(one)) for one in found.past] == [
        (141 - 10 * back, 150 - 10 * back, 20) for back in range(5)
    ]
    assert np.array_equal(np.unique(found.reference), np.arange(101, 151))
    late = windows_of(("a",), times, rows, length=10, learned_until=500)
    assert late.past[0].max() == 189
    assert windows_of(("a",), times, rows, length=10, learned_until=50).past == []


def test_skill_is_lost_when_the_upper_bound_is_below_0() -> None:
    assert has_lost_skill(SkillInterval(-0.05, -0.09, -0.01))
    assert not has_lost_skill(SkillInterval(-0.05, -0.11, 0.01))
    assert not has_lost_skill(None)
