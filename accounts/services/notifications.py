"""Messages to people: written as pending rows, delivered by a sweep."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT

from accounts.models import Notification, NotificationDelivery, User
from accounts.services.fan_out import fan_out
from system.choices import Priority
from system.services.events import publish_each

BATCH = 500
DELIVERED = "notification.created"
"""Topic of the event that a message has become visible."""
LONGEST_TITLE = 200
EVERY_MESSAGE = "notifications"
"""Lock that ``notify_all`` has for itself and ``notify`` shares."""


@transaction.atomic
def notify(
    user: User,
    *,
    kind: str,
    title: str,
    message: str,
    key: str,
    data: Mapping[str, Any] | None = None,
    priority: str = Priority.NORMAL,
    scheduled_for: datetime | None = None,
) -> Notification | None:
    """Leave a message for a person. It is delivered by ``deliver_notifications``, never from here.

    Args:
        user: recipient.
        kind: a ``NotificationType``.
        title: one line.
        message: what happened, in words.
        key: business key of the event; the same key for the same person again writes nothing.
        data: ids and links that the message is about.
        priority: a ``Priority``.
        scheduled_for: not shown before this time; at once when left out.
    Returns:
        The message, or None when the person has had it already.
    """
    lock_key(EVERY_MESSAGE, shared=True)
    lock_key(f"notification:{user.pk}:{key}")
    if Notification.objects.filter(user=user, data__key=key).exists():
        return None
    when: dict[str, Any] = {} if scheduled_for is None else {"scheduled_for": scheduled_for}
    return Notification.objects.create(
        user=user,
        notification_type=kind,
        title=title[:LONGEST_TITLE],
        message=message,
        data={**(data or {}), "key": key},
        priority=priority,
        **when,
    )


@dataclass(frozen=True)
class Message:
    """A message to one person, as ``notify`` takes it."""

    user_id: int
    kind: str
    title: str
    message: str
    key: str
    data: Mapping[str, Any]
    priority: str = Priority.NORMAL
    scheduled_for: datetime | None = None


@transaction.atomic
def notify_all(messages: Sequence[Message]) -> int:
    """Leave many messages with one lock, one look and one statement, however many people they are for.

    Returns:
        How many were written: who has had a message of a key gets no second one.
    """
    wanted = {(one.user_id, one.key): one for one in messages}
    if not wanted:
        return 0
    lock_key(EVERY_MESSAGE)
    people, keys = {user_id for user_id, _key in wanted}, {key for _user_id, key in wanted}
    had = set(Notification.objects.filter(user__in=people, data__key__in=keys).values_list("user_id", KT("data__key")))
    rows = [
        Notification(
            user_id=one.user_id,
            notification_type=one.kind,
            title=one.title[:LONGEST_TITLE],
            message=one.message,
            data={**one.data, "key": one.key},
            priority=one.priority,
            **({} if one.scheduled_for is None else {"scheduled_for": one.scheduled_for}),
        )
        for pair, one in wanted.items()
        if pair not in had
    ]
    return len(Notification.objects.bulk_create(rows))


def lock_key(name: str, *, shared: bool = False) -> None:
    """Let one transaction at a time write under a business key that no unique index guards; or, shared, any number that
    share it, but none that does not."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [number])


def deliver_notifications(now: datetime) -> int:
    """Deliver in the app what is due: its rows become visible and are stamped, and rows say which channels outside will
    bring it (``deliver_outside``). Safe to run twice and side by side.

    Args:
        now: messages scheduled up to this moment are due; those that have expired by then are left alone.
    Returns:
        Number of messages delivered.
    """
    delivered = 0
    while batch := deliver_batch(now):
        delivered += batch
    return delivered


@transaction.atomic
def deliver_batch(now: datetime) -> int:
    due = (
        Notification.objects.select_for_update(skip_locked=True)
        .filter(sent_at__isnull=True)
        .filter(Q(scheduled_for__isnull=True) | Q(scheduled_for__lte=now))
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .order_by("pk")
    )
    keys = list(due.values_list("pk", flat=True)[:BATCH])
    delivered = Notification.objects.filter(pk__in=keys).update(sent_at=now)
    fan_out(keys, now)
    people = Notification.objects.filter(pk__in=keys).order_by("pk").values_list("pk", "user_id")
    publish_each(DELIVERED, ((user_id, {"notification_id": pk}) for pk, user_id in people))
    return delivered


@transaction.atomic
def clear_notifications(cutoff: datetime, batch: int) -> int:
    """Delete messages that ended before ``cutoff``; one whose way outside is still in the ledger stays as long as that.

    Returns:
        How many went, at most ``batch``.
    """
    told = NotificationDelivery.objects.filter(notification=OuterRef("pk"))
    old = Notification.objects.select_for_update(skip_locked=True).filter(~Exists(told), expires_at__lt=cutoff)
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:batch])
    return Notification.objects.filter(pk__in=keys).delete()[0]
