"""The last change of a list is taken back, as a new change; taken back once more, it is done again."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.models.users import SYSTEM_EMAIL
from assets.models import Asset
from selection.models import Watchlist
from selection.services.watchlists.access import lock_all
from selection.services.watchlists.items import Item, items_of, require_supported
from selection.services.watchlists.landing import Deed, Turn, land_turns
from selection.services.watchlists.limits import require_one_more
from selection.services.watchlists.lists import put_back
from selection.services.watchlists.traces import Said, taken_back
from selection.services.watchlists.values import LIST_CHECKS
from system.exceptions import ConflictError, NotAllowed
from system.models import AuditLog

COLUMNS = {*LIST_CHECKS, "is_active"}
"""What a change of a list itself may have changed; everything else in the trail is about entries, or a remark."""

OPPOSITE = {"undo": "redo", "redo": "undo"}


@transaction.atomic
def undo_last_change(watchlist: Watchlist, *, actor: User, change_id: int | None = None) -> AuditLog:
    """Take back what was last done to a list, by who has done it. A change of two lists is taken back on both.

    Args:
        watchlist: the list; one that was deleted comes back.
        actor: who has made the change.
        change_id: the change that the person has seen, if that matters; another one is not taken back.
    Returns:
        The row of the audit trail of the new change.
    Raises:
        ConflictError: there is nothing to take back, somebody has changed a list since, or the list does not look as
            the change left it.
        NotAllowed: somebody else has made the change, or the list is not theirs.
        InvalidInput: an entry that would come back does not fit any more.
        LimitExceeded: it does not fit any more.
    """
    trace = _last_change(watchlist)
    owner = User.objects.filter(watchlists=trace.record_id).first()
    if owner is not None and (trace.old_values or {}).get("is_active"):
        require_one_more(owner)
    lists = lock_all(_concerned(watchlist, trace), actor, deleted_too=True)
    _require_last(lists, trace, change_id)
    _require_author(trace, actor)
    old, new = trace.old_values or {}, trace.new_values or {}
    told = _told(trace.details or "")
    about = {"undoes": trace.pk}
    if "entries" not in old:
        put_back(lists[0], {name: old[name] for name in COLUMNS & old.keys()}, actor, told, about)
    else:
        turns = [_turn(one, old["entries"], new["entries"], actor) for one in lists]
        land_turns(turns, Deed(actor, "undo", told, about, about=about))
    return _last_change(watchlist)


def _told(details: str) -> str:
    """What is done now, in words: taking a change back, or doing it again."""
    word, _colon, rest = details.partition(": ")
    if word in OPPOSITE:
        return f"{OPPOSITE[word]}: {rest}"
    return f"undo: {details}"


def _last_change(watchlist: Watchlist) -> AuditLog:
    found = AuditLog.objects.filter(pk__in=Watchlist.objects.filter(pk=watchlist.pk).values("last_change")).first()
    if found is None:
        raise ConflictError(
            _("There is no change of %(list)s to take back.") % {"list": watchlist.name}, code="nothing_to_undo"
        )
    return found


def _concerned(watchlist: Watchlist, trace: AuditLog) -> list[Watchlist]:
    """The lists that the change touched; the one that its trail names first."""
    sides = [*(trace.old_values or {}).get("entries", []), *(trace.new_values or {}).get("entries", [])]
    others = {int(said["watchlist_id"]) for said in sides} - {trace.record_id}
    return [Watchlist(pk=key, name=watchlist.name) for key in (trace.record_id, *sorted(others))]


def _require_last(lists: Sequence[Watchlist], trace: AuditLog, change_id: int | None) -> None:
    for one in lists:
        if one.last_change_id != trace.pk:
            who = _author(one.last_change) if one.last_change else _("somebody")
            raise ConflictError(
                _("%(who)s has changed %(list)s since.") % {"who": who, "list": one.name}, code="changed_since"
            )
    if change_id is not None and change_id != trace.pk:
        raise ConflictError(
            _("%(who)s has changed %(list)s since.") % {"who": _author(trace), "list": lists[0].name},
            code="changed_since",
        )


def _require_author(trace: AuditLog, actor: User) -> None:
    own = None if actor.email == SYSTEM_EMAIL else actor.pk
    if trace.changed_by_id != own:
        raise NotAllowed(
            _("The last change was made by %(who)s, who alone can take it back.") % {"who": _author(trace)},
            code="not_your_change",
        )


def _author(trace: AuditLog) -> str:
    return trace.changed_by.full_name if trace.changed_by else str(_("the system"))


def _turn(watchlist: Watchlist, old: Sequence[Said], new: Sequence[Said], actor: User) -> Turn:
    before = items_of(watchlist)
    after = taken_back(watchlist.pk, before, old, new)
    returning = [item for item in after if item.entry_id is None]
    _require_assets(returning)
    present = set(User.objects.filter(pk__in=[item.added_by_id for item in returning]).values_list("pk", flat=True))
    return Turn(watchlist, before, [item if item.entry_id else _by_somebody(item, present, actor) for item in after])


def _require_assets(items: Sequence[Item]) -> None:
    """Assets of entries that come back are there, and supported."""
    assets = Asset.objects.in_bulk([item.asset_id for item in items])
    for item in items:
        if item.asset_id not in assets:
            raise ConflictError(_("%(asset)s does not exist any more.") % {"asset": item.symbol}, code="asset_gone")
        require_supported(assets[item.asset_id])


def _by_somebody(item: Item, present: set[int], actor: User) -> Item:
    """Who had added an entry may have gone since; then it was added by who brings it back."""
    return item if item.added_by_id in present else replace(item, added_by_id=actor.pk)
