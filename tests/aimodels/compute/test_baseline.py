"""The naive forecast and the rules: by hand, on made markets whose truth is known, and blind to the future."""

import numpy as np
import pytest
from scipy.stats import norm

from aimodels.compute.baseline import LEAST_RETURNS, LEVELS, Baseline, Memory, baseline, changes_ahead, volatility
from aimodels.compute.metrics import pinball_losses

MEMORY = Memory(0.94, 7, 120)
CUTS = 200


def prices(seed: int = 0, count: int = 500, assets: int = 5, *, drift: float = 0.0, heavy: bool = False) -> np.ndarray:
    generator = np.random.default_rng(seed)
    shape = (count, assets)
    moves = generator.standard_t(3, shape) / np.sqrt(3) if heavy else generator.standard_normal(shape)
    return 100 * np.exp(np.cumsum(drift + 0.03 * moves, axis=0))


def same(left: Baseline, right: Baseline, row: int) -> bool:
    """Whether the last row of one is a row of the other, to the last bit."""
    pairs = [(left.naive[-1], right.naive[row]), (left.rules[-1], right.rules[row])]
    pairs += [(left.rules_quantiles[-1], right.rules_quantiles[row]), (left.scale[-1], right.scale[row])]
    pairs += [(left.naive_quantiles[-1], right.naive_quantiles[row])]
    return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


def test_volatility_by_hand() -> None:
    close = prices(count=LEAST_RETURNS + 2, assets=1)
    squares = np.diff(np.log(close[:, 0])) ** 2
    weights = 0.94 ** np.arange(len(squares))[::-1]
    found = volatility(close, MEMORY)[:, 0]
    assert found[-1] == pytest.approx(np.sqrt((weights * squares).sum() / weights.sum()))
    assert np.isnan(found[: LEAST_RETURNS - 1]).all()


def test_no_volatility_without_a_price_or_for_one_that_never_moves() -> None:
    close = prices(assets=2)
    close[:, 0], close[-1, 1] = 7.0, np.nan
    assert np.isnan(volatility(close, MEMORY)[-1]).all()


def test_changes_ahead_by_hand() -> None:
    found = changes_ahead(np.array([[1.0], [2], [4], [np.nan]]), 2)[:, 0]
    assert np.array_equal(found, [np.log(4), np.nan, np.nan, np.nan], equal_nan=True)


def test_the_share_of_rises_by_hand() -> None:
    close = prices(count=LEAST_RETURNS + 8, assets=1)
    found = baseline(close, 2, Memory(0.94, 7, 4, even=2.0))
    row = LEAST_RETURNS + 7
    ups = [int(close[at + 2, 0] > close[at, 0]) for at in range(row - 5, row - 1)]
    share = (sum(ups) + 1) / 6
    assert found.naive[row] == pytest.approx(share)
    assert found.rules[row] == pytest.approx(0.5 + (share - 0.5) * 2 / (2 + 2))  # 4 moments are two separate periods


def test_before_any_outcome_the_rules_are_the_normal_walk() -> None:
    found = baseline(prices(count=LEAST_RETURNS + 2), 5, MEMORY)
    assert found.rules[-1] == found.naive[-1] == 0.5
    assert found.moves[-1] == pytest.approx(norm.ppf(LEVELS), abs=1e-3)
    assert found.rules_quantiles[-1] == pytest.approx(found.naive_quantiles[-1], abs=1e-3 * found.unit[-1].max())


@pytest.mark.parametrize("periods", [1, 4])
def test_heavy_tails_are_covered_and_cost_less(periods: int) -> None:
    close = prices(seed=3, count=2500, assets=8, heavy=True)
    found, change = baseline(close, periods, Memory(0.99, 8, 600)), changes_ahead(close, periods)
    rows = np.arange(1000, len(close) - periods)
    actual, rules, naive = change[rows].ravel(), found.rules_quantiles[rows], found.naive_quantiles[rows]
    ours, theirs = (quantiles.reshape(-1, 5) for quantiles in (rules, naive))
    assert ((actual >= ours[:, 0]) & (actual <= ours[:, -1])).mean() == pytest.approx(0.9, abs=0.012)
    assert ((actual >= ours[:, 1]) & (actual <= ours[:, 3])).mean() == pytest.approx(0.5, abs=0.015)
    if periods == 1:
        assert pinball_losses(ours, actual, LEVELS).mean() < pinball_losses(theirs, actual, LEVELS).mean()


def test_a_market_that_rises_is_believed_in_only_as_far_as_it_was_seen() -> None:
    found = baseline(prices(drift=0.02), 5, MEMORY)
    assert 0.5 < found.rules[-1] < found.naive[-1]
    assert found.naive[-1] > 0.8


@pytest.mark.parametrize("periods", [1, 7])
def test_nothing_after_a_moment_changes_what_was_forecast(periods: int) -> None:
    close = prices(seed=1, heavy=True)
    close[100:140, 1] = close[300:, 2] = close[:200, 3] = np.nan
    generator, whole = np.random.default_rng(5), baseline(close, periods, MEMORY)
    for cut in generator.integers(LEAST_RETURNS, len(close), CUTS).tolist():
        other = close.copy()
        other[cut:] *= np.exp(generator.standard_normal(other[cut:].shape))
        assert same(baseline(close[:cut], periods, MEMORY, last=1), whole, cut - 1)
        changed = baseline(other, periods, MEMORY)
        assert np.array_equal(changed.moves[:cut], whole.moves[:cut])
        assert np.array_equal(changed.rules[:cut], whole.rules[:cut])
        assert np.array_equal(changed.unit[:cut], whole.unit[:cut], equal_nan=True)


def test_the_declared_memory_suffices_to_the_last_bit() -> None:
    close = prices(seed=2, count=700)
    close[50:90, 1] = np.nan
    whole, length = baseline(close, 7, MEMORY), MEMORY.rows(7)
    for end in range(length, len(close), 13):
        assert same(baseline(close[end - length : end], 7, MEMORY, last=1), whole, end - 1)
    shorter = [
        same(baseline(close[end - length + 60 : end], 7, MEMORY, last=1), whole, end - 1)
        for end in range(length, len(close), 13)
    ]
    assert not all(shorter)


def test_assets_that_are_gone_change_nothing_but_the_counts() -> None:
    close = prices()
    wider = np.hstack([close, np.full((len(close), 3), np.nan)])[:, [5, 0, 1, 6, 2, 3, 4, 7]]
    left, right = baseline(close, 3, MEMORY), baseline(wider, 3, MEMORY)
    assert np.array_equal(left.moves, right.moves)
    assert np.array_equal(left.naive, right.naive)
    assert np.array_equal(left.unit, right.unit[:, [1, 2, 4, 5, 6]], equal_nan=True)


def test_a_horizon_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        baseline(prices(), 0, MEMORY)
