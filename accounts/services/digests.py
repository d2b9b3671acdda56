"""Digests: one message per channel that lists what came since the last one."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.choices import DeliveryStatus
from accounts.models import NotificationChannel, NotificationDelivery


def make_digests(now: datetime) -> int:
    """Make the digests that are due. Safe side by side.

    Returns:
        How many were made.
    """
    due = parts_due(now).values_list("channel_id", flat=True).distinct()
    return sum(make_digest(channel_id, now) for channel_id in list(due))


def parts_due(now: datetime) -> QuerySet[NotificationDelivery]:
    """Messages whose digest is due and not made, on channels that are not paused."""
    return NotificationDelivery.objects.filter(
        status=DeliveryStatus.WAITING,
        is_part=True,
        digest__isnull=True,
        next_try_at__lte=now,
        channel__is_active=True,
    )


@transaction.atomic
def make_digest(channel_id: int, now: datetime) -> bool:
    """Bind what is due on a channel into one message; False when another process does, or has."""
    held = NotificationChannel.objects.select_for_update(skip_locked=True).filter(pk=channel_id).first()
    parts = parts_due(now).filter(channel_id=channel_id)
    if held is None or not parts.exists():
        return False
    digest = NotificationDelivery.objects.create(channel=held, next_try_at=now)
    NotificationDelivery.objects.filter(pk__in=parts.values("pk")).update(digest=digest)
    return True
