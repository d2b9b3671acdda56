"""What trading costs: fees by the volume of late, and the price that gives way."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from trading.compute.backtest.bars import Bars, Floats, Integers

MONTH = 30 * 86_400
"""Seconds of traded volume that the tier of fees looks back on."""


@dataclass(frozen=True)
class FeeTier:
    """Fees from a traded volume of the last 30 days on, fractions of the traded value.

    Attributes:
        volume: USD, from which on it holds.
        maker: of limit orders that waited. ``taker``: of all others. A rebate is negative.
    """

    volume: float
    maker: float
    taker: float


@dataclass(frozen=True)
class Slippage:
    """How far the price gives way against a market order, as a fraction of it.

    Attributes:
        fixed: always.
        of_volume: times the share of the candle's volume that the order takes.
        most: of both together; what counts where the candle's volume is not known, if ``of_volume`` is above 0.
    """

    fixed: float = 0.0
    of_volume: float = 0.0
    most: float = 0.05


@dataclass(frozen=True)
class Costs:
    """What trading costs.

    Raises:
        ValueError: tiers that do not rise from 0, or a number out of range.
    """

    tiers: tuple[FeeTier, ...] = (FeeTier(0.0, 0.001, 0.001),)
    slippage: Slippage = field(default_factory=Slippage)

    def __post_init__(self) -> None:
        volumes = [tier.volume for tier in self.tiers]
        if not volumes or volumes[0] != 0 or any(b <= a for a, b in pairwise(volumes)):
            raise ValueError("tiers must rise from a volume of 0")
        if not all(-0.01 <= fee < 0.1 for tier in self.tiers for fee in (tier.maker, tier.taker)):
            raise ValueError("tiers: a fee must lie between -0.01 and 0.1")
        slip = self.slippage
        if not (0 <= slip.fixed <= slip.most < 1 and slip.of_volume >= 0):
            raise ValueError("slippage must be 0 and more, its most at least the fixed part and below 1")


@dataclass(frozen=True)
class Funding:
    """Payments between longs and shorts of perpetuals, oldest first: p of them.

    Attributes:
        key: asset, by the bars' key; ``time``: seconds since 1970 UTC, shape (p,).
        rate: what longs pay shorts, of the position's worth at that time, a fraction.
    """

    key: tuple[str, ...]
    time: Integers
    rate: Floats


class FundingPaid:
    """What a long of one coin has paid until each candle, per asset. A short receives the same."""

    def __init__(self, bars: Bars, funding: Funding) -> None:
        """A payment falls into the candle that holds its time, and is counted at its open.

        Raises:
            ValueError: a rate or a time that is none.
        """
        if not np.isfinite(funding.rate).all():
            raise ValueError("rate of a funding payment is not finite")
        self.length = bars.length
        rows = (funding.time - bars.start) // bars.step
        places = {key: column for column, key in enumerate(bars.keys)}
        columns = np.array([places.get(key, -1) for key in funding.key], dtype=np.int64)
        counts = (rows >= 0) & (rows < bars.length) & (columns >= 0)
        paid = np.zeros((bars.length, len(bars.keys)), order="F")
        rows, columns = rows[counts], columns[counts]
        np.add.at(paid, (rows, columns), funding.rate[counts] * np.nan_to_num(bars.known_open[rows, columns]))
        self.until = np.cumsum(paid, axis=0)

    def between(self, columns: Integers, first: Integers, last: Integers) -> Floats:
        """USD per coin that a long pays for holding from the first candle to the last: payments after the open of the
        first, up to the open of the last."""
        return np.asarray(self.until[last, columns] - self.until[first, columns])
