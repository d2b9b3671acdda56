"""Plans that are followed, the candles that they are followed on, and how far each has come.

Prices of plans and candles are USD as they are. A state holds them *signed*: those of a short are negative, so that up
is good and down is bad for every plan, and one rule serves both sides. The negative of a float is exact.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Arrays = TypeVar("Arrays", "Plans", "State")
NONE = -1
"""No candle."""


class Ended(IntEnum):
    """What ended a plan, or its last part."""

    OPEN = 0
    TARGET = 1
    STOP = 2
    EXPIRY = 3
    NEVER_FILLED = 4
    INVALIDATED = 5


class Decider(IntEnum):
    """What told how a plan ended: the candle itself, the shorter candles inside it, or the rule for the unknown."""

    OWN = 0
    FINER = 1
    ASSUMED = 2


@dataclass(frozen=True)
class Plans:
    """Plans, n of them. A missing level is NaN, and nothing reaches it.

    Attributes:
        side: 1 long, -1 short, shape (n,).
        column: place of the asset among the candles, shape (n,).
        first, last: numbers of the first candle after the plan was made and of the last one in its time, shape (n,).
        is_limit: entered in a zone of prices, not at the open of the first candle, shape (n,).
        zone_low, zone_high: that zone, shape (n,).
        stop: shape (n,).
        targets: nearest first, NaN after the last, shape (n, k), k >= 1.
        shares: of the position that leaves at each target, shape (n, k); those of a plan add up to 1.
        below, above: a close below the one or above the other ends the plan, shape (n,).
        to_break_even: the stop moves to the price of entry once the first target is reached, shape (n,).
        trail: distance at which the stop follows the best close, NaN where it stays, shape (n,).
    """

    side: Integers
    column: Integers
    first: Integers
    last: Integers
    is_limit: Flags
    zone_low: Floats
    zone_high: Floats
    stop: Floats
    targets: Floats
    shares: Floats
    below: Floats
    above: Floats
    to_break_even: Flags
    trail: Floats

    def __len__(self) -> int:
        return len(self.side)

    def take(self, places: Integers | Flags) -> "Plans":
        """Some of them."""
        return _take(self, places)

    @property
    def signed_targets(self) -> Floats:
        """Shape (n, k); NaN as infinity, which no price reaches."""
        held = self.targets * self.side[:, None]
        return np.where(np.isnan(held), np.inf, held)

    @property
    def signed_zone(self) -> Floats:
        """The price at which a limit plan enters: the near end of its zone."""
        return np.where(self.side > 0, self.zone_high, -self.zone_low)


@dataclass(frozen=True)
class State:
    """How far n plans have come; shape (n,) each, prices signed.

    Attributes:
        row: number of the candle that is judged next.
        paused: number of the missing candle that a plan waits for, else ``NONE``.
        ended: ``Ended``; ``ended_row`` of the candle that ended it.
        filled_row: of the candle that filled it; ``fill`` at which price, NaN before.
        stop: where it stands now.
        reached: how many targets were.
        rest: share of the position that is left; ``taken``: sum of share times price over what has left.
        best, worst: most favourable and most adverse price since the fill; their candles.
        decided: ``Decider`` of the end.
        is_assumed: whether anything on the way was decided by the rule for the unknown.
    """

    row: Integers
    paused: Integers
    ended: Integers
    ended_row: Integers
    filled_row: Integers
    fill: Floats
    stop: Floats
    reached: Integers
    rest: Floats
    taken: Floats
    best: Floats
    worst: Floats
    best_row: Integers
    worst_row: Integers
    decided: Integers
    is_assumed: Flags

    def take(self, places: Integers | Flags) -> "State":
        """A copy of some."""
        return _take(self, places)

    def put(self, places: Integers | Flags, other: "State") -> None:
        """Take the values of ``other`` at these places."""
        for one in fields(self):
            getattr(self, one.name)[places] = getattr(other, one.name)

    @property
    def is_open(self) -> Flags:
        return self.ended == Ended.OPEN

    @property
    def is_held(self) -> Flags:
        """Filled and not ended."""
        return self.is_open & (self.filled_row != NONE)


@dataclass(frozen=True)
class Results:
    """What plans that are over brought; NaN where nothing was filled, or the level that it is measured by is missing.

    Attributes:
        exit: mean price that the position left at, by shares, USD, shape (n,).
        r_multiple: result before costs, in units of what was put at risk: the way from the planned entry to the first
            stop; shape (n,).
        gain: result before costs, of the fill, a fraction, shape (n,).
        risk: that way, of the fill, a fraction, shape (n,).
    """

    exit: Floats
    r_multiple: Floats
    gain: Floats
    risk: Floats


@dataclass(frozen=True)
class Candles:
    """Candles of one length, oldest first, USD, shape (t, assets) each; NaN where one is missing.

    Attributes:
        first: number of the first of them.
    """

    first: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True)
class Candle:
    """One candle for each of m plans, prices signed, shape (m,)."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def take(self, places: Integers | Flags) -> "Candle":
        """Of some of them."""
        return Candle(self.open[places], self.high[places], self.low[places], self.close[places])

    @property
    def is_there(self) -> Flags:
        return np.isfinite(self.open) & np.isfinite(self.high) & np.isfinite(self.low) & np.isfinite(self.close)


