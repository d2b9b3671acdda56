"""What became of orders: where they were filled and where they ended, whatever capital was there for them."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from trading.compute.backtest.bars import Flags, Floats, Integers


class State(IntEnum):
    """What became of an order."""

    CLOSED = 0
    OPEN = 1
    NEVER_FILLED = 2
    PAUSED = 3
    """A candle of its time is missing; nothing after it is judged."""
    WAITING = 4
    """Not filled when the candles end."""
    WITHDRAWN = 5
    """A close made it invalid before it was filled."""


class Reason(IntEnum):
    """Why a part of a position was closed."""

    STOP = 0
    TARGET = 1
    EXPIRY = 2
    INVALID = 3
    SIGNAL = 4


@dataclass(frozen=True)
class Paths:
    """How m orders went, with k targets each; prices in USD before slippage.

    Attributes:
        state: ``State``, shape (m,).
        fill_row: -1 = never; ``fill_price``: NaN then.
        inside: filled inside the candle, by a limit that its open had not reached.
        risk: way from the price filled to the first stop; NaN without one.
        exit_row: of each target and, last, of the rest, -1 = not; shape (m, k + 1), as are the following.
        exit_price, exit_share, exit_reason: NaN, 0 and -1 where there is none.
        exit_at_open: at the open of the candle, before all else in it.
        end_row: of the last exit, or of what ended an order that was never filled; -1 while it has not ended.
        assumed: a candle held stop and target, and no shorter ones decided: the stop counted.
        paused_row: of the missing candle; -1 = none.
    """

    state: Integers
    fill_row: Integers
    fill_price: Floats
    inside: Flags
    risk: Floats
    exit_row: Integers
    exit_price: Floats
    exit_share: Floats
    exit_reason: Integers
    exit_at_open: Flags
    end_row: Integers
    assumed: Flags
    paused_row: Integers

    def __len__(self) -> int:
        return len(self.state)

    @property
    def last_exit(self) -> Integers:
        """Which exit ended each, shape (m,); of two in one candle the later, -1 where it has not ended."""
        places = np.where(self.exit_row == self.end_row[:, None], np.arange(self.exit_row.shape[1]), -1)
        return np.asarray(np.where(self.end_row < 0, -1, places.max(axis=1)), dtype=np.int64)

    def take(self, places: "Integers | Flags") -> "Paths":
        """Some of them."""
        return Paths(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


def no_paths(count: int, exits: int) -> Paths:
    """Nothing has happened to any order yet."""
    wide = (count, exits)
    return Paths(
        state=np.full(count, State.WAITING, dtype=np.int64),
        fill_row=np.full(count, -1, dtype=np.int64),
        fill_price=np.full(count, np.nan),
        inside=np.zeros(count, dtype=np.bool_),
        risk=np.full(count, np.nan),
        exit_row=np.full(wide, -1, dtype=np.int64),
        exit_price=np.full(wide, np.nan),
        exit_share=np.zeros(wide),
        exit_reason=np.full(wide, -1, dtype=np.int64),
        exit_at_open=np.zeros(wide, dtype=np.bool_),
        end_row=np.full(count, -1, dtype=np.int64),
        assumed=np.zeros(count, dtype=np.bool_),
        paused_row=np.full(count, -1, dtype=np.int64),
    )
