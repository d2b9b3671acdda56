"""How strong a sector is against a benchmark, and whether it gains or loses. Own formulas, in ``docs/sectors.md``.

Levels have shape (t, k): t periods, oldest first, k sectors; NaN before a sector began. Element i of each result uses
elements up to i only.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from assets.compute.series import correlation, log_returns

Floats = NDArray[np.float64]
NO_SPREAD, ROUNDING = 1e-10, 1e-7
"""Deviations below this, or below that part of the mean, are rounding."""
LEADING, IMPROVING, WEAKENING, DECLINING = "leading", "improving", "weakening", "declining"
YEAR_OF_PLACES = 365


def windows(values: Floats, period: int) -> Floats:
    """Sum and sample deviation of the last ``period`` rows.

    Args:
        values: shape (t, k).
        period: rows, at least 2.
    Returns:
        Shape (2, t, k); NaN during the first ``period`` - 1 rows and where a value is missing in the window.
    """
    result = np.full((2, *values.shape), np.nan)
    if len(values) >= period:
        view = sliding_window_view(values, period, axis=0)
        total = np.einsum("tkm->tk", view)
        squares = np.einsum("tkm,tkm->tk", view, view)  # no copy of the windows, which are hundreds of times as large
        result[0, period - 1 :] = total
        result[1, period - 1 :] = np.sqrt(np.maximum(squares - total**2 / period, 0) / (period - 1))
    return result


def moves(total: Floats, spread: Floats, period: int) -> NDArray[np.bool_]:
    """Where a deviation is more than rounding: of nothing, and of the mean that it is about."""
    return spread > NO_SPREAD + ROUNDING * np.abs(total) / period


def momentum_scores(level: Floats, period: int) -> Floats:
    """Return over ``period`` in units of its volatility, squeezed to -1 … 1.

    ``tanh(sum(r) / (std(r) * sqrt(period)))`` of the log returns r; NaN with too short a history, and for prices that
    do not move.

    Args:
        level: shape (t, k), above 0 or NaN.
        period: periods, at least 2.
    """
    total, spread = windows(log_returns(level), period)
    moved = moves(total, spread, period)
    return np.where(moved, np.tanh(total / (np.where(moved, spread, 1.0) * np.sqrt(period))), np.nan)


def relative_strengths(level: Floats, benchmark: Floats, period: int) -> Floats:
    """Chance that a fair coin would have done worse against the benchmark: 0.5 = the same, towards 1 = stronger.

    The normal distribution at the sum of the differences d of the log returns over ``period``, in units of its
    volatility ``std(d) * sqrt(period)``. A sector that *is* the benchmark has 0.5. NaN with too short a history, and
    where the two differ without ever moving against each other.

    Args:
        level: shape (t, k), above 0 or NaN.
        benchmark: shape (t,), above 0 or NaN.
        period: periods, at least 2.
    """
    from scipy.special import ndtr

    total, spread = windows(log_returns(level) - log_returns(benchmark)[:, None], period)
    moved = moves(total, spread, period)
    same = (spread <= NO_SPREAD) & (np.abs(total) <= NO_SPREAD * period)
    scores = ndtr(total / (np.where(moved, spread, 1.0) * np.sqrt(period)))
    return np.where(moved, scores, np.where(same, 0.5, np.nan))


def rotation_positions(level: Floats, benchmark: Floats, period: int, step: int) -> tuple[Floats, Floats]:
    """Where each sector stands in the rotation graph.

    With ``q = ln(level / benchmark)``: strength ``s[i] = (q[i] - mean(q)) / std(q)`` over the last ``period`` periods,
    momentum ``s[i] - s[i - step]``. Both are in standard deviations; 0 is the sector's own average against the whole.

    Args:
        level: shape (t, k), above 0 or NaN.
        benchmark: shape (t,), above 0 or NaN.
        period: periods of the average, at least 2.
        step: periods over which the strength changes, at least 1.
    Returns:
        Strength and momentum, each of shape (t, k); NaN with too short a history; 0 strength where nothing moves.
    """
    ratio = np.log(level) - np.log(benchmark)[:, None]
    total, spread = windows(ratio, period)
    moved = moves(total, spread, period)
    away = np.where(moved, (ratio - total / period) / np.where(moved, spread, 1.0), np.where(spread >= 0, 0.0, np.nan))
    change = np.full(away.shape, np.nan)
    change[step:] = away[step:] - away[:-step]
    return away, change


def quadrant(strength: float, momentum: float) -> str | None:
    """Quadrant of the rotation graph; None where one of the two is unknown."""
    if not (np.isfinite(strength) and np.isfinite(momentum)):
        return None
    if strength > 0:
        return LEADING if momentum > 0 else WEAKENING
    return IMPROVING if momentum > 0 else DECLINING


def volatility_place(level: Floats, period: int = 30, span: int = YEAR_OF_PLACES) -> Floats:
    """Place of the present volatility of each sector among its own of the last ``span`` periods.

    Args:
        level: shape (t, k).
        period: periods of one volatility.
        span: how many of them are compared.
    Returns:
        0-1, shape (k,); NaN with fewer than 30 of them, and for prices that do not move at present and never did.
    """
    spread = windows(log_returns(level), period)[1][-span:]
    known = np.isfinite(spread)
    enough = (known.sum(axis=0) >= 30) & known[-1] & (np.where(known, spread, 0) > NO_SPREAD).any(axis=0)
    below = (np.where(known, spread, np.inf) <= spread[-1]).sum(axis=0)
    return np.where(enough, below / np.maximum(known.sum(axis=0), 1), np.nan)


def correlations(returns: Floats) -> Floats:
    """Pearson correlation of each sector's returns with each, the same both ways, 1 with itself.

    Args:
        returns: shape (k, t); NaN is no value.
    Returns:
        Shape (k, k), -1 … 1; NaN with fewer than 20 common returns, or where one never changes.
    """
    found = np.eye(len(returns))
    for a in range(len(returns)):
        for b in range(a):
            found[a, b] = found[b, a] = correlation(returns[a], returns[b])
    return found
