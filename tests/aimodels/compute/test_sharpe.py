"""The Sharpe ratio and what trials leave of it, against the published example."""

from typing import Any

import numpy as np
import pytest

from aimodels.compute.sharpe import deflated_sharpe, expected_best, probabilistic_sharpe, sharpe_ratio


def test_the_ratio_by_hand() -> None:
    returns = np.array([0.01, 0.03, -0.01, 0.01])
    assert sharpe_ratio(returns) == pytest.approx(0.01 / np.std([0.01, 0.03, -0.01, 0.01], ddof=1))
    assert sharpe_ratio(returns, per_year=365) == pytest.approx(sharpe_ratio(returns) * np.sqrt(365))


def test_without_variation_there_is_no_ratio() -> None:
    assert np.isnan(sharpe_ratio(np.full(10, 0.1)))
    assert np.isnan(sharpe_ratio(np.array([0.1])))
    assert np.isnan(deflated_sharpe(np.zeros(10), trials=5, variance=0.01))


def test_the_published_example() -> None:
    """Bailey and Lopez de Prado (2014): 2.5 a year over five years of days, skewness -3, kurtosis 10; the trials'
    ratios vary by 0.5 a year. 100 trials: bar 0.1132, chance 0.9004; 46 trials: 0.9505."""
    given: dict[str, Any] = {"length": 1250, "skewness": -3.0, "kurtosis_": 10.0}
    bar = expected_best(100, 0.5 / 250)
    assert bar == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic_sharpe(2.5 / np.sqrt(250), bar, **given) == pytest.approx(0.9004, abs=5e-5)
    fewer = expected_best(46, 0.5 / 250)
    assert probabilistic_sharpe(2.5 / np.sqrt(250), fewer, **given) == pytest.approx(0.9505, abs=5e-5)


def test_the_best_of_many_without_any_is_not_believed() -> None:
    generator = np.random.default_rng(2)
    tried = 0.01 * generator.standard_normal((200, 750))
    ratios = np.array([sharpe_ratio(row) for row in tried])
    best = tried[ratios.argmax()]
    assert deflated_sharpe(best, trials=1, variance=0.0) > 0.99
    assert deflated_sharpe(best, trials=200, variance=float(ratios.var(ddof=1))) < 0.9


def test_the_bar_is_the_mean_of_the_best() -> None:
    best = np.random.default_rng(3).standard_normal((20_000, 50)).max(axis=1).mean()
    assert expected_best(50, 1.0) == pytest.approx(best, rel=0.02)
    assert expected_best(1, 1.0) == 0


@pytest.mark.parametrize(("trials", "variance"), [(0, 1.0), (5, -1.0)])
def test_what_is_refused(trials: int, variance: float) -> None:
    with pytest.raises(ValueError, match="trials"):
        expected_best(trials, variance)


def test_an_error_that_cannot_be_estimated_gives_nothing() -> None:
    assert np.isnan(probabilistic_sharpe(2.0, 0.0, length=10, skewness=3.0, kurtosis_=1.0))
