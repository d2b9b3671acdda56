"""What the audit trail says of the entries of a list, before and after a change; enough to take the change back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from selection.services.watchlists.items import CONTENT, Item, Key
from selection.services.watchlists.values import PLACES
from system.exceptions import ConflictError

Said = dict[str, Any]
SHARES = ("weight", "target_allocation")
Sides = tuple[int, Sequence[Item], Sequence[Item]]
"""A list by its key, and its items before and after."""


def said_before_and_after(lists: Iterable[Sides]) -> tuple[list[Said], list[Said]]:
    """What differs: whole entries that came or left, and of the others the fields that changed."""
    old: list[Said] = []
    new: list[Said] = []
    for list_id, before, after in lists:
        was, becomes = _by_key(list_id, before), _by_key(list_id, after)
        for key in {**was, **becomes}:
            left, right = was.get(key), becomes.get(key)
            if left is not None and right is not None:
                left, right = _different(left, right)
            if left:
                old.append(left)
            if right:
                new.append(right)
    return old, new


def _by_key(list_id: int, items: Sequence[Item]) -> dict[Key, Said]:
    return {item.key: _said(list_id, item, place) for place, item in enumerate(items, 1)}


def _said(list_id: int, item: Item, place: int) -> Said:
    """A whole entry, as JSON keeps it."""
    content = {name: getattr(item, name) for name in CONTENT}
    shares = {name: None if content[name] is None else f"{content[name]:.{PLACES}f}" for name in SHARES}
    return {
        "watchlist_id": list_id,
        "asset_id": item.asset_id,
        "symbol": item.symbol,
        "position_type": item.position_type,
        "position": place,
        **content,
        **shares,
        "added_by": item.added_by_id,
    }


IDENTITY = ("watchlist_id", "asset_id", "symbol", "position_type")


def _different(left: Said, right: Said) -> tuple[Said, Said]:
    names = [name for name in left if left[name] != right[name]]
    if not names:
        return {}, {}
    shown = [*IDENTITY, *names]
    return {name: left[name] for name in shown}, {name: right[name] for name in shown}


def taken_back(list_id: int, items: Sequence[Item], old: Sequence[Said], new: Sequence[Said]) -> list[Item]:
    """The items of a list without a change.

    Args:
        list_id: the list.
        items: what stands on it now.
        old: what the trail says of before, of all lists of the change.
        new: what it says of after.
    Raises:
        ConflictError: the list does not look as the change left it.
    """
    was, became = _of_list(list_id, old), _of_list(list_id, new)
    now = {item.key: (place, item) for place, item in enumerate(items, 1)}
    for key in {*was, *became}:
        if (key in became) != (key in now) or (key in became and not _is_as_said(*now[key], became[key])):
            raise _changed_since()
    places: dict[int, Item] = {}
    for key, (place, item) in now.items():
        if key not in became:
            places[place] = item
    for key, said in was.items():
        place = said.get("position") or now[key][0]
        places[place] = replace(now[key][1], **_content(said)) if key in now else _item(said)
    if sorted(places) != list(range(1, len(now) - len(became) + len(was) + 1)):
        raise _changed_since()
    return [places[place] for place in sorted(places)]


def _of_list(list_id: int, entries: Sequence[Said]) -> dict[Key, Said]:
    return {(said["asset_id"], said["position_type"]): said for said in entries if said["watchlist_id"] == list_id}


def _is_as_said(place: int, item: Item, said: Said) -> bool:
    whole = _said(said["watchlist_id"], item, place)
    return all(whole[name] == value for name, value in said.items() if name not in {"symbol", "added_by"})


def _content(said: Said) -> Said:
    """The fields of an entry that the trail names."""
    content = {name: said[name] for name in CONTENT if name in said}
    shares = {name: Decimal(content[name]) for name in SHARES if content.get(name) is not None}
    return content | shares


def _item(said: Said) -> Item:
    return Item(
        asset_id=said["asset_id"],
        symbol=said["symbol"],
        added_by_id=said["added_by"],
        position_type=said["position_type"],
        **_content(said),
    )


def _changed_since() -> ConflictError:
    return ConflictError(
        _("The list does not look as this change left it, so it cannot be taken back."), code="changed_since"
    )
