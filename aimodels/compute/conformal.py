"""Intervals that hold as often as they say: quantiles moved by what earlier ones missed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
RATE = 0.02
"""How far a level moves per moment and unit of its miss."""


def conformal_offsets(quantiles: Floats, actual: Floats, levels: Sequence[float]) -> Floats:
    """What must be added to each quantile so that it would have held on samples it was not fitted on.

    A level below 0.5 takes the ``floor((n + 1) * level)``-th smallest gap ``actual - quantile``, a level above the
    ``ceil((n + 1) * level)``-th: each tail of an interval then holds at least as often as it says if samples are
    exchangeable. Markets are not: see ``adaptive_quantiles``.

    Args:
        quantiles: shape (n, q), in the order of ``levels``.
        actual: same unit, shape (n,).
        levels: rising, between 0 and 1.
    Returns:
        Same unit, shape (q,).
    Raises:
        ValueError: too few samples for the outermost level, or levels that do not rise.
    Source: Romano, Patterson and Candes (2019), Conformalized quantile regression, theorem 2.
    """
    return _offsets(np.sort(actual[:, None] - quantiles, axis=0), _checked(levels), strict=True)


def moved(quantiles: Floats, offsets: Floats) -> Floats:
    """Quantiles with their offsets, in order again where they crossed; shape (n, q)."""
    return np.sort(quantiles + offsets, axis=1)


def adapted_levels(levels: Floats, targets: Floats, shares: Floats, *, rate: float = RATE) -> Floats:
    """Levels after a moment: one whose quantile lay above more outcomes than it should is lowered, and the reverse.

    Args:
        levels: as they stand, shape (q,).
        targets: as they are meant, shape (q,).
        shares: share of the moment's outcomes at or below each quantile, 0-1, shape (q,).
        rate: 0 and more.
    Returns:
        Between 0 and 1, shape (q,).
    Source: Gibbs and Candes (2021), Adaptive conformal inference under distribution shift.
    """
    return np.clip(levels + rate * (targets - shares), 0.0, 1.0)


def adaptive_quantiles(
    quantiles: Floats,
    actual: Floats,
    times: Integers,
    *,
    levels: Sequence[float],
    horizon: int,
    window: int,
    rate: float = RATE,
) -> Floats:
    """Quantiles as they would have been given moment by moment: moved by the gaps of the last ``window`` forecasts
    whose outcome was known then, at levels that follow their own misses.

    Causal: a row depends on rows with ``time + horizon <= its time`` only, and on itself.

    Args:
        quantiles: shape (n, q), in the order of ``levels``.
        actual: same unit, shape (n,), finite.
        times: moment of each, any order, shape (n,).
        levels: rising, between 0 and 1.
        horizon: how long after its moment the outcome is known, same unit as ``times``, at least 1.
        window: forecasts that gaps are taken from, at least 1.
        rate: of ``adapted_levels``.
    Returns:
        Same unit, shape (n, q), each row in order.
    Raises:
        ValueError: a horizon or window below 1, or levels that do not rise.
    """
    if horizon < 1 or window < 1:
        raise ValueError("horizon and window must be at least 1")
    targets = _checked(levels)
    order = np.argsort(times, kind="stable")
    held, gaps = times[order], (actual[:, None] - quantiles)[order]
    given = np.empty_like(gaps)
    moments, starts = np.unique(held, return_index=True)
    stops = np.append(starts[1:], len(held))
    known_until = np.searchsorted(held, moments - horizon, side="right")
    current, resolved = targets, 0
    for start, stop, known in zip(starts, stops, known_until, strict=True):
        while resolved < len(moments) and stops[resolved] <= known:
            place = slice(starts[resolved], stops[resolved])
            shares = (gaps[place] <= given[place]).mean(axis=0)
            current, resolved = adapted_levels(current, targets, shares, rate=rate), resolved + 1
        seen = np.sort(gaps[max(0, known - window) : known], axis=0)
        given[start:stop] = _offsets(seen, current, strict=False) if len(seen) else 0.0
    result = np.empty_like(given)
    result[order] = given
    return moved(quantiles, result)


def _checked(levels: Sequence[float]) -> Floats:
    held = np.asarray(levels, dtype=np.float64)
    if not len(held) or held[0] <= 0 or held[-1] >= 1 or (np.diff(held) <= 0).any():
        raise ValueError("levels must rise, between 0 and 1")
    return held


def _offsets(gaps: Floats, levels: Floats, *, strict: bool) -> Floats:
    """Gaps, sorted, shape (n, q), at the ranks of the levels; outside of them the outermost unless ``strict``."""
    n = len(gaps)
    place = (n + 1) * levels
    # A product like 20 * 0.95 may come out a hair above 19: it is 19.
    ranks = np.where(levels < 0.5, np.floor(place + 1e-9), np.ceil(place - 1e-9)).astype(np.int64)
    if strict and (ranks.min() < 1 or ranks.max() > n):
        raise ValueError(f"{n} samples are too few for the outermost level")
    return np.asarray(gaps[np.clip(ranks, 1, n) - 1, np.arange(len(levels))])
