"""Splits of time-ordered samples into what is learned from and what is tested on, without overlap of their labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Places of the samples of one fold: ``train`` ends before ``test`` begins, by purge and embargo at least."""

    train: Integers
    test: Integers


def walk_forward(
    times: Integers, *, edges: Sequence[int], horizon: int, purge: int, embargo: int = 0, least: int = 1
) -> Iterator[Split]:
    """Purged, embargoed walk-forward: each fold is tested by what was learned from the past alone.

    A fold is tested from one edge to the next; samples before it are learned from if their label was complete
    ``embargo`` before it began. A sample belongs to a fold by its time, so that all assets of a moment stay together.

    Args:
        times: moment of each sample in a unit of the caller's choice, any order, shape (n,), n >= 1.
        edges: where folds begin and the last one ends, rising, at least two, same unit.
        horizon: how long after its moment the label of a sample is known, same unit, at least 0.
        purge: samples less than this before a fold are left out of its training; at least ``horizon``.
        embargo: further distance, because features of neighbouring moments share candles; at least 0.
        least: folds with fewer samples to learn from are left out.
    Yields:
        Folds, oldest first; those without a sample to test are left out.
    Raises:
        ValueError: a purge shorter than the label's horizon, a number out of range, edges that do not rise, or no
            samples.
    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, ch. 7.
    """
    if least < 1:
        raise ValueError("least must be at least 1")
    _check(times, edges, horizon, purge, embargo)
    for start, stop in pairwise(edges):
        train = np.flatnonzero(times < start - purge - embargo)
        test = np.flatnonzero((times >= start) & (times < stop))
        if len(train) >= least and len(test):
            yield Split(train, test)


def equal_edges(times: Integers, folds: int) -> list[int]:
    """Edges of ``folds`` folds of equal length that leave as long a span before the first one to learn from.

    Raises:
        ValueError: fewer than one fold, or more than there are moments.
    """
    first, end = int(times.min()), int(times.max()) + 1
    if folds < 1 or folds + 1 > end - first:
        raise ValueError("folds must be at least 1, and fewer than the moments")
    return [first + (end - first) * place // (folds + 1) for place in range(1, folds + 2)]


def combinatorial(
    times: Integers, *, edges: Sequence[int], horizon: int, purge: int, embargo: int = 0, tested: int = 2
) -> Iterator[Split]:
    """Combinatorial purged cross-validation: every choice of ``tested`` groups is tested once by what was learned from
    the others, so that one history gives many paths. It learns from the future too: it says how much results vary,
    never how good a model would have been. That is for ``walk_forward``.

    Args:
        times, horizon, purge, embargo: as for ``walk_forward``; the distance is kept on both sides of a tested group.
        edges: where groups begin and the last one ends, rising.
        tested: groups tested at a time, at least 1 and fewer than there are groups.
    Yields:
        Folds; those without a sample on one of the two sides are left out.
    Raises:
        ValueError: as ``walk_forward``, or ``tested`` out of range.
    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, ch. 12.
    """
    _check(times, edges, horizon, purge, embargo)
    groups = list(pairwise(edges))
    if not 1 <= tested < len(groups):
        raise ValueError("tested must be at least 1, and fewer than the groups")
    distance = purge + embargo
    inside = (times >= edges[0]) & (times < edges[-1])
    for chosen in combinations(groups, tested):
        test = np.zeros(len(times), dtype=np.bool_)
        near = np.zeros(len(times), dtype=np.bool_)
        for start, stop in chosen:
            test |= (times >= start) & (times < stop)
            near |= (times >= start - distance) & (times < stop + distance)
        train = inside & ~near
        if train.any() and test.any():
            yield Split(np.flatnonzero(train), np.flatnonzero(test))


def hold_out(
    times: Integers, *, share: float, horizon: int, purge: int, embargo: int = 0, since: int | None = None
) -> Split:
    """The last ``share`` of the time as the final test, and the samples that everything else may be learned from.

    Whoever uses the test counts it: it is used once per generation of a model.

    Args:
        times, horizon, purge, embargo: as for ``walk_forward``.
        share: of the span of time, above 0, below 1.
        since: the test begins no earlier than this, unless there is nothing from then on.
    Raises:
        ValueError: as ``walk_forward``, a share out of range, or nothing on one of the two sides.
    """
    if not 0 < share < 1:
        raise ValueError("share must lie between 0 and 1")
    if not len(times):
        raise ValueError("there are no samples")
    first, end = int(times.min()), int(times.max()) + 1
    start = end - max(1, round((end - first) * share))
    if since is not None and since < end:
        start = max(start, since)
    splits = list(walk_forward(times, edges=[start, end], horizon=horizon, purge=purge, embargo=embargo))
    if not splits:
        raise ValueError("no sample is left to learn from before the final block")
    return splits[0]


def _check(times: Integers, edges: Sequence[int], horizon: int, purge: int, embargo: int) -> None:
    if horizon < 0 or embargo < 0:
        raise ValueError("horizon and embargo must be at least 0")
    if purge < horizon:
        raise ValueError(f"a purge of {purge} is shorter than the label's horizon of {horizon}: labels would leak")
    if len(edges) < 2 or any(start >= stop for start, stop in pairwise(edges)):
        raise ValueError("edges must rise, and be two at least")
    if not len(times):
        raise ValueError("there are no samples")
