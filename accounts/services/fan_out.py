"""Who is told what, and where: the rows of the ledger, written in the transaction that makes a message visible."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from accounts.choices import Timing
from accounts.models import Notification, NotificationChannel, NotificationDelivery
from accounts.services.preferences import hours_of
from system.choices import Priority

RANKS = {priority: rank for rank, priority in enumerate(Priority.values)}
METHOD = "notification_method"
"""In the data of a message: the one kind of channel that it is for, or null for none; without it, any."""


def fan_out(keys: Collection[int], now: datetime) -> int:
    """Leave a row for every channel that a message is wanted on.

    Args:
        keys: messages that become visible now.
        now: the moment of it.
    Returns:
        Number of rows.
    """
    channels = defaultdict[int, list[NotificationChannel]](list)
    active = NotificationChannel.objects.filter(user__notification__in=keys, is_active=True, user__is_active=True)
    for channel in active.select_related("user").distinct():
        channels[channel.user_id].append(channel)
    if not channels:
        return 0
    notes = Notification.objects.filter(pk__in=keys, user__in=channels.keys()).order_by("pk")
    rows = [row for note in notes for channel in channels[note.user_id] if (row := delivery(note, channel, now))]
    return len(NotificationDelivery.objects.bulk_create(rows, ignore_conflicts=True))


def delivery(note: Notification, channel: NotificationChannel, now: datetime) -> NotificationDelivery | None:
    """The row of a message and a channel; None when it is not wanted there."""
    timing = wanted(note, channel)
    if timing == Timing.NEVER:
        return None
    if timing is None:
        return NotificationDelivery(notification=note, channel=channel, next_try_at=now)
    due = hours_of(channel.user).next_digest(now, timing)
    return NotificationDelivery(notification=note, channel=channel, next_try_at=due, is_part=True)


def wanted(note: Notification, channel: NotificationChannel) -> str | None:
    """When a channel brings a message: None = at once, else a ``Timing``."""
    data: dict[str, Any] = note.data or {}
    if METHOD in data:
        return None if data[METHOD] == channel.kind else Timing.NEVER
    rule = channel.wants.get(note.notification_type) or {"now_from": None, "below": Timing.NEVER}
    lowest = rule["now_from"]
    if lowest is not None and RANKS[note.priority] >= RANKS[lowest]:
        return None
    return str(rule["below"])
