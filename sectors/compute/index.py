"""Sector indexes. Panels have shape (t, n): t periods, oldest first, n assets; NaN where an asset has no candle."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from assets.compute.series import log_returns

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def trailing_dollar_volume(volume: Floats, period: int = 30) -> Floats:
    """Median dollar volume of the last ``period`` periods up to and including each; NaN with less than a third of them.

    It stands for size where market caps are not known.
    """
    result = np.full(volume.shape, np.nan)
    for i in range(len(volume)):
        window = volume[max(0, i - period + 1) : i + 1]
        enough = np.isfinite(window).sum(axis=0) >= period / 3
        if enough.any():
            result[i, enough] = np.nanmedian(window[:, enough], axis=0)
    return result


def chain_linked(close: Floats, size: Floats, member: Flags, share: Floats) -> Floats:
    """Level of a chain-linked index that weighs its members by size.

    ``level[i] = level[i-1] * (1 + sum(w[i-1] * r[i]) / sum(w[i-1]))`` over the assets that are members at i, have both
    closes and a size at i-1. Sizes are those of the period before, so the weights are known when the period begins;
    because each period is linked to the one before, a change of membership does not move the level.

    Args:
        close: USD, shape (t, n).
        size: market cap or what stands for it, shape (t, n).
        member: whether an asset is a member in that period, shape (t, n).
        share: part of the asset that counts in this sector, 0-1, shape (n,).
    Returns:
        Shape (t,), 100 at the start; unchanged over a period without any member.
    """
    level = np.full(len(close), 100.0)
    for i in range(1, len(close)):
        with np.errstate(invalid="ignore"):
            change = close[i] / close[i - 1] - 1
        weight = size[i - 1] * share
        counted = member[i] & np.isfinite(change) & np.isfinite(weight) & (weight > 0)
        moved = float(np.average(change[counted], weights=weight[counted])) if counted.any() else 0.0
        level[i] = level[i - 1] * (1 + moved)
    return level


def relative_strength(level: Floats, benchmark: Floats, periods: int) -> float:
    """Chance that a fair coin would have done worse against the benchmark: 0.5 = the same return, towards 1 = stronger.

    The normal distribution at the difference of the log returns over ``periods``, in units of the volatility of that
    difference. NaN with too short a history or a difference that never moves.

    Args:
        level, benchmark: shape (t,), above 0.
        periods: how far back, at least 2.
    """
    difference = (log_returns(level) - log_returns(benchmark))[-periods:]
    if len(level) <= periods or not np.isfinite(difference).all():
        return float("nan")
    spread = difference.std(ddof=1)
    return float(ndtr(difference.sum() / (spread * np.sqrt(periods)))) if spread > 0 else float("nan")


def momentum_score(level: Floats, periods: int) -> float:
    """Return over ``periods`` in units of its volatility, squeezed to -1 … 1; NaN with too short a history."""
    returns = log_returns(level)[-periods:]
    if len(level) <= periods or not np.isfinite(returns).all() or returns.std(ddof=1) == 0:
        return float("nan")
    return float(np.tanh(returns.sum() / (returns.std(ddof=1) * np.sqrt(periods))))


def volatility_place(level: Floats, period: int = 30, span: int = 365) -> float:
    """Place of the present volatility among those of the last ``span`` periods, 0-1; NaN with fewer than 30 of them."""
    returns = log_returns(level)[1:]
    if len(returns) < period + 29:
        return float("nan")
    windows = np.lib.stride_tricks.sliding_window_view(returns, period)[-span:]
    spread = windows.std(axis=1, ddof=1)
    return float((spread <= spread[-1]).mean())
