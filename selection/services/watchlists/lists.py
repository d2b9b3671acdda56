"""What a list says of itself: name, purpose, limit, place among the others, whether it is in use."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.models import Watchlist
from selection.services.history import STATES, keep_history, keep_state
from selection.services.watchlists.access import lock, lock_owner, require_admin
from selection.services.watchlists.landing import Deed, tell
from selection.services.watchlists.limits import require_own_limit
from selection.services.watchlists.rows import require_each_once
from selection.services.watchlists.values import checked_list
from system.choices import AuditOperation
from system.exceptions import ConflictError
from system.services import record_change


def save(watchlist: Watchlist) -> None:
    """Store a list whose values are in order.

    Raises:
        ConflictError: its owner has a list of this name, or its tier has a list.
    """
    try:
        with transaction.atomic():
            watchlist.save()
    except IntegrityError as error:
        if "unique_default_watchlist_per_tier" in str(error):
            raise ConflictError(
                _("There is an active default list of this tier already."), field="tier", code="default_list_exists"
            ) from None
        if "unique_watchlist_user_name" in str(error):
            raise ConflictError(
                _("There is a list called %(name)s already.") % {"name": watchlist.name},
                field="name",
                code="name_taken",
            ) from None
        raise


@transaction.atomic
def change_watchlist(watchlist: Watchlist, *, actor: User, changes: Mapping[str, Any]) -> Watchlist:
    """Change name, description, limit, place among the lists, or settings of a list. Equal values change nothing.

    Raises:
        NotAllowed: not their list.
        InvalidInput: a value that a list cannot have, or a limit beyond the settings.
        ConflictError: there are more entries than the new limit, or another list of this name.
    """
    watchlist = lock(watchlist, actor)
    values = checked_list(changes)
    if "max_assets" in values:
        require_own_limit(watchlist, values["max_assets"], actor)
    _change(watchlist, values, actor, "update")
    return watchlist


@transaction.atomic
def delete_watchlist(watchlist: Watchlist, *, actor: User, at: datetime | None = None) -> None:
    """Take a list out of use. Its entries, its past and what was said about it stay; it can be taken back.

    Raises:
        NotAllowed: not their list.
        ConflictError: it has been deleted already.
    """
    _change(lock(watchlist, actor), {"is_active": False}, actor, "delete", at)


def put_back(watchlist: Watchlist, values: Mapping[str, Any], actor: User, told: str, about: Mapping[str, Any]) -> None:
    """Give a locked list values that it has had; a deleted one comes back with its entries.

    Raises:
        ConflictError: they do not fit any more.
    """
    _change(watchlist, values, actor, "undo", told=told, about=about)


def _change(
    watchlist: Watchlist,
    values: Mapping[str, Any],
    actor: User,
    action: str,
    at: datetime | None = None,
    told: str | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    new = {name: value for name, value in values.items() if getattr(watchlist, name) != value}
    if not new:
        return
    old = {name: getattr(watchlist, name) for name in new}
    if "max_assets" in new:
        _require_enough(watchlist, new["max_assets"])
    if new.keys() & STATES:
        keep_state(watchlist, actor=actor)
    for name, value in new.items():
        setattr(watchlist, name, value)
    save(watchlist)
    if "is_active" in new:
        keep_history(watchlist, at=at or timezone.now(), actor=actor)
    deed = Deed(actor, action, told or f"{action} {watchlist.name} ({', '.join(new)})", {"fields": list(new)}, at=at)
    tell([watchlist], deed, old=old, new={**new, **(about or {})})


def _require_enough(watchlist: Watchlist, most: int | None) -> None:
    """A list is not limited to fewer entries than it has."""
    entries = watchlist.entries.count()
    if most is not None and most < entries:
        raise ConflictError(
            _("There are %(entries)s assets on the list; remove some before it is limited to %(limit)s.")
            % {"entries": entries, "limit": most},
            field="max_assets",
        )


@transaction.atomic
def order_watchlists(owner: User, watchlist_ids: Sequence[int], *, actor: User) -> list[Watchlist]:
    """Give a person's lists the order in which they are named. Every active one is named once.

    Raises:
        NotAllowed: for somebody else, and no admin.
        InvalidRows: a list is missing, named twice or not theirs; all of these are told together.
    """
    if owner.pk != actor.pk:
        require_admin(actor)
    owner = lock_owner(owner)
    lists = list(Watchlist.objects.select_for_update().filter(user=owner, is_active=True).order_by("pk"))
    require_each_once({one.pk: one.name for one in lists}, watchlist_ids, "watchlists")
    before = [one.pk for one in sorted(lists, key=lambda one: (one.sort_order or 0, one.pk))]
    places = {pk: place for place, pk in enumerate(watchlist_ids, 1)}
    moved = [one for one in lists if one.sort_order != places[one.pk]]
    for one in moved:
        one.sort_order = places[one.pk]
    Watchlist.objects.bulk_update(moved, ["sort_order"])
    if before != list(watchlist_ids):
        record_change(
            owner,
            AuditOperation.UPDATE,
            actor=actor,
            old={"watchlists": before},
            new={"watchlists": list(watchlist_ids)},
            details="order of the lists",
        )
        record_activity(actor, activity_type="watchlist_update", action="reorder", entity=owner)
    return sorted(lists, key=lambda one: places[one.pk])
