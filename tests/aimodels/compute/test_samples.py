"""What cannot be learned from is refused with its reason."""

import numpy as np
import pytest

from aimodels.compute.learners import train, train_quantiles
from aimodels.compute.samples import LEAST_ROWS, check_samples
from tests.aimodels.compute.worlds import NAMES, world

SAMPLES = world(0, edge=0.5, moments=50).samples


def changed(column: int, values: float | np.ndarray) -> np.ndarray:
    features = SAMPLES.features.copy()
    features[:, column] = values
    return features


BAD = {
    "too few to learn from": (SAMPLES.features[: LEAST_ROWS - 1], SAMPLES.outcomes[: LEAST_ROWS - 1]),
    "one class alone": (SAMPLES.features, np.ones_like(SAMPLES.outcomes)),
    "0 or 1": (SAMPLES.features, SAMPLES.outcomes * 2),
    "volume is known in no row": (changed(1, np.nan), SAMPLES.outcomes),
    "momentum is infinite": (changed(0, np.inf), SAMPLES.outcomes),
    "funding is the outcome itself": (changed(2, 3.0 - 2.0 * SAMPLES.outcomes), SAMPLES.outcomes),
    "do not fit": (SAMPLES.features[:, :3], SAMPLES.outcomes),
}


@pytest.mark.parametrize("said", BAD)
@pytest.mark.parametrize("kind", ["base_rate", "logistic", "lightgbm", "histogram"])
def test_no_model_learns_from_it(kind: str, said: str) -> None:
    features, outcomes = BAD[said]
    with pytest.raises(ValueError, match=said):
        train(kind, features, NAMES, outcomes)  # type: ignore[arg-type]


def test_a_hole_does_not_hide_the_outcome() -> None:
    leaked = np.where(np.arange(len(SAMPLES.outcomes)) % 3 == 0, np.nan, SAMPLES.outcomes)
    with pytest.raises(ValueError, match="breadth is the outcome itself"):
        check_samples(changed(3, leaked), NAMES, SAMPLES.outcomes)


def test_names_are_there_once() -> None:
    with pytest.raises(ValueError, match="each once"):
        check_samples(SAMPLES.features, ("a", "b", "c", "a"), SAMPLES.outcomes)


def test_good_samples_pass() -> None:
    check_samples(SAMPLES.features, NAMES, SAMPLES.outcomes)


def test_quantiles_are_as_careful() -> None:
    actual = np.random.default_rng(1).standard_normal(len(SAMPLES.outcomes))
    with pytest.raises(ValueError, match="volume is the outcome itself"):
        train_quantiles("histogram", changed(1, -2 * actual), NAMES, actual, (0.5,))
    with pytest.raises(ValueError, match="finite"):
        train_quantiles("histogram", SAMPLES.features, NAMES, np.where(actual > 2, np.nan, actual), (0.5,))
