"""Models as pure functions of arrays: train, keep as numbers, answer for all rows at once, say why.

Three of them, each a step up: the base rate that any other must beat, a logistic regression, boosted trees.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from aimodels.compute import boosting
from aimodels.compute.boosting import Boosting, Stopped, engine
from aimodels.compute.explanations import Contributions, linear_contributions
from aimodels.compute.samples import check_samples, check_values

__all__ = ["Boosting", "Learned", "Stopped", "engine"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Arrays = dict[str, NDArray[Any]]
Kind = Literal["base_rate", "logistic", "lightgbm", "histogram"]
RIDGE = 1.0
"""Penalty on squared weights of the logistic regression, on features of variance 1, over the sum of the losses."""
MOST_STEPS = 50
CLOSE = 1e-9
"""A step of Newton's method below this ends it."""


@dataclass(frozen=True)
class Learned:
    """A trained model.

    Attributes:
        kind: how it answers.
        names: of the features, in the order of their columns.
        levels: of the quantiles it gives; empty for a probability.
        arrays: its numbers, by name.
        settings: that it was trained with.
    """

    kind: Kind
    names: tuple[str, ...]
    levels: tuple[float, ...]
    arrays: Arrays
    settings: Mapping[str, Any]


def train(
    kind: Kind,
    features: Floats,
    names: Sequence[str],
    outcomes: Integers,
    *,
    settings: Boosting | None = None,
    seed: int = 0,
    stop: Callable[[], bool] = bool,
) -> Learned:
    """A model of the probability that something happens.

    Args:
        kind: one of ``Kind``.
        features: shape (n, k); NaN is unknown.
        names: of the features, k, each once.
        outcomes: 0 or 1, shape (n,).
        settings: of the trees; the others have none.
        seed: the same gives the same model.
        stop: asked between rounds.
    Raises:
        ValueError: samples that nothing can be learned from, with the reason; a kind that does not exist.
        Stopped: ``stop`` said so.
    """
    from scipy.special import logit

    check_samples(features, names, outcomes)
    if stop():
        raise Stopped
    held: dict[str, Any] = {"seed": seed}
    if kind == "base_rate":
        arrays: Arrays = {"margin": np.asarray(logit(base_rate(outcomes)))}
    elif kind == "logistic":
        arrays, held["ridge"] = _logistic(features, outcomes, stop), RIDGE
    elif kind in ("lightgbm", "histogram"):
        used = settings or Boosting()
        arrays, held = boosting.fit(kind, features, outcomes, used, seed=seed, stop=stop), held | asdict(used)
    else:
        raise ValueError(f"there is no model {kind!r}")
    return Learned(kind, tuple(names), (), arrays, held)


def train_quantiles(
    by: boosting.Engine,
    features: Floats,
    names: Sequence[str],
    actual: Floats,
    levels: Sequence[float],
    *,
    settings: Boosting | None = None,
    seed: int = 0,
    stop: Callable[[], bool] = bool,
) -> Learned:
    """A model of quantiles, boosted trees for each; best of a return in units of the volatility known before it.

    Args:
        by: engine of the trees.
        features, names, settings, seed, stop: as for ``train``.
        actual: finite, shape (n,).
        levels: rising, between 0 and 1.
    Raises:
        ValueError: samples that nothing can be learned from, with the reason.
        Stopped: ``stop`` said so.
    """
    check_values(features, names, actual)
    used = settings or Boosting()
    arrays: Arrays = {}
    for place, level in enumerate(levels):
        found = boosting.fit(by, features, actual, used, level=level, seed=seed, stop=stop)
        arrays |= {f"{place}.{name}": values for name, values in found.items()}
    return Learned(by, tuple(names), tuple(levels), arrays, {"seed": seed} | asdict(used))


def margins(learned: Learned, features: Floats) -> Floats:
    """Log odds of all rows at once, shape (n,).

    Args:
        features: shape (n, k), columns as in ``learned.names``; NaN is unknown.
    Raises:
        ValueError: columns that do not fit, or a model of quantiles.
    """
    _check_shape(learned, features, of_quantiles=False)
    if learned.kind == "base_rate":
        return np.full(len(features), float(learned.arrays["margin"]))
    if learned.kind == "logistic":
        return _linear(learned, features).total
    return boosting.raw_scores(learned.kind, learned.arrays, features)


def probabilities(learned: Learned, features: Floats) -> Floats:
    """Probabilities of all rows at once, 0-1, before any calibration, shape (n,)."""
    from scipy.special import expit

    return np.asarray(expit(margins(learned, features)))


