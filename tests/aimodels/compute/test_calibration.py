"""Maps of probabilities, and how far forecasts are from what was seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from aimodels.compute.calibration import (
    KINDS,
    Calibration,
    calibrated,
    calibration_error,
    choose_calibration,
    fit_calibration,
)
from aimodels.compute.metrics import log_losses


def world(seed: int, n: int, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecasts whose log odds are ``1 / slope`` times the true ones, outcomes, and the true chances."""
    generator = np.random.default_rng(seed)
    truth = expit(0.8 * generator.standard_normal(n))
    return expit(logit(truth) / slope), (generator.random(n) < truth).astype(np.int64), truth


@pytest.mark.parametrize("kind", ["platt", "beta", "isotonic"])
def test_a_map_undoes_what_was_done(kind: str) -> None:
    chances, outcomes, truth = world(1, 20_000, slope=0.4)
    mapped = calibrated(fit_calibration(kind, chances, outcomes), chances)
    assert np.abs(chances - truth).mean() > 0.1
    assert np.abs(mapped - truth).mean() < 0.02


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_maps_rise_and_stay_between_0_and_1(kind: str, seed: int) -> None:
    chances, outcomes, _truth = world(seed, 300, slope=-1.0)  # the wrong way round: no slope may follow it
    grid = np.linspace(0, 1, 101)
    mapped = calibrated(fit_calibration(kind, chances, outcomes), grid)
    assert (np.diff(mapped) >= -1e-12).all()
    assert mapped.min() >= 0
    assert mapped.max() <= 1


def test_isotonic_never_claims_to_be_sure() -> None:
    mapped = fit_calibration("isotonic", np.linspace(0, 1, 98), np.repeat([0, 1], 49))
    assert calibrated(mapped, np.array([0.0, 1.0])) == pytest.approx([0.01, 0.99])
    assert len(mapped.points) == 4  # two steps, two ends each


def test_what_cannot_calibrate_is_refused() -> None:
    with pytest.raises(ValueError, match="one class"):
        fit_calibration("platt", np.linspace(0, 1, 10), np.ones(10, dtype=np.int64))
    with pytest.raises(ValueError, match="no calibration 'magic'"):
        fit_calibration("magic", *world(0, 50)[:2])
    with pytest.raises(ValueError, match="no calibration 'magic'"):
        calibrated(Calibration("magic", np.empty(0), np.empty(0)), np.array([0.5]))


def test_the_choice_is_the_map_that_does_better_later() -> None:
    chances, outcomes, _truth = world(2, 6000, slope=0.4)
    chosen = choose_calibration(chances, outcomes, np.arange(6000), horizon=24)
    after, happened, _ = world(3, 6000, slope=0.4)
    assert chosen.kind != "none"
    assert log_losses(calibrated(chosen, after), happened).mean() < log_losses(after, happened).mean() - 0.03


def test_good_forecasts_are_left_nearly_alone() -> None:
    chances, outcomes, _truth = world(4, 6000)
    mapped = calibrated(choose_calibration(chances, outcomes, np.arange(6000), horizon=24), chances)
    assert np.abs(mapped - chances).max() < 0.05


def test_too_little_to_choose_from_changes_nothing() -> None:
    for n in (0, 3, 90):
        chances, outcomes, _truth = world(5, n)
        assert choose_calibration(chances, outcomes, np.arange(n), horizon=1).kind == "none"


def test_the_error_by_hand() -> None:
    chances = np.repeat([0.2, 0.8], 500)
    outcomes = np.concatenate([np.repeat([1, 0], [150, 350]), np.repeat([1, 0], [350, 150])])  # 0.3 and 0.7 were seen
    found = calibration_error(chances, outcomes, np.arange(1000) * 7 % 1000, block=1)
    assert found.raw == pytest.approx(0.1)
    assert found.corrected == pytest.approx(0.1, abs=0.005)


def test_a_perfect_forecast_of_few_samples_shows_error_that_is_taken_off() -> None:
    raw, corrected, held = [], [], 0
    for seed in range(60):
        chances, outcomes, _truth = world(seed, 600)
        found = calibration_error(chances, outcomes, np.arange(600), block=5, draws=200, seed=seed)
        raw.append(found.raw)
        corrected.append(found.corrected)
        held += found.low == 0
    assert np.mean(raw) > 0.05
    assert np.mean(corrected) < 0.02
    assert held >= 54


def test_chance_that_a_whole_day_shares_is_taken_off_too() -> None:
    """Forty assets rise and fall together: without its blocks the error would be found, and is not there."""
    together, alone = [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        chances = np.repeat(0.3 + 0.4 * generator.random(120), 40)
        days = np.repeat(np.arange(120), 40)
        shared = np.repeat(generator.random(120), 40)
        own = generator.random(4800)
        outcomes = (np.where(generator.random(4800) < 0.9, shared, own) < chances).astype(np.int64)
        together.append(calibration_error(chances, outcomes, days, block=1, draws=2).corrected)
        alone.append(calibration_error(chances, outcomes, np.arange(4800), block=1, draws=2).corrected)
    assert np.median(alone) > 0.05
    assert np.median(together) < 0.03


def test_a_real_error_is_found_and_its_interval_holds_it() -> None:
    held, found = 0, []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        chances = 0.2 + 0.6 * generator.random(3000)
        outcomes = (generator.random(3000) < chances + 0.08 * np.sign(0.5 - chances)).astype(np.int64)
        error = calibration_error(chances, outcomes, np.arange(3000), block=5, draws=100, seed=seed)
        found.append(error.corrected)
        held += error.low <= 0.08 <= error.high
    assert np.mean(found) == pytest.approx(0.08, abs=0.008)
    assert held >= 25


def test_too_few_for_an_error_or_its_interval() -> None:
    with pytest.raises(ValueError, match="at least"):
        calibration_error(np.linspace(0, 1, 10), np.arange(10) % 2, np.arange(10), block=1)
    found = calibration_error(*world(1, 30)[:2], np.arange(30), block=10)
    assert np.isnan(found.low)
