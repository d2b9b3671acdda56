"""Scores of probability forecasts against what happened, and how sure the scores are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
TAIL = 0.025
"""Outside an interval of 95 %, on either side."""


def skill(score: float, baseline: float) -> float:
    """``1 - score / baseline``: 1 is perfect, 0 as good as the baseline, below 0 worse. NaN for a baseline of 0."""
    return float(1 - score / baseline) if baseline > 0 else float("nan")


@dataclass(frozen=True)
class SkillInterval:
    """Skill with a 95 % interval."""

    skill: float
    low: float
    high: float


def block_bootstrap_skill(
    scores: Floats,
    baselines: Floats,
    counts: Floats,
    *,
    block: int,
    draws: int = 1000,
    seed: int = 0,
    tail: float = TAIL,
) -> SkillInterval | None:
    """Skill over a time series of forecasts and its interval by circular block bootstrap.

    Forecasts of one moment share the market, and overlapping horizons share days: whole blocks of moments are drawn, so
    that their dependence stays inside.

    Args:
        scores, baselines: sums of the scores of the moment's forecasts, oldest first, shape (t,).
        counts: forecasts per moment, shape (t,).
        block: moments per block, at least 1.
        draws: how many times.
        seed: of the generator.
        tail: chance left outside on either side, 0-0.5; 0.025 makes an interval of 95 %.
    Returns:
        None with fewer than five blocks: an interval from so few would be an invention.
    Source: Politis and Romano (1992), A circular block-resampling procedure for stationary data.
    """
    length = len(scores)
    if block < 1:
        raise ValueError("block must be at least 1")
    if length < 5 * block:
        return None
    starts = drawn_blocks(length, block=block, draws=draws, seed=seed)
    drawn = 1 - drawn_sums(scores, starts, block) / drawn_sums(baselines, starts, block)
    low, high = np.quantile(drawn, (tail, 1 - tail))
    total = counts.sum()
    return SkillInterval(skill(scores.sum() / total, baselines.sum() / total), float(low), float(high))


def drawn_blocks(length: int, *, block: int, draws: int, seed: int) -> Integers:
    """Where the drawn blocks start: enough of them to cover ``length`` moments, shape (draws, blocks)."""
    return np.random.default_rng(seed).integers(0, length, size=(draws, -(-length // block)))


def drawn_sums(values: Floats, starts: Integers, block: int) -> Floats:
    """Sum of the values of each draw, shape (draws,). What a block adds is computed once, for every place where one can
    start, however often it is drawn.

    Args:
        values: of each moment, oldest first, shape (t,), t >= block.
        starts: as ``drawn_blocks`` gives them. Blocks go on at the start when they reach the end; the last one of a
            draw is cut, so that a draw has as many moments as there are.
        block: moments per block.
    """
    length = len(values)
    rest = length - block * (starts.shape[1] - 1)
    reached = np.concatenate(([0.0], np.cumsum(np.concatenate((values, values[:block])))))
    whole, cut = (reached[size : size + length] - reached[:length] for size in (block, rest))
    return np.asarray(whole[starts[:, :-1]].sum(axis=1) + cut[starts[:, -1]])
