"""Changes of the entries of one list, one at a time. Each is one transaction; the order stays dense."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from selection.choices import PositionType
from selection.models import Watchlist, WatchlistAsset
from selection.services.watchlists.access import lock
from selection.services.watchlists.items import (
    CONTENT,
    Item,
    Key,
    all_of,
    find,
    items_of,
    new_item,
    placed,
    require_absent,
)
from selection.services.watchlists.landing import Deed, Turn, land_turns
from selection.services.watchlists.rows import require_each_once
from selection.services.watchlists.values import checked_all
from system.exceptions import InvalidInput


@transaction.atomic
def add_to_watchlist(
    watchlist: Watchlist,
    asset: Asset,
    *,
    actor: User,
    position_type: str = PositionType.LONG,
    position: int | None = None,
    tier: str | None = None,
    at: datetime | None = None,
    **content: Any,
) -> WatchlistAsset:
    """Put an asset on a list, at the end or at a position.

    Args:
        watchlist: the list.
        asset: the asset.
        actor: who adds it.
        position_type: long or short.
        position: where; those behind it move down.
        tier: the tier that the list is believed to be of, if that matters.
        at: when it takes effect; None = now. A list has one order of events: what would come before its last change
            takes effect with it.
        content: notes, weight, target_allocation, is_active, analysis_config.
    Raises:
        NotAllowed: not their list.
        InvalidInput: an asset without data, a position out of range, a value that an entry cannot have, another tier.
        ConflictError: it is there already.
        LimitExceeded: the list is full.
    """
    watchlist = lock(watchlist, actor)
    if tier is not None and tier != watchlist.tier:
        raise InvalidInput(
            _("%(list)s is no list of %(tier)s.") % {"list": watchlist.name, "tier": tier},
            field="tier",
            code="tier_mismatch",
        )
    values = checked_all({"position_type": position_type, **content})
    item, before = new_item(asset, actor=actor, **values), items_of(watchlist)
    require_absent(item, before)
    after = placed(before, item, position)
    where = after.index(item) + 1
    deed = Deed(
        actor,
        "create",
        f"add {asset.symbol} to {watchlist.name}",
        {"asset": asset.symbol, "position": where},
        named={item.key},
        at=at,
    )
    land_turns([Turn(watchlist, before, after)], deed)
    return _entry(watchlist, item)


@transaction.atomic
def remove_from_watchlist(entry: WatchlistAsset, *, actor: User, at: datetime | None = None) -> None:
    """Take an asset off its list; those behind it move up.

    Raises:
        NotAllowed: not their list.
        ConflictError: somebody else has removed it.
    """
    watchlist = lock(entry.watchlist, actor)
    before = items_of(watchlist)
    gone = find(before, entry)
    deed = Deed(actor, "delete", f"remove {gone.symbol} from {watchlist.name}", {"asset": gone.symbol}, at=at)
    land_turns([Turn(watchlist, before, [item for item in before if item != gone])], deed)


@transaction.atomic
def remove_asset(
    watchlist: Watchlist,
    asset: Asset,
    *,
    actor: User,
    about: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Take an asset off a list in every direction in which it is watched: one change.

    Raises:
        NotAllowed: not their list.
        ConflictError: it is not there any more.
    """
    watchlist = lock(watchlist, actor)
    before = items_of(watchlist)
    gone = all_of(before, asset, watchlist)
    told = f"remove {asset.symbol} from {watchlist.name}"
    deed = Deed(actor, "delete", told, {"asset": asset.symbol}, about=about, at=at)
    land_turns([Turn(watchlist, before, [item for item in before if item not in gone])], deed)


