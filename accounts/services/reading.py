"""What a person does with the messages in the app, and messages that admins write."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import NotificationStatus
from accounts.models import Notification, User
from accounts.models.notifications import LIFETIME
from accounts.selectors.notifications import visible_notifications
from accounts.services.activities import record_activity
from system.choices import AuditOperation
from system.exceptions import InvalidInput
from system.services.audit import record_change


@transaction.atomic
def mark_read(note: Notification, *, actor: User, now: datetime) -> Notification:
    """The person has read a message. Again, or after it was put away, nothing changes."""
    changed = Notification.objects.filter(pk=note.pk, user=actor, status=NotificationStatus.UNREAD)
    if changed.update(status=NotificationStatus.READ, read_at=now):
        record_activity(actor, activity_type="notification", action="read", entity=note)
    note.refresh_from_db()
    return note


@transaction.atomic
def mark_all_read(user: User, now: datetime) -> int:
    """The person has read whatever is there.

    Returns:
        How many messages were unread.
    """
    unread = visible_notifications(user, now).filter(status=NotificationStatus.UNREAD)
    changed = unread.update(status=NotificationStatus.READ, read_at=now)
    if changed:
        record_activity(user, activity_type="notification", action="read_all", details={"updated": changed})
    return changed


@transaction.atomic
def dismiss(note: Notification, *, actor: User) -> None:
    """Put a message away."""
    kept = Notification.objects.filter(pk=note.pk, user=actor).exclude(status=NotificationStatus.DISMISSED)
    if kept.update(status=NotificationStatus.DISMISSED):
        record_activity(actor, activity_type="notification", action="dismiss", entity=note)


@transaction.atomic
def send_notification(
    *,
    actor: User,
    kind: str,
    title: str,
    message: str,
    priority: str,
    user_ids: Collection[int] = (),
    role: str | None = None,
    everybody: bool = False,
    scheduled_for: datetime | None = None,
    expires_at: datetime | None = None,
) -> int:
    """An admin writes to people, to all of a role, or to everybody.

    Returns:
        How many messages were written: one for each person whose account is active.
    Raises:
        InvalidInput: not exactly one of people, role and everybody; an account that is not there; an end that is
            past, or before the beginning.
    """
    if sum((bool(user_ids), role is not None, everybody)) != 1:
        raise InvalidInput(_("Say either user_ids, or role, or all."), field="user_ids")
    begins = max(scheduled_for or timezone.now(), timezone.now())
    if expires_at is not None and expires_at <= begins:
        raise InvalidInput(_("It would end before it begins."), field="expires_at")
    people = User.objects.filter(is_active=True)
    people = people.filter(pk__in=user_ids) if user_ids else people.filter(role=role) if role else people
    found = list(people.order_by("pk").values_list("pk", flat=True))
    if missing := sorted(set(user_ids) - set(found)):
        raise InvalidInput(_("There is no active account %(id)d.") % {"id": missing[0]}, field="user_ids")
    times = {"scheduled_for": scheduled_for, "expires_at": expires_at or begins + LIFETIME}
    given: dict[str, Any] = {name: value for name, value in times.items() if value is not None}
    words = {"notification_type": kind, "title": title, "message": message, "priority": priority}
    key = {"key": f"admin:{uuid4()}"}
    rows = [Notification(user_id=pk, data=key, **words, **given) for pk in found]
    created = Notification.objects.bulk_create(rows)
    if created:
        to = {"user_ids": sorted(user_ids), "role": role, "all": everybody, "created": len(created)}
        record_change(created[0], AuditOperation.INSERT, actor=actor, new=words | to | times)
    return len(created)
