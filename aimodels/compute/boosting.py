"""Boosted trees: by LightGBM, or by scikit-learn's histogram gradient boosting where LightGBM's OpenMP library is
missing. What is kept of them is text or tables of numbers, never code."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aimodels.compute import tables
from aimodels.compute.explanations import Contributions

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
Engine = Literal["lightgbm", "histogram"]
PARSED = 64
"""Models that are kept as LightGBM has read them: those of ten versions with their quantiles."""
THREADS = 2
"""That answer: rows are independent, so their number changes no figure. Training has its own setting."""
STEP = 10
"""Rounds of the histogram engine between two questions whether to stop."""


class Stopped(Exception):
    """Training was asked to stop: there is no model."""


@dataclass(frozen=True)
class Boosting:
    """Settings of boosted trees: small steps and shallow trees, for data that is mostly noise.

    Attributes:
        rounds: trees.
        learning_rate: share of each tree that is taken.
        leaves: of a tree, at most.
        least_in_leaf: rows of a leaf, at least.
        penalty: on squared leaf values.
        threads: of LightGBM.
    """

    rounds: int = 150
    learning_rate: float = 0.03
    leaves: int = 8
    least_in_leaf: int = 100
    penalty: float = 10.0
    threads: int = 1


def engine() -> Engine:
    """LightGBM if it loads here."""
    try:
        import lightgbm  # noqa: F401
    except (ImportError, OSError):  # the package is there, and libgomp is not
        return "histogram"
    return "lightgbm"


def fit(
    by: Engine,
    features: Floats,
    target: NDArray[Any],
    settings: Boosting,
    *,
    level: float | None = None,
    seed: int = 0,
    stop: Callable[[], bool] = bool,
) -> Arrays:
    """Trees for the probability of a target of 0 and 1, or with ``level`` for that quantile of a value.

    Args:
        features: shape (n, k); NaN is unknown.
        target: shape (n,).
        level: between 0 and 1.
        seed: the same gives the same trees.
        stop: asked between rounds.
    Returns:
        What ``raw_scores`` and ``contributions`` need.
    Raises:
        Stopped: ``stop`` said so.
    """
    if by == "lightgbm":
        return _lightgbm(features, target, settings, level, seed, stop)
    return _histogram(features, target, settings, level, seed, stop)


def raw_scores(by: Engine, arrays: Arrays, features: Floats) -> Floats:
    """Output of all rows at once: log odds, or the quantile; shape (n,).

    Raises:
        ValueError: arrays that are not such a model.
    """
    if by == "histogram":
        return tables.raw_scores(tables.from_arrays(arrays), features)
    return np.asarray(
        _booster(arrays, features).predict(features, raw_score=True, num_threads=THREADS), dtype=np.float64
    )


def contributions(by: Engine, arrays: Arrays, features: Floats) -> Contributions:
    """What each feature adds to the output: Shapley values of the trees with LightGBM, changes along the path with the
    other engine.

    Raises:
        ValueError: arrays that are not such a model.
    Source: Lundberg, Erion and Lee (2018), Consistent individualized feature attribution for tree ensembles.
    """
    if by == "histogram":
        return tables.path_contributions(tables.from_arrays(arrays), features)
    rows = features if len(features) else np.zeros((1, features.shape[1]))  # LightGBM divides by their number
    parts = np.asarray(_booster(arrays, rows).predict(rows, pred_contrib=True, num_threads=THREADS), dtype=np.float64)
    return Contributions(float(parts[0, -1]), parts[: len(features), :-1])


def _lightgbm(
    features: Floats, target: NDArray[Any], settings: Boosting, level: float | None, seed: int, stop: Callable[[], bool]
) -> Arrays:
    import lightgbm  # takes a second, and is not everywhere

    def asked(_state: object) -> None:
        if stop():
            raise Stopped

    parameters: dict[str, Any] = {
        "objective": "binary" if level is None else "quantile",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.least_in_leaf,
        "lambda_l2": settings.penalty,
        "num_threads": settings.threads,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    if level is not None:
        parameters["alpha"] = level
    data = lightgbm.Dataset(features, label=target, params={"verbosity": -1})
    model = lightgbm.train(parameters, data, num_boost_round=settings.rounds, callbacks=[asked])
    text = model.model_to_string().encode()
    return {"text": np.frombuffer(text, dtype=np.uint8), "digest": _digest(text)}


def _histogram(
    features: Floats, target: NDArray[Any], settings: Boosting, level: float | None, seed: int, stop: Callable[[], bool]
) -> Arrays:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    given: dict[str, Any] = {
        "learning_rate": settings.learning_rate,
        "max_leaf_nodes": settings.leaves,
        "min_samples_leaf": settings.least_in_leaf,
        "l2_regularization": settings.penalty,
        "random_state": seed,
        "early_stopping": False,
        "warm_start": True,
    }
    model = (
        HistGradientBoostingClassifier(**given)
        if level is None
        else HistGradientBoostingRegressor(loss="quantile", quantile=level, **given)
    )
    for rounds in [*range(STEP, settings.rounds, STEP), settings.rounds]:
        if stop():
            raise Stopped
        model.set_params(max_iter=rounds).fit(features, target)
    return tables.as_arrays(tables.tables_of(model))


def _digest(text: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(hashlib.sha256(text).digest(), dtype=np.uint8)


def _booster(arrays: Arrays, features: Floats) -> Any:
    """The trees as LightGBM reads them. It ends the whole process on a text that is not whole: such a text never gets
    there."""
    if not {"text", "digest"} <= set(arrays):
        raise ValueError("the text of the trees is missing")
    text = arrays["text"].tobytes()
    if not np.array_equal(_digest(text), arrays["digest"]):
        raise ValueError("the text of the trees is not what was kept")
    booster = _parsed(text)
    if booster.num_feature() != features.shape[1]:
        raise ValueError(f"the trees know {booster.num_feature()} features, {features.shape[1]} were given")
    return booster


@lru_cache(maxsize=PARSED)
def _parsed(text: bytes) -> Any:
    """Reading a text takes as long as answering for hundreds of rows."""
    import lightgbm

    return lightgbm.Booster(model_str=text.decode())
