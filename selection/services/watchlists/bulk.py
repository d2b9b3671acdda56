"""Many entries of a list at once: some of them merged into it, or all of them replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from selection.models import Watchlist, WatchlistAsset
from selection.services.watchlists.access import lock
from selection.services.watchlists.bulk_rows import Update, read_updates
from selection.services.watchlists.items import Item, Key, items_of
from selection.services.watchlists.landing import Deed, Turn, land_turns
from system.exceptions import InvalidInput

MERGE, REPLACE = "merge", "replace"


@dataclass(frozen=True)
class BulkResult:
    """What a bulk update did.

    Attributes:
        created: entries that came.
        updated: named entries that were there and changed.
        removed: entries that left.
        entries: the list after it, in order.
    """

    created: int
    updated: int
    removed: int
    entries: list[WatchlistAsset]


@transaction.atomic
def bulk_update_watchlist_assets(
    watchlist: Watchlist,
    updates: Sequence[Mapping[str, Any]],
    *,
    actor: User,
    mode: str = MERGE,
    confirm_empty: bool = False,
    at: datetime | None = None,
) -> BulkResult:
    """Change many entries of a list, all or none.

    Args:
        watchlist: the list.
        updates: rows of ``asset_id`` (or ``crypto_id``), ``position_type``, ``position``, ``weight``, ``notes``,
            ``target_allocation``, ``is_active``. Fields that a row does not name stay as they are; an entry that is
            named is active unless its row says otherwise.
        actor: who changes it.
        mode: ``merge`` leaves the entries that are not named, in their order; ``replace`` removes them.
        confirm_empty: whether ``replace`` by nothing is meant.
        at: when it takes effect; None = now.
    Raises:
        NotAllowed: not their list.
        InvalidRows: what is wrong with the rows, all of it, by row and field.
        InvalidInput: too many rows, no such mode, nothing to replace by, or weights that would come to more than 1.
        LimitExceeded: the list would be too long.
    """
    if mode not in {MERGE, REPLACE}:
        raise InvalidInput(_("mode must be one of: %(modes)s.") % {"modes": f"{MERGE}, {REPLACE}"}, field="mode")
    watchlist = lock(watchlist, actor)
    if mode == REPLACE and not updates and not confirm_empty:
        raise InvalidInput(_("This would empty the list; say so with confirm_empty."), field="confirm_empty")
    before = items_of(watchlist)
    rows = read_updates(updates, before)
    after = _merged(before, rows, actor) if mode == MERGE else _replaced(before, rows, actor)
    result = _counted(before, after, {row.key for row in rows})
    deed = Deed(
        actor,
        "bulk_update",
        f"{mode} {len(rows)} entries of {watchlist.name}",
        {"asset_count": len(rows), **result},
        about={"mode": mode},
        named={row.key for row in rows},
        at=at,
    )
    land_turns([Turn(watchlist, before, after)], deed)
    return BulkResult(**result, entries=list(watchlist.entries.select_related("asset").order_by("sort_order")))


def _merged(before: Sequence[Item], rows: Sequence[Update], actor: User) -> list[Item]:
    """Where two entries claim a place, the one that was given it comes first; then the others keep their order."""
    named = {row.key: row for row in rows}
    ranks: list[tuple[tuple[float, int, int], Item]] = []
    for place, item in enumerate(before, 1):
        row = named.get(item.key)
        asked = row.position if row else None
        becomes = replace(item, **row.content) if row else item
        ranks.append(((asked or place, asked is None, place), becomes))
    present = {item.key for item in before}
    for number, row in enumerate(rows, len(before) + 1):
        if row.key not in present:
            ranks.append(((row.position or float("inf"), row.position is None, number), _new(row, actor)))
    return [item for _rank, item in sorted(ranks, key=lambda pair: pair[0])]


def _replaced(before: Sequence[Item], rows: Sequence[Update], actor: User) -> list[Item]:
    """The rows in the order of their positions; one without stands where it was named."""
    present = {item.key: item for item in before}
    ranks = []
    for number, row in enumerate(rows, 1):
        item = present.get(row.key)
        becomes = replace(item, **row.content) if item else _new(row, actor)
        ranks.append(((row.position or number, row.position is None, number), becomes))
    return [item for _rank, item in sorted(ranks, key=lambda pair: pair[0])]


def _new(row: Update, actor: User) -> Item:
    return Item(
        asset_id=row.asset.pk,
        symbol=row.asset.symbol,
        added_by_id=actor.pk,
        position_type=row.position_type,
        **row.content,
    )


def _counted(before: Sequence[Item], after: Sequence[Item], named: set[Key]) -> dict[str, int]:
    was = {item.key: (place, item) for place, item in enumerate(before, 1)}
    becomes = {item.key: (place, item) for place, item in enumerate(after, 1)}
    return {
        "created": len(becomes.keys() - was.keys()),
        "updated": sum(key in was and was[key] != becomes[key] for key in named),
        "removed": len(was.keys() - becomes.keys()),
    }
