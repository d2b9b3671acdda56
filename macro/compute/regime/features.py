"""What the learned parts see of a price: its path over many horizons, in units of its own volatility.

No feature knows the price level, the coin or the length of a candle, so that one model serves every series. Element i
uses the last ``MEMORY`` closes up to i and no other: computed on a window or on the whole history it is the same.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from assets.compute.series import log_returns, rolling_mean

Floats = NDArray[np.float64]
RETURNS = (5, 10, 20, 40, 60, 90, 120, 180)
AVERAGES = (10, 20, 30, 50, 75, 100, 150, 200)
RANGES = (30, 60, 120, 250)
REVERSALS = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
"""Moves against the last extreme that turn the direction, in units of the volatility per period."""
UNIT = 60
"""Periods of the volatility that moves are measured in."""
MEMORY = max(RANGES)
LIMIT = 4.0
"""Further than this many units is as far as it gets: an outlier teaches nothing."""
NAMES = (
    *(f"return_{span}" for span in RETURNS),
    *(f"average_{span}" for span in AVERAGES),
    *(f"{name}_{span}" for span in RANGES for name in ("below_high", "above_low", "since_high", "since_low")),
    "volatility_ratio",
    *(f"reversal_{size:g}" for size in REVERSALS),
)


def phase_features(close: Floats) -> Floats:
    """Features of each candle.

    ``return_k``: log return over k periods; ``average_k``: log distance from the mean of the last k log closes;
    ``below_high_k``, ``above_low_k``: log distance from the extreme of the last k closes; each divided by the
    volatility of the last 60 periods times the root of k, cut at ±4. ``since_high_k``, ``since_low_k``: age of that
    extreme over k, 0-1. ``volatility_ratio``: log of the volatility of 20 periods over that of 120. ``reversal_c``:
    direction of the last move of c units of volatility against an extreme, 1 or -1, 0 before the first one.

    Args:
        close: prices, shape (t,), above 0 and finite.
    Returns:
        Shape (t, len(NAMES)); NaN where a feature has too little history, or the price has not moved for 60 periods.
    """
    line = np.log(close)
    squares = np.nan_to_num(log_returns(close)) ** 2
    unit = _positive(np.sqrt(rolling_mean(squares, UNIT)))
    columns = [_scaled(line - _before(line, span), unit, span) for span in RETURNS]
    columns += [_scaled(line - rolling_mean(line, span), unit, span) for span in AVERAGES]
    for span in RANGES:
        high, low, since_high, since_low = _range(line, span)
        columns += [_scaled(line - high, unit, span), _scaled(line - low, unit, span), since_high, since_low]
    quick, slow = (_positive(np.sqrt(rolling_mean(squares, span))) for span in (20, 120))
    columns.append(np.log(quick / slow))
    return np.concatenate([np.stack(columns, axis=1), _reversals(line, unit)], axis=1)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)


def _before(line: Floats, span: int) -> Floats:
    result = np.full(len(line), np.nan)
    result[span:] = line[:-span]
    return result


def _scaled(move: Floats, unit: Floats, span: int) -> Floats:
    return np.asarray(np.clip(move / (unit * np.sqrt(span)), -LIMIT, LIMIT))


def _range(line: Floats, span: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Extremes of the last ``span`` elements, and how old they are as a share of the span; of equals the first."""
    result = np.full((4, len(line)), np.nan)
    if len(line) >= span:
        windows = sliding_window_view(line, span)
        highest, lowest = windows.argmax(axis=1), windows.argmin(axis=1)
        rows = np.arange(len(windows))
        result[0, span - 1 :], result[1, span - 1 :] = windows[rows, highest], windows[rows, lowest]
        result[2, span - 1 :], result[3, span - 1 :] = (span - 1 - highest) / span, (span - 1 - lowest) / span
    return result[0], result[1], result[2], result[3]


def _reversals(line: Floats, unit: Floats) -> Floats:
    """Direction by size of reversal, shape (t, len(REVERSALS)): the filter of Lunde and Timmermann with a threshold in
    units of volatility, run anew over the last ``MEMORY`` elements up to each one; NaN where there is no unit."""
    limits = np.nan_to_num(unit, nan=np.inf)[:, None] * np.array(REVERSALS)
    at = np.arange(len(line))
    high = low = np.repeat(line[np.maximum(at - MEMORY + 1, 0)][:, None], len(REVERSALS), axis=1)
    state = np.zeros_like(high)
    for back in range(MEMORY - 2, -1, -1):
        place = np.maximum(at - back, 0)
        value, limit = line[place][:, None], limits[place]
        high, low = np.maximum(high, value), np.minimum(low, value)
        falls = (state >= 0) & (value < high - limit)
        rises = (state <= 0) & (value > low + limit) & ~falls
        state = np.where(falls, -1.0, np.where(rises, 1.0, state))
        high, low = np.where(falls | rises, value, high), np.where(falls | rises, value, low)
    return np.where(np.isfinite(unit)[:, None], state, np.nan)
