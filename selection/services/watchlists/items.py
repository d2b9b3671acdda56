"""A list as its services think of it: a sequence of items, each place one more than the place before.

A change makes a new sequence out of the old one; what both say differently is what is written, and what is remembered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from selection.choices import PositionType
from selection.models import Watchlist, WatchlistAsset
from system.exceptions import ConflictError, InvalidInput

Key = tuple[int, str]
CONTENT = ("weight", "target_allocation", "notes", "is_active", "analysis_config")
"""What an entry says about its asset, beside its direction and place."""


@dataclass(frozen=True)
class Item:
    """An entry without its place, which is where it stands in the sequence.

    Attributes:
        asset_id: the asset.
        symbol: its ticker, for people.
        added_by_id: who put it on the list.
        position_type: long or short.
        weight: 0-1.
        target_allocation: 0-1, or unknown.
        notes: why it is here.
        is_active: False while it is paused.
        analysis_config: settings of its analysis.
        entry_id: its row, if it has one already.
        last_modified_by_id: who changed it last.
    """

    asset_id: int
    symbol: str
    added_by_id: int
    position_type: str = PositionType.LONG.value
    weight: Decimal = Decimal(0)
    target_allocation: Decimal | None = None
    notes: str | None = None
    is_active: bool = True
    analysis_config: dict[str, Any] | None = field(default_factory=dict)
    entry_id: int | None = field(default=None, compare=False)
    last_modified_by_id: int | None = field(default=None, compare=False)

    @property
    def key(self) -> Key:
        """What makes it one entry: an asset may be watched long and short."""
        return self.asset_id, self.position_type


def items_of(watchlist: Watchlist) -> list[Item]:
    """The entries of a list in order."""
    return [item_of(entry) for entry in watchlist.entries.select_related("asset").order_by("sort_order")]


def item_of(entry: WatchlistAsset) -> Item:
    """An entry as an item."""
    return Item(
        asset_id=entry.asset_id,
        symbol=entry.asset.symbol,
        added_by_id=entry.added_by_id,
        position_type=entry.position_type,
        entry_id=entry.pk,
        last_modified_by_id=entry.last_modified_by_id,
        **{name: getattr(entry, name) for name in CONTENT},
    )


def new_item(asset: Asset, *, actor: User, **values: Any) -> Item:
    """An asset that comes to a list.

    Raises:
        InvalidInput: there is no data of the asset.
    """
    require_supported(asset)
    return Item(asset_id=asset.pk, symbol=asset.symbol, added_by_id=actor.pk, **values)


def require_supported(asset: Asset) -> None:
    """Only assets that are collected and shown come to a list.

    Raises:
        InvalidInput: this one is not.
    """
    if not asset.is_supported or not asset.is_active:
        raise InvalidInput(
            _("%(asset)s is not supported.") % {"asset": asset.symbol}, field="asset_id", code="unsupported_asset"
        )


def require_absent(item: Item, items: Iterable[Item]) -> None:
    """An asset is on a list once in each direction.

    Raises:
        ConflictError: it is there already.
    """
    if any(other.key == item.key for other in items):
        raise ConflictError(
            _("%(asset)s is on this list already.") % {"asset": item.symbol}, field="asset_id", code="already_listed"
        )


def placed(items: Sequence[Item], item: Item, position: int | None) -> list[Item]:
    """The sequence with an item at a position of its own, or at the end; the others close ranks.

    Args:
        items: the others, in order.
        item: what is placed.
        position: 1 to the new length; None = at the end.
    Raises:
        InvalidInput: there is no such position.
    """
    last = len(items) + 1
    if position is None:
        return [*items, item]
    if isinstance(position, bool) or not isinstance(position, int) or not 1 <= position <= last:
        raise InvalidInput(_("position must lie between 1 and %(last)s.") % {"last": last}, field="position")
    return [*items[: position - 1], item, *items[position - 1 :]]


def find(items: Sequence[Item], entry: WatchlistAsset) -> Item:
    """The item of a row that somebody has seen.

    Raises:
        ConflictError: it is not on the list any more.
    """
    found = next((item for item in items if item.entry_id == entry.pk), None)
    if found is None:
        raise ConflictError(_("This entry is not on the list any more."), code="entry_gone")
    return found


def all_of(items: Sequence[Item], asset: Asset, watchlist: Watchlist, *, direction: str | None = None) -> list[Item]:
    """What a list says of an asset, in every direction or in one.

    Raises:
        ConflictError: it is not there any more.
    """
    found = [item for item in items if item.asset_id == asset.pk and direction in {None, item.position_type}]
    if not found:
        raise ConflictError(
            _("%(asset)s is not on %(list)s any more.") % {"asset": asset.symbol, "list": watchlist.name},
            code="entry_gone",
        )
    return found


def require_weights(watchlist: Watchlist, before: Decimal, total: Decimal) -> None:
    """The weights of what is watched are shares of one whole.

    Args:
        watchlist: the list, for the refusal.
        before: what they come to.
        total: what they would come to.
    Raises:
        InvalidInput: more than 1, and more than before.
    """
    if total > max(Decimal(1), before):
        raise InvalidInput(
            _("The weights on %(list)s would come to %(total)s; they are shares of 1.")
            % {"list": watchlist.name, "total": total},
            field="weight",
            code="weights_exceed_one",
        )


def weight_of(items: Iterable[Item]) -> Decimal:
    """Sum of the weights of the active entries."""
    return sum((item.weight for item in items if item.is_active), Decimal(0))
