"""Trend, volatility and co-movement: by hand, against numpy, on bad input, and without a look ahead."""

import numpy as np
import pytest

from assets.compute.series import log_returns
from macro.compute.snapshot_trend import (
    annual_volatility,
    common_day_correlation,
    consolidation,
    is_weekday,
    mean_correlation,
    momentum,
    volatility_rank,
    weighted_returns,
)

RANDOM = np.random.default_rng(11)


def walk(count: int, assets: int = 1) -> np.ndarray:
    return 100 * np.exp(np.cumsum(0.03 * RANDOM.standard_normal((count, assets)), axis=0))


def test_consolidation_by_hand() -> None:
    assert consolidation(np.array([1.0, 2.0, 3.0]), 2) == 0
    assert consolidation(np.array([1.0, 2.0, 1.0]), 2) == 1
    assert consolidation(np.array([9.0, 1.0, 3.0, 2.0]), 2) == pytest.approx(1 - 1 / 3)
    assert np.isnan(consolidation(np.ones(30), 20))
    assert np.isnan(consolidation(np.ones(20), 20))


def test_momentum_by_hand() -> None:
    steps = np.array([0.01, -0.02, 0.03])
    close = np.exp(np.concatenate([[0], np.cumsum(steps)]))
    assert momentum(close, 3) == pytest.approx(steps.sum() / (steps.std(ddof=1) * 3**0.5))
    assert np.isnan(momentum(close, 4))
    assert np.isnan(momentum(np.ones(9), 4))


def test_volatility_as_of_a_year() -> None:
    close = walk(60, 3)
    close[:50, 1] = np.nan
    found = annual_volatility(close, 30, 24)
    expected = 100 * np.log(close[-31:, 0] / np.roll(close[-31:, 0], 1))[1:].std(ddof=1) * 365**0.5
    assert found[0] == pytest.approx(expected)
    assert np.isnan(found[1])
    assert annual_volatility(np.ones((60, 1)), 30, 1).tolist() == [0]


def test_the_wildest_moment_ranks_highest() -> None:
    close = np.exp(np.cumsum(np.concatenate([0.001 * RANDOM.standard_normal(200), 0.2 * RANDOM.standard_normal(20)])))
    assert volatility_rank(close) == 1
    assert volatility_rank(close[:200]) < 1
    assert np.isnan(volatility_rank(close[:40]))
    assert volatility_rank(np.ones(100)) == 0.5


def test_the_mean_of_all_pairs() -> None:
    returns = log_returns(walk(61, 6))[1:]
    returns[3, 5] = np.nan
    whole = np.asarray(np.corrcoef(returns[:, :5].T))
    assert mean_correlation(returns) == pytest.approx(whole[np.triu_indices(5, 1)].mean())
    assert np.isnan(mean_correlation(returns[:10]))
    assert np.isnan(mean_correlation(np.zeros((40, 3))))
    assert np.isnan(mean_correlation(np.zeros((0, 3))))


def test_a_basket_by_hand() -> None:
    returns = np.array([[0.1, 0.2, np.nan], [np.nan, np.nan, np.nan], [0.3, np.nan, 0.9]])
    found = weighted_returns(returns, np.array([1.0, 3.0, np.nan]))
    assert found == pytest.approx([0.175, np.nan, 0.3], nan_ok=True)


def test_only_common_days_count() -> None:
    days = np.arange(19700, 19750)
    coin = walk(50)[:, 0]
    weekdays = is_weekday(days)
    assert 0 < weekdays.sum() < 50
    stocks = coin[weekdays] ** 0.5
    assert common_day_correlation(days, coin, days[weekdays], stocks, at_least=15) == pytest.approx(1)
    assert np.isnan(common_day_correlation(days, coin, days[weekdays][:15], stocks[:15], at_least=15))
    assert np.isnan(common_day_correlation(days, coin, days + 500, coin, at_least=15))


def test_days_of_the_week() -> None:
    assert is_weekday(np.array([0, 1, 2, 3, 4, 5])).tolist() == [True, True, False, False, True, True]
