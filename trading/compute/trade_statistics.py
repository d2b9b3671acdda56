"""What closed trades say together: how often they win, how much, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from selection.compute.intervals import Mean, mean_by_week, share_by_week
from selection.compute.lots import EXACT

ZERO = Decimal(0)


@dataclass(frozen=True)
class ClosedTrade:
    """A trade that is over.

    Attributes:
        profit: net of fees, dollars.
        r: by what was risked; None without a stop.
        week: number of the week in which it was closed: what is closed in one week hangs together.
    """

    profit: Decimal
    r: Decimal | None
    week: int


@dataclass(frozen=True)
class Figures:
    """Closed trades of one group.

    Attributes:
        trades: how many.
        wins: of these, with a profit above 0.
        win_rate: share of wins, with its 95 % interval by weeks.
        mean_r: mean R of those with a stop, with its 95 % interval by weeks: the expectancy in R.
        expectancy_usd: mean profit, dollars.
        profit_usd: sum, dollars.
        profit_factor: what was won by what was lost; None where nothing was lost.
    """

    trades: int
    wins: int
    win_rate: Mean
    mean_r: Mean
    expectancy_usd: Decimal | None
    profit_usd: Decimal
    profit_factor: Decimal | None


def figures(trades: Sequence[ClosedTrade]) -> Figures:
    """Figures of a group; an empty one has none."""
    with_r = [one for one in trades if one.r is not None]
    flags = np.array([one.profit > 0 for one in trades], dtype=np.float64)
    multiples = np.array([float(one.r or 0) for one in with_r], dtype=np.float64)
    with localcontext(EXACT):
        won = sum((one.profit for one in trades if one.profit > 0), ZERO)
        lost = -sum((one.profit for one in trades if one.profit < 0), ZERO)
        return Figures(
            trades=len(trades),
            wins=int(flags.sum()),
            win_rate=share_by_week(flags, _weeks(trades)),
            mean_r=mean_by_week(multiples, _weeks(with_r)),
            expectancy_usd=(won - lost) / len(trades) if trades else None,
            profit_usd=won - lost,
            profit_factor=won / lost if lost else None,
        )


def _weeks(trades: Sequence[ClosedTrade]) -> np.ndarray:
    return np.array([one.week for one in trades], dtype=np.int64)
