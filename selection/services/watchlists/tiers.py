"""The tier lists: assets that rise or fall from one to the other, one by one or many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from selection.choices import Tier
from selection.models import Watchlist, WatchlistAsset
from selection.selectors.tiers import default_lists
from selection.services.watchlists.access import lock_all
from selection.services.watchlists.items import (
    Item,
    all_of,
    find,
    items_of,
    placed,
    require_absent,
    require_supported,
)
from selection.services.watchlists.landing import Deed, Turn, land_turns
from system.exceptions import ConflictError, InvalidInput


@transaction.atomic
def promote(
    entry: WatchlistAsset, *, actor: User, position: int | None = None, at: datetime | None = None
) -> WatchlistAsset:
    """An entry of tier 2 rises to tier 1, see ``move_to_tier``."""
    return _step(entry, Tier.TIER2, Tier.TIER1, "promote", actor=actor, position=position, at=at)


@transaction.atomic
def demote(
    entry: WatchlistAsset, *, actor: User, position: int | None = None, at: datetime | None = None
) -> WatchlistAsset:
    """An entry of tier 1 falls to tier 2, see ``move_to_tier``."""
    return _step(entry, Tier.TIER1, Tier.TIER2, "demote", actor=actor, position=position, at=at)


@transaction.atomic
def transfer(
    asset: Asset,
    source: Watchlist,
    target: Watchlist,
    *,
    actor: User,
    about: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> WatchlistAsset:
    """What a list says of an asset, in every direction, moves to the end of another list: one change of both.

    Raises:
        NotAllowed: one of the lists is not theirs.
        ConflictError: the asset is not there any more, or on the other list already.
        LimitExceeded: the other list is full.
    """
    source, target = lock_all([source, target], actor)
    moved = all_of(items_of(source), asset, source)
    return _carry(moved, source, target, "transfer", actor=actor, about=about, at=at)


@transaction.atomic
def exchange(
    riser: Asset,
    faller: Asset,
    source: Watchlist,
    target: Watchlist,
    *,
    actor: User,
    about: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Two assets change lists, each with what its list says of it in every direction, to the end of the other list: one
    change of both lists, which may be full.

    Raises:
        NotAllowed: one of the lists is not theirs.
        InvalidInput: there is no data of one of the assets any more.
        ConflictError: one is not where it was, or is on the other list already.
        LimitExceeded: one of the lists would be too long.
    """
    source, target = lock_all([source, target], actor)
    below, above = items_of(source), items_of(target)
    rising, falling = all_of(below, riser, source), all_of(above, faller, target)
    turns = [
        Turn(source, below, _with([item for item in below if item not in rising], falling, actor)),
        Turn(target, above, _with([item for item in above if item not in falling], rising, actor)),
    ]
    told = f"exchange {riser.symbol} of {source.name} and {faller.symbol} of {target.name}"
    details = {"rises": riser.symbol, "falls": faller.symbol, "from": source.pk, "to": target.pk}
    named = {item.key for item in (*rising, *falling)}
    land_turns(turns, Deed(actor, "exchange", told, details, about=about, named=named, at=at))


def _with(items: Sequence[Item], arriving: Sequence[Item], actor: User, position: int | None = None) -> list[Item]:
    """A list with entries that come to it from another; they keep what they say, and are added by who moves them."""
    require_supported(Asset.objects.get(pk=arriving[0].asset_id))
    after = list(items)
    for item in arriving:
        require_absent(item, items)
        after = placed(after, replace(item, entry_id=None, added_by_id=actor.pk), position)
    return after


def _step(
    entry: WatchlistAsset,
    source: Tier,
    target: Tier,
    word: str,
    *,
    actor: User,
    position: int | None,
    at: datetime | None,
) -> WatchlistAsset:
    """One entry moves between the lists of two tiers.

    Raises:
        NotAllowed: the actor is no admin.
        InvalidInput: the entry is of no list of the tier that it would leave, or there is no such position.
        ConflictError: the entry has gone, the tier has no list, or its list has the entry already.
        LimitExceeded: the list is full.
    """
    lists = default_lists()
    if target not in lists:
        raise ConflictError(_("There is no active list of %(tier)s.") % {"tier": target.label}, code="no_such_list")
    if entry.watchlist.tier != source:
        raise InvalidInput(
            _("%(asset)s is not on a list of %(tier)s.") % {"asset": entry.asset.symbol, "tier": source.label},
            field="entry",
            code="tier_mismatch",
        )
    left, reached = lock_all([entry.watchlist, lists[target]], actor)
    moved = find(items_of(left), entry)
    return _carry([moved], left, reached, word, actor=actor, position=position, at=at)


def _carry(
    moved: Sequence[Item],
    source: Watchlist,
    target: Watchlist,
    word: str,
    *,
    actor: User,
    position: int | None = None,
    about: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> WatchlistAsset:
    """Entries leave one locked list for another."""
    left, before = items_of(source), items_of(target)
    after = _with(before, moved, actor, position)
    symbol = moved[0].symbol
    deed = Deed(
        actor,
        word,
        f"{word} {symbol} from {source.name} to {target.name}",
        {"asset": symbol, "from": source.pk, "to": target.pk},
        about=about,
        named={item.key for item in moved},
        at=at,
    )
    turns = [Turn(target, before, after), Turn(source, left, [item for item in left if item not in moved])]
    land_turns(turns, deed)
    entries = target.entries.select_related("asset", "watchlist")
    return entries.get(asset_id=moved[0].asset_id, position_type=moved[0].position_type)
