"""Taking entries back: nothing is deleted, a reversal says that an entry no longer counts."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, NotAllowed
from system.services import record_change
from trading.choices import ActionType
from trading.models import TradeAction
from trading.services.journal.booking import locked
from trading.services.journal.derivation import LEVELS, derive, desk_of
from trading.services.journal.entries import REMARKS, NewEntry
from trading.services.journal.recording import record_trade

AMOUNTS = frozenset({
    "asset", "action_type", "executed_at", "quantity", "price", "fee", "fee_asset", "fee_quantity", "settlement_asset",
    "settlement_quantity", "side", "leverage", "position",
})  # fmt: skip
"""What amounts follow from that are looked up."""


@transaction.atomic
def reverse_entry(action: TradeAction, *, actor: User, notes: str = "") -> list[TradeAction]:
    """Take an entry back, however old it is; of a transfer between own venues both halves.

    Args:
        action: the entry.
        actor: who takes it back.
        notes: why.
    Returns:
        The reversals.
    Raises:
        NotAllowed: not their portfolio.
        ConflictError: it is a reversal, was taken back before, or what remains would be impossible.
    """
    portfolio, reversals = taken_back(action, actor, notes)
    derive_again(reversals, portfolio, actor)
    return reversals


@transaction.atomic
def correct_entry(action: TradeAction, *, actor: User, notes: str = "", **changes: Any) -> TradeAction:
    """Take an entry back and enter it anew with changes, in its place among those of the same moment.

    Args:
        action: the entry.
        actor: who corrects it.
        notes: why.
        changes: attributes of ``NewEntry`` that differ.
    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: a change that makes no sense.
        ConflictError: the entry cannot be taken back, or what follows would be impossible.
    """
    if action.matches_id is not None or TradeAction.objects.filter(matches=action).exists():
        raise ConflictError(_("Take the transfer back and enter both halves anew."), code="has_other_half")
    portfolio, reversals = taken_back(action, actor, notes)
    same = as_entered(action) | _looked_up_anew(action, portfolio, changes) | {"corrects": action} | changes
    asset = same.pop("asset")
    if asset != action.portfolio_asset.asset:
        same["position"] = None
    corrected = record_trade(portfolio, asset, actor=actor, **same)
    derive_again(reversals, portfolio, actor)
    return corrected


def taken_back(action: TradeAction, actor: User, notes: str) -> tuple[Portfolio, list[TradeAction]]:
    """Write that an entry, and its other half, no longer count; what follows is to be derived after it.

    Returns:
        The portfolio, locked, and the reversals.
    Raises:
        NotAllowed: not their portfolio.
        ConflictError: it is a reversal, or was taken back before.
    """
    portfolio = action.portfolio_asset.portfolio
    if portfolio.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your portfolio."))
    portfolio = locked(portfolio)
    if action.action_type == ActionType.REVERSAL or TradeAction.objects.filter(reverses=action).exists():
        raise ConflictError(_("This entry was taken back already."), code="reversed_already")
    halves = [action, action.matches, TradeAction.objects.filter(matches=action).first()]
    reversals = []
    for half in halves:
        if half is None:
            continue
        reversal = TradeAction.objects.create(
            portfolio_asset=half.portfolio_asset,
            action_type=ActionType.REVERSAL,
            asset_price=Decimal(0),
            quantity=Decimal(0),
            executed_at=half.executed_at,
            reverses=half,
            notes=notes or None,
        )
        TradeAction.objects.filter(pk=half.pk).update(pnl_realized_usd=Decimal(0))
        changes = {"reverses": half.pk, "action": half.action_type, "quantity": str(half.quantity)}
        record_activity(actor, activity_type="execute_trade", action="update", entity=portfolio, details=changes)
        record_change(reversal, AuditOperation.INSERT, actor=actor, new=changes)
        reversals.append(reversal)
    return portfolio, reversals


def derive_again(reversals: list[TradeAction], portfolio: Portfolio, actor: User) -> None:
    """Derive the positions that the reversed entries went through."""
    desk = desk_of(portfolio)
    halves = [reversal.reverses for reversal in reversals if reversal.reverses is not None]
    coins = {coin for half in halves for coin in (half.fee_asset_id, half.settlement_asset_id)}
    coins.add(portfolio.cash_asset_id)
    spot = {position for asset, position in desk.accounts.spot.items() if asset in coins}
    derive(desk, spot | {half.portfolio_asset_id for half in halves}, actor=actor)


def as_entered(action: TradeAction) -> dict[str, Any]:
    """The entry as it was asked for."""
    values: dict[str, Any] = {
        "asset": action.portfolio_asset.asset,
        "price": action.asset_price,
        "fee": action.fees_paid,
        "position": action.portfolio_asset,
        "notes": action.notes or "",
        "remarks": {name: getattr(action, name) for name in REMARKS},
        "assumptions": tuple(action.assumptions),
        "looked_up": tuple(action.looked_up),
        "lifts_level": action.action_type in LEVELS and action.stop_loss is None and action.take_profit is None,
    }
    same = {field.name for field in fields(NewEntry)} - values.keys()
    same -= {"client_key", "corrects", "matches", "matches_row", "side", "leverage"}
    return values | {name: getattr(action, name) for name in same}


def _looked_up_anew(action: TradeAction, portfolio: Portfolio, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a correction leaves open again: what was looked up for the old entry, with the marks of it, and what was
    stated of amounts that are others now."""
    if not changes.keys() & AMOUNTS:
        return {}
    coins = {
        "price": action.portfolio_asset.asset_id,
        "fee": action.fee_asset_id,
        "settlement_quantity": action.settlement_asset_id,
    }
    gone = {str(coin) for name, coin in coins.items() if name in action.looked_up}
    kept = tuple(mark for mark in action.assumptions if mark.partition(":")[2] not in gone)
    again = set(action.looked_up)
    if action.fee_asset_id is not None and changes.keys() & {"fee_asset", "fee_quantity"}:
        again.add("fee")
    if action.settlement_asset_id == portfolio.cash_asset_id and changes.keys() & {"quantity", "price"}:
        again.add("settlement_quantity")
    return dict.fromkeys(again) | {"looked_up": (), "assumptions": kept}
