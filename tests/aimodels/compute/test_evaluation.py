"""A whole trial on made markets: an edge that is there is found and measured, one that is not is not."""

from dataclasses import replace

import numpy as np
import pytest

from aimodels.compute.boosting import Boosting, Stopped
from aimodels.compute.calibration import calibration_error
from aimodels.compute.evaluation import Plan, fold_forecasts
from aimodels.compute.gates import Gate
from aimodels.compute.learners import Kind, probabilities
from aimodels.compute.metrics import auc
from aimodels.compute.samples import Samples
from tests.aimodels.compute.worlds import World, developed, material, world

PLAN = Plan(purge=1, block=2, embargo=1)
QUICK = Boosting(rounds=40, learning_rate=0.05, least_in_leaf=60)
KINDS: tuple[Kind, ...] = ("logistic", "lightgbm", "histogram")


def shuffled(seed: int) -> Samples:
    """Samples whose outcomes belong to other rows."""
    samples = world(seed, edge=0.8, moments=1000).samples
    return replace(samples, outcomes=np.random.default_rng(seed).permutation(samples.outcomes))


def true_skill(made: World, places: np.ndarray, chances: np.ndarray, naive: float) -> float:
    """Expected Brier skill of these very forecasts."""
    truth = made.truth[places]
    own = truth * (1 - truth)
    return float(1 - (own + (chances - truth) ** 2).mean() / (own + (naive - truth) ** 2).mean())


def promoted(seed: int, kind: Kind, *, moments: int = 400, plan: Plan = PLAN, settings: Boosting = QUICK) -> bool:
    """Whether a market without edge gives a model that passes every gate."""
    return not developed(kind, material(world(seed, edge=0.0, moments=moments)), plan, settings=settings).failed


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_outcomes_are_not_told_apart(seed: int) -> None:
    samples = shuffled(seed)
    for kind in ("logistic", "lightgbm"):
        found = fold_forecasts(kind, samples, Plan(purge=1, block=2, folds=2), settings=QUICK)
        assert abs(auc(found.chances, samples.outcomes[found.places]) - 0.5) <= 0.03


@pytest.mark.parametrize("kind", KINDS)
def test_an_edge_is_found(kind: Kind) -> None:
    tested = developed(kind, material(world(5, edge=0.5)), PLAN, settings=QUICK)
    assert tested.line.figures.brier_skill is not None
    assert tested.line.figures.brier_skill.low > 0
    assert tested.failed == []


def test_the_measured_skill_lies_around_the_truth() -> None:
    held = 0
    for seed in range(10):
        made = world(seed, edge=0.5, moments=300)
        rows = material(made)
        tested = developed("logistic", rows, PLAN)
        measured = tested.line.figures.brier_skill
        assert measured is not None
        truth = true_skill(made, tested.final.test, tested.answer.chances, rows.naive[0])
        assert truth > 0.03
        held += measured.low <= truth <= measured.high
    assert held >= 8


def test_without_edge_none_is_promoted_but_by_chance() -> None:
    assert sum(promoted(seed, "lightgbm") for seed in range(5)) <= 2


@pytest.mark.full
@pytest.mark.parametrize("kind", ["logistic", "lightgbm"])
def test_without_edge_at_most_9_of_100_are_promoted(kind: Kind) -> None:
    assert sum(promoted(seed, kind) for seed in range(100)) <= 9


def test_a_champion_must_be_beaten() -> None:
    made = world(7, edge=0.5)
    failed = developed("logistic", material(made), PLAN, champion=made.truth).failed
    assert [one.gate for one in failed] == [Gate.SKILL_CHAMPION]
    assert "champion" in failed[0].reason


def test_the_untouched_block_reaches_nothing_that_is_tested_on_it() -> None:
    """Outcomes and features of the block are replaced: model, map and fold figures stay equal."""
    rows = material(world(8, edge=0.5, moments=300))
    first = developed("logistic", rows, PLAN)
    generator = np.random.default_rng(0)
    features, outcomes = rows.samples.features.copy(), rows.samples.outcomes.copy()
    features[first.final.test] = generator.standard_normal((len(first.final.test), 4))
    outcomes[first.final.test] = 1 - outcomes[first.final.test]
    other = replace(rows, samples=replace(rows.samples, features=features, outcomes=outcomes))
    second = developed("logistic", other, PLAN)
    ours, theirs = first.forecaster, second.forecaster
    assert all(np.array_equal(held, theirs.direction.arrays[name]) for name, held in ours.direction.arrays.items())
    assert np.array_equal(ours.calibration.points, theirs.calibration.points)
    assert np.array_equal(ours.reference, theirs.reference, equal_nan=True)
    assert first.tried.log_skill == second.tried.log_skill
    assert first.line != second.line


def test_a_given_baseline_is_what_is_beaten() -> None:
    made = world(9, edge=0.5)
    measured = developed("logistic", material(made, naive=made.truth), PLAN).line.figures.brier_skill
    assert measured is not None
    assert measured.skill < 0.01


def test_a_map_from_the_training_part_mends_what_is_too_sure() -> None:
    """Trees that have learned by heart: their shown probabilities are calibrated all the same."""
    greedy = Boosting(rounds=150, learning_rate=0.2, leaves=31, least_in_leaf=5, penalty=0.0)
    samples = world(10, edge=0.5).samples
    tested = developed("lightgbm", material(world(10, edge=0.5)), PLAN, settings=greedy)
    block = samples.rows(tested.final.test)
    raw = probabilities(tested.forecaster.direction, block.features)
    bare = calibration_error(raw, block.outcomes, block.times, block=2)
    assert bare.corrected > 0.1
    assert tested.line.figures.calibration.corrected < 0.6 * bare.corrected


def test_a_stretch_before_a_feature_was_known_is_left_out() -> None:
    samples = world(11, edge=0.5, moments=300).samples
    samples.features[: 8 * 100, 2] = np.nan
    found = fold_forecasts("logistic", samples, replace(PLAN, folds=5))  # edges every 50 moments
    assert samples.times[found.places].min() == 150


def test_what_cannot_be_tried_is_refused() -> None:
    samples = world(11, edge=0.5, moments=300).samples
    rows = material(world(11, edge=0.5, moments=300))
    with pytest.raises(ValueError, match="shorter than the label's horizon"):
        developed("logistic", rows, replace(PLAN, purge=0))
    with pytest.raises(ValueError, match="no fold"):
        fold_forecasts("logistic", samples.rows(np.arange(210)), PLAN)
    leaked = samples.features.copy()
    leaked[:, 2] = samples.outcomes
    with pytest.raises(ValueError, match="funding is the outcome itself"):
        developed("logistic", replace(rows, samples=replace(samples, features=leaked)), PLAN)
    with pytest.raises(Stopped):
        fold_forecasts("logistic", samples, PLAN, stop=lambda: True)
