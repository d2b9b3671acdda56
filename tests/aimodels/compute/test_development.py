"""Steps from rows to a version: what each may know, and what is chosen."""

from dataclasses import replace

import numpy as np
import pytest

from aimodels.compute.baseline import LEVELS
from aimodels.compute.boosting import Boosting
from aimodels.compute.development import (
    Variant,
    answered,
    best_of,
    find_leaks,
    fold_values,
    fold_versions,
    learn,
    try_variant,
    with_block,
)
from aimodels.compute.evaluation import Plan, plan_for, split_final, thinned
from aimodels.compute.material import Material
from aimodels.compute.report import Line, line_of, overall_score, traded
from aimodels.compute.scores import SkillInterval
from aimodels.compute.search import search
from tests.aimodels.compute.worlds import material, world

PLAN = Plan(purge=1, block=2, embargo=1)
QUICK = Boosting(rounds=15, learning_rate=0.2, least_in_leaf=40)
TREES = Variant("lightgbm", QUICK)


@pytest.fixture(scope="module")
def rows() -> Material:
    return material(world(3, edge=0.8, moments=250), with_values=True)


def test_a_plan_follows_from_the_horizon_and_the_distance_of_moments() -> None:
    samples = world(0, edge=0.0, moments=300).samples
    assert plan_for(replace(samples, horizon=7)) == Plan(purge=7, embargo=7, block=14)
    assert plan_for(replace(samples, horizon=24, times=samples.times * 4)).block == 12
    assert plan_for(replace(samples, times=samples.times * 4)).block == 1


def test_thinned_rows_are_spread_over_time() -> None:
    times = np.random.default_rng(0).permutation(np.repeat(np.arange(100), 10))
    kept = thinned(times, 200)
    assert len(set(kept.tolist())) == 200
    assert np.bincount(times[kept], minlength=100).min() >= 1
    assert np.array_equal(thinned(times, 1000), np.arange(1000))


def test_a_variant_is_known_by_what_is_chosen_by_hand() -> None:
    one = TREES.digest(("a", "b"), 0)
    assert Variant("lightgbm", replace(QUICK, threads=4)).digest(("a", "b"), 0) == one
    others = [
        Variant("histogram", QUICK).digest(("a", "b"), 0),
        Variant("lightgbm", replace(QUICK, leaves=9)).digest(("a", "b"), 0),
        TREES.digest(("a", "c"), 0),
        TREES.digest(("a", "b"), 1),
    ]
    assert len({one, *others}) == 5


def test_a_fold_version_knows_nothing_of_its_fold(rows: Material) -> None:
    """Outcomes, changes and features from the start of a fold on are replaced: its version stays equal."""
    tried = try_variant(TREES, rows, PLAN)
    first = list(fold_versions(tried, fold_values(TREES, rows, PLAN), rows))
    assert [version.start for version in first] == [100, 150, 200]
    generator = np.random.default_rng(1)
    later = rows.samples.times >= first[1].start
    features = np.where(later[:, None], generator.standard_normal(rows.samples.features.shape), rows.samples.features)
    samples = replace(
        rows.samples, features=features, outcomes=np.where(later, 1 - rows.samples.outcomes, rows.samples.outcomes)
    )
    assert rows.values is not None
    values = replace(rows.values, change=np.where(later, -3 * rows.values.change, rows.values.change))
    other = replace(rows, samples=samples, values=values)
    values_of = fold_values(TREES, other, PLAN)
    second = list(fold_versions(try_variant(TREES, other, PLAN), values_of, other))
    for ours, theirs in zip(first[:2], second[:2], strict=True):
        held, changed = ours.forecaster, theirs.forecaster
        for name, array in held.direction.arrays.items():
            assert np.array_equal(array, changed.direction.arrays[name])
        assert np.array_equal(held.calibration.points, changed.calibration.points)
        assert np.array_equal(held.reference, changed.reference, equal_nan=True)
        if (held.quantiles is None) == (changed.quantiles is None):
            assert held.offsets is not None
            assert changed.offsets is not None
            assert np.array_equal(held.offsets, changed.offsets)


def test_the_tested_version_is_the_last_of_the_folds(rows: Material) -> None:
    final = split_final(rows.samples, PLAN)
    past = rows.rows(final.train)
    tried, values = try_variant(TREES, past, PLAN), fold_values(TREES, past, PLAN)
    tested = learn(tried, values, past, PLAN)
    longer, more = with_block(tried, values, tested, rows, final)
    last = list(fold_versions(longer, more, rows))[-1]
    assert np.array_equal(np.sort(last.places), final.test)
    assert np.array_equal(last.said.chances, answered(tested, rows.rows(final.test)).chances)
    said = answered(tested, rows.rows(final.test)).quantiles
    assert said is not None
    assert last.said.quantiles is not None
    assert np.array_equal(last.said.quantiles, said)


