"""Figures of forecasts against what happened. Losses come per forecast: whole moments can be drawn from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
SURE = 1e-6
"""A probability counts as at least this and at most 1 less this: one sure and wrong forecast may not decide all."""


def log_losses(chances: Floats, outcomes: Integers) -> Floats:
    """``-ln`` of the probability that was given to what happened, in nats, at most ``-ln(SURE)``; shape (n,)."""
    held = np.clip(chances, SURE, 1 - SURE)
    return np.asarray(-np.log(np.where(outcomes == 1, held, 1 - held)))


def brier_scores(chances: Floats, outcomes: Integers) -> Floats:
    """``(chance - outcome)²``, 0-1; shape (n,)."""
    return np.asarray((chances - outcomes) ** 2)


def pinball_losses(quantiles: Floats, actual: Floats, levels: Sequence[float]) -> Floats:
    """Mean over the levels of ``max(level * gap, (level - 1) * gap)`` with ``gap = actual - quantile``.

    Args:
        quantiles: shape (n, q), in the order of ``levels``.
        actual: same unit, shape (n,).
        levels: between 0 and 1.
    Returns:
        Same unit, shape (n,); the least mean belongs to the true quantiles.
    Source: Koenker and Bassett (1978), Regression quantiles.
    """
    gap = actual[:, None] - quantiles
    held = np.asarray(levels)
    return np.asarray(np.maximum(held * gap, (held - 1) * gap).mean(axis=1))


def within(low: Floats, high: Floats, actual: Floats) -> Flags:
    """Whether each value lies in its interval, ends included; their mean is the coverage."""
    return np.asarray((actual >= low) & (actual <= high))


def auc(chances: Floats, outcomes: Integers) -> float:
    """Chance that a forecast of what happened is above one of what did not, ties counted half; NaN with one class.

    Source: Hanley and McNeil (1982), The meaning and use of the area under a ROC curve.
    """
    from scipy.stats import rankdata  # takes a second, and few processes need it

    ups = int((outcomes == 1).sum())
    downs = len(outcomes) - ups
    if not ups or not downs:
        return float("nan")
    ranks = rankdata(chances)
    return float((ranks[outcomes == 1].sum() - ups * (ups + 1) / 2) / (ups * downs))


@dataclass(frozen=True)
class Hits:
    """Counts of calls of a rise or a fall, and the shares that follow from them; NaN where the divisor is 0.

    Attributes:
        accuracy: share of calls, of both kinds, that were right.
        precision: share of calls of a rise that were right.
        recall: share of rises that were called.
        f1: harmonic mean of the two.
    """

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int
    accuracy: float
    precision: float
    recall: float
    f1: float


def hits(chances: Floats, outcomes: Integers, *, threshold: float = 0.5) -> Hits:
    """Count calls of at least ``threshold`` against what happened."""
    called, happened = chances >= threshold, outcomes == 1
    right, false_alarm = int((called & happened).sum()), int((called & ~happened).sum())
    quiet, missed = int((~called & ~happened).sum()), int((~called & happened).sum())
    return Hits(
        true_positives=right,
        false_positives=false_alarm,
        true_negatives=quiet,
        false_negatives=missed,
        accuracy=_share(right + quiet, len(outcomes)),
        precision=_share(right, right + false_alarm),
        recall=_share(right, right + missed),
        f1=_share(2 * right, 2 * right + false_alarm + missed),
    )


@dataclass(frozen=True)
class Errors:
    """Errors of forecast values; ``r2`` is NaN where what happened never varied.

    Attributes:
        mse, mae: mean squared and mean absolute error.
        r2: 1 less the squared error's share of the variance, at most 1.
    """

    mse: float
    mae: float
    r2: float


def errors(forecast: Floats, actual: Floats) -> Errors:
    """Errors of values, shape (n,), n >= 1, finite.

    Raises:
        ValueError: none, or a hole among them.
    """
    if not len(actual) or not (np.isfinite(forecast).all() and np.isfinite(actual).all()):
        raise ValueError("values must be finite, at least one")
    gap = forecast - actual
    spread = float(((actual - actual.mean()) ** 2).mean())
    mse = float((gap**2).mean())
    return Errors(mse, float(np.abs(gap).mean()), 1 - mse / spread if spread > 0 else float("nan"))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
