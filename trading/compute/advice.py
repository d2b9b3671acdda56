"""What following an advice brings over a course of prices, against doing nothing."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stopped:
    """Which candle reached a stop, and at which price it was left, USD."""

    candle: int
    price: float


def first_stop(stop: float, side: int, opens: Floats, highs: Floats, lows: Floats) -> Stopped | None:
    """The first candle that reaches a stop. A candle that opens beyond it is left at its open: a gap costs more.

    Args:
        stop: USD, above 0.
        side: 1 for a long, -1 for a short.
        opens, highs, lows: USD, oldest first, shape (n,), all finite.
    """
    worst = lows if side > 0 else highs
    reached = np.flatnonzero(side * (worst - stop) <= 0)
    if not len(reached):
        return None
    candle = int(reached[0])
    opened = float(opens[candle])
    return Stopped(candle, min(opened, stop) if side > 0 else max(opened, stop))


def returns(
    side: int, share_without: Decimal, share_with: Decimal, start: Decimal, end: Decimal, left_at: Decimal | None = None
) -> tuple[Decimal, Decimal]:
    """Result of doing nothing and of following, percent of a full holding, before costs.

    Args:
        side: 1 for a long, -1 for a short.
        share_without, share_with: parts of a full holding, from the start on.
        start, end: prices, USD, ``start`` above 0.
        left_at: price at which who follows has left before the end, by a stop.
    """
    without = 100 * side * share_without * (end / start - 1)
    return without, 100 * side * share_with * ((end if left_at is None else left_at) / start - 1)
