"""Figures of forecasts, against hand counts and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as reference

from aimodels.compute.metrics import (
    SURE,
    auc,
    brier_scores,
    errors,
    hits,
    log_losses,
    pinball_losses,
    within,
)

CHANCES = np.array([0.9, 0.4, 0.5, 0.2, 0.7])
OUTCOMES = np.array([1, 1, 0, 0, 0])


def test_losses_by_hand() -> None:
    assert brier_scores(CHANCES, OUTCOMES) == pytest.approx([0.01, 0.36, 0.25, 0.04, 0.49])
    assert log_losses(np.array([0.5, 0.25]), np.array([1, 0])) == pytest.approx([np.log(2), -np.log(0.75)])


def test_a_sure_and_wrong_forecast_costs_much_but_not_everything() -> None:
    assert log_losses(np.array([0.0, 1.0]), np.array([1, 0])) == pytest.approx(-np.log(SURE))


@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_scikit_learns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    chances = np.round(generator.random(300), 2)  # with ties
    outcomes = (generator.random(300) < chances).astype(np.int64)
    found = hits(chances, outcomes)
    called = chances >= 0.5
    assert auc(chances, outcomes) == pytest.approx(reference.roc_auc_score(outcomes, chances), abs=1e-12)
    assert log_losses(chances, outcomes).mean() == pytest.approx(
        reference.log_loss(outcomes, np.clip(chances, SURE, 1 - SURE)), abs=1e-12
    )
    assert found.precision == pytest.approx(reference.precision_score(outcomes, called))
    assert found.recall == pytest.approx(reference.recall_score(outcomes, called))
    assert found.f1 == pytest.approx(reference.f1_score(outcomes, called))
    assert found.accuracy == pytest.approx(reference.accuracy_score(outcomes, called))


def test_counts_by_hand() -> None:
    found = hits(CHANCES, OUTCOMES)
    counts = (found.true_positives, found.false_positives, found.true_negatives, found.false_negatives)
    assert counts == (1, 2, 1, 1)


def test_what_cannot_be_said_is_missing() -> None:
    assert np.isnan(auc(CHANCES, np.ones(5, dtype=np.int64)))
    none_called = hits(np.full(3, 0.1), np.zeros(3, dtype=np.int64))
    assert np.isnan(none_called.precision)
    assert np.isnan(none_called.recall)
    assert np.isnan(errors(np.array([1.0, 2.0]), np.array([3.0, 3.0])).r2)


def test_pinball_by_hand_and_least_at_the_true_quantile() -> None:
    quantiles = np.array([[1.0, 3.0]])
    assert pinball_losses(quantiles, np.array([2.0]), (0.1, 0.9)) == pytest.approx([(0.1 + 0.1) / 2])
    actual = np.random.default_rng(0).standard_normal(20_000)
    means = [pinball_losses(np.full((20_000, 1), held), actual, (0.9,)).mean() for held in (1.0, 1.2816, 1.6)]
    assert means[1] == min(means)


def test_an_interval_holds_its_ends() -> None:
    low, high = np.zeros(4), np.ones(4)
    assert within(low, high, np.array([-0.1, 0.0, 1.0, 1.1])).tolist() == [False, True, True, False]


def test_errors_by_hand() -> None:
    found = errors(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0]))
    assert found.mse == pytest.approx(5 / 3)
    assert found.mae == pytest.approx(1)
    assert found.r2 == pytest.approx(1 - 5 / 2)
    with pytest.raises(ValueError, match="finite"):
        errors(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(ValueError, match="at least one"):
        errors(np.empty(0), np.empty(0))
