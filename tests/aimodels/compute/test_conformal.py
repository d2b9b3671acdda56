"""Intervals that hold as often as they say."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimodels.compute.conformal import adapted_levels, adaptive_quantiles, conformal_offsets, moved
from aimodels.compute.metrics import within

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
NORMAL = np.array([-1.6449, -0.6745, 0.0, 0.6745, 1.6449])


def inside(quantiles: np.ndarray, actual: np.ndarray) -> float:
    return float(within(quantiles[:, 0], quantiles[:, -1], actual).mean())


def test_offsets_by_hand() -> None:
    gaps = np.arange(1.0, 20.0)  # 19 samples: ranks 1 of 5 %, 19 of 95 %
    offsets = conformal_offsets(np.zeros((19, 2)), gaps, (0.05, 0.95))
    assert offsets.tolist() == [1.0, 19.0]
    with pytest.raises(ValueError, match="18 samples are too few"):
        conformal_offsets(np.zeros((18, 2)), gaps[1:], (0.05, 0.95))


def test_each_tail_holds_at_least_as_often_as_it_says() -> None:
    """Quantiles that are far too narrow, 400 histories: coverage of the next value at least 90 %, and hardly more."""
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(400):
        actual = 3 * generator.standard_t(4, 200)
        given_ = np.tile(NORMAL, (200, 1))
        offsets = conformal_offsets(given_[:150], actual[:150], LEVELS)
        rows.append(inside(moved(given_[150:], offsets), actual[150:]))
    assert 0.895 <= np.mean(rows) <= 0.93


def test_crossed_quantiles_are_put_in_order() -> None:
    assert moved(np.array([[0.0, 1.0]]), np.array([2.0, 0.0])).tolist() == [[1.0, 2.0]]


def test_levels_follow_their_misses() -> None:
    levels = np.array([0.05, 0.95])
    assert adapted_levels(levels, levels, np.array([0.5, 0.5]), rate=0.1) == pytest.approx([0.005, 0.995])
    assert adapted_levels(levels, levels, levels) == pytest.approx(levels)
    assert adapted_levels(levels, levels, np.array([1.0, 0.0]), rate=1).tolist() == [0.0, 1.0]


def drifting(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three assets whose spread grows eightfold while the forecast says 1."""
    generator = np.random.default_rng(seed)
    times = np.repeat(np.arange(900), 3)
    actual = np.exp(times / 900 * np.log(8)) * generator.standard_normal(2700)
    return np.tile(NORMAL, (2700, 1)), actual, times


def test_coverage_holds_while_the_market_changes() -> None:
    quantiles, actual, times = drifting(4)
    late = times >= 200
    given_ = adaptive_quantiles(quantiles, actual, times, levels=LEVELS, horizon=5, window=150)
    fixed = moved(quantiles, conformal_offsets(quantiles[~late], actual[~late], LEVELS))
    assert inside(fixed[late], actual[late]) < 0.75
    assert 0.87 <= inside(given_[late], actual[late]) <= 0.93


def test_levels_that_follow_mend_what_the_window_alone_misses() -> None:
    quantiles, actual, times = drifting(5)
    late = times >= 300
    coverage = [
        inside(
            adaptive_quantiles(quantiles, actual, times, levels=LEVELS, horizon=5, window=900, rate=rate)[late],
            actual[late],
        )
        for rate in (0.0, 0.02)
    ]
    assert coverage[0] < 0.87
    assert abs(coverage[1] - 0.9) < abs(coverage[0] - 0.9)


@settings(max_examples=40)
@given(st.integers(0, 60), st.integers(1, 9), st.integers(0, 10_000))
def test_no_row_knows_what_came_after_it(cut: int, horizon: int, seed: int) -> None:
    """Outcomes that are not known at the cut are replaced: everything up to the cut stays equal."""
    generator = np.random.default_rng(seed)
    times = generator.permutation(np.repeat(np.arange(60), 2))
    quantiles, actual = np.tile(NORMAL, (120, 1)), generator.standard_normal(120)
    changed = np.where(times + horizon > cut, 100 * generator.standard_normal(120), actual)
    chosen: dict[str, Any] = {"levels": LEVELS, "horizon": horizon, "window": 40}
    before = adaptive_quantiles(quantiles, actual, times, **chosen)[times <= cut]
    after = adaptive_quantiles(quantiles, changed, times, **chosen)[times <= cut]
    assert np.array_equal(before, after)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"horizon": 0}, "horizon"),
        ({"window": 0}, "window"),
        ({"levels": (0.5, 0.2)}, "rise"),
        ({"levels": ()}, "rise"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], said: str) -> None:
    chosen: dict[str, Any] = {"levels": (0.05, 0.95), "horizon": 1, "window": 10}
    with pytest.raises(ValueError, match=said):
        adaptive_quantiles(np.zeros((5, 2)), np.zeros(5), np.arange(5), **chosen | changes)
