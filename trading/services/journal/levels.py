"""Stops and targets of positions, from the entries of the journal that set them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, localcontext

from django.db.models import F

from accounts.models import User
from selection.compute.lots import EXACT, ZERO, Flow
from selection.models import PortfolioAsset
from trading.choices import ActionType
from trading.models import TradeAction

LEVELS: dict[str, str] = {ActionType.MODIFY_SL: "stop_loss", ActionType.MODIFY_TP: "take_profit"}
Place = tuple[datetime, int]
"""Moment of an entry, and its place among those of that moment."""
Set = dict[str, Decimal | None]


def follow_levels(
    positions: Iterable[PortfolioAsset], flows: Iterable[Flow], places: Mapping[int, int], *, actor: User
) -> None:
    """Write down the stop and the target that each position has. One that no entry ever set stays.

    Args:
        positions: derived just now.
        flows: all of theirs, in the order of their times.
        places: entry → the first one that it stands in for, where that is another.
        actor: who changed the journal.
    """
    wanted = {position.pk: position for position in positions}
    changed = []
    for pk, levels in _set_last(wanted, _began(flows), places).items():
        position = wanted[pk]
        if any(getattr(position, name) != level for name, level in levels.items()):
            for name, level in levels.items():
                setattr(position, name, level)
            position.last_modified_by = actor
            changed.append(position)
    PortfolioAsset.objects.bulk_update(changed, ["stop_loss_price", "take_profit_price", "last_modified_by"])


def _set_last(wanted: Iterable[int], began: Mapping[int, Place], places: Mapping[int, int]) -> dict[int, Set]:
    """Levels by their last entries; none where all were taken back, or were about coins that have left since."""
    entries = TradeAction.objects.filter(portfolio_asset__in=wanted, action_type__in=LEVELS)
    rows = entries.annotate(taken_back=F("reversal")).values_list(
        "executed_at", "id", "portfolio_asset_id", "action_type", "stop_loss", "take_profit", "taken_back"
    )
    found: dict[int, Set] = {}
    for at, place, pk, kind, stop, target, taken_back in sorted(
        ((at, places.get(key, key), *rest) for at, key, *rest in rows), key=lambda row: row[:2]
    ):
        name, levels = LEVELS[ActionType(kind)], found.setdefault(pk, {})
        if taken_back is None and (pk not in began or (at, place) > began[pk]):
            levels[f"{name}_price"] = stop if name == "stop_loss" else target
        else:
            levels.setdefault(f"{name}_price", None)
    return found


def _began(flows: Iterable[Flow]) -> dict[int, Place]:
    """After which entry the newest holding of each position began: the one with which all coins of the holding before
    it left. A position that was held only once is not among them."""
    quantities: dict[int, Decimal] = {}
    emptied: dict[int, Place] = {}
    began: dict[int, Place] = {}
    with localcontext(EXACT):
        for flow in flows:
            before = quantities.get(flow.book, ZERO)
            after = quantities[flow.book] = before + flow.quantity_change
            if before and not after:
                emptied[flow.book] = flow.fill.occurred_at, flow.fill.place
            elif after and not before and flow.book in emptied:
                began[flow.book] = emptied[flow.book]
    return began
