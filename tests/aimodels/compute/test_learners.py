"""Models as functions of arrays: they learn what is there, are kept as numbers, and say why."""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from aimodels.compute import tables
from aimodels.compute.boosting import Boosting
from aimodels.compute.explanations import TOLERANCE, largest_gap
from aimodels.compute.learners import (
    Kind,
    Learned,
    Stopped,
    contributions,
    from_artefact,
    margins,
    probabilities,
    quantiles,
    to_artefact,
    train,
    train_quantiles,
)
from aimodels.compute.metrics import auc, pinball_losses, within
from tests.aimodels.compute.worlds import NAMES, world

KINDS: tuple[Kind, ...] = ("base_rate", "logistic", "lightgbm", "histogram")
ENGINES: tuple[Any, ...] = ("lightgbm", "histogram")
QUICK = Boosting(rounds=30, learning_rate=0.15, least_in_leaf=50)
WORLD = world(1, edge=0.8, moments=400)
UNSEEN = world(2, edge=0.8, moments=400)


@cache
def trained(kind: Kind) -> Learned:
    """One model of each kind, for all tests that only ask it."""
    held = WORLD.samples
    return train(kind, held.features, NAMES, held.outcomes, settings=QUICK)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_answers_for_what_it_has_not_seen(kind: Kind) -> None:
    learned = trained(kind)
    chances = probabilities(learned, UNSEEN.samples.features)
    assert chances.shape == UNSEEN.truth.shape
    if kind == "base_rate":
        assert logit(chances) == pytest.approx(np.full(len(chances), margins(learned, WORLD.samples.features)[0]))
        assert chances[0] == pytest.approx(WORLD.samples.outcomes.mean(), abs=0.001)
    else:
        assert np.abs(chances - UNSEEN.truth).mean() < 0.05
        assert auc(chances, UNSEEN.samples.outcomes) > 0.95 * auc(UNSEEN.truth, UNSEEN.samples.outcomes)


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_sum_to_the_output(kind: Kind) -> None:
    learned = trained(kind)
    rows = UNSEEN.samples.features[:1000]
    assert largest_gap(contributions(learned, rows), margins(learned, rows)) < TOLERANCE


@pytest.mark.parametrize("kind", KINDS[1:])
def test_what_drives_the_outcome_moves_the_forecast_most(kind: Kind) -> None:
    learned = trained(kind)
    strength = np.abs(contributions(learned, WORLD.samples.features).values).mean(axis=0)
    assert NAMES[int(strength.argmax())] == "momentum"
    assert strength[[1, 3]].max() < 0.25 * strength[0]


@pytest.mark.parametrize("kind", KINDS)
def test_an_artefact_answers_as_the_model_did(kind: Kind) -> None:
    learned = trained(kind)
    arrays, meta = to_artefact(learned)
    again = from_artefact(arrays, json.loads(json.dumps(meta)))
    assert not any(values.dtype.hasobject for values in arrays.values())
    assert again.names == NAMES
    assert np.array_equal(margins(again, WORLD.samples.features), margins(learned, WORLD.samples.features))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_numbers(kind: Kind) -> None:
    held = WORLD.samples
    first, second = (to_artefact(train(kind, held.features, NAMES, held.outcomes, settings=QUICK))[0] for _ in "ab")
    assert all(
        np.array_equal(values, second[name], equal_nan=values.dtype.kind == "f") for name, values in first.items()
    )


def test_the_tables_answer_as_scikit_learn_does() -> None:
    held = WORLD.samples
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0, early_stopping=False)
    model.fit(held.features, held.outcomes)
    trees = tables.tables_of(model)
    theirs = model.decision_function(UNSEEN.samples.features)
    assert np.abs(tables.raw_scores(trees, UNSEEN.samples.features) - theirs).max() < 1e-9
    assert np.isnan(UNSEEN.samples.features).any()


def test_the_logistic_weights_are_scikit_learns() -> None:
    features = np.nan_to_num(WORLD.samples.features) * np.array([1.0, 50.0, 0.01, 1.0]) + 3
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    reference = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(scaled, WORLD.samples.outcomes)
    learned = train("logistic", features, NAMES, WORLD.samples.outcomes)
    assert margins(learned, features) == pytest.approx(reference.decision_function(scaled), abs=1e-5)


