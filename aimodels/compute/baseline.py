"""What is forecast without any model: the naive forecast that every other is measured against, and the rules that serve
wherever no model has proven skill. Both look at a whole market at once.

The naive forecast is the share of rises that was known at the moment, and a random walk: normal, without drift, with
exponentially weighted volatility. The rules draw that share towards one half, as far as so few separate periods
demand, and take their quantiles from the standardised moves of all assets whose outcome was known by then, counted
together with the normal ones as if those were some periods more. Levels that chase their own misses were tried too:
they made the quantiles worse.

All is finite memory: the last row of a panel is equal, to the last bit, to the same row of a panel of years.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.windows import decayed_mean
from assets.compute.series import log_returns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
LEAST_RETURNS = 60
"""Returns that a volatility is told from, at least."""
WIDEST = 10.0
STEP = 0.02
"""Standardised moves are counted in steps of this, up to this many; what lies beyond counts in the last step."""
EDGES = -WIDEST + STEP * np.arange(1, round(2 * WIDEST / STEP) + 1)


@dataclass(frozen=True)
class Memory:
    """How far back the forecasts look, in rows.

    Attributes:
        decay: weight of a squared return against the one after it.
        doublings: the volatility looks at the last ``2**doublings`` returns.
        window: moments whose outcomes are counted.
        normal: periods of the horizon's length that the normal moves count as.
        even: such periods that a chance of one half counts as.
    """

    decay: float
    doublings: int
    window: int
    normal: float = 20.0
    even: float = 200.0

    def rows(self, periods: int) -> int:
        """Rows that the last forecast of a horizon depends on."""
        return 2**self.doublings + self.window + periods


@dataclass(frozen=True)
class Baseline:
    """Forecasts of a market for one horizon, at each of t moments for m assets.

    Attributes:
        naive: chance of a rise, 0-1, shape (t,).
        rules: chance of a rise, 0-1, shape (t,).
        volatility: per row, log return, shape (t, m); NaN where nothing is forecast.
        unit: of the moves: ``volatility * sqrt(periods)``, shape (t, m).
        moves: standardised moves of the rules at ``LEVELS``, shape (t, 5), rising.
    """

    naive: Floats
    rules: Floats
    volatility: Floats
    unit: Floats
    moves: Floats

    @property
    def naive_quantiles(self) -> Floats:
        """Log returns at ``LEVELS``, shape (t, m, 5)."""
        from scipy.special import ndtri

        return np.asarray(self.unit[:, :, None] * ndtri(np.array(LEVELS)))

    @property
    def rules_quantiles(self) -> Floats:
        """Log returns at ``LEVELS``, shape (t, m, 5)."""
        return self.unit[:, :, None] * self.moves[:, None, :]

    @property
    def scale(self) -> Floats:
        """Half the width of the rules' 90 % interval, log return, shape (t, m)."""
        return self.unit * (self.moves[:, -1:] - self.moves[:, :1]) / 2


def volatility(close: Floats, memory: Memory) -> Floats:
    """Exponentially weighted volatility per row, log return; NaN with too few returns, for a price that never moves,
    and where there is no close.

    Args:
        close: USD, shape (t, m), above 0 or NaN.
    Returns:
        Shape (t, m).
    Source: RiskMetrics Technical Document, 4th ed. (1996), ch. 5; the weights end after ``2**doublings`` rows.
    """
    squares = log_returns(close) ** 2
    found = np.sqrt(decayed_mean(squares, memory.decay, memory.doublings, least=LEAST_RETURNS))
    return np.where(np.isfinite(close) & (found > 0), found, np.nan)


def changes_ahead(close: Floats, periods: int) -> Floats:
    """Log return over the ``periods`` rows that follow each; NaN where one of the two closes is missing.

    Args:
        close: USD, shape (t, m), above 0 or NaN.
        periods: at least 1.
    """
    return _ahead(np.log(close), periods)


def baseline(close: Floats, periods: int, memory: Memory, *, last: int | None = None) -> Baseline:
    """Forecasts over the next ``periods`` rows, as ``baselines`` gives them for several horizons."""
    return baselines(close, [periods], memory, last=last)[periods]


