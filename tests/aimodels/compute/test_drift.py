"""The rule-based forecast by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from aimodels.compute.drift import LEAST_RETURNS, LEVELS, PRIOR_DRIFT, shrunken_drift, walk_forecast
from assets.compute.series import ewma_volatility


def returns(seed: int = 0, count: int = 200, drift: float = 0.0) -> np.ndarray:
    return drift + 0.03 * np.random.default_rng(seed).standard_normal(count)


def test_shrinking_by_hand() -> None:
    values = np.array([0.01, 0.03, 0.02, 0.02])
    error = np.var(values, ddof=1) / 4
    assert shrunken_drift(values, 0.001) == pytest.approx(0.02 * 1e-6 / (1e-6 + error))


def test_quantiles_by_hand() -> None:
    values = returns()
    found = walk_forecast(values, 7, days=1)
    volatility = ewma_volatility(values)[-1]
    drift = shrunken_drift(values, PRIOR_DRIFT)
    assert found.quantiles == pytest.approx(norm.ppf(LEVELS, 7 * drift, volatility * np.sqrt(7)))
    assert found.naive_quantiles == pytest.approx(norm.ppf(LEVELS, 0, volatility * np.sqrt(7)))
    assert found.probability_up == pytest.approx(1 - norm.cdf(0, 7 * drift, volatility * np.sqrt(7)))


def test_the_naive_probability_counts_past_spans() -> None:
    values = np.tile([0.02, -0.01], 40)
    assert walk_forecast(values, 1, days=1).naive_probability_up == pytest.approx(41 / 82)
    assert walk_forecast(values, 2, days=1).naive_probability_up == pytest.approx(80 / 81)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 30), st.floats(-0.01, 0.01))
def test_what_holds_for_any(seed: int, periods: int, drift: float) -> None:
    values = returns(seed, drift=drift)
    found = walk_forecast(values, periods, days=1)
    assert 0 < found.probability_up < 1
    assert 0 < found.naive_probability_up < 1
    assert (np.diff(found.quantiles) > 0).all()
    assert abs(found.drift) <= abs(values.mean())
    assert found.drift * values.mean() >= 0
    assert (found.probability_up > 0.5) == (found.drift > 0)


def test_a_long_history_earns_its_drift() -> None:
    short, long = returns(1, 60, 0.002), returns(1, 40_000, 0.002)
    assert shrunken_drift(short, PRIOR_DRIFT) / short.mean() < 0.2
    assert shrunken_drift(long, PRIOR_DRIFT) / long.mean() > 0.9
    assert PRIOR_DRIFT > 0


@pytest.mark.parametrize(
    ("values", "periods"),
    [
        (returns(count=LEAST_RETURNS - 1), 1),
        (returns(count=LEAST_RETURNS), LEAST_RETURNS),
        (np.append(returns(), np.nan), 1),
        (np.zeros(100), 1),
        (returns(), 0),
    ],
)
def test_what_cannot_be_forecast_is_refused(values: np.ndarray, periods: int) -> None:
    with pytest.raises(ValueError, match=r"returns|move|periods"):
        walk_forecast(values, periods, days=1)


def test_the_drift_held_possible_is_that_of_a_day_whatever_the_candles() -> None:
    """The same prices by the hour: what data must earn is 1/24 of a day's drift per hour, not a day's."""
    hourly = np.random.default_rng(5).normal(0.0004, 0.005, 480)
    found = walk_forecast(hourly, 24, days=1 / 24)
    assert found.drift == pytest.approx(shrunken_drift(hourly, PRIOR_DRIFT / 24))
    assert found.drift < walk_forecast(hourly, 24, days=1).drift / 5
