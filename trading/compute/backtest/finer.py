"""What happens inside a candle after its open, and what the shorter candles say where its order matters.

Prices are as of the side, so that up is good.
"""

from dataclasses import dataclass, replace

import numpy as np

from trading.compute.backtest.bars import Flags, Floats
from trading.compute.backtest.orders import SLACK


@dataclass(frozen=True)
class Held:
    """q positions as a candle finds them.

    Attributes:
        fill: price filled; ``stop``: in force, -inf = none.
        targets: that wait, inf = none, shape (q, k); ``shares``: what each closes.
        left: share that runs.
        guards: the first target, which is still to come, moves the stop to the price filled.
    """

    fill: Floats
    stop: Floats
    targets: Floats
    shares: Floats
    left: Floats
    guards: Flags

    def take(self, places: Flags) -> "Held":
        """Some of them."""
        return Held(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Touched:
    """What a candle did to q positions.

    Attributes:
        hits: targets reached, shape (q, k).
        stopped: what is left was stopped, at ``price``; after the hits.
        unclear: the order of what it holds matters and is not known; what stands here is what counts then: the stop
            and no target, or the first target and a return to the price filled.
    """

    hits: Flags
    stopped: Flags
    price: Floats
    unclear: Flags


def touched(high: Floats, low: Floats, inside: Flags, held: Held) -> Touched:
    """What lies between the high and the low of a candle, shape (q,) each.

    Args:
        inside: a limit was filled in this candle after its open: what it reached may have been before.
    """
    runs = held.left > SLACK
    up = runs[:, None] & (held.targets <= high[:, None])
    any_up, down = up.any(axis=1), runs & (low <= held.stop)
    back = np.zeros(len(high), dtype=np.bool_)
    if (held.guards & any_up).any():
        is_rest = held.left - held.shares[:, 0] > SLACK
        back = held.guards & any_up & ~down & (low <= held.fill) & (held.fill > held.stop) & is_rest
    unclear = any_up & (down | inside | back)
    back &= ~inside
    hits = up & ~unclear[:, None]
    if back.any():
        hits[back, 0] = True
    return Touched(hits, down | back, np.where(back, held.fill, held.stop), unclear)


@dataclass(frozen=True)
class Settled:
    """What the shorter candles say of a candle of b positions.

    Attributes:
        hits, stopped, price: as ``Touched``.
        is_open: some of it still runs.
        is_sure: none was missing as long as it mattered, and a limit was filled.
        is_mixed: one of them held what came in an unknown order itself.
    """

    hits: Flags
    stopped: Flags
    price: Floats
    is_open: Flags
    is_sure: Flags
    is_mixed: Flags


def settled(opens: Floats, high: Floats, low: Floats, zone: Floats, held: Held) -> Settled:
    """Go through the shorter candles in their order.

    Args:
        opens, high, low: shape (b, f), NaN where one is missing; f may be 0.
        zone: price that a limit still waits for, shape (b,); inf = filled before.
    """
    count = len(zone)
    filled, hits = np.isinf(zone), np.zeros(held.targets.shape, dtype=np.bool_)
    stopped, lost, mixed = np.zeros((3, count), dtype=np.bool_)
    price = held.stop.copy()
    for first, up, down in zip(opens.T, high.T, low.T, strict=True):
        runs = ~stopped & (held.left > SLACK) & ~lost
        lost |= runs & np.isnan(first + up + down)
        fills = runs & ~lost & ~filled & (down <= zone)
        filled |= fills
        runs &= ~lost & filled
        found = touched(up, down, fills & (first > zone), held)
        now = runs[:, None] & found.hits
        hits |= now
        mixed |= runs & found.unclear
        stops = runs & found.stopped
        price = np.where(stops, found.price, price)
        stopped |= stops
        held = _after(held, now)
    is_open = ~stopped & (held.left > SLACK)
    return Settled(hits, stopped, price, is_open, ~lost & filled, mixed)


def _after(held: Held, hits: Flags) -> Held:
    """Positions once these targets were reached."""
    moves = held.guards & hits.any(axis=1)
    return replace(
        held,
        stop=np.where(moves, np.maximum(held.stop, held.fill), held.stop),
        targets=np.where(hits, np.inf, held.targets),
        left=held.left - np.where(hits, held.shares, 0.0).sum(axis=1),
        guards=held.guards & ~moves,
    )
