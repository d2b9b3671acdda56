"""Positions: derived from the journal, never typed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from selection.choices import HoldingType, TradeStatus
from selection.compute.lots import Fill, Flow, Holding, average_cost, average_exit
from selection.models import PortfolioAsset, PositionFlow
from system.exceptions import ConflictError, InvalidInput

LARGEST = Decimal(10) ** 20
"""Columns of prices and quantities hold 20 digits before the point."""


@dataclass(frozen=True)
class TimedFill:
    """A fill and when it happened."""

    fill: Fill
    occurred_at: datetime


@transaction.atomic
def land_position(position: PortfolioAsset, fills: Sequence[TimedFill], *, actor: User) -> Holding:
    """Derive a position anew from all of its fills.

    Args:
        position: the position; it is locked by the caller.
        fills: all of them, in the order of their times.
        actor: who changed the journal.
    Raises:
        ConflictError: a fill closes more than is held.
        InvalidInput: an amount is larger than its column.
    """
    try:
        flows, holding = average_cost(
            [timed.fill for timed in fills], is_short=position.asset_type == HoldingType.SHORT_POSITION
        )
    except ValueError as error:
        raise ConflictError(f"{position.asset.symbol}: {error}.", field="quantity") from None
    _require_room(flows, holding)
    position.flows.all().delete()
    PositionFlow.objects.bulk_create(
        PositionFlow(
            position=position,
            action_id=flow.action_id,
            occurred_at=timed.occurred_at,
            quantity_change=flow.quantity_change,
            price=timed.fill.price,
            fee_usd=timed.fill.fee,
            cash_flow_usd=flow.cash,
            cost_change_usd=flow.cost_change,
            realized_usd=flow.realized,
            external_usd=flow.cash.copy_negate(),
        )
        for flow, timed in zip(flows, fills, strict=True)
    )
    position.quantity = holding.quantity
    position.entry_price = holding.average_price or position.entry_price
    position.exit_price = average_exit([timed.fill for timed in fills])
    position.pnl_realized_usd = holding.realized
    position.trade_status = TradeStatus.OPEN if holding.quantity else TradeStatus.CLOSED
    position.last_modified_by = actor
    position.save()
    return holding


def _require_room(flows: Sequence[Flow], holding: Holding) -> None:
    amounts = [holding.quantity, holding.realized, holding.average_price or Decimal(0)]
    amounts += [amount for flow in flows for amount in (flow.cash, flow.cost_change, flow.realized)]
    if not all(-LARGEST < amount < LARGEST for amount in amounts):  # abs() would round to 28 digits
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "quantity"}, field="quantity")
