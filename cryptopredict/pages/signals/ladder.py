"""A plan as a ladder: from its stop over its entry to its last target, and where the price stands on it."""

from dataclasses import dataclass
from decimal import Decimal

from selection.choices import PositionType
from trading.models import AITradingSignal

MARGIN = 8
"""Percent of the ladder before the stop and behind the target: the price may stand there."""


@dataclass(frozen=True)
class Rung:
    """A level: its place in percent of the ladder's width, its price, and its distance from the entry in percent,
    signed by the direction of the plan."""

    place: str
    price: Decimal
    distance_pct: Decimal


@dataclass(frozen=True)
class Ladder:
    """The stop stands at the start and the target at the end, for a long and for a short alike.

    Attributes:
        targets: the nearest first.
        price: the latest one; None while it is unknown.
        way: where the stretches to the stop and to the last target begin, and how wide they are.
    """

    stop: Rung
    entry: Rung
    targets: list[Rung]
    price: Rung | None
    way: dict[str, str]


def ladder(signal: AITradingSignal) -> Ladder | None:
    """None for a plan that lacks a level."""
    entry, stop, target = signal.entry_price, signal.stop_loss, signal.target_price
    if entry is None or stop is None or target is None:
        return None
    levels = [target, *(Decimal(str(one["price"])) for one in signal.further_targets or [])]
    side = -1 if signal.signal_type == PositionType.SHORT else 1
    last = max(levels, key=lambda level: side * level)

    def rung(price: Decimal) -> Rung:
        share = (price - stop) / (last - stop)
        place = MARGIN + (100 - 2 * MARGIN) * min(max(share, Decimal("-0.08")), Decimal("1.08"))
        return Rung(f"{place:.2f}", price, side * 100 * (price / entry - 1))

    middle, end = rung(entry), rung(last)
    way = {
        "risk_from": f"{MARGIN:.2f}",
        "risk_width": f"{float(middle.place) - MARGIN:.2f}",
        "reward_from": middle.place,
        "reward_width": f"{float(end.place) - float(middle.place):.2f}",
    }
    now = signal.asset.current_price
    targets = [rung(level) for level in sorted(levels, key=lambda level: side * level)]
    return Ladder(rung(stop), middle, targets, None if now is None else rung(now), way)
