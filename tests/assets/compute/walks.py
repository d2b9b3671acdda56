"""Random candles for tests of indicators."""

from typing import NamedTuple

import numpy as np


class Walk(NamedTuple):
    """Candles of one asset, oldest first."""

    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray

    def scaled(self, factor: float) -> "Walk":
        """The same at other prices."""
        return Walk(self.high * factor, self.low * factor, self.close * factor, self.volume)

    def then(self, later: "Walk") -> "Walk":
        return Walk(*(np.concatenate(pair) for pair in zip(self, later, strict=True)))

    def cut(self, end: int) -> "Walk":
        """The first candles only."""
        return Walk(*(line[:end].copy() for line in self))


def walk(length: int, *, seed: int = 5, last: float | None = None) -> Walk:
    """A random walk of 2 % a candle from about 100, or to ``last``."""
    generator = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.02 * generator.standard_normal(length)))
    if last is not None:
        close *= last / close[-1]
    high = close * (1 + 0.01 * np.abs(generator.standard_normal(length)))
    low = close / (1 + 0.01 * np.abs(generator.standard_normal(length)))
    return Walk(high, low, close, 1e6 * generator.random(length))


def still(like: Walk) -> Walk:
    """As many candles, all at the last price."""
    price = np.full(len(like.close), like.close[-1])
    return Walk(price, price, price, like.volume)
