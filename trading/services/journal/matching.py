"""Transfers between own venues and token migrations: the halves that belong together."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from selection.models import Portfolio
from system.exceptions import ConflictError, DomainError
from trading.choices import ActionType
from trading.models import TradeAction
from trading.selectors.transfers import free_halves
from trading.services.journal.derivation import is_spot
from trading.services.journal.entries import NewEntry

OTHER = {ActionType.TRANSFER_IN: ActionType.TRANSFER_OUT, ActionType.TRANSFER_OUT: ActionType.TRANSFER_IN}


def matched(
    portfolio: Portfolio, entries: Mapping[int, NewEntry], causes: dict[int, DomainError]
) -> dict[int, NewEntry]:
    """The entries, each transfer with its other half: the one that it names, else the one of the same coin with the
    same id at the venue, in the journal or among the entries.

    Args:
        portfolio: whose.
        entries: by their place in the call.
        causes: why an entry cannot be matched as it asks is added here.
    """
    found = dict(entries)
    free = _free_halves(portfolio, entries)
    waiting: dict[tuple[int, str, str], int] = {}
    named = {entry.matches_row for entry in entries.values() if entry.matches_row is not None}
    for row, entry in entries.items():
        try:
            if entry.matches is not None:
                _require_other_half(entry, _half(entry.matches), portfolio, entry.matches)
            elif entry.matches_row is not None:
                _require_row(entry, entries.get(entry.matches_row))
            elif entry.external_id and entry.action_type in OTHER and row not in named:
                found[row] = _by_id(row, entry, free, waiting)
        except DomainError as error:
            causes[row] = error
    return _with_halves_named(found)


def _with_halves_named(entries: dict[int, NewEntry]) -> dict[int, NewEntry]:
    """A half that another one names needs no price either."""
    for entry in list(entries.values()):
        other = entries.get(entry.matches_row) if entry.matches_row is not None else None
        if other is not None and other.price is None:
            entries[entry.matches_row or 0] = replace(other, price=Decimal(0))
    return entries


def _by_id(
    row: int, entry: NewEntry, free: dict[tuple[int, str, str], TradeAction], waiting: dict[tuple[int, str, str], int]
) -> NewEntry:
    kind, key = ActionType(entry.action_type), entry.external_id or ""
    wanted = (entry.asset.pk, OTHER[kind].value, key)
    if wanted in free:
        return replace(entry, matches=free.pop(wanted))
    if wanted in waiting:
        return replace(entry, matches_row=waiting.pop(wanted))
    waiting[entry.asset.pk, kind.value, key] = row
    return entry


def _free_halves(portfolio: Portfolio, entries: Mapping[int, NewEntry]) -> dict[tuple[int, str, str], TradeAction]:
    """Transfers of the journal without another half that have the id of one of the entries."""
    ids = {entry.external_id for entry in entries.values() if entry.external_id and entry.action_type in OTHER}
    halves = free_halves(portfolio, OTHER).filter(external_id__in=ids)
    return {
        (half.portfolio_asset.asset_id, half.action_type, half.external_id or ""): half
        for half in halves.select_related("portfolio_asset").order_by("-id")
    }


def _half(action: TradeAction) -> NewEntry:
    asset = action.portfolio_asset.asset
    return NewEntry(asset, action.action_type, action.executed_at, quantity=action.quantity)


def _require_other_half(entry: NewEntry, other: NewEntry, portfolio: Portfolio, action: TradeAction) -> None:
    is_taken = action.matches_id is not None or TradeAction.objects.filter(matches=action).exists()
    is_reversed = TradeAction.objects.filter(reverses=action).exists()
    position = action.portfolio_asset
    if is_taken or is_reversed or position.portfolio_id != portfolio.pk or not is_spot(position):
        raise ConflictError(_("This transfer cannot be the other half."), field="matches")
    _require_row(entry, other)


def _require_row(entry: NewEntry, other: NewEntry | None) -> None:
    if other is None or OTHER.get(ActionType(other.action_type)) != entry.action_type:
        raise ConflictError(_("This transfer cannot be the other half."), field="matches")
    sent, arrived = (entry, other) if entry.action_type == ActionType.TRANSFER_OUT else (other, entry)
    if sent.asset == arrived.asset and (arrived.quantity or 0) > (sent.quantity or 0):
        raise ConflictError(_("More arrives than was sent."), field="quantity")
