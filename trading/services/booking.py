"""Drafts of an import into the journal: all or none, with what is impossible named by the rows of the file."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from accounts.models import User
from selection.models import Portfolio
from system.exceptions import ConflictError
from trading.compute.trade_files.lines import Fault
from trading.models import TradeAction
from trading.services.import_lines import Draft
from trading.services.journal import NewEntry, Recorded, RefusedEntries, record_trades

MOST_SHOWN = 5


def book(portfolio: Portfolio, drafts: Sequence[Draft], *, actor: User) -> Recorded | None:
    """Write drafts into the journal.

    Returns:
        None if there are none.
    Raises:
        ConflictError: the journal does not allow some of them; none has been written.
    """
    if not drafts:
        return None
    ordered = _ordered(drafts)
    try:
        return record_trades(portfolio, _entries(portfolio, ordered), actor=actor)
    except RefusedEntries as error:
        faults = refused(ordered, error)
        shown = "; ".join(f"{fault.row}: {fault.shown}" for fault in faults[:MOST_SHOWN])
        raise ConflictError(shown, field=faults[0].field, code="impossible_history") from error


def impossible(portfolio: Portfolio, drafts: Sequence[Draft], *, actor: User) -> list[Fault]:
    """What the journal would refuse of drafts, found by writing them and taking it back; inside a transaction."""
    if not drafts:
        return []
    ordered = _ordered(drafts)
    before = transaction.savepoint()
    try:
        record_trades(portfolio, _entries(portfolio, ordered), actor=actor, trial=True)
    except RefusedEntries as error:
        return refused(ordered, error)
    finally:
        transaction.savepoint_rollback(before)
    return []


def refused(drafts: Sequence[Draft], error: RefusedEntries) -> list[Fault]:
    """Faults by the rows of the file."""
    return [
        Fault(drafts[one.row].row, one.field or "row", "impossible", one.message[:300])
        for one in error.errors
    ]  # fmt: skip


def _ordered(drafts: Sequence[Draft]) -> list[Draft]:
    """By time, as the journal wants those of one moment; the file's order among them, where the file goes forward."""
    goes_back = len(drafts) > 1 and drafts[0].entry.executed_at > drafts[-1].entry.executed_at
    return sorted(drafts[::-1] if goes_back else drafts, key=lambda draft: draft.entry.executed_at)


def _entries(portfolio: Portfolio, drafts: Sequence[Draft]) -> list[NewEntry]:
    """The entries, each with the other half of its transfer: of the same file, or of the journal."""
    places = {draft.key: place for place, draft in enumerate(drafts)}
    elsewhere = {draft.other_half for draft in drafts if draft.other_half} - places.keys()
    rows = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio, client_key__in=elsewhere)
    stored = {row.client_key: row for row in rows}
    return [
        replace(draft.entry, matches_row=places[draft.other_half])
        if draft.other_half in places
        else replace(draft.entry, matches=stored.get(draft.other_half))
        for draft in drafts
    ]
