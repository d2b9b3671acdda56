"""How far the choice between variants is one of luck."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.development import Tried
from aimodels.compute.material import Material
from aimodels.compute.metrics import log_losses
from aimodels.compute.scores import skill
from aimodels.compute.validation import combinatorial

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
GROUPS = 8
"""Stretches of time that halves are made of: 70 halves."""


@dataclass(frozen=True)
class Overfitting:
    """What became of the variant that was the best in one half of the time, in the other half.

    Attributes:
        probability: share of the halves in which it was among the worse half of the variants there, 0-1; about one half
            if the choice is one of luck.
        halves: how many.
        variants: that were chosen between.
        low, median, high: its skill over the naive forecast in the other half; quantiles of 5, 50 and 95 % over the
            halves. They share their moments: this says how much results vary, and is no interval.
    """

    probability: float
    halves: int
    variants: int
    low: float
    median: float
    high: float


def choice_of(tried: Sequence[Tried], past: Material) -> Overfitting | None:
    """The choice between the variants of a training, by what they said out of fold.

    Args:
        past: the rows that the folds are places of.
    Returns:
        None as ``overfitting``, or if the variants were not tried on the same rows.
    """
    first = tried[0].folds
    if any(not np.array_equal(one.folds.places, first.places) for one in tried):
        return None
    held = past.samples.rows(first.places)
    losses = np.column_stack([log_losses(one.folds.chances, held.outcomes) for one in tried])
    naive, horizon = log_losses(first.baseline, held.outcomes), held.horizon
    return overfitting(losses, naive, held.times, horizon=horizon, purge=horizon, embargo=horizon)


def overfitting(
    losses: Floats, naive: Floats, times: Integers, *, horizon: int, purge: int, embargo: int = 0
) -> Overfitting | None:
    """Probability of backtest overfitting by combinatorially symmetric cross-validation: every half of the stretches of
    time chooses, and the other half judges. Nothing is learned anew: the forecasts were made out of fold.

    Args:
        losses: of each sample by v variants, shape (n, v).
        naive: of the naive forecast, shape (n,).
        times, horizon, purge, embargo: as for ``combinatorial``; that distance lies between the halves.
    Returns:
        None with fewer than two variants, or too few moments for ``GROUPS`` stretches longer than the distance.
    Source: Bailey, Borwein, Lopez de Prado and Zhu (2017), The probability of backtest overfitting.
    """
    count, (first, end) = losses.shape[1], (int(times.min()), int(times.max()) + 1)
    if count < 2 or end - first <= 2 * GROUPS * (purge + embargo):
        return None
    edges = [first + (end - first) * place // GROUPS for place in range(GROUPS + 1)]
    below, skills = [], []
    for half in combinatorial(times, edges=edges, horizon=horizon, purge=purge, embargo=embargo, tested=GROUPS // 2):
        best = int(losses[half.train].mean(axis=0).argmin())
        judged = losses[half.test].mean(axis=0)
        worse = ((judged > judged[best]).sum() + 0.5 * ((judged == judged[best]).sum() - 1)) / (count - 1)
        below.append(1.0 if worse < 0.5 else 0.5 if worse == 0.5 else 0.0)
        skills.append(skill(float(judged[best]), float(naive[half.test].mean())))
    if not below:
        return None
    low, median, high = np.quantile(skills, (0.05, 0.5, 0.95)).tolist()
    return Overfitting(float(np.mean(below)), len(below), count, low, median, high)
