"""Events on their way from the outbox to who listens, and those that somebody has missed.

One sweep works at a time, so that ``(sent_at, id)`` is the order in which events were sent. Ids alone are not: a
transaction may take a lower one and end later.
"""

from collections.abc import Collection
from datetime import datetime

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from cryptopredict.live.messages import Frame, frames
from system.models import OutboxEvent

GROUP = "live"
"""Everybody who listens, by one subscription per process."""
BATCH = 200
MOST_MISSED = 500
"""Who has missed more fetches anew, which is less work for both."""
LOCK = "outbox_events"
NOTHING_YET = 0
"""Number of the newest event before the first."""


def send_events() -> int:
    """Send the waiting events of the outbox, oldest first. Safe to run twice and side by side.

    Returns:
        How many were sent.
    """
    sent = 0
    while batch := _send_batch():
        sent += batch
    return sent


@transaction.atomic
def _send_batch() -> int:
    """They are marked after they went out, and in the same transaction: while Redis is down they wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    waiting = OutboxEvent.objects.select_for_update(skip_locked=True).filter(sent_at__isnull=True).order_by("pk")
    events = list(waiting[:BATCH])
    if events:
        async_to_sync(get_channel_layer().group_send)(GROUP, {"type": "live.frames", "frames": frames(events)})
        OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(sent_at=Now())
    return len(events)


def sent_events(topics: Collection[str], user_id: int | None) -> QuerySet[OutboxEvent]:
    """Events of some kinds that were sent, to everybody or to one person."""
    for_whom = Q(user=None) if user_id is None else Q(user=None) | Q(user=user_id)
    return OutboxEvent.objects.filter(for_whom, topic__in=topics, sent_at__isnull=False)


def newest_event(topics: Collection[str], user_id: int | None) -> int:
    """Number of the event of some kinds that was sent last; 0 before the first."""
    newest = sent_events(topics, user_id).order_by("-sent_at", "-pk").values_list("pk", flat=True).first()
    return newest or NOTHING_YET


def missed_events(topics: Collection[str], user_id: int | None, seq: int) -> list[Frame] | None:
    """What was sent after an event, in its order; None where that cannot be told: the event is not kept any more, was
    never theirs, or too many came after it."""
    events = sent_events(topics, user_id)
    if seq != NOTHING_YET:
        last = events.filter(pk=seq).first()
        if last is None:
            return None
        events = events.filter(Q(sent_at__gt=last.sent_at) | Q(sent_at=last.sent_at, pk__gt=last.pk))
    missed = list(events.order_by("sent_at", "pk")[: MOST_MISSED + 1])
    return None if len(missed) > MOST_MISSED else frames(missed)


def newest_events(topics: Collection[str]) -> list[Frame]:
    """The newest that were sent to everybody, in their order: one, and as many as may be told again after it."""
    newest = sent_events(topics, None).order_by("-sent_at", "-pk")[: MOST_MISSED + 1]
    return frames(reversed(newest))


def people_told(topics: Collection[str], seq: int) -> set[int]:
    """Who alone was sent something of some kinds at the time of an event or later."""
    events = OutboxEvent.objects.filter(topic__in=topics, user__isnull=False, sent_at__isnull=False)
    if seq != NOTHING_YET:
        events = events.filter(sent_at__gte=OutboxEvent.objects.filter(pk=seq).values("sent_at"))
    return set(events.values_list("user", flat=True).distinct())


def sent_since(moment: datetime, known: Collection[int]) -> list[Frame]:
    """What was sent after a moment, without what is known already."""
    events = OutboxEvent.objects.filter(sent_at__gt=moment).exclude(pk__in=known).order_by("sent_at", "pk")
    return frames(events[:MOST_MISSED])
