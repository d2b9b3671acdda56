"""How sure figures of forecasts are: whole blocks of moments are drawn, because forecasts of one moment share the
market and overlapping horizons share days.

A block should be twice as long as what hangs together: measured on made weeks, intervals of 95 % then hold 92-93 % of
the time, with blocks of just that length 88-90 %, with single moments 50-55 %.

Source: Politis and Romano (1992), A circular block-resampling procedure for stationary data.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.metrics import auc
from aimodels.compute.scores import SkillInterval, block_bootstrap_skill, drawn_blocks, drawn_sums

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST_BLOCKS = 5
"""As ``scores.block_bootstrap_skill``: an interval from fewer would be an invention."""
TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Interval:
    """A figure with a 95 % interval."""

    value: float
    low: float
    high: float


def by_moment(times: Integers, *values: Floats) -> list[Floats]:
    """Sums over the forecasts of each moment, oldest first; the last array is how many there were.

    Args:
        times: moment of each forecast, any order, shape (n,).
        values: shape (n,) each.
    """
    _moments, places = np.unique(times, return_inverse=True)
    sums = [np.bincount(places, weights=line).astype(np.float64) for line in values]
    return [*sums, np.bincount(places).astype(np.float64)]


def drawn_counts(length: int, *, block: int, draws: int, seed: int) -> Floats:
    """How often each moment is in each draw, shape (draws, length); each row sums to ``length``."""
    starts = drawn_blocks(length, block=block, draws=draws, seed=seed)
    places = ((starts[:, :, None] + np.arange(block)) % length).reshape(draws, -1)[:, :length]
    return np.stack([np.bincount(row, minlength=length) for row in places]).astype(np.float64)


def mean_interval(values: Floats, times: Integers, *, block: int, draws: int = 1000, seed: int = 0) -> Interval | None:
    """Mean over forecasts, with its interval; of flags it is a share, such as a coverage.

    Args:
        values: shape (n,), finite.
        times: moment of each, shape (n,).
        block: moments per block, at least 1.
    Returns:
        None with fewer than ``LEAST_BLOCKS`` blocks.
    """
    sums, counts = by_moment(times, values)
    return ratio_interval(sums, counts, block=block, draws=draws, seed=seed)


def ratio_interval(sums: Floats, counts: Floats, *, block: int, draws: int = 1000, seed: int = 0) -> Interval | None:
    """``sums.sum() / counts.sum()`` with its interval, from figures that were summed by moment already.

    Args:
        sums, counts: of each moment, oldest first, shape (t,), counts above 0.
        block: moments per block, at least 1.
    Returns:
        None with fewer than ``LEAST_BLOCKS`` blocks.
    """
    if not enough_blocks(len(counts), block):
        return None
    starts = drawn_blocks(len(counts), block=block, draws=draws, seed=seed)
    low, high = np.quantile(drawn_sums(sums, starts, block) / drawn_sums(counts, starts, block), TAILS)
    return Interval(float(sums.sum() / counts.sum()), float(low), float(high))


def skill_interval(
    losses: Floats, baseline: Floats, times: Integers, *, block: int, draws: int = 1000, seed: int = 0
) -> SkillInterval | None:
    """Skill of forecasts over those of a baseline for the same targets, from the losses of both.

    Args:
        losses, baseline: shape (n,), 0 and more, finite.
        times, block: as for ``mean_interval``.
    Returns:
        None with fewer than ``LEAST_BLOCKS`` blocks.
    """
    ours, theirs, counts = by_moment(times, losses, baseline)
    return block_bootstrap_skill(ours, theirs, counts, block=block, draws=draws, seed=seed)


def auc_interval(
    chances: Floats, outcomes: Integers, times: Integers, *, block: int, draws: int = 300, seed: int = 0
) -> Interval | None:
    """AUC with its interval; None with fewer than ``LEAST_BLOCKS`` blocks or one class.

    Args:
        chances: shape (n,).
        outcomes: 0 or 1, shape (n,).
        times, block: as for ``mean_interval``.
    """
    value = auc(chances, outcomes)
    _moments, places = np.unique(times, return_inverse=True)
    length = int(places.max()) + 1 if len(places) else 0
    if np.isnan(value) or not enough_blocks(length, block):
        return None
    _levels, ranks = np.unique(chances, return_inverse=True)
    drawn = [
        _weighted_auc(ranks, outcomes, row[places]) for row in drawn_counts(length, block=block, draws=draws, seed=seed)
    ]
    low, high = np.nanquantile(drawn, TAILS)
    return Interval(value, float(low), float(high))


def enough_blocks(length: int, block: int) -> bool:
    """Whether ``length`` moments hold blocks enough for an interval.

    Raises:
        ValueError: a block shorter than one moment.
    """
    if block < 1:
        raise ValueError("block must be at least 1")
    return length >= LEAST_BLOCKS * block


def _weighted_auc(ranks: Integers, outcomes: Integers, weights: Floats) -> float:
    ups = np.bincount(ranks, weights=weights * outcomes)
    downs = np.bincount(ranks, weights=weights * (1 - outcomes))
    pairs = ups.sum() * downs.sum()
    return float((ups * (np.cumsum(downs) - downs / 2)).sum() / pairs) if pairs else float("nan")
