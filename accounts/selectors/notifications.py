"""Messages as their reader sees them."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.choices import DeliveryStatus, NotificationStatus
from accounts.models import Notification, NotificationDelivery, User


def visible_notifications(user: User, now: datetime) -> QuerySet[Notification]:
    """What has been delivered to a person in the app and still holds, newest first."""
    holds = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return Notification.objects.filter(holds, user=user, sent_at__isnull=False).order_by("-sent_at", "-pk")


def unread_count(user: User, now: datetime) -> int:
    """How many of them nobody has looked at."""
    return visible_notifications(user, now).filter(status=NotificationStatus.UNREAD).count()


def undelivered(user: User) -> QuerySet[NotificationDelivery]:
    """What did not reach a person outside the app, and what they have not taken note of, newest first."""
    dead = NotificationDelivery.objects.filter(channel__user=user, status=DeliveryStatus.DEAD, is_part=False)
    return dead.filter(acknowledged_at__isnull=True).select_related("channel", "notification").order_by("-pk")
