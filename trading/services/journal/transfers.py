"""Joining what was booked as a withdrawal and a deposit into one transfer between own venues."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from system.exceptions import ConflictError
from trading.choices import ActionType
from trading.compute.entries import ARRIVING, LEAVING
from trading.models import TradeAction
from trading.services.journal.booking import RefusedEntries
from trading.services.journal.corrections import as_entered, derive_again, taken_back
from trading.services.journal.entries import NewEntry
from trading.services.journal.recording import record_trades


@transaction.atomic
def join_transfer(sent: TradeAction, arrived: TradeAction, *, actor: User, notes: str = "") -> list[TradeAction]:
    """Take two entries back and enter them as the halves of one transfer: lots keep their cost and dates, and nothing
    is sold or bought. What is not in the second half was the fee of the way.

    The keys of the venues stay with the entries that were taken back, so that reading the venue again adds nothing.

    Args:
        sent: a withdrawal, or a transfer out without another half.
        arrived: a deposit, or a transfer in without another half, of the same portfolio and coin.
        actor: who joins them.
        notes: why.
    Returns:
        Both halves, the one that was sent first.
    Raises:
        NotAllowed: not their portfolio.
        ConflictError: they cannot be one transfer, one of them was taken back, or what follows would be impossible.
    """
    _require_halves(sent, arrived)
    portfolio, reversals = taken_back(sent, actor, notes)
    reversals += taken_back(arrived, actor, notes)[1]
    halves = [_entry(sent, ActionType.TRANSFER_OUT), _entry(arrived, ActionType.TRANSFER_IN, matches_row=0)]
    try:
        found = record_trades(portfolio, halves, actor=actor).actions
    except RefusedEntries as refused:
        first = refused.errors[0]
        raise ConflictError(first.message, field=("sent", "arrived")[first.row], code=first.code) from None
    derive_again(reversals, portfolio, actor)
    return found


def _require_halves(sent: TradeAction, arrived: TradeAction) -> None:
    """
    Raises:
        ConflictError: names which of the two cannot be a half.
    """
    for half, kinds, name in ((sent, LEAVING, "sent"), (arrived, ARRIVING, "arrived")):
        has_half = half.matches_id is not None or TradeAction.objects.filter(matches=half).exists()
        if half.action_type not in kinds or has_half:
            raise ConflictError(_("This transfer cannot be the other half."), field=name)
    one, other = sent.portfolio_asset, arrived.portfolio_asset
    if (one.portfolio_id, one.asset_id) != (other.portfolio_id, other.asset_id):
        raise ConflictError(_("The two are not of one portfolio and coin."), field="arrived")


def _entry(action: TradeAction, kind: ActionType, **more: Any) -> NewEntry:
    """The entry as it was asked for, as a half: its worth of then plays no part any more, but that of its fee does."""
    looked_up = tuple(name for name in action.looked_up if name != "price")
    same = as_entered(action) | {"price": None, "looked_up": looked_up}
    if not looked_up:
        same["assumptions"] = ()
    return NewEntry(**same | {"action_type": kind, "corrects": action, **more})