Finer = Callable[[int, Integers], Candles]
"""The shorter candles inside a candle, by its number, of the assets in these columns, in their order."""


def signed(candles: Candles, place: int, columns: Integers, side: Integers) -> Candle:
    """A candle as plans of these sides see it: to a short, its low is a high."""
    is_long = side > 0
    high, low = candles.high[place, columns] * side, candles.low[place, columns] * side
    return Candle(
        candles.open[place, columns] * side,
        np.where(is_long, high, low),
        np.where(is_long, low, high),
        candles.close[place, columns] * side,
    )


def began(plans: Plans) -> State:
    """Plans that nothing was judged of. One whose time holds no candle waits for the first one too, and then was never
    filled.

    Raises:
        ValueError: shapes that do not fit, sides other than 1 and -1, targets out of order, shares that are not 1, a
            zone without prices or beyond the stop.
    """
    count = len(plans)
    _check(plans, count)
    none, nothing = np.full(count, NONE, dtype=np.int64), np.full(count, np.nan)
    stop = plans.stop * plans.side
    return State(
        row=plans.first.astype(np.int64),
        paused=none.copy(),
        ended=np.full(count, Ended.OPEN, dtype=np.int64),
        ended_row=none.copy(),
        filled_row=none.copy(),
        fill=nothing.copy(),
        stop=np.where(np.isnan(stop), -np.inf, stop),
        reached=np.zeros(count, dtype=np.int64),
        rest=np.ones(count),
        taken=np.zeros(count),
        best=nothing.copy(),
        worst=nothing.copy(),
        best_row=none.copy(),
        worst_row=none.copy(),
        decided=np.full(count, Decider.OWN, dtype=np.int64),
        is_assumed=np.zeros(count, dtype=np.bool_),
    )


def results(plans: Plans, state: State, entry: Floats) -> Results:
    """What plans that are over brought.

    Args:
        entry: price that each plan meant to enter at, USD, NaN without one, shape (n,).
    """
    way = np.abs(entry - plans.stop)
    risk = np.where(way > 0, way, np.nan)
    won = np.where(state.is_open, np.nan, state.taken - state.fill)
    fill = np.abs(state.fill)
    return Results(np.abs(state.taken + 0 * won), won / risk, won / fill, risk / fill)


def _check(plans: Plans, count: int) -> None:
    for one in fields(plans):
        if len(getattr(plans, one.name)) != count:
            raise ValueError(f"{one.name} has {len(getattr(plans, one.name))} rows, side has {count}")
    if plans.targets.ndim != 2 or plans.targets.shape != plans.shares.shape or not plans.targets.shape[1]:
        raise ValueError("targets and shares have shape (n, k), k at least 1")
    if not np.isin(plans.side, (1, -1)).all():
        raise ValueError("side must be 1 or -1")
    levels = plans.signed_targets
    rises = np.isinf(levels[:, 1:]) | (levels[:, 1:] > levels[:, :-1])
    if not rises.all():
        raise ValueError("targets must lie one behind the other, the nearest first")
    if not np.allclose(plans.shares.sum(axis=1), 1) or (plans.shares < 0).any():
        raise ValueError("shares must not be below 0 and must add up to 1")
    if (plans.is_limit & ~(plans.zone_low <= plans.zone_high)).any():
        raise ValueError("a limit plan needs a zone whose low is not above its high")
    far_end = np.where(plans.side > 0, plans.zone_low, -plans.zone_high)
    if (plans.is_limit & (far_end <= plans.stop * plans.side)).any():
        raise ValueError("the stop must lie behind the zone")


def _take(arrays: Arrays, places: Integers | Flags) -> Arrays:
    return replace(arrays, **{one.name: getattr(arrays, one.name)[places] for one in fields(arrays)})
