"""Factors by hand, scores as percentiles, and nothing of them known from later candles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selection.compute import ranking
from tests.selection.compute.made import Made, made

SPAN = ranking.Span(7, 30, 90)
NAN = float("nan")
ALONE = np.full(8, -1)


def market(seed: int, days: int = 120, coins: int = 8) -> ranking.Candles:
    return made(seed, days, coins)


def test_factors_by_hand() -> None:
    seen = market(1)
    close, volume = seen.close, seen.volume
    found = ranking.factors(seen, ALONE, SPAN)
    assert found.momentum_7d == pytest.approx(close[-1] / close[-8] - 1)
    assert found.momentum_90d == pytest.approx(close[-1] / close[-91] - 1)
    assert found.relative_strength == pytest.approx(found.momentum_30d - np.median(found.momentum_30d))
    assert found.volume_surge == pytest.approx(volume[-1] / volume[-20:].mean(axis=0))
    assert found.liquidity == pytest.approx(np.median(volume[-30:], axis=0))
    assert found.calm == pytest.approx(-np.diff(np.log(close), axis=0)[-30:].std(axis=0, ddof=1))
    assert found.resilience == pytest.approx(close[-1] / close.max(axis=0) - 1)
    ranges = [max(h - low, abs(h - c), abs(low - c)) for h, low, c in
              zip(seen.high[-14:, 0], seen.low[-14:, 0], close[-15:-1, 0], strict=True)]  # fmt: skip
    assert found.trend[0] == pytest.approx((close[-1, 0] - close[-50:, 0].mean()) / np.mean(ranges))


def test_an_asset_is_compared_with_its_sector() -> None:
    returns = np.array([0.1, 0.3, 0.2, NAN, 1.0])
    peers = ranking.peer_returns(returns, np.array([1, 1, 2, 2, -1]))
    assert peers == pytest.approx([0.2, 0.2, 0.2, 0.2, 0.25])


def test_a_coin_without_history_has_no_score() -> None:
    seen = market(2)
    for line in (seen.high, seen.low, seen.close, seen.volume):
        line[:-5, 3] = NAN
    found = ranking.scores(ranking.factors(seen, ALONE, SPAN))
    assert np.isnan(found.total[3])
    assert np.isfinite(np.delete(found.total, 3)).all()


def test_a_short_panel_knows_little_and_invents_nothing() -> None:
    found = ranking.factors(market(3, days=5), ALONE, SPAN)
    known = {name for name, values in vars(found).items() if np.isfinite(values).any()}
    assert known == {"resilience"}


def test_who_is_first_in_everything_is_first() -> None:
    values = np.linspace(0, 1, 6)
    found = ranking.scores(ranking.Factors(*[values] * 9))
    assert found.place.argmax() == 5
    assert found.place.argmin() == 0
    assert (np.diff(found.total) > 0).all()


def test_weights_count_where_the_factor_is_known() -> None:
    table = np.array([[1.0, 1.0], [0.0, 0.0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [NAN, 1.0]])
    weights = np.array([4.0, 1.0, 1.0, 1.0, 1.0, 8.0])
    assert ranking.combined(table, weights) == pytest.approx([5.5 / 8, 13.5 / 16])
    assert np.isnan(ranking.combined(table[:4], weights[:4])).all()
    assert np.isnan(ranking.combined(table, np.zeros(6))).all()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.permutations(range(8)))
def test_order_of_the_assets_and_their_units_do_not_matter(seed: int, order: list[int]) -> None:
    seen = market(seed)
    scale = np.array([1, 1e-6, 50, 3, 1e4, 7, 2, 0.1])
    plain = ranking.scores(ranking.factors(seen, ALONE, SPAN))
    panels = (panel[:, order] for panel in (seen.high * scale, seen.low * scale, seen.close * scale, seen.volume))
    other = ranking.scores(ranking.factors(ranking.Candles(*panels), ALONE, SPAN))
    assert np.nan_to_num(other.total) == pytest.approx(np.nan_to_num(plain.total[order]))
    assert ((plain.place >= 0) & (plain.place <= 1)).all()


def test_true_range_needs_fifteen_candles_without_a_hole() -> None:
    seen = market(3, days=15, coins=2)
    assert np.isfinite(ranking.mean_true_range(seen)).all()
    assert np.isnan(ranking.mean_true_range(seen.until(13))).all()
    seen.close[7, 1] = NAN
    assert np.isfinite(ranking.mean_true_range(seen)).tolist() == [True, False]


def test_wilders_true_range_needs_fifteen_candles() -> None:
    seen = market(3, days=15, coins=2)
    assert np.isfinite(ranking.true_range(seen.high, seen.low, seen.close)).all()
    short = seen.until(13)
    assert np.isnan(ranking.true_range(short.high, short.low, short.close)).all()


def test_breakouts() -> None:
    seen = market(4, days=30, coins=3)
    seen.close[-1] = [seen.high[-21:-1, 0].max() + 1, seen.low[-21:-1, 1].min() / 2, seen.close[-2, 2]]
    assert ranking.breakouts(seen).tolist() == [1, -1, 0]
    assert np.isnan(ranking.breakouts(seen.until(19))).all()


def test_without_the_future_every_factor_and_score_is_the_same() -> None:
    """200 cut points; the rest is cut off, or replaced by other prices."""
    whole, other = Made(5, 400, 12), Made(6, 400, 12)
    differences = 0
    for row in np.random.default_rng(1).integers(5, 399, 200).tolist():
        seen = ranking.scores(ranking.factors(whole.candles.until(row), whole.sector[row], SPAN))
        for blind in (whole.cut(row), whole.mixed(row, other)):
            found = ranking.scores(ranking.factors(blind.candles.until(row), blind.sector[row], SPAN))
            differences += not np.array_equal(found.total, seen.total, equal_nan=True)
            differences += any(
                not np.array_equal(found.by_factor[name], seen.by_factor[name], equal_nan=True)
                for name in ranking.NAMES
            )
    assert differences == 0
