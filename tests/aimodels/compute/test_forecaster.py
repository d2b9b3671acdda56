"""A version that answers: probabilities, quantiles in order, reasons that sum; kept as numbers, and the same again."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from aimodels.compute.boosting import Boosting
from aimodels.compute.calibration import Calibration, calibrated
from aimodels.compute.development import Variant, answered, fold_values, learn, try_variant
from aimodels.compute.evaluation import Plan
from aimodels.compute.forecaster import (
    REFERENCE_ROWS,
    Forecaster,
    answer,
    from_artefact,
    reference_rows,
    to_artefact,
)
from aimodels.compute.learners import Kind, margins
from tests.aimodels.compute.worlds import material, world

PLAN = Plan(purge=1, block=2, embargo=1)
QUICK = Boosting(rounds=15, learning_rate=0.2, least_in_leaf=40)
KINDS: tuple[Kind, ...] = ("logistic", "lightgbm", "histogram")


@pytest.fixture(scope="module")
def versions() -> dict[str, Forecaster]:
    rows = material(world(3, edge=0.8, moments=150), with_values=True)
    found: dict[str, Forecaster] = {}
    for kind in KINDS:
        tried = try_variant(Variant(kind, QUICK), rows, PLAN)
        found[kind] = learn(tried, fold_values(tried.variant, rows, PLAN), rows, PLAN)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_sum_to_the_output(versions: dict[str, Forecaster], kind: Kind) -> None:
    """For 1,000 forecasts, to the margin of the model and through its map to the chance that is shown."""
    rows = world(4, edge=0.8, moments=125).samples.features
    said = answer(versions[kind], rows, np.full(1000, 0.02))
    assert said.contributions.values.shape == (1000, 4)
    assert np.abs(said.contributions.total - margins(versions[kind].direction, rows)).max() < 1e-6
    shown = calibrated(versions[kind].calibration, 1 / (1 + np.exp(-said.contributions.total)))
    assert np.abs(shown - said.chances).max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_are_in_order_and_grow_with_the_scale(versions: dict[str, Forecaster], kind: Kind) -> None:
    rows = world(4, edge=0.8, moments=20).samples.features
    one, two = (answer(versions[kind], rows, np.full(160, scale)).quantiles for scale in (0.01, 0.02))
    assert one is not None
    assert two is not None
    assert (np.diff(one, axis=1) >= 0).all()
    assert np.array_equal(two, 2 * one)
    assert (one[:, 0] < 0).all()
    assert (one[:, -1] > 0).all()


@pytest.mark.parametrize(("kind", "step"), [("logistic", 1), ("lightgbm", 1), ("histogram", 8)])
def test_each_row_is_answered_alone(versions: dict[str, Forecaster], kind: Kind, step: int) -> None:
    """At 200 places (25 of the slow engine): what else is asked, before or after, changes nothing."""
    rows, scale = world(4, edge=0.8, moments=25).samples.features, np.linspace(0.01, 0.05, 200)
    whole = answer(versions[kind], rows, scale)
    assert whole.quantiles is not None
    for place in range(0, 200, step):
        cut = answer(versions[kind], rows[: place + 1], scale[: place + 1])
        assert cut.quantiles is not None
        assert cut.chances[-1] == pytest.approx(whole.chances[place], abs=1e-15)
        assert np.array_equal(cut.quantiles[-1], whole.quantiles[place])


@pytest.mark.parametrize("kind", KINDS)
def test_a_kept_version_is_the_same_again(versions: dict[str, Forecaster], kind: Kind) -> None:
    arrays, meta = to_artefact(versions[kind])
    again = from_artefact(arrays, meta)
    rows = material(world(4, edge=0.8, moments=20), with_values=True)
    ours, theirs = answered(versions[kind], rows), answered(again, rows)
    assert np.array_equal(ours.chances, theirs.chances)
    assert ours.quantiles is not None
    assert theirs.quantiles is not None
    assert np.array_equal(ours.quantiles, theirs.quantiles)
    assert np.array_equal(again.reference, versions[kind].reference, equal_nan=True)


def harmed(arrays: dict[str, Any], meta: dict[str, Any], what: str) -> tuple[dict[str, Any], dict[str, Any]]:
    changes: dict[str, Any] = {
        "no direction": (arrays, meta | {"direction": {}}),
        "no calibration": ({name: held for name, held in arrays.items() if "calibration" not in name}, meta),
        "unknown calibration": (arrays, meta | {"calibration": "guess"}),
        "no offsets": ({name: held for name, held in arrays.items() if name != "offsets"}, meta),
        "offsets that are no numbers": (arrays | {"offsets": np.full(5, np.nan)}, meta),
        "other reference": (arrays | {"reference": np.zeros((5, 2))}, meta),
        "no levels": (arrays, {name: held for name, held in meta.items() if name != "levels"}),
        "changed trees": (arrays | {"direction.text": arrays["direction.text"][:-5]}, meta),
    }
    found: tuple[dict[str, Any], dict[str, Any]] = changes[what]
    return found


@pytest.mark.parametrize(
    "what",
    [
        "no direction", "no calibration", "unknown calibration", "no offsets", "offsets that are no numbers",
        "other reference", "no levels", "changed trees",
    ],
)  # fmt: skip
def test_what_is_no_version_is_refused(versions: dict[str, Forecaster], what: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_artefact(*harmed(*to_artefact(versions["lightgbm"]), what))


def test_a_version_of_a_probability_alone(versions: dict[str, Forecaster]) -> None:
    bare = replace(versions["logistic"], levels=(), quantiles=None, offsets=None)
    rows = world(4, edge=0.8, moments=5).samples.features
    assert answer(bare, rows, np.empty(0)).quantiles is None
    assert answer(from_artefact(*to_artefact(bare)), rows, np.empty(0)).quantiles is None
    assert answer(bare, rows[:0], np.empty(0)).chances.shape == (0,)


def test_nothing_asked_nothing_said(versions: dict[str, Forecaster]) -> None:
    for version in versions.values():
        said = answer(version, np.empty((0, 4)), np.empty(0))
        assert said.chances.shape == (0,)
        assert said.quantiles is not None
        assert said.quantiles.shape == (0, 5)


def test_what_does_not_fit_is_refused(versions: dict[str, Forecaster]) -> None:
    with pytest.raises(ValueError, match="features"):
        answer(versions["lightgbm"], np.zeros((3, 5)), np.ones(3))
    with pytest.raises(ValueError, match="scale"):
        answer(versions["lightgbm"], np.zeros((3, 4)), np.ones(2))


def test_the_map_stands_between_the_margin_and_the_chance(versions: dict[str, Forecaster]) -> None:
    halved = replace(versions["logistic"], calibration=Calibration("platt", np.array([0.5, 0.0]), np.empty(0)))
    rows = world(4, edge=0.8, moments=5).samples.features
    said = answer(halved, rows, np.ones(40))
    assert np.allclose(logit(said.chances), said.contributions.total / 2)


def test_the_kept_rows_are_spread_over_all() -> None:
    rows = np.arange(5000.0)[:, None]
    kept = reference_rows(rows)
    assert kept.shape == (REFERENCE_ROWS, 1)
    assert (kept[0, 0], kept[-1, 0]) == (0, 4999)
    assert reference_rows(rows[:10]).shape == (10, 1)
