"""Relative strength, momentum and the rotation graph."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sectors.compute.strength import (
    momentum_scores,
    quadrant,
    relative_strengths,
    rotation_positions,
    volatility_place,
    windows,
)


def walk(seed: int, periods: int, sectors: int = 1, drift: float = 0.0, spread: float = 0.01) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.exp(np.cumsum(drift + spread * generator.standard_normal((periods, sectors)), axis=0))


class TestRelativeStrength:
    def test_ahead_and_behind_are_mirrored(self) -> None:
        benchmark = walk(1, 90)
        other = np.log(walk(2, 90))
        other -= (np.arange(90) * (other[-1] - other[-31]) / 30)[:, None]
        climb = 0.003 * np.arange(90)[:, None]
        ahead, behind = (benchmark * np.exp(other + sign * climb) for sign in (1, -1))
        found = relative_strengths(np.hstack([ahead, behind]), benchmark[:, 0], 30)[-1]
        assert found[0] > 0.9
        assert found.sum() == pytest.approx(1)

    def test_the_benchmark_itself_has_a_half_also_when_rounding_differs(self) -> None:
        benchmark = walk(3, 60)
        linked = 100 * np.cumprod(np.append(1, benchmark[1:, 0] / benchmark[:-1, 0]))[:, None]
        assert relative_strengths(linked, benchmark[:, 0], 30)[-1, 0] == 0.5

    def test_short_history_and_still_prices(self) -> None:
        assert np.isnan(relative_strengths(walk(1, 20), walk(2, 20)[:, 0], 30)).all()
        still = np.full((60, 1), 100.0)
        assert relative_strengths(still, np.full(60, 7.0), 30)[-1, 0] == 0.5


class TestMomentum:
    def test_by_hand(self) -> None:
        level = np.array([[100.0], [110.0], [121.0], [108.9]])
        returns = np.log([1.1, 1.1, 0.9])
        expected = np.tanh(returns.sum() / (returns.std(ddof=1) * np.sqrt(3)))
        assert momentum_scores(level, 3)[:, 0] == pytest.approx([np.nan, np.nan, np.nan, expected], nan_ok=True)

    def test_prices_that_stand_still_have_none(self) -> None:
        assert np.isnan(momentum_scores(np.full((9, 1), 5.0), 3)).all()
        assert np.isnan(momentum_scores(np.exp(0.01 * np.arange(90))[:, None], 30)).all(), (
            "no volatility to compare with"
        )

    def test_deviations_are_those_of_numpy(self) -> None:
        returns = np.diff(np.log(walk(9, 200, 3)), axis=0)
        total, spread = windows(returns, 30)
        assert total[-1] == pytest.approx(returns[-30:].sum(axis=0))
        assert spread[-1] == pytest.approx(returns[-30:].std(axis=0, ddof=1), rel=1e-12)
        assert np.isnan(spread[:29]).all()


class TestRotationGraph:
    def test_by_hand(self) -> None:
        """With q = 0, 0, ln 2: mean ln(2)/3, sample deviation ln(2)/sqrt(3), so the strength is 2/sqrt(3)."""
        level = np.array([[1.0], [1.0], [2.0], [2.0]])
        strength, momentum = rotation_positions(level, np.ones(4), 3, 1)
        assert strength[2:, 0] == pytest.approx([2 / np.sqrt(3), 1 / np.sqrt(3)])
        assert momentum[3, 0] == pytest.approx(-1 / np.sqrt(3))
        assert quadrant(float(strength[3, 0]), float(momentum[3, 0])) == "weakening"

    def test_a_sector_goes_round_the_quadrants(self) -> None:
        wave = np.exp(0.1 * np.sin(np.arange(200) * 2 * np.pi / 60))[:, None]
        strength, momentum = rotation_positions(wave, np.ones(200), 60, 5)
        seen = [quadrant(s, m) for s, m in zip(strength[100:160, 0], momentum[100:160, 0], strict=True)]
        turns = [one for one, before in zip(seen, [None, *seen], strict=False) if one != before]
        order = ["leading", "weakening", "declining", "improving"]
        start = order.index(str(turns[0]))
        assert turns[:5] == [order[(start + i) % 4] for i in range(5)]

    def test_unknown_has_no_quadrant(self) -> None:
        assert quadrant(float("nan"), 1.0) is None
        strength, momentum = rotation_positions(np.full((9, 1), 5.0), np.ones(9), 3, 1)
        assert (strength[-1, 0], momentum[-1, 0]) == (0, 0)


class TestVolatility:
    def test_has_its_place_among_the_past(self) -> None:
        calm, wild = (np.diff(np.log(walk(4, 121, spread=s)), axis=0) for s in (0.01, 0.08))
        rising, falling = (
            np.exp(np.cumsum(np.vstack(parts), axis=0)) for parts in ((calm[:80], wild[:40]), (wild[:80], calm[:40]))
        )
        assert volatility_place(rising)[0] > 0.9
        assert volatility_place(falling)[0] < 0.4
        assert np.isnan(volatility_place(np.exp(calm[:50]))).all()
        assert np.isnan(volatility_place(np.full((200, 1), 3.0))).all()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(45, 119))
def test_no_look_ahead(seed: int, cut: int) -> None:
    """Deleted, and replaced by noise: what came before is the same to the last bit."""
    level, benchmark = walk(seed, 120, 4), walk(seed + 1, 120)[:, 0]
    noisy, other = level.copy(), benchmark.copy()
    noisy[cut:], other[cut:] = walk(seed + 2, 120 - cut, 4, spread=0.5), walk(seed + 3, 120 - cut)[:, 0]

    def figures(prices: np.ndarray, base: np.ndarray) -> list[np.ndarray]:
        positions = rotation_positions(prices, base, 30, 7)
        return [momentum_scores(prices, 30), relative_strengths(prices, base, 30), *positions]

    for prices, base in ((level[:cut], benchmark[:cut]), (noisy, other)):
        for one, part in zip(figures(level, benchmark), figures(prices, base), strict=True):
            assert np.array_equal(one[:cut], part[:cut], equal_nan=True)
