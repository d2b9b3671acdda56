"""Entering trades: one, or thousands in one call, all or nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.services import record_activity
from assets.models import Asset
from selection.models import Portfolio
from selection.services import count_days
from system.choices import AuditOperation
from system.services import record_change
from trading.models import TradeAction
from trading.services.journal.booking import Recorded, Recording, RefusedEntries
from trading.services.journal.entries import NewEntry

MANY = 1_000
"""From so many new entries on, the daily values are counted with them: whoever imports years waits anyway, and whoever
opens the portfolio afterwards need not."""


@transaction.atomic
def record_trade(
    portfolio: Portfolio, asset: Asset, *, actor: User, action_type: str, executed_at: datetime, **details: Any
) -> TradeAction:
    """Enter a trade; what follows from it is derived anew. The same ``client_key`` again returns the entry that is
    there.

    Args:
        portfolio: whose.
        asset: what was traded.
        actor: who enters it.
        action_type: kind.
        executed_at: when; not in the future.
        details: other attributes of ``NewEntry``: quantity, price, fee, client_key, notes and so on.
    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: a quantity, price, fee or time that makes no sense.
        ConflictError: more leaves a position than it holds, or the key belongs to another trade.
    """
    recording = Recording(portfolio, [NewEntry(asset, action_type, executed_at, **details)], actor)
    try:
        found = recording.record().actions[0]
    except RefusedEntries:
        raise recording.causes[0] from None
    if recording.created:
        changes = {"action": action_type, "asset": asset.symbol}
        changes |= {"quantity": str(found.quantity), "price": str(found.asset_price)}
        record_activity(actor, activity_type="execute_trade", action="create", entity=portfolio, details=changes)
        record_change(found, AuditOperation.INSERT, actor=actor, new=changes)
    return found


@transaction.atomic
def record_trades(portfolio: Portfolio, entries: Sequence[NewEntry], *, actor: User, trial: bool = False) -> Recorded:
    """Enter many trades at once, all or nothing; positions are derived once, and daily values too when the entries are
    many. Keys that are known change nothing.

    Args:
        portfolio: whose.
        entries: in the order in which those of one moment happened.
        actor: who enters them.
        trial: the caller takes all back, so nobody will look at daily values.
    Raises:
        NotAllowed: not their portfolio.
        RefusedEntries: some make no sense, or are impossible; names the row and field of each.
    """
    recording = Recording(portfolio, entries, actor)
    found = recording.record()
    if recording.created:
        keys = [action.pk for action in recording.created]
        changes = {"entries": len(keys), "first": min(keys), "last": max(keys)}
        record_activity(actor, activity_type="import_trades", action="create", entity=portfolio, details=changes)
        record_change(portfolio, AuditOperation.UPDATE, actor=actor, new=changes, details="journal entries added")
        if len(keys) >= MANY and not trial:
            count_days(portfolio)
    return found
