"""Changes of watchlists. Each is one transaction with one row of the audit trail and one activity; the order stays
dense, limits hold, the past stays readable, and the last change can be taken back."""

from selection.services.watchlists.access import lock, lock_lists
from selection.services.watchlists.bulk import BulkResult, bulk_update_watchlist_assets
from selection.services.watchlists.curation import Curated, Skipped, curate_default_lists
from selection.services.watchlists.entries import (
    add_to_watchlist,
    change_entry,
    move_in_watchlist,
    remove_asset,
    remove_from_watchlist,
    reorder_watchlist,
    set_weights,
)
from selection.services.watchlists.filling import awaits_members, begin_copy, fill_default_list
from selection.services.watchlists.limits import limit
from selection.services.watchlists.lists import change_watchlist, delete_watchlist, order_watchlists
from selection.services.watchlists.making import (
    create_default_watchlist,
    create_watchlist,
    duplicate_watchlist,
    ensure_default_watchlists,
)
from selection.services.watchlists.rows import known_asset
from selection.services.watchlists.tiers import demote, exchange, promote, transfer
from selection.services.watchlists.undo import undo_last_change

__all__ = [
    "BulkResult",
    "Curated",
    "Skipped",
    "add_to_watchlist",
    "awaits_members",
    "begin_copy",
    "bulk_update_watchlist_assets",
    "change_entry",
    "change_watchlist",
    "create_default_watchlist",
    "create_watchlist",
    "curate_default_lists",
    "delete_watchlist",
    "demote",
    "duplicate_watchlist",
    "ensure_default_watchlists",
    "exchange",
    "fill_default_list",
    "known_asset",
    "limit",
    "lock",
    "lock_lists",
    "move_in_watchlist",
    "order_watchlists",
    "promote",
    "remove_asset",
    "remove_from_watchlist",
    "reorder_watchlist",
    "set_weights",
    "transfer",
    "undo_last_change",
]
