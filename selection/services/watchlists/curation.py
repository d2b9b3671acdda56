"""One action for several assets of the tier lists: all of it or nothing, but for what is as wanted already."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from selection.choices import CurationAction, Tier
from selection.selectors.tiers import default_lists
from selection.services.watchlists.access import lock_all, require_admin
from selection.services.watchlists.items import Item, items_of, new_item, require_supported
from selection.services.watchlists.landing import Deed, Turn, land_turns
from selection.services.watchlists.rows import Faults, asset_key, require_few
from selection.services.watchlists.values import note
from system.exceptions import ConflictError, InvalidInput

Tiers = dict[Tier, list[Item]]


@dataclass(frozen=True)
class Skipped:
    """An asset that was as wanted already."""

    asset_id: int
    reason: str


@dataclass(frozen=True)
class Curated:
    """What an action did.

    Attributes:
        action: which one.
        processed: assets that it changed.
        skipped: those that were as wanted, with the word for it.
    """

    action: str
    processed: int
    skipped: list[Skipped]


@transaction.atomic
def curate_default_lists(
    action: str, asset_ids: Sequence[int], *, actor: User, notes: str | None = None, at: datetime | None = None
) -> Curated:
    """Promote, demote, add, pause, resume or remove several assets of the tier lists in one change.

    Args:
        action: one of ``CurationAction``.
        asset_ids: the assets, each once.
        actor: an admin.
        notes: why; kept in the audit trail, and on the entries that come.
        at: when it takes effect; None = now.
    Raises:
        NotAllowed: the actor is no admin.
        InvalidRows: unknown, unsupported, or not on a list that the action speaks of; all of it, by row.
        InvalidInput: no such action, too many assets, or weights that would come to more than 1.
        LimitExceeded: a list would be too long.
        ConflictError: a tier has no list.
    """
    if action not in CurationAction.values:
        names = ", ".join(CurationAction.values)
        raise InvalidInput(_("action must be one of: %(actions)s.") % {"actions": names}, field="action")
    require_admin(actor)
    notes = note("notes", notes)
    require_few(asset_ids, "asset_ids")
    lists = default_lists()
    if absent := [tier.label for tier in Tier if tier not in lists]:
        raise ConflictError(_("There is no active list of %(tier)s.") % {"tier": absent[0]}, code="no_such_list")
    locked = dict(zip(Tier, lock_all([lists[tier] for tier in Tier], actor), strict=True))
    before = {tier: items_of(watchlist) for tier, watchlist in locked.items()}
    after, skipped = _carried_out(CurationAction(action), _assets(asset_ids), before, actor, notes)
    told = f"{action} {len(asset_ids) - len(skipped)} assets"
    details = {"action": action, "asset_ids": list(asset_ids), "skipped": len(skipped)}
    deed = Deed(actor, "bulk_update", told, details, about={"action": action, "review_notes": notes}, at=at)
    land_turns([Turn(locked[tier], before[tier], after[tier]) for tier in Tier], deed)
    return Curated(action, len(asset_ids) - len(skipped), skipped)


def _assets(asset_ids: Sequence[int]) -> list[Asset]:
    """The assets that are named.

    Raises:
        InvalidRows: no id, no such asset, or twice.
    """
    faults, seen = Faults("asset_ids"), set()
    keys = [faults.of(row, asset_key, value, field="") for row, value in enumerate(asset_ids)]
    found = Asset.objects.in_bulk([key for key in keys if key is not None])
    for row, key in enumerate(keys):
        if key is None:
            continue
        if key not in found:
            faults.add(row, "", _("there is no asset %(id)s.") % {"id": key}, "unknown_asset")
        elif key in seen:
            faults.add(row, "", _("asset %(id)s is named twice.") % {"id": key}, "named_twice")
        seen.add(key)
    faults.raise_all()
    return [found[key] for key in keys if key is not None]


def _carried_out(
    action: CurationAction, assets: Sequence[Asset], before: Tiers, actor: User, notes: str | None
) -> tuple[Tiers, list[Skipped]]:
    """Both lists after the action, and what was as wanted.

    Raises:
        InvalidRows: what cannot be done, by row.
    """
    tiers = {tier: list(items) for tier, items in before.items()}
    skipped, faults = [], Faults("asset_ids")
    for row, asset in enumerate(assets):
        reason = faults.of(row, DEEDS[action], tiers, asset, actor, notes, field="")
        if reason:
            skipped.append(Skipped(asset.pk, reason))
    faults.raise_all()
    return tiers, skipped


def _moves(source: Tier, target: Tier) -> Callable[..., str]:
    def move(tiers: Tiers, asset: Asset, actor: User, notes: str | None) -> str:  # noqa: ARG001
        there = {item.key for item in tiers[target]}
        moved = [item for item in tiers[source] if item.asset_id == asset.pk and item.key not in there]
        if not moved:
            if any(asset_id == asset.pk for asset_id, _direction in there):
                return f"already_in_{target}"
            raise _not_listed(asset)
        require_supported(asset)
        tiers[source] = [item for item in tiers[source] if item not in moved]
        tiers[target] += [replace(item, entry_id=None, added_by_id=actor.pk) for item in moved]
        return ""

    return move


def _adds(target: Tier) -> Callable[..., str]:
    def add(tiers: Tiers, asset: Asset, actor: User, notes: str | None) -> str:
        if any(item.asset_id == asset.pk for item in tiers[target]):
            return f"already_in_{target}"
        tiers[target].append(new_item(asset, actor=actor, notes=notes))
        return ""

    return add


def _switches(is_active: bool, word: str) -> Callable[..., str]:
    def switch(tiers: Tiers, asset: Asset, actor: User, notes: str | None) -> str:  # noqa: ARG001
        states = [item.is_active for items in tiers.values() for item in items if item.asset_id == asset.pk]
        if not states:
            raise _not_listed(asset)
        for tier, items in tiers.items():
            tiers[tier] = [replace(item, is_active=is_active) if item.asset_id == asset.pk else item for item in items]
        return word if all(state is is_active for state in states) else ""

    return switch


def _remove(tiers: Tiers, asset: Asset, actor: User, notes: str | None) -> str:  # noqa: ARG001
    listed = any(item.asset_id == asset.pk for items in tiers.values() for item in items)
    for tier, items in tiers.items():
        tiers[tier] = [item for item in items if item.asset_id != asset.pk]
    return "" if listed else "not_listed"


def _not_listed(asset: Asset) -> InvalidInput:
    return InvalidInput(_("%(asset)s is not on these lists.") % {"asset": asset.symbol}, code="not_listed")


DEEDS: dict[CurationAction, Callable[..., Any]] = {
    CurationAction.PROMOTE_TO_TIER1: _moves(Tier.TIER2, Tier.TIER1),
    CurationAction.DEMOTE_TO_TIER2: _moves(Tier.TIER1, Tier.TIER2),
    CurationAction.ADD_TIER1: _adds(Tier.TIER1),
    CurationAction.ADD_TIER2: _adds(Tier.TIER2),
    CurationAction.PAUSE: _switches(False, "already_paused"),
    CurationAction.RESUME: _switches(True, "already_active"),
    CurationAction.REMOVE: _remove,
}
"""What each action does to one asset on both lists; what it returns is why nothing had to be done."""