def test_learned_quantiles_serve_where_they_are_best(rows: Material) -> None:
    """``volume`` doubles the size of changes."""
    found = fold_values(TREES, rows, PLAN)
    assert found is not None
    assert len(found.models) == 4


def blind(rows: Material, *, rules: float) -> Material:
    """Nothing tells the size of changes; the rules' intervals are so much too wide."""
    assert rows.values is not None
    samples = replace(rows.samples, features=rows.samples.features[:, 3:], names=("breadth",))
    values = rows.values
    best = np.quantile(values.change / values.scale, LEVELS) * values.scale[:, None]
    return replace(rows, samples=samples, values=replace(values, rules=rules * best))


def test_constant_quantiles_serve_where_trees_are_no_better(rows: Material) -> None:
    held = blind(rows, rules=1.5)
    found = fold_values(TREES, held, PLAN)
    assert found is not None
    assert found.models == ()
    version = learn(try_variant(TREES, held, PLAN), found, held, PLAN)
    said = answered(version, held).quantiles
    assert held.values is not None
    assert version.offsets is not None
    assert said is not None
    assert np.allclose(said, version.offsets * held.values.scale[:, None])
    inside = (said[:, 0] <= held.values.change) & (held.values.change <= said[:, -1])
    assert 0.87 < inside.mean() < 0.93


def test_the_quantiles_of_the_rules_serve_where_nothing_is_better(rows: Material) -> None:
    held = blind(rows, rules=1.0)
    assert fold_values(TREES, held, PLAN) is None
    version = learn(try_variant(TREES, held, PLAN), None, held, PLAN)
    assert version.levels == ()
    assert held.values is not None
    assert answered(version, held).quantiles is held.values.rules


def test_the_variant_with_more_skill_out_of_fold_is_chosen(rows: Material) -> None:
    good, bad = try_variant(TREES, rows, PLAN), try_variant(Variant("base_rate"), rows, PLAN)
    assert good.log_skill > 0.05 > bad.log_skill
    assert best_of([bad, good]) is good
    assert good.sharpe > bad.sharpe


def test_a_leak_is_named_among_honest_features(rows: Material) -> None:
    assert find_leaks(rows) == []
    leaky = rows.samples.features.copy()
    leaky[:, 1] = rows.futures[:, 0] + 0.01 * np.random.default_rng(0).standard_normal(len(leaky))
    assert [one.subject for one in find_leaks(replace(rows, samples=replace(rows.samples, features=leaky)))] == [
        "volume"
    ]


def test_positions_follow_the_chances_for_the_horizon() -> None:
    """Two assets by hand: bought on a chance above a half, sold below, each held for two candles."""
    made = material(world(0, edge=0.0, moments=4, assets=2), with_values=True)
    rows = replace(made, samples=replace(made.samples, horizon=2))
    chances = np.array([0.6, 0.4, 0.6, 0.4, 0.4, 0.4, 0.5, 0.6])
    held = traded(rows, chances)
    assert held is not None
    assert held.positions.tolist() == [[0.5, -0.5], [1.0, -1.0], [0.0, -1.0], [-0.5, 0.0]]
    assert traded(replace(rows, trades=None), chances) is None


def test_the_rules_beat_themselves_by_nothing(rows: Material) -> None:
    assert rows.values is not None
    line = line_of("rules", rows, PLAN, rows.rules, rows.values.rules)
    assert isinstance(line, Line)
    assert line.figures.brier_skill == SkillInterval(0.0, 0.0, 0.0)
    assert line.values is not None
    assert line.values.pinball_skill == SkillInterval(0.0, 0.0, 0.0)
    assert rows.values.rules.shape[1] == len(LEVELS)


@pytest.mark.parametrize(("low", "score"), [(-0.05, 0.0), (-0.02, 0.0), (0.0, 0.5), (0.02, 1.0), (0.1, 1.0)])
def test_the_overall_score_is_the_published_formula(low: float, score: float) -> None:
    assert overall_score(SkillInterval(0.1, low, 0.2)) == pytest.approx(score)
    assert overall_score(None) is None


def test_a_search_is_the_same_again_and_finds_what_is_better() -> None:
    asked: list[Boosting] = []

    def judge(settings: Boosting) -> float:
        asked.append(settings)
        return -abs(settings.learning_rate - 0.05)

    best = search(judge, trials=15, seed=3)
    first, asked[:] = list(asked), []
    assert search(judge, trials=15, seed=3) == best
    assert asked == first
    assert abs(best.learning_rate - 0.05) == min(abs(one.learning_rate - 0.05) for one in first)
    with pytest.raises(ValueError, match="at least one"):
        search(judge, trials=0, seed=0)
