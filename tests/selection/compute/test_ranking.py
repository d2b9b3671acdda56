"""Factors by hand, scores as percentiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selection.compute import ranking

SPAN = ranking.Span(7, 30, 90)
NAN = float("nan")


def market(seed: int, days: int = 120, coins: int = 8) -> tuple[np.ndarray, ...]:
    generator = np.random.default_rng(seed)
    close = np.exp(np.cumsum(0.03 * generator.standard_normal((days, coins)), axis=0)) * 10
    return close * 1.02, close * 0.98, close, 1e6 * (1 + generator.random((days, coins)))


def test_factors_by_hand() -> None:
    high, low, close, volume = market(1)
    peers = np.full(8, 0.01)
    found = ranking.factors(high, low, close, volume, peers, SPAN)
    assert found.momentum_7d == pytest.approx(close[-1] / close[-8] - 1)
    assert found.momentum_90d == pytest.approx(close[-1] / close[-91] - 1)
    assert found.relative_strength == pytest.approx(found.momentum_30d - 0.01)
    assert found.volume_surge == pytest.approx(volume[-1] / volume[-20:].mean(axis=0))
    assert found.liquidity == pytest.approx(np.median(volume[-30:], axis=0))
    assert found.calm == pytest.approx(-np.diff(np.log(close), axis=0)[-30:].std(axis=0, ddof=1))
    assert found.resilience == pytest.approx(close[-1] / close.max(axis=0) - 1)


def test_a_coin_without_history_has_no_score() -> None:
    high, low, close, volume = market(2)
    for line in (high, low, close, volume):
        line[:-5, 3] = NAN
    found = ranking.scores(ranking.factors(high, low, close, volume, np.zeros(8), SPAN))
    assert np.isnan(found.total[3])
    assert np.isfinite(np.delete(found.total, 3)).all()


def test_who_is_first_in_everything_is_first() -> None:
    values = np.linspace(0, 1, 6)
    found = ranking.scores(ranking.Factors(*[values] * 9))
    assert found.place.argmax() == 5
    assert found.place.argmin() == 0
    assert (np.diff(found.total) > 0).all()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.permutations(range(8)))
def test_order_of_the_assets_and_their_units_do_not_matter(seed: int, order: list[int]) -> None:
    high, low, close, volume = market(seed)
    scale = np.array([1, 1e-6, 50, 3, 1e4, 7, 2, 0.1])
    plain = ranking.scores(ranking.factors(high, low, close, volume, np.zeros(8), SPAN))
    highs, lows, closes, volumes = (line[:, order] for line in (high * scale, low * scale, close * scale, volume))
    other = ranking.scores(ranking.factors(highs, lows, closes, volumes, np.zeros(8), SPAN))
    assert other.total == pytest.approx(plain.total[order])
    assert ((plain.place >= 0) & (plain.place <= 1)).all()


def test_average_true_range_needs_fifteen_candles() -> None:
    high, low, close, _volume = market(3, days=15, coins=2)
    assert np.isfinite(ranking.true_range(high, low, close)).all()
    assert np.isnan(ranking.true_range(high[:14], low[:14], close[:14])).all()
