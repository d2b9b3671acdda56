"""Candles of many assets as a backtest takes them, and the shorter candles inside them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
PRICES = ("open", "high", "low", "close")

Finer = Callable[[Integers, Integers], tuple[Floats, Floats, Floats]]
"""Opens, highs and lows of the shorter candles inside some candles, given by column and row of each, in their order,
shape (b, f) each; NaN where one is missing; f may be 0."""


def nothing_finer(columns: Integers, _rows: Integers) -> tuple[Floats, Floats, Floats]:
    """There are no shorter candles."""
    none = np.empty((len(columns), 0))
    return none, none, none


@dataclass(frozen=True)
class Bars:
    """Closed candles of n assets over t periods without a hole in time, oldest first; NaN where one is missing.

    Attributes:
        keys: what names each asset everywhere, n of them, all different: the order of assets never matters.
        start: start of the first candle, seconds since 1970 UTC.
        step: length of a candle, seconds.
        open, high, low, close: USD, above 0, shape (t, n); all four known or all four NaN.
        volume: USD per candle, shape (t, n); NaN where it is not known.

    Raises:
        ValueError: nothing at all, shapes that differ, keys that repeat, half a candle, or a price that is not above 0.
    """

    keys: tuple[str, ...]
    start: int
    step: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __post_init__(self) -> None:
        if self.close.ndim != 2 or not self.close.size:
            raise ValueError("close: there are no candles")
        if len(set(self.keys)) != self.close.shape[1] or len(self.keys) != self.close.shape[1]:
            raise ValueError("keys: one for each asset, all different")
        if self.step <= 0:
            raise ValueError("step must be above 0 seconds")
        for name in (*PRICES, "volume"):
            values = getattr(self, name)
            if values.shape != self.close.shape:
                raise ValueError(f"{name} has another shape than close")
            object.__setattr__(self, name, np.asfortranarray(values, dtype=np.float64))
        self._check_candles()

    def _check_candles(self) -> None:
        missing = self.missing if self.has_holes else None
        for name in PRICES:
            values = getattr(self, name)
            known = values > 0
            wrong = ~(known if missing is None else known ^ missing) | np.isinf(values)
            if wrong.any():
                row, column = np.argwhere(wrong)[0]
                raise ValueError(f"{name} of {self.keys[column]}, candle {row}, is {values[row, column]}")

    @property
    def length(self) -> int:
        """How many periods."""
        return len(self.close)

    @cached_property
    def missing(self) -> Flags:
        """Where there is no candle, shape (t, n)."""
        return np.isnan(self.close)

    @cached_property
    def has_holes(self) -> bool:
        """Whether any candle is missing."""
        return bool(self.missing.any())

    @cached_property
    def known_close(self) -> Floats:
        """The last close known at each candle's end, shape (t, n); NaN before the first."""
        if not self.has_holes:
            return self.close
        rows = np.where(self.missing, 0, np.arange(self.length)[:, None])
        return np.take_along_axis(self.close, np.maximum.accumulate(rows, axis=0), axis=0)

    @cached_property
    def known_open(self) -> Floats:
        """The open of each candle, of a missing one the last close before it, shape (t, n); NaN before the first."""
        return self.open if not self.has_holes else np.where(self.missing, self.known_close, self.open)

    @cached_property
    def next_known(self) -> Integers:
        """Row of the first candle that is there at or after each, ``length`` where none is, shape (t, n)."""
        rows = np.where(self.missing, self.length, np.arange(self.length)[:, None])
        return np.asarray(np.minimum.accumulate(rows[::-1], axis=0)[::-1], dtype=np.int64)

    @cached_property
    def next_missing(self) -> Integers:
        """Row of the first missing candle at or after each, ``length`` where none is, shape (t, n)."""
        rows = np.where(self.missing, np.arange(self.length)[:, None], self.length)
        return np.asarray(np.minimum.accumulate(rows[::-1], axis=0)[::-1], dtype=np.int64)

    def flat(self, name: str) -> Floats:
        """A line of all assets one after the other, shape (n * t,): candle r of asset c lies at ``c * t + r``."""
        values: Floats = getattr(self, name)
        return values.ravel(order="F")

    def until(self, end: int) -> "Bars":
        """The same without all that came from row ``end`` on."""
        return replace(self, **{name: getattr(self, name)[:end] for name in (*PRICES, "volume")})

    def since(self, first: int) -> "Bars":
        """The same without all that came before row ``first``."""
        lines = {name: getattr(self, name)[first:] for name in (*PRICES, "volume")}
        return replace(self, start=self.start + first * self.step, **lines) if first else self

    def take(self, columns: Integers) -> "Bars":
        """Some of its assets, in the given order."""
        lines = {name: getattr(self, name)[:, columns] for name in (*PRICES, "volume")}
        return replace(self, keys=tuple(self.keys[column] for column in columns), **lines)
