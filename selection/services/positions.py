"""Positions: derived from the journal, never typed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from selection.choices import TradeStatus
from selection.compute.lots import Disposal, Fill, Flow, OversoldError, Posted, Terms, post, shortages
from selection.models import LotDisposal, PortfolioAsset, PositionFlow, PositionLot
from selection.services.derived_rows import earliest, replace_rows
from system.exceptions import ConflictError, InvalidInput

LARGEST = Decimal(10) ** 20
"""Columns of prices and quantities hold 20 digits before the point."""
FLOW = (
    "position_id", "action_id", "leg", "place", "kind", "occurred_at", "quantity_change", "price", "fee_usd",
    "cash_flow_usd", "cost_change_usd", "realized_usd", "income_usd", "external_usd", "assumptions",
)  # fmt: skip
LOT = ("position_id", "action_id", "acquired_at", "quantity", "cost_usd", "assumptions")
DISPOSAL = (
    "position_id", "action_id", "leg", "number", "kind", "lot_action_id", "acquired_at", "disposed_at", "quantity",
    "cost_usd", "proceeds_usd", "assumptions",
)  # fmt: skip
STANDING = ("quantity", "entry_price", "exit_price", "pnl_realized_usd", "trade_status", "is_active")


@dataclass(frozen=True)
class Shortage:
    """A fill that closes more than is held, and a sentence that says so."""

    fill: Fill
    text: str


class ImpossibleHistory(ConflictError):
    """More would leave positions than they hold.

    Args:
        shortages: the first of each entry that lacks coins, in the order of time, at least one.
        fills: of all entries, in the same order.
    """

    def __init__(self, shortages: Sequence[Shortage], fills: Sequence[Fill]) -> None:
        super().__init__(shortages[0].text, field="quantity", code="impossible_history")
        self.shortages, self.fills = shortages, fills


@dataclass(frozen=True)
class Landed:
    """What the derivation found.

    Attributes:
        posted: flows, lots and disposals.
        changed_from: the earliest moment at which a flow came, went or changed; None if none did.
    """

    posted: Posted
    changed_from: datetime | None


@transaction.atomic
def land_positions(
    positions: Sequence[PortfolioAsset], fills: Sequence[Fill], terms: Mapping[int, Terms], *, actor: User
) -> Landed:
    """Derive positions anew from all of their fills; what is equal is not written again.

    Args:
        positions: the positions; the caller has locked their portfolio.
        fills: all of them, in the order of their times.
        terms: how each position is kept.
        actor: who changed the journal.
    Raises:
        ImpossibleHistory: a fill closes more than is held.
        ConflictError: what remains makes no sense otherwise.
        InvalidInput: an amount is larger than its column.
    """
    symbols = {position.pk: position.asset.symbol for position in positions}
    kept = {pk: terms[pk] for pk in symbols}
    posted = _posted(fills, kept, symbols)
    _require_room(posted)
    changed = replace_rows(PositionFlow, symbols, FLOW, map(_flow, posted.flows), key=3)
    replace_rows(PositionLot, symbols, LOT, _lots(posted, kept), key=2)
    replace_rows(LotDisposal, symbols, DISPOSAL, map(_disposal, posted.disposals), key=4)
    _stand(positions, posted, actor)
    return Landed(posted, earliest(changed, FLOW.index("occurred_at")))


def _posted(fills: Sequence[Fill], terms: Mapping[int, Terms], symbols: Mapping[int, str]) -> Posted:
    try:
        try:
            return post(fills, terms)
        except OversoldError:
            found = shortages(fills, terms)
    except ValueError as error:
        raise ConflictError(f"{error}.", field="quantity") from None
    raise ImpossibleHistory([Shortage(one.fill, _shortage(one, symbols)) for one in found], fills)


def _shortage(error: OversoldError, symbols: Mapping[Any, str]) -> str:
    return _("%(symbol)s: on %(date)s UTC %(missing)s more leaves than is held.") % {
        "symbol": symbols[error.fill.book],
        "date": f"{error.fill.occurred_at:%Y-%m-%d %H:%M}",
        "missing": f"{error.missing.normalize():f}",
    }


def _flow(flow: Flow) -> tuple[Any, ...]:
    fill = flow.fill
    return (
        flow.book, flow.action_id, flow.leg, fill.place, fill.kind, fill.occurred_at, flow.quantity_change, fill.price,
        fill.fee_worth, flow.cash, flow.cost_change, flow.realized, flow.income, flow.external,
        tuple(sorted(flow.assumptions)),
    )  # fmt: skip


def _lots(posted: Posted, terms: Mapping[Any, Terms]) -> list[tuple[Any, ...]]:
    return [
        (book, lot.action_id, lot.acquired_at, lot.quantity, lot.cost, tuple(sorted(lot.assumptions)))
        for book in posted.books
        if terms[book].has_lots
        for lot in posted.lots(book)
    ]


def _disposal(gone: Disposal) -> tuple[Any, ...]:
    fill, lot = gone.fill, gone.lot
    return (
        fill.book, fill.action_id, fill.leg, gone.number, fill.kind, lot.action_id, lot.acquired_at,
        fill.occurred_at, lot.quantity, gone.cost, gone.proceeds, tuple(sorted(gone.assumptions)),
    )  # fmt: skip


def _require_room(posted: Posted) -> None:
    amounts = [amount for flow in posted.flows for amount in (flow.cash, flow.cost_change, flow.realized)]
    for book in posted.books:
        holding = posted.holding(book)
        amounts += [holding.quantity, holding.cost, holding.realized, posted.average_entry(book) or Decimal(0)]
    if not all(-LARGEST < amount < LARGEST for amount in amounts):  # abs() would round to 28 digits
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "quantity"}, field="quantity")


def _stand(positions: Sequence[PortfolioAsset], posted: Posted, actor: User) -> None:
    """Quantity, prices, profit and state of the positions."""
    changed = []
    for position in positions:
        holding = posted.holding(position.pk)
        is_open = position.trade_status not in (TradeStatus.CLOSED, None)
        standing = {
            "quantity": holding.quantity,
            "entry_price": posted.average_entry(position.pk) or None,
            "exit_price": posted.average_exit(position.pk) or None,
            "pnl_realized_usd": holding.realized,
            "trade_status": (position.trade_status if is_open else TradeStatus.OPEN)
            if holding.quantity
            else TradeStatus.CLOSED,
            # What was put out of sight comes back when something is done with what it holds.
            "is_active": position.is_active or holding.quantity not in (0, position.quantity),
        }
        if any(getattr(position, name) != value for name, value in standing.items()):
            for name, value in standing.items():
                setattr(position, name, value)
            position.last_modified_by = actor
            changed.append(position)
    PortfolioAsset.objects.bulk_update(changed, [*STANDING, "last_modified_by"], batch_size=100)