def baselines(
    close: Floats, horizons: Sequence[int], memory: Memory, *, last: int | None = None
) -> dict[int, Baseline]:
    """Forecasts for each row or for the ``last`` ones only, by horizon.

    Causal: what a row says depends on closes up to it alone, ``memory.rows(periods)`` of them.

    Args:
        close: USD, shape (t, m), above 0 or NaN: of every asset that traded at some time, not only of those that still
            do.
        horizons: rows ahead, at least 1 each.
        memory: how far back.
        last: rows wanted, at least 1; None = all.
    Raises:
        ValueError: a horizon below 1.
    """
    if min(horizons) < 1:
        raise ValueError("periods must be at least 1")
    needed = close[-memory.rows(max(horizons)) - last :] if last else close
    price, spread = np.log(needed), volatility(needed, memory)
    return {periods: _baseline(price, spread, periods, memory, last or len(needed)) for periods in horizons}


def _baseline(price: Floats, spread: Floats, periods: int, memory: Memory, last: int) -> Baseline:
    unit, wanted = spread * np.sqrt(periods), np.arange(len(price))[-last:]
    stops = np.maximum(wanted + 1 - periods, 0)
    starts = np.maximum(stops - memory.window, 0)
    counted = slice(int(starts[0]), int(stops[-1]))  # the rows that any forecast counts
    change = _ahead(price, periods)[counted]
    moved = change / unit[counted]
    seen = np.isfinite(moved)
    starts, stops = starts - counted.start, stops - counted.start
    number = _between(seen.sum(axis=1), starts, stops)
    rises = _between(((change > 0) & seen).sum(axis=1), starts, stops)
    separate = _between(seen.any(axis=1).astype(np.int64), starts, stops) / periods
    share = (rises + 1) / (number + 2)  # one of each more than was seen: exactly 0 or 1 would be a claim, not a count
    within = _between(_counted(moved, seen), starts, stops)
    return Baseline(
        naive=share,
        rules=0.5 + (share - 0.5) * separate / (separate + memory.even),
        volatility=spread[wanted],
        unit=unit[wanted],
        moves=_quantiles(within, number, separate, memory.normal),
    )


def _ahead(price: Floats, periods: int) -> Floats:
    found = np.full_like(price, np.nan)
    found[:-periods] = price[periods:] - price[:-periods]
    return found


def _counted(moved: Floats, seen: NDArray[np.bool_]) -> Integers:
    """How many standardised moves of each row lie in each step, shape (t, steps)."""
    rows, columns = np.nonzero(seen)
    steps = np.ceil((moved[rows, columns] + WIDEST) / STEP).clip(1, len(EDGES)).astype(np.int64) - 1
    cells = np.bincount(rows * len(EDGES) + steps, minlength=len(moved) * len(EDGES))
    return np.asarray(cells.reshape(len(moved), len(EDGES)), dtype=np.int64)


def _between(counts: Integers, starts: Integers, stops: Integers) -> Integers:
    """Sums of rows ``start`` to before ``stop``; of whole numbers, so exact."""
    running = np.zeros((len(counts) + 1, *counts.shape[1:]), dtype=np.int64)
    np.cumsum(counts, axis=0, out=running[1:])
    return np.asarray(running[stops] - running[starts])


def _quantiles(counts: Integers, number: Integers, separate: Floats, normal: float) -> Floats:
    """Moves at ``LEVELS``: of the counted ones and the normal ones together, straight lines within a step."""
    from scipy.special import ndtr

    shares = np.cumsum(counts, axis=1) / np.maximum(number, 1)[:, None]
    weight = separate[:, None]
    below = (shares * weight + ndtr(EDGES) * normal) / (weight + normal)
    rows, found = np.arange(len(counts)), []
    for level in LEVELS:
        step = np.minimum((below < level).sum(axis=1), len(EDGES) - 1)
        upper, lower = below[rows, step], np.where(step > 0, below[rows, np.maximum(step - 1, 0)], 0.0)
        part = (level - lower) / (upper - lower)
        found.append(EDGES[step] - STEP * (1 - np.clip(part, 0.0, 1.0)))
    return np.stack(found, axis=1)