def quantiles(learned: Learned, features: Floats) -> Floats:
    """Quantiles of all rows at once, each row in order, shape (n, q).

    Raises:
        ValueError: columns that do not fit, or a model of a probability.
    """
    _check_shape(learned, features, of_quantiles=True)
    if learned.kind not in ("lightgbm", "histogram"):
        raise ValueError(f"a model {learned.kind!r} gives no quantiles")
    parts = [_part(learned.arrays, f"{place}.") for place in range(len(learned.levels))]
    return np.sort(np.stack([boosting.raw_scores(learned.kind, part, features) for part in parts], axis=1), axis=1)


def contributions(learned: Learned, features: Floats) -> Contributions:
    """What each feature adds to the log odds of each row; they sum to ``margins``."""
    _check_shape(learned, features, of_quantiles=False)
    if learned.kind == "base_rate":
        return Contributions(float(learned.arrays["margin"]), np.zeros(features.shape))
    if learned.kind == "logistic":
        return _linear(learned, features)
    return boosting.contributions(learned.kind, learned.arrays, features)


def base_rate(outcomes: Integers) -> float:
    """Share of outcomes that were 1, one of each more than were seen: exactly 0 or 1 would be a claim, not a count."""
    return float((outcomes.sum() + 1) / (len(outcomes) + 2))


def to_artefact(learned: Learned) -> tuple[Arrays, dict[str, Any]]:
    """Numbers, and what they mean in words that JSON holds."""
    meta = {
        "kind": learned.kind,
        "names": list(learned.names),
        "levels": list(learned.levels),
        "settings": dict(learned.settings),
    }
    return dict(learned.arrays), meta


def from_artefact(arrays: Arrays, meta: Mapping[str, Any]) -> Learned:
    """A model as ``to_artefact`` gave it, tried once so that one that cannot answer is refused here.

    Raises:
        ValueError: the numbers or their meaning are not those of a model.
    """
    try:
        kind, names, levels = meta["kind"], tuple(meta["names"]), tuple(meta["levels"])
        learned = Learned(kind, names, levels, dict(arrays), dict(meta["settings"]))
        if kind not in get_args(Kind):
            raise ValueError(f"there is no model {kind!r}")
        row = np.zeros((1, len(names)))
        answer = quantiles(learned, row) if levels else margins(learned, row)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"this is not a trained model: {error!r}") from None
    if not np.isfinite(answer).all():
        raise ValueError("the model does not answer with a number")
    return learned


def _check_shape(learned: Learned, features: Floats, *, of_quantiles: bool) -> None:
    if bool(learned.levels) is not of_quantiles:
        raise ValueError("this model gives quantiles" if learned.levels else "this model gives a probability")
    if features.ndim != 2 or features.shape[1] != len(learned.names):
        raise ValueError(f"features of shape {features.shape} do not fit a model of {len(learned.names)} features")


def _part(arrays: Arrays, prefix: str) -> Arrays:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def _logistic(features: Floats, outcomes: Integers, stop: Callable[[], bool]) -> Arrays:
    """Weights on features as they are; an unknown feature counts as its mean, one that never varies has no weight.

    Newton's method on the penalised loss; a step that does not lower it is halved.
    """
    from scipy.special import expit

    means, spread = np.nanmean(features, axis=0), np.nanstd(features, axis=0)
    units = np.where(spread > 0, spread, 1.0)
    scaled = np.nan_to_num((features - means) / units, nan=0.0)
    design = np.column_stack([scaled, np.ones(len(scaled))])
    penalty = np.append(np.full(scaled.shape[1], RIDGE), 0.0)

    def loss(held: Floats) -> float:
        margin = design @ held
        return float((np.logaddexp(0, margin) - outcomes * margin).sum() + (penalty * held**2).sum() / 2)

    weights = np.zeros(design.shape[1])
    for _ in range(MOST_STEPS):
        if stop():
            raise Stopped
        chances = expit(design @ weights)
        slope = design.T @ (chances - outcomes) + penalty * weights
        curve = (design.T * (chances * (1 - chances))) @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        while np.abs(step).max() > CLOSE and loss(weights - step) > loss(weights):
            step = step / 2
        weights = weights - step
        if np.abs(step).max() <= CLOSE:
            break
    return {"weights": weights[:-1] / units, "means": means, "intercept": np.asarray(weights[-1])}


def _linear(learned: Learned, features: Floats) -> Contributions:
    held = learned.arrays
    return linear_contributions(features, held["weights"], held["means"], float(held["intercept"]))