@transaction.atomic
def set_weights(
    watchlist: Watchlist,
    weights: Mapping[Asset, Decimal],
    *,
    actor: User,
    about: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Give assets that are watched to rise other weights, together: one may grow by what another gives up.

    Raises:
        NotAllowed: not their list.
        InvalidInput: a weight out of range, or weights that would come to more than 1.
        ConflictError: one is not there any more.
    """
    watchlist = lock(watchlist, actor)
    before = items_of(watchlist)
    becomes: dict[Key, Item] = {}
    for asset, weight in weights.items():
        item = all_of(before, asset, watchlist, direction=PositionType.LONG)[0]
        becomes[item.key] = replace(item, **checked_all({"weight": weight}))
    symbols = [asset.symbol for asset in weights]
    told = f"weigh {', '.join(symbols)} on {watchlist.name}"
    deed = Deed(actor, "update", told, {"assets": symbols}, about=about, named=becomes.keys(), at=at)
    land_turns([Turn(watchlist, before, [becomes.get(item.key, item) for item in before])], deed)


@transaction.atomic
def move_in_watchlist(
    entry: WatchlistAsset, *, position: int, actor: User, at: datetime | None = None
) -> WatchlistAsset:
    """Move an entry to another position; the others close ranks.

    Raises:
        NotAllowed: not their list.
        InvalidInput: there is no such position.
        ConflictError: somebody else has removed it.
    """
    watchlist = lock(entry.watchlist, actor)
    before = items_of(watchlist)
    moved = find(before, entry)
    after = placed([item for item in before if item != moved], moved, position)
    start = before.index(moved) + 1
    deed = Deed(
        actor,
        "update",
        f"move {moved.symbol} on {watchlist.name} from {start} to {position}",
        {"asset": moved.symbol, "from": start, "to": position},
        named={moved.key},
        at=at,
    )
    land_turns([Turn(watchlist, before, after)], deed)
    return _entry(watchlist, moved)


@transaction.atomic
def change_entry(
    entry: WatchlistAsset, *, actor: User, changes: Mapping[str, Any], at: datetime | None = None
) -> WatchlistAsset:
    """Change what an entry says: direction, position, weight, target, notes, settings; pause and resume it.

    Raises:
        NotAllowed: not their list.
        InvalidInput: a value that an entry cannot have, or weights that would come to more than 1.
        ConflictError: somebody else has removed it, or the asset is there in that direction already.
    """
    watchlist = lock(entry.watchlist, actor)
    before = items_of(watchlist)
    was = find(before, entry)
    position = changes.get("position", before.index(was) + 1)
    becomes = replace(was, **checked_all({name: value for name, value in changes.items() if name != "position"}))
    others = [item for item in before if item != was]
    require_absent(becomes, others)
    after = placed(others, becomes, position)
    fields = [name for name in ("position_type", *CONTENT) if getattr(was, name) != getattr(becomes, name)]
    if before.index(was) + 1 != position:
        fields.insert(0, "position")
    deed = Deed(
        actor,
        "update",
        f"change {was.symbol} on {watchlist.name}: {', '.join(fields)}",
        {"asset": was.symbol, "fields": fields},
        named={becomes.key},
        at=at,
    )
    land_turns([Turn(watchlist, before, after)], deed)
    return _entry(watchlist, becomes)


@transaction.atomic
def reorder_watchlist(
    watchlist: Watchlist, entry_ids: Sequence[int], *, actor: User, at: datetime | None = None
) -> list[WatchlistAsset]:
    """Give a list the order in which its entries are named. Every entry is named once.

    Raises:
        NotAllowed: not their list.
        InvalidRows: an entry is missing, named twice, or of another list; all of these are told together.
    """
    watchlist = lock(watchlist, actor)
    before = items_of(watchlist)
    by_id = {item.entry_id: item for item in before if item.entry_id is not None}
    require_each_once({key: item.symbol for key, item in by_id.items()}, entry_ids, "entries")
    after = [by_id[entry_id] for entry_id in entry_ids]
    moved = {item.key for place, item in enumerate(after) if before[place] != item}
    deed = Deed(
        actor,
        "reorder",
        f"order {watchlist.name}: {len(moved)} of {len(after)} moved",
        {"order": [item.symbol for item in after]},
        named=moved,
        at=at,
    )
    land_turns([Turn(watchlist, before, after)], deed)
    return list(watchlist.entries.select_related("asset").order_by("sort_order"))


def _entry(watchlist: Watchlist, item: Item) -> WatchlistAsset:
    """The row of an item."""
    entries = watchlist.entries.select_related("asset", "watchlist")
    return entries.get(asset_id=item.asset_id, position_type=item.position_type)
