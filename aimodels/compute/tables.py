"""Boosted trees as plain tables of numbers: no code is loaded with them, and they answer alike wherever they run."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.explanations import Contributions

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
COLUMNS = {
    "feature": ("feature_idx", np.int64),
    "threshold": ("num_threshold", np.float64),
    "missing_left": ("missing_go_to_left", np.bool_),
    "left": ("left", np.int64),
    "right": ("right", np.int64),
    "value": ("value", np.float64),
    "is_leaf": ("is_leaf", np.bool_),
    "rows": ("count", np.int64),
}


@dataclass(frozen=True)
class Trees:
    """Boosted trees; shape (n trees, m nodes) each, node 0 is the root, shorter trees are filled with leaves.

    Attributes:
        feature, threshold: a node sends a row to the left if the feature is at most the threshold.
        missing_left: where a row without that feature goes.
        left, right: nodes that follow, of a higher place.
        value: what a leaf adds; of another node the mean of its leaves over the rows it was learned from.
        is_leaf: whether a node is one.
        rows: how many rows it was learned from.
        baseline: output before any tree, shape ().
    """

    feature: NDArray[np.int64]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Floats
    is_leaf: NDArray[np.bool_]
    rows: NDArray[np.int64]
    baseline: Floats


def tables_of(model: "HistGradientBoostingClassifier | HistGradientBoostingRegressor") -> Trees:
    """Tables of a fitted model of one output.

    scikit-learn keeps its trees in private tables; a test holds ours against its own answers.
    """
    stages = [stage[0].nodes for stage in model._predictors]  # noqa: SLF001
    shape = (len(stages), max(len(nodes) for nodes in stages))
    found: dict[str, Any] = {}
    for name, (source, kind) in COLUMNS.items():
        found[name] = np.full(shape, name == "is_leaf").astype(kind)
        for place, nodes in enumerate(stages):
            found[name][place, : len(nodes)] = nodes[source]
    for nodes in range(shape[1] - 1, -1, -1):
        _mean_of_children(found, nodes)
    return Trees(**found, baseline=np.asarray(np.ravel(model._baseline_prediction)[0], dtype=np.float64))  # noqa: SLF001


def raw_scores(trees: Trees, features: Floats) -> Floats:
    """Output by row, in log odds for a classifier.

    Args:
        features: shape (n, k); NaN is unknown.
    """
    total = np.full(len(features), float(trees.baseline))
    for place in range(len(trees.value)):
        *_path, leaves = _walk(trees, place, features)
        total += trees.value[place, leaves]
    return total


def path_contributions(trees: Trees, features: Floats) -> Contributions:
    """What each feature adds: along the path of a row, the change of the mean belongs to the feature that was asked.

    Args:
        features: shape (n, k); NaN is unknown.
    Source: Saabas (2014), Interpreting random forests.
    """
    rows = np.arange(len(features))
    added = np.zeros(features.shape)
    for place, value in enumerate(trees.value):
        for node, onward in pairwise(_walk(trees, place, features)):
            added[rows, trees.feature[place, node]] += value[onward] - value[node]
    return Contributions(float(trees.baseline + trees.value[:, 0].sum()), added)


def as_arrays(trees: Trees) -> Arrays:
    """The tables by name."""
    return {field.name: getattr(trees, field.name) for field in fields(Trees)}


def from_arrays(arrays: Arrays) -> Trees:
    """The tables again.

    Raises:
        ValueError: a table is missing, or they do not fit each other.
    """
    names = [field.name for field in fields(Trees)]
    if not set(names) <= set(arrays):
        raise ValueError("a table of the trees is missing")
    trees = Trees(**{name: arrays[name] for name in names})
    if len({arrays[name].shape for name in COLUMNS}) != 1 or trees.value.ndim != 2 or trees.baseline.ndim:
        raise ValueError("the tables of the trees do not fit each other")
    inner = ~trees.is_leaf
    ahead = np.broadcast_to(np.arange(trees.value.shape[1]), trees.value.shape)[inner]
    sides = (trees.left[inner], trees.right[inner])
    if any((side <= ahead).any() or (side >= trees.value.shape[1]).any() for side in sides):
        raise ValueError("a node of the trees leads back, or nowhere")
    return trees


def _walk(trees: Trees, place: int, features: Floats) -> Iterator[NDArray[np.int64]]:
    """Nodes of one tree in which the rows stand, from the root until all stand in leaves; shape (n,) each."""
    rows = np.arange(len(features))
    node = np.zeros(len(features), dtype=np.int64)
    leaf = trees.is_leaf[place]
    yield node
    while not leaf[node].all():
        seen = features[rows, trees.feature[place, node]]
        goes_left = np.where(np.isnan(seen), trees.missing_left[place, node], seen <= trees.threshold[place, node])
        onward = np.where(goes_left, trees.left[place, node], trees.right[place, node])
        node = np.where(leaf[node], node, onward)
        yield node


def _mean_of_children(found: dict[str, Any], node: int) -> None:
    """Children have higher places: from the last node back, each inner one takes the mean of its two."""
    inner = np.flatnonzero(~found["is_leaf"][:, node])
    sides = [found[side][inner, node] for side in ("left", "right")]
    counts = np.stack([found["rows"][inner, side] for side in sides]).astype(np.float64)
    values = np.stack([found["value"][inner, side] for side in sides])
    found["value"][inner, node] = (counts * values).sum(axis=0) / np.maximum(1.0, counts.sum(axis=0))
