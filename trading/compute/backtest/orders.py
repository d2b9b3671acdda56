"""What a backtest is asked to do: entries with their levels, from plans or from rules."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from trading.compute.backtest.bars import Flags, Floats, Integers

FAR = np.iinfo(np.int64).max // 4
"""A row that never comes."""
SLACK = 1e-12
"""Of a share: less than that is nothing."""


@dataclass(frozen=True)
class Orders:
    """m entries, each known at the close of its candle and followed as a plan (docs/backtesting.md).

    Attributes:
        column: asset, place in the bars, shape (m,).
        row: candle at whose close it is known; nothing of it happens before the next one.
        direction: 1 long, -1 short.
        zone: USD: a limit order at this price, the top of the zone of a long and the bottom of that of a short; NaN =
            at the market, which is the next open.
        stop: USD; NaN = ``stop_away + stop_fraction * price filled`` from the price filled.
        stop_away: USD. ``stop_fraction``: of the price filled. Both 0 without a level = no stop.
        targets: USD, the nearest first, shape (m, k); NaN = none.
        target_r: instead, multiples of the way to the stop, from the price filled, shape (m, k); NaN = none.
        shares: of the position that each target closes, in all at most 1, shape (m, k); the rest runs on.
        trail: share of the best close that the stop stays behind it, moved at closes; 0 = it does not.
        trail_away: USD that it stays behind it instead; 0 = it does not.
        to_entry: whether the stop moves to the price filled once a target is reached.
        invalid: USD: a close beyond it ends it there; NaN = none.
        last: row of the last candle of its time, at whose close it ends.
        leave: row at whose open a signal to leave takes effect; ``FAR`` = none.
        rank: which goes first where there is not room for all: the larger.
        size: share of the equity to put in; NaN = as the account says.
    """

    column: Integers
    row: Integers
    direction: Integers
    zone: Floats
    stop: Floats
    stop_away: Floats
    stop_fraction: Floats
    targets: Floats
    target_r: Floats
    shares: Floats
    trail: Floats
    trail_away: Floats
    to_entry: Flags
    invalid: Floats
    last: Integers
    leave: Integers
    rank: Floats
    size: Floats

    def __len__(self) -> int:
        return len(self.column)

    def take(self, places: "Integers | Flags") -> "Orders":
        """Some of them."""
        return replace(self, **{one.name: getattr(self, one.name)[places] for one in fields(self)})

    def faults(self, reference: Floats) -> dict[str, Flags]:
        """Where a field is what no order can have, by its name, shape (m,) each.

        Args:
            reference: price that the levels of each must lie around, USD, shape (m,): the zone of a limit order, else
                the close of its candle.
        """
        side = self.direction[:, None]
        return {
            "direction": ~np.isin(self.direction, (1, -1)),
            "zone": ~(np.isnan(self.zone) | (self.zone > 0) & np.isfinite(self.zone)),
            "stop": ~np.isnan(self.stop) & ~(np.isfinite(self.stop) & (self.direction * (reference - self.stop) > 0)),
            "stop_away": ~((self.stop_away >= 0) & np.isfinite(self.stop_away)),
            "stop_fraction": ~((self.stop_fraction >= 0) & (self.stop_fraction < 1)),
            "targets": (np.diff(side * self.targets, axis=1) < 0).any(axis=1)
            | (
                ~np.isnan(self.targets)
                & ~(np.isfinite(self.targets) & (side * (self.targets - reference[:, None]) > 0))
            ).any(axis=1),
            "target_r": self._mixes
            | (np.diff(self.target_r, axis=1) < 0).any(axis=1)
            | ((self.target_r <= 0) | ~np.isnan(self.target_r) & ~self._has_stop[:, None]).any(axis=1),
            "shares": ~((self.shares >= 0).all(axis=1) & (self.shares.sum(axis=1) <= 1 + SLACK)),
            "trail": ~((self.trail >= 0) & (self.trail < 1)),
            "trail_away": ~((self.trail_away >= 0) & np.isfinite(self.trail_away))
            | ((self.trail_away > 0) & (self.trail > 0)),
            "invalid": ~(np.isnan(self.invalid) | (self.invalid > 0)),
            "last": self.last <= self.row,
            "leave": self.leave <= self.row,
            "size": ~(np.isnan(self.size) | (self.size > 0)),
            "rank": ~np.isfinite(self.rank),
        }

    @property
    def _mixes(self) -> Flags:
        """Targets are levels or multiples of the risk, not both: else their order hangs on the price filled."""
        return np.asarray((~np.isnan(self.targets)).any(axis=1) & (~np.isnan(self.target_r)).any(axis=1))

    @property
    def _has_stop(self) -> Flags:
        return ~np.isnan(self.stop) | (self.stop_away > 0) | (self.stop_fraction > 0)


def orders(
    column: ArrayLike, row: ArrayLike, direction: ArrayLike, *, last: ArrayLike = FAR, **given: ArrayLike
) -> Orders:
    """Orders with what is given and nothing else: at the market, without stop, target or end.

    Args:
        given: other fields of ``Orders``, one value for all or one each. ``targets`` or ``target_r`` may have one row
            for all; ``shares`` are equal parts of all without them.
    """
    count = np.size(column)
    found: dict[str, np.ndarray] = {
        "column": np.asarray(column, dtype=np.int64),
        "row": np.asarray(row, dtype=np.int64),
        "direction": np.broadcast_to(np.asarray(direction, dtype=np.int64), count),
        "last": np.broadcast_to(np.asarray(last, dtype=np.int64), count),
        "leave": np.broadcast_to(np.asarray(given.pop("leave", FAR), dtype=np.int64), count),
        "to_entry": np.broadcast_to(np.asarray(given.pop("to_entry", False), dtype=np.bool_), count),
    }
    targets = np.atleast_2d(np.asarray(given.pop("targets", np.empty((count, 0))), dtype=np.float64))
    multiples = np.atleast_2d(np.asarray(given.pop("target_r", np.empty((count, 0))), dtype=np.float64))
    levels = max(targets.shape[1], multiples.shape[1])
    for name, values in (("targets", targets), ("target_r", multiples)):
        found[name] = np.broadcast_to(values if values.shape[1] else np.full((1, levels), np.nan), (count, levels))
    shares = np.asarray(given.pop("shares", np.full(levels, 1 / max(levels, 1))), dtype=np.float64)
    found["shares"] = np.broadcast_to(np.atleast_2d(shares), (count, levels))
    plain = {"stop_away": 0.0, "stop_fraction": 0.0, "trail": 0.0, "trail_away": 0.0, "rank": 0.0}
    for name in ("zone", "stop", "stop_away", "stop_fraction", "trail", "trail_away", "invalid", "rank", "size"):
        value = np.asarray(given.pop(name, plain.get(name, np.nan)), dtype=np.float64)
        found[name] = np.broadcast_to(value, count)
    if given:
        raise ValueError(f"{next(iter(given))} is no field of an order")
    return Orders(**found)


def joined(parts: Sequence[Orders]) -> Orders:
    """All of them, with as many targets as the one with most.

    Raises:
        ValueError: no part at all.
    """
    if not parts:
        raise ValueError("there are no orders to join")
    levels = max(one.shares.shape[1] for one in parts)

    def whole(one: Orders, name: str) -> np.ndarray:
        values: np.ndarray = getattr(one, name)
        if values.ndim == 1 or values.shape[1] == levels:
            return values
        empty = 0.0 if name == "shares" else np.nan
        return np.pad(values, ((0, 0), (0, levels - values.shape[1])), constant_values=empty)

    return Orders(**{one.name: np.concatenate([whole(part, one.name) for part in parts]) for one in fields(Orders)})
