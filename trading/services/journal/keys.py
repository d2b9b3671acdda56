"""Keys of clients and import lines: the same entry again changes nothing, another one under the same key is refused."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from selection.models import Portfolio
from system.exceptions import ConflictError
from trading.models import TradeAction
from trading.services.journal.entries import NewEntry

STATED = ("action_type", "fee_asset", "fee_quantity", "executed_at", "venue", "external_id", "notes")
"""What an entry always says, or leaves empty."""
LOOKED_UP = {
    "quantity": "quantity",
    "price": "asset_price",
    "settlement_asset": "settlement_asset",
    "settlement_quantity": "settlement_quantity",
}
"""What an entry may leave open → the column that keeps what was found then."""


class Known:
    """Entries of a call that are in the journal already, or stand in the call twice."""

    def __init__(self, portfolio: Portfolio, entries: Mapping[int, NewEntry]) -> None:
        keys = {entry.client_key for entry in entries.values() if entry.client_key}
        there = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio, client_key__in=keys)
        by_key = {action.client_key: action for action in there.select_related("portfolio_asset")}
        self._entries = entries
        self._there: dict[int, TradeAction] = {}
        self._again: dict[int, int] = {}
        first: dict[str, int] = {}
        for row, entry in entries.items():
            if not entry.client_key:
                continue
            if entry.client_key in by_key:
                self._there[row] = by_key[entry.client_key]
            elif entry.client_key in first:
                self._again[row] = first[entry.client_key]
            first.setdefault(entry.client_key, row)

    def __contains__(self, row: int) -> bool:
        return row in self._there or row in self._again

    def check(self, row: int, entry: NewEntry) -> None:
        """
        Raises:
            ConflictError: the key belongs to another trade.
        """
        is_other = (row in self._there and not _is(self._there[row], entry)) or (
            row in self._again and self._entries[self._again[row]] != entry
        )
        if is_other:
            raise ConflictError(_("This key belongs to another trade."), field="client_key", code="key_in_use")

    def action(self, row: int, written: Mapping[int, TradeAction]) -> TradeAction:
        """The journal's entry for a row of the call."""
        return self._there[row] if row in self._there else written[self._again.get(row, row)]


def _is(action: TradeAction, entry: NewEntry) -> bool:
    position = action.portfolio_asset
    if position.asset_id != entry.asset.pk or (entry.position is not None and entry.position.pk != position.pk):
        return False
    if (entry.fee is not None or entry.fee_asset is None) and (entry.fee or 0) != (action.fees_paid or 0):
        return False
    return all((getattr(entry, name) or None) == (getattr(action, name) or None) for name in STATED) and all(
        getattr(entry, name) in (None, getattr(action, column)) for name, column in LOOKED_UP.items()
    )
