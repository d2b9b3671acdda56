"""One change of one or several lists lands: rows, history, who did it. All of it, or nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.models.users import SYSTEM_EMAIL
from accounts.services import record_activity
from selection.choices import WatchlistType
from selection.models import Watchlist, WatchlistAsset
from selection.services.history import keep_history
from selection.services.watchlists.items import CONTENT, Item, Key, require_weights, weight_of
from selection.services.watchlists.limits import require_room
from selection.services.watchlists.traces import said_before_and_after
from system.choices import AuditOperation
from system.models import AuditLog
from system.services import record_change


@dataclass(frozen=True)
class Turn:
    """What becomes of the entries of a locked list."""

    watchlist: Watchlist
    before: Sequence[Item]
    after: Sequence[Item]

    @property
    def changes_something(self) -> bool:
        """Whether anything is to be written."""
        return list(self.before) != list(self.after)


@dataclass(frozen=True)
class Deed:
    """How a change is told.

    Attributes:
        actor: who acts.
        action: what is done, as activities say it.
        told: what was done, in words, for the audit trail.
        details: what the activity says.
        about: what the audit trail says beside before and after.
        named: entries that the person meant, not those that only made room.
        at: when it takes effect; None = now.
    """

    actor: User
    action: str
    told: str
    details: Mapping[str, Any]
    about: Mapping[str, Any] | None = None
    named: Collection[Key] = ()
    at: datetime | None = None


def land_turns(turns: Sequence[Turn], deed: Deed) -> AuditLog | None:
    """Write what becomes of the lists, with one row of the audit trail and one activity for all of it.

    Args:
        turns: the lists, locked; the first is the one that the trail names.
        deed: how it is told.
    Returns:
        The row of the audit trail; None where nothing changes.
    Raises:
        LimitExceeded: a list would grow beyond its limit.
        InvalidInput: the weights of a list would come to more than 1.
    """
    turns = [turn for turn in turns if turn.changes_something]
    if not turns:
        return None
    now = timezone.now()
    for turn in turns:
        require_room(turn.watchlist, len(turn.before), len(turn.after), deed.at or now)
        require_weights(turn.watchlist, weight_of(turn.before), weight_of(turn.after))
    for turn in turns:
        _write(turn, deed)
    _judge_order()
    for turn in turns:
        keep_history(turn.watchlist, at=deed.at or now, actor=deed.actor)
    old, new = said_before_and_after([(turn.watchlist.pk, turn.before, turn.after) for turn in turns])
    return tell(
        [turn.watchlist for turn in turns], deed, old={"entries": old}, new={"entries": new, **(deed.about or {})}
    )


def tell(
    watchlists: Sequence[Watchlist],
    deed: Deed,
    *,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    operation: AuditOperation = AuditOperation.UPDATE,
) -> AuditLog:
    """Say who did it. The row of the audit trail is from now on the last change of these lists."""
    first, actor = watchlists[0], deed.actor
    trace = record_change(
        first,
        operation,
        actor=None if actor.email == SYSTEM_EMAIL else actor,
        old=old,
        new=new,
        details=deed.told,
    )
    own = "add_watchlist" if operation == AuditOperation.INSERT else "watchlist_update"
    kind = "admin_action" if first.watchlist_type == WatchlistType.DEFAULT else own
    record_activity(actor, activity_type=kind, action=deed.action, entity=first, details=dict(deed.details))
    if operation == AuditOperation.UPDATE:
        for one in watchlists:
            one.last_change, one.updated_at = trace, timezone.now()
        Watchlist.objects.bulk_update(watchlists, ["last_change", "updated_at"])
    return trace


def _write(turn: Turn, deed: Deed) -> None:
    """The rows of one list: those that left, those that changed or only moved, those that came."""
    kept = {item.entry_id for item in turn.after}
    gone = [item.entry_id for item in turn.before if item.entry_id is not None and item.entry_id not in kept]
    if gone:
        turn.watchlist.entries.filter(pk__in=gone).delete()
    was = {item.entry_id: (place, item) for place, item in enumerate(turn.before, 1)}
    changed, moved, fresh = [], [], []
    for place, item in enumerate(turn.after, 1):
        row = _row(turn.watchlist, item, place)
        if item.entry_id is None:
            row.added_by_id, row.last_modified_by_id = item.added_by_id, deed.actor.pk
            fresh.append(row)
        elif was[item.entry_id][1] != item or (was[item.entry_id][0] != place and item.key in deed.named):
            row.last_modified_by_id = deed.actor.pk
            changed.append(row)
        elif was[item.entry_id][0] != place:
            moved.append(row)
    WatchlistAsset.objects.bulk_update(moved, ["sort_order"])
    WatchlistAsset.objects.bulk_update(changed, ["sort_order", "position_type", "last_modified_by", *CONTENT])
    WatchlistAsset.objects.bulk_create(fresh)


def _row(watchlist: Watchlist, item: Item, place: int) -> WatchlistAsset:
    return WatchlistAsset(
        pk=item.entry_id,
        watchlist=watchlist,
        asset_id=item.asset_id,
        position_type=item.position_type,
        sort_order=place,
        **{name: getattr(item, name) for name in CONTENT},
    )


def _judge_order() -> None:
    """Two entries at one place are refused here, not at an unexpected commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS unique_watchlist_asset_order IMMEDIATE")
        cursor.execute("SET CONSTRAINTS unique_watchlist_asset_order DEFERRED")
