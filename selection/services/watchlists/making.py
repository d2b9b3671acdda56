"""New lists: the default ones, personal ones, and copies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from selection.choices import Tier, WatchlistType
from selection.models import Watchlist, WatchlistAsset
from selection.services.history import keep_history
from selection.services.watchlists.access import lock, require_admin
from selection.services.watchlists.items import CONTENT
from selection.services.watchlists.landing import Deed, tell
from selection.services.watchlists.limits import require_one_more, require_own_limit, require_room
from selection.services.watchlists.lists import save
from selection.services.watchlists.values import checked_list
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput

SEEDS = (
    ("Admin Tier 1", Tier.TIER1, "High-confidence cryptocurrency selections"),
    ("Admin Tier 2", Tier.TIER2, "Medium-confidence cryptocurrency selections"),
)


def ensure_default_watchlists() -> int:
    """One default list per tier. Repeatable.

    Returns:
        How many were missing.
    """
    missing = 0
    for name, tier, description in SEEDS:
        exists = Watchlist.objects.filter(watchlist_type=WatchlistType.DEFAULT, tier=tier, is_active=True).exists()
        if not exists:
            create_default_watchlist(name, tier, actor=User.objects.system(), description=description)
            missing += 1
    return missing


@transaction.atomic
def create_default_watchlist(
    name: str, tier: str, *, actor: User, description: str | None = None, **values: Any
) -> Watchlist:
    """A default list of a tier that has none.

    Args:
        name: 1 to 100 characters, spaces around it do not count.
        tier: tier1 or tier2.
        actor: an admin.
        description: purpose.
        values: max_assets, is_public, wants_suggestions, sort_order, configuration.
    Raises:
        InvalidInput: no name, no such tier, or a value that a list cannot have.
        NotAllowed: the actor is no admin.
        ConflictError: the tier has an active list.
    """
    require_admin(actor)
    if tier not in Tier.values:
        raise InvalidInput(_("tier must be one of: %(tiers)s.") % {"tiers": ", ".join(Tier.values)}, field="tier")
    kind = {"watchlist_type": WatchlistType.DEFAULT.value, "tier": str(tier)}
    return _make(Watchlist(**kind), {"name": name, "description": description, **values}, actor, "create")


@transaction.atomic
def create_watchlist(
    name: str, *, actor: User, owner: User | None = None, description: str | None = None, **values: Any
) -> Watchlist:
    """A personal list, behind the others of its owner.

    Args:
        name: 1 to 100 characters, spaces around it do not count.
        actor: who makes it.
        owner: whose list, where an admin makes one for somebody.
        description: purpose.
        values: max_assets, is_public, wants_suggestions, sort_order, configuration.
    Raises:
        InvalidInput: no name, or a value that a list cannot have.
        NotAllowed: for somebody else, and no admin.
        ConflictError: the owner has an active list of this name.
        LimitExceeded: the owner has as many lists as the settings allow.
    """
    watchlist = personal_list(owner or actor, actor)
    return _make(watchlist, {"name": name, "description": description, **values}, actor, "create")


def personal_list(owner: User, actor: User) -> Watchlist:
    """A list that is not stored yet, of an owner who may have one more; the owner is locked.

    Raises:
        NotAllowed: for somebody else, and no admin.
        LimitExceeded: the owner has as many lists as the settings allow.
    """
    if owner.pk != actor.pk:
        require_admin(actor)
    lists = require_one_more(owner)
    last = lists.aggregate(last=Max("sort_order"))["last"]
    return Watchlist(user=owner, watchlist_type=WatchlistType.PERSONAL, sort_order=(last or 0) + 1)


@transaction.atomic
def duplicate_watchlist(source: Watchlist, *, actor: User, name: str, at: datetime | None = None) -> Watchlist:
    """A personal list with the entries of another one, in their order, with what they say.

    Raises:
        NotAllowed: somebody else's list, and no admin.
        ConflictError: the source has been deleted, or there is a list of this name.
        LimitExceeded: a personal list cannot have so many entries, or the person so many lists.
    """
    watchlist = personal_list(actor, actor)  # people are locked before lists, as by everybody else
    source = Watchlist.objects.select_for_update().get(pk=source.pk)
    if source.watchlist_type != WatchlistType.DEFAULT:
        source = lock(source, actor)
    elif not source.is_active:
        raise ConflictError(_("%(list)s has been deleted.") % {"list": source.name}, code="list_deleted")
    entries = list(source.entries.select_related("asset").order_by("sort_order"))
    watchlist.configuration = source.configuration
    from_source = {"source": source.pk, "entries": [entry.asset.symbol for entry in entries]}
    values = {"name": name, "description": source.description}
    return _make(watchlist, values, actor, "duplicate", entries=entries, about=from_source, at=at)


def _make(
    watchlist: Watchlist,
    values: Mapping[str, Any],
    actor: User,
    action: str,
    *,
    entries: Sequence[WatchlistAsset] = (),
    about: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Watchlist:
    """Store a new list, with entries like those given."""
    values = checked_list(
        {name: value for name, value in values.items() if not (name == "sort_order" and value is None)}
    )
    require_own_limit(watchlist, values.get("max_assets"), actor)
    for name, value in values.items():
        setattr(watchlist, name, value)
    save(watchlist)
    moment = at or timezone.now()
    require_room(watchlist, 0, len(entries), moment)
    WatchlistAsset.objects.bulk_create(_copy(entry, watchlist, actor) for entry in entries)
    if entries:
        keep_history(watchlist, at=moment, actor=actor)
    told = {"type": watchlist.watchlist_type, "name": watchlist.name, "tier": watchlist.tier}
    deed = Deed(actor, action, f"{action} {watchlist.name}", told, at=at)
    tell([watchlist], deed, old=None, new={**told, **values, **(about or {})}, operation=AuditOperation.INSERT)
    return watchlist


def _copy(entry: WatchlistAsset, watchlist: Watchlist, actor: User) -> WatchlistAsset:
    """The entry, on another list."""
    fields = ("asset_id", "position_type", "sort_order", *CONTENT)
    values = {name: getattr(entry, name) for name in fields}
    return WatchlistAsset(watchlist=watchlist, added_by=actor, last_modified_by=actor, **values)
