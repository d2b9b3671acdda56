"""What makes a plan no plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

MOST_FURTHER = 3
"""Targets behind the first."""


@dataclass(frozen=True)
class Fault:
    """A level that makes no sense.

    Attributes:
        field: column of the signal.
        words: what is wrong with it.
    """

    field: str
    words: str


def plan_fault(
    side: int,
    entry: float,
    stop: float,
    target: float,
    *,
    zone: tuple[float, float] | None = None,
    further: Sequence[tuple[float, float]] = (),
) -> Fault | None:
    """The first thing that is wrong with a plan; None with a sound one.

    Args:
        side: 1 long, -1 short.
        entry, stop, target: USD.
        zone: lower and upper end of a limit entry.
        further: price and share of each target behind the first, nearest first.
    """
    for field, price in (("entry_price", entry), ("stop_loss", stop), ("target_price", target)):
        if not (isfinite(price) and price > 0):
            return Fault(field, "a level must be a number above 0")
    if target == entry:
        return Fault("target_price", "the target is the entry: nothing could be won")
    if side * (target - entry) < 0:
        return Fault("target_price", "the target lies on the wrong side of the entry")
    if side * (entry - stop) <= 0:
        return Fault("stop_loss", "the stop lies on the wrong side of the entry")
    if zone is not None and (fault := _zone_fault(side, stop, target, zone)):
        return fault
    return _further_fault(side, target, further)


def _zone_fault(side: int, stop: float, target: float, zone: tuple[float, float]) -> Fault | None:
    low, high = zone
    if not (isfinite(low) and isfinite(high) and 0 < low <= high):
        return Fault("entry_zone_low", "a zone needs two prices above 0, the lower one first")
    near_stop, near_target = (low, high) if side > 0 else (high, low)
    if side * (near_stop - stop) <= 0 or side * (target - near_target) <= 0:
        return Fault("entry_zone_low", "the zone must lie between the stop and the target")
    return None


def _further_fault(side: int, target: float, further: Sequence[tuple[float, float]]) -> Fault | None:
    if len(further) > MOST_FURTHER:
        return Fault("further_targets", f"there may be {MOST_FURTHER} further targets at most")
    last = target
    for price, _share in further:
        if not isfinite(price) or side * (price - last) <= 0:
            return Fault("further_targets", "each target must lie behind the one before")
        last = price
    if any(not 0 < share < 1 for _price, share in further) or sum(share for _price, share in further) >= 1:
        return Fault("further_targets", "shares must be above 0, and something must be left for the first target")
    return None
