"""Technical indicators by TA-Lib, of one asset or of many at once.

All series are oldest first, float64, all finite. Element i uses candles up to i only; it is NaN during warm-up and
where it is not defined: an oscillator has no value while no price has moved at all, and a weighted price none where
nothing was traded (TA-Lib writes 0 there). An indicator sees candles, not time: a missing candle is left out, and its
neighbours count as neighbours. On-balance volume counts from the first candle given: its changes mean something, its
level does not. How many candles each output needs stands in ``outputs``.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.compute.outputs import BANDWIDTH, CALCULATIONS, WARM_UP, WITHOUT_LEVEL, Calculation, known, place
from assets.compute.undefined import blank_undefined, suspects

__all__ = ["WARM_UP", "Slices", "indicators", "nested", "on_slices", "rolling_vwap", "with_indicators"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SERIES = ("high", "low", "close", "volume")


@dataclass(frozen=True)
class Slices:
    """Candles of n assets, one after the other in flat arrays; the candles of an asset are one slice of them.

    Attributes:
        offsets: where each slice begins, and the end of the last: shape (n + 1,), from 0 to t.
        high, low, close: USD, above 0, shape (t,).
        volume: USD, not negative, shape (t,).
    """

    offsets: Integers
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __post_init__(self) -> None:
        for name in SERIES:
            self._check(name, getattr(self, name))
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.close) or (np.diff(self.offsets) < 0).any():
            raise ValueError("offsets must rise from 0 to the number of candles")

    def _check(self, name: str, values: Floats) -> None:
        if len(values) != len(self.close):
            raise ValueError("high, low, close and volume differ in length")
        with np.errstate(invalid="ignore", over="ignore"):
            is_doubtful = not np.isfinite(values.sum())
        if is_doubtful and not (finite := np.isfinite(values)).all():
            raise ValueError(f"{name} {int(finite.argmin())} is not finite; leave out the missing candles")

    def newest(self, bars: int | None) -> Integers:
        """Offsets of what is left when only the newest ``bars`` candles of each asset are kept."""
        lengths = np.diff(self.offsets)
        kept = lengths if bars is None else np.minimum(lengths, bars)
        return np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)


def on_slices(candles: Slices, names: Iterable[str] | None = None, *, bars: int | None = None) -> dict[str, Floats]:
    """Indicators of every asset in one pass.

    Args:
        candles: of all assets.
        names: which outputs; all by default.
        bars: keep the newest ones of each asset only; all by default. The others warm up.
    Returns:
        Series by name, in the order of ``names``, as long as ``candles.newest(bars)`` says. Units: SMA, EMA, MACD, BB,
        ATR, VWAP in USD like the prices; RSI, ADX, DI, STOCH 0-100; OBV and ``volume_sma`` like the volume;
        ``BB_bandwidth`` a fraction of the middle band.
    Raises:
        ValueError: an output that there is none of; candles that are not finite or differ in length.
    """
    chosen = known(names)
    plan = _plan(chosen)
    rows = [name for step in plan for name in step.names]
    offsets, kept = candles.offsets.tolist(), candles.newest(bars).tolist()
    values = np.empty((len(rows), kept[-1]))
    scratch = None if bars is None else np.empty((len(rows), int(np.diff(candles.offsets).max(initial=0))))
    doubtful = suspects(candles.offsets, candles.high, candles.low, candles.close).tolist()
    lines = (candles.high, candles.low, candles.close, candles.volume)
    for index in np.flatnonzero(np.diff(candles.offsets)).tolist():
        first, end = offsets[index], offsets[index + 1]
        series = [line[first:end] for line in lines]
        place = values[:, kept[index] : kept[index + 1]]
        block = place if scratch is None else scratch[:, : end - first]
        pool = (*series, *PARAMETERS)
        for step in plan:
            step.fill(block, pool)
        if doubtful[index]:
            blank_undefined(dict(zip(rows, block, strict=True)), *series[:3])
        if scratch is not None:
            place[:] = block[:, end - first - place.shape[1] :]
    found = dict(zip(rows, values, strict=True))
    return {name: found[name] for name in chosen}


def with_indicators(
    candles: pl.DataFrame, names: Iterable[str] | None = None, *, bars: int | None = None
) -> pl.DataFrame:
    """A table of candles with the indicators beside them.

    Args:
        candles: ``asset_id``, ``high``, ``low``, ``close``, ``volume`` and what else there is; the rows of an asset
            together, oldest first.
        names: which outputs; all by default.
        bars: keep the newest rows of each asset only; all by default.
    Returns:
        The kept rows with a column per output; units and NaN as of ``on_slices``.
    Raises:
        ValueError: rows of an asset stand apart; candles with holes; an output that there is none of.
    """
    ids = candles["asset_id"].to_numpy()
    begins = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]])) if len(ids) else np.zeros(0, np.int64)
    if len(np.unique(ids[begins])) < len(begins):
        raise ValueError("the candles of an asset must stand together")
    slices = Slices(np.append(begins, len(ids)), *(candles[name].to_numpy() for name in SERIES))
    found = on_slices(slices, names, bars=bars)
    if bars is not None:
        kept = np.diff(slices.newest(bars))
        candles = candles[
            np.concatenate([[], *map(np.arange, slices.offsets[1:] - kept, slices.offsets[1:])]).astype(int)
        ]
    return candles.with_columns(pl.Series(name, values) for name, values in found.items())


def indicators(high: Floats, low: Floats, close: Floats, volume: Floats) -> dict[str, Floats]:
    """Every indicator of one asset; see ``on_slices``.

    Args:
        high, low, close: USD, shape (t,), all above 0.
        volume: USD, shape (t,), not negative.
    Returns:
        Series by name, shape (t,).
    Raises:
        ValueError: different lengths, or values that are not finite.
    """
    return on_slices(Slices(np.array([0, len(close)]), high, low, close, volume))


def rolling_vwap(high: Floats, low: Floats, close: Floats, volume: Floats, period: int) -> Floats:
    """Mean typical price of the last ``period`` candles, weighted by their volume. NaN where nothing was traded.

    Args:
        high, low, close: USD, shape (t,).
        volume: any unit, not negative, shape (t,).
        period: length of the window, at least 1.
    Returns:
        USD, shape (t,). Depends on its window only, to the last bit.
    """
    result = np.full(len(close), np.nan)
    if len(close) >= period:
        both = np.empty((2, len(close)))
        both[0] = (high + low + close) / 3 * volume
        both[1] = volume
        value, weight = window_sum(both, period)
        np.divide(value, weight, out=result[period - 1 :], where=weight > 0)
    return result


def window_sum(values: Floats, period: int) -> Floats:
    """Sums of ``period`` neighbours, added in pairs: unlike a running sum it keeps nothing of what has left the window.

    Args:
        values: shape (…, t), t >= period.
        period: at least 1.
    Returns:
        Shape (…, t - period + 1); element i sums ``values[..., i : i + period]``.
    """
    count = values.shape[-1] - period + 1
    total, covered, width, block = np.zeros((*values.shape[:-1], count)), 0, 1, values
    while width <= period:
        if period & width:
            total += block[..., covered : covered + count]
            covered += width
        block = block[..., :-width] + block[..., width:]
        width *= 2
    return total


PARAMETERS = tuple(dict.fromkeys(value for calculation in CALCULATIONS for value in calculation.parameters))
"""Every period and the like, once. The series of an asset and these are all that a calculation can be given."""


class _Step:
    """A calculation whose outputs stand in neighbouring rows of a block, from ``row`` on."""

    def __init__(self, calculation: Calculation, row: int) -> None:
        # TA-Lib wraps its functions to accept other kinds of series; arrays need no wrapper.
        import talib

        ours = calculation.function == "VWAP"
        self.function: Callable[..., Any] = (
            rolling_vwap if ours else inspect.unwrap(getattr(talib, calculation.function))
        )
        series = (SERIES.index(name) for name in calculation.inputs)
        parameters = (len(SERIES) + PARAMETERS.index(value) for value in calculation.parameters)
        self.arguments = itemgetter(*series, *parameters)
        self.names = tuple(output.name for output in calculation.outputs)
        self.row, self.is_single = row, len(self.names) == 1

    def fill(self, block: Floats, pool: tuple[Any, ...]) -> None:
        """Write the outputs for the candles of one asset. ``pool``: its series, then ``PARAMETERS``."""
        found = self.function(*self.arguments(pool))
        if self.is_single:
            block[self.row] = found
        else:
            for row, line in enumerate(found, self.row):
                block[row] = line


class _Bandwidth:
    """Width of the Bollinger bands, whose rows begin at ``bands``."""

    names = (BANDWIDTH.name,)

    def __init__(self, bands: int, row: int) -> None:
        self.bands, self.row = bands, row

    def fill(self, block: Floats, _pool: tuple[Any, ...]) -> None:
        """Upper less lower over middle, of one asset."""
        upper, middle, lower = block[self.bands : self.bands + 3]
        np.divide(upper - lower, middle, out=block[self.row])


def _plan(names: Sequence[str]) -> list[_Step | _Bandwidth]:
    """What has to be computed for these outputs, in order; each step has the rows after those of the steps before."""
    needed = set(names) | ({"BB_upper"} if BANDWIDTH.name in names else set())
    steps: list[_Step | _Bandwidth] = []
    rows = 0
    for calculation in CALCULATIONS:
        if needed.isdisjoint(output.name for output in calculation.outputs):
            continue
        steps.append(_Step(calculation, rows))
        if calculation.function == "BBANDS" and BANDWIDTH.name in names:
            steps.append(_Bandwidth(rows, rows + 3))
        rows = steps[-1].row + len(steps[-1].names)
    return steps


def nested(values: dict[str, float]) -> dict[str, Any]:
    """One candle's values in the shape of ``price_data.technical_indicators``; what is not known yet is left out, and
    what has no level."""
    shape: dict[str, Any] = {}
    for name, value in values.items():
        if not np.isfinite(value) or name in WITHOUT_LEVEL:
            continue
        *group, part = place(name)
        (shape.setdefault(group[0], {}) if group else shape)[part] = value
    return shape
