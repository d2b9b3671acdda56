"""Rows of a bulk update: all of them are read, and everything that is wrong with them is told together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assets.models import Asset
from selection.choices import PositionType
from selection.services.watchlists.items import Item, Key, require_supported
from selection.services.watchlists.rows import Faults, asset_key, require_few
from selection.services.watchlists.values import checked, place
from system.exceptions import InvalidInput

KEYS = ("asset_id", "crypto_id")
CONTENT_FIELDS = ("weight", "notes", "target_allocation", "is_active")
FIELDS = {*KEYS, "position_type", "position", *CONTENT_FIELDS}


@dataclass(frozen=True)
class Update:
    """One row, understood.

    Attributes:
        asset: which asset.
        position_type: in which direction.
        position: where it goes; None = it says nothing of that.
        content: the fields that it names; an entry that is named is active unless it says otherwise.
    """

    asset: Asset
    position_type: str
    position: int | None
    content: dict[str, Any]

    @property
    def key(self) -> Key:
        """The entry that it speaks of."""
        return self.asset.pk, self.position_type


def read_updates(rows: Sequence[Mapping[str, Any]], present: Sequence[Item]) -> list[Update]:
    """The rows of a request.

    Args:
        rows: as they came.
        present: what stands on the list; those entries are taken whether their assets are supported any more or not.
    Raises:
        InvalidInput: too many rows.
        InvalidRows: unknown or unsupported asset, an entry or a position twice, a value that an entry cannot have.
    """
    require_few(rows, "items")
    faults = Faults()
    ids = [faults.of(row, _asset_id, update, field="asset_id") for row, update in enumerate(rows)]
    assets = Asset.objects.in_bulk([asset_id for asset_id in ids if asset_id is not None])
    listed = {item.key for item in present}
    found = []
    for row, (update, asset_id) in enumerate(zip(rows, ids, strict=True)):
        if asset_id is not None and asset_id not in assets:
            faults.add(row, "asset_id", _("there is no asset %(id)s.") % {"id": asset_id}, "unknown_asset")
        one = _read(row, update, assets.get(asset_id), listed, faults) if isinstance(update, Mapping) else None
        if one is not None:
            found.append((row, one))
    _refuse_doubles(found, faults)
    faults.raise_all()
    return [one for _row, one in found]


def _asset_id(update: Any) -> int:
    if not isinstance(update, Mapping):
        raise InvalidInput(_("an entry is an object with fields."))
    named = [update[name] for name in KEYS if update.get(name) is not None]
    if not named:
        raise InvalidInput(_("asset_id is missing."))
    if named[0] != named[-1]:
        raise InvalidInput(_("asset_id and crypto_id name different assets."))
    return asset_key(named[0])


def _read(row: int, update: Mapping[str, Any], asset: Asset | None, listed: set[Key], faults: Faults) -> Update | None:
    """One row; every fault of its fields is noted."""
    for name in sorted(set(map(str, update)) - FIELDS):
        faults.add(row, name, _("an entry has no %(field)s.") % {"field": name}, "unknown_field")
    kind = faults.of(row, checked, "position_type", update.get("position_type", PositionType.LONG))
    position = faults.of(row, place, "position", update["position"]) if "position" in update else None
    named = [name for name in CONTENT_FIELDS if name in update]
    content = {name: faults.of(row, checked, name, update[name]) for name in named}
    if asset is None or kind is None:
        return None
    if (asset.pk, kind) not in listed:
        faults.of(row, require_supported, asset)
    return Update(asset, kind, position, {"is_active": True, **content})


def _refuse_doubles(found: Sequence[tuple[int, Update]], faults: Faults) -> None:
    """Of two rows that say the same, the second is at fault."""
    keys: set[Key] = set()
    positions: set[int] = set()
    for row, one in found:
        if one.key in keys:
            faults.add(row, "asset_id", _("this asset is named twice in this direction."), "named_twice")
        if one.position in positions:
            faults.add(row, "position", _("this position is named twice."), "named_twice")
        keys.add(one.key)
        if one.position is not None:
            positions.add(one.position)