def test_a_feature_that_tells_all_still_has_finite_weights() -> None:
    outcomes = np.repeat([0, 1], 150)
    features = np.stack([1e6 * (outcomes + np.linspace(0, 0.1, 300)), np.zeros(300)], axis=1)
    learned = train("logistic", features, ("tells", "still"), outcomes)
    assert np.isfinite(margins(learned, features)).all()
    assert learned.arrays["weights"][1] == 0
    assert auc(probabilities(learned, features), outcomes) == 1


@pytest.mark.parametrize("by", ENGINES)
def test_quantiles_are_found_and_in_order(by: Any) -> None:
    """The spread depends on a feature: quantiles that see it hold everywhere and cost less than those that do not."""
    generator = np.random.default_rng(4)
    features = generator.standard_normal((6000, 4))
    actual = np.exp(0.7 * features[:, 1]) * generator.standard_normal(6000)
    levels, half = (0.05, 0.5, 0.95), slice(0, 3000)
    learned = train_quantiles(by, features[half], NAMES, actual[half], levels, settings=QUICK)
    found, rest = quantiles(learned, features[3000:]), actual[3000:]
    assert (np.diff(found, axis=1) >= 0).all()
    wide = features[3000:, 1] > 1
    for rows in (wide, ~wide):
        assert 0.84 < within(found[rows, 0], found[rows, 2], rest[rows]).mean() < 0.96
    flat = np.tile(np.quantile(actual[half], levels), (3000, 1))
    assert pinball_losses(found, rest, levels).mean() < 0.97 * pinball_losses(flat, rest, levels).mean()
    again = from_artefact(*to_artefact(learned))
    assert np.array_equal(quantiles(again, features), quantiles(learned, features))


@pytest.mark.parametrize("kind", KINDS)
def test_training_ends_when_it_is_asked_to(kind: Kind) -> None:
    held = WORLD.samples
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > (0 if kind == "base_rate" else 3)

    with pytest.raises(Stopped):
        train(kind, held.features, NAMES, held.outcomes, settings=Boosting(rounds=5000), stop=stop)
    assert len(asked) <= 4


def broken(kind: Kind, change: str) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays, meta = to_artefact(trained(kind))
    if change == "kind":
        meta["kind"] = "oracle"
    elif change == "names":
        del meta["names"]
    elif change == "columns":
        meta["names"] = meta["names"][:2]
    elif change == "arrays":
        arrays = {}
    elif change == "numbers":
        arrays = {
            name: np.full_like(values, np.nan) if values.dtype.kind == "f" else values
            for name, values in arrays.items()
        }
    elif change == "cut":
        arrays = {name: values[: len(values) // 2] for name, values in arrays.items()}
    elif change == "loop":
        arrays["left"] = np.zeros_like(arrays["left"])
    return arrays, meta


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        *((kind, change) for kind in KINDS for change in ("kind", "names", "arrays")),
        ("base_rate", "numbers"),
        ("logistic", "numbers"),
        ("logistic", "columns"),
        ("histogram", "numbers"),
        ("histogram", "loop"),
        ("lightgbm", "cut"),
        ("lightgbm", "columns"),
        ("histogram", "columns"),
    ],
)
def test_an_artefact_that_is_not_a_model_is_refused(kind: Kind, change: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        from_artefact(*broken(kind, change))


def test_what_a_model_cannot_answer_is_refused() -> None:
    held = WORLD.samples
    learned = train("logistic", held.features, NAMES, held.outcomes)
    with pytest.raises(ValueError, match="do not fit a model of 4"):
        margins(learned, held.features[:, :2])
    with pytest.raises(ValueError, match="gives a probability"):
        quantiles(learned, held.features)
    with pytest.raises(ValueError, match="no model 'oracle'"):
        train("oracle", held.features, NAMES, held.outcomes)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_have_no_answers(kind: Kind) -> None:
    learned = trained(kind)
    assert probabilities(learned, WORLD.samples.features[:0]).shape == (0,)
    assert contributions(learned, WORLD.samples.features[:0]).values.shape == (0, 4)
