"""Made markets for pure functions."""

import numpy as np

from selection.compute.ranking import Candles


def made(seed: int, days: int, coins: int) -> Candles:
    """Random walks with a range and a volume."""
    generator = np.random.default_rng(seed)
    close = np.exp(np.cumsum(0.03 * generator.standard_normal((days, coins)), axis=0)) * 10
    return Candles(close * 1.02, close * 0.98, close, 1e6 * (1 + generator.random((days, coins))))


class Made:
    """A market whose coins begin one after the other, some with a hole, in three sectors and none."""

    def __init__(self, seed: int, days: int, coins: int) -> None:
        generator = np.random.default_rng(seed + 1000)
        self.candles = made(seed, days, coins)
        for line in self.panels(self.candles):
            for coin in range(coins // 3):
                line[: 20 * coin, coin] = np.nan
            line[days // 2, coins - 1] = np.nan
        self.sector = np.broadcast_to(generator.integers(-1, 3, coins), (days, coins)).copy()
        self.sector[days // 2 :, 0] = 2

    @staticmethod
    def panels(candles: Candles) -> tuple[np.ndarray, ...]:
        return candles.high, candles.low, candles.close, candles.volume

    def like(self, panels: list[np.ndarray], sector: np.ndarray) -> "Made":
        other = object.__new__(Made)
        other.candles, other.sector = Candles(*panels), sector
        return other

    def cut(self, row: int) -> "Made":
        """Without what comes after a row."""
        return self.like([line[: row + 1].copy() for line in self.panels(self.candles)], self.sector[: row + 1].copy())

    def mixed(self, row: int, other: "Made") -> "Made":
        """With another market after a row."""
        pairs = zip(self.panels(self.candles), self.panels(other.candles), strict=True)
        panels = [np.vstack([mine[: row + 1], theirs[row + 1 :]]) for mine, theirs in pairs]
        return self.like(panels, np.vstack([self.sector[: row + 1], other.sector[row + 1 :]]))
