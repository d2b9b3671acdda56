"""Events on their way to programs: queued once for each that subscribed, sent in order, and noted (``ledger``)."""

import time
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from django.db import transaction
from django.db.models import Min
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.choices import DeliveryStatus, NotificationType
from accounts.models import WebhookDelivery, WebhookSubscription
from accounts.providers.parcels import Outcome, without
from accounts.providers.sending import LONGEST_ERROR, send
from accounts.providers.webhooks import signed
from accounts.services.hearing import Hearing
from accounts.services.ledger import (
    MOST_WAYS,
    SWEEP_SECONDS,
    Handover,
    give_up_after,
    note_begun,
    note_ended,
    oldest_due,
    sweep,
)
from accounts.services.notifications import lock_key, notify
from accounts.services.webhooks import secret_of, target
from system.choices import Priority
from system.events import event_kinds
from system.exceptions import ConflictError, InvalidInput
from system.models import OutboxEvent

LOCK_SPACE = 7_422
"""First key of the sessions' locks on subscriptions; the second is the subscription's id."""
QUEUEING = "webhook events"
BATCH = 500
STATUSES = range(100, 600)
"""Of answers over HTTP. A program may answer another number, and is then taken for one that failed."""


def queue_events(now: datetime) -> int:
    """Leave a row for every event and every program that subscribed to it. Safe to run twice and side by side.

    Returns:
        Number of rows.
    """
    rows = 0
    while (batch := queue_batch(now)) is not None:
        rows += batch
    return rows


@transaction.atomic
def queue_batch(now: datetime) -> int | None:
    """Queue the oldest events that were not looked at yet; None when there are none. Only events that were told to
    browsers are taken: nobody holds or passes over these any more."""
    lock_key(QUEUEING)
    waiting = OutboxEvent.objects.filter(sent_at__isnull=False, queued_at__isnull=True)
    events = list(waiting.order_by("pk")[:BATCH])
    if not events:
        return None
    ways = list(
        WebhookSubscription.objects.listening(now)
        .select_related("user", "token")
        .filter(events__overlap=sorted({event.topic for event in events}))
        .order_by("pk")
    )
    rows = queued(events, ways, now)
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(queued_at=now)
    return len(rows)


def queued(events: Sequence[OutboxEvent], ways: Sequence[WebhookSubscription], now: datetime) -> list[WebhookDelivery]:
    """A row for each event and each of the programs that is to be told of it."""
    hearing = Hearing()
    of_admins = {topic for topic, kind in event_kinds().items() if kind.for_admins}

    def for_admins(event: OutboxEvent) -> bool:
        return event.user_id is None and event.topic in of_admins

    def is_told(event: OutboxEvent, way: WebhookSubscription) -> bool:
        if event.topic not in way.events or event.user_id not in (None, way.user_id):
            return False
        return hearing.may(way, event.topic, for_admins=for_admins(event))

    return [
        WebhookDelivery(
            subscription=way,
            event=event.topic,
            event_id=event.pk,
            payload=event.payload,
            for_admins=for_admins(event),
            occurred_at=event.created_at,
            next_try_at=now,
        )
        for event in events
        for way in ways
        if is_told(event, way)
    ]


def deliver_webhooks(now: datetime, *, seconds: float = SWEEP_SECONDS) -> tuple[int, int]:
    """Queue what happened, and send what is due, program by program: first those where nothing has failed.

    Args:
        now: what is due by then.
        seconds: no attempt begins after so long.
    Returns:
        How many messages were taken, and how many attempts failed.
    Raises:
        Exception: the first defect of ours that an attempt met, after all others had their turn.
    """
    end = time.monotonic() + seconds
    queue_events(now)
    pause_orphans(now)
    give_up_paused(now)
    return sweep(due_ways(now), Handover(LOCK_SPACE, begin_next, attempt, record), now, end=end)


def due_ways(now: datetime) -> list[int]:
    """Subscriptions with something due: those that work before those that fail."""
    due = WebhookDelivery.objects.filter(
        status=DeliveryStatus.WAITING,
        next_try_at__lte=now,
        subscription__in=WebhookSubscription.objects.listening(now),
    )
    ranked = due.values("subscription_id").annotate(tried=Min("attempts"), first=Min("next_try_at"))
    return list(ranked.order_by("tried", "first").values_list("subscription_id", flat=True)[:MOST_WAYS])


@transaction.atomic(durable=True)
def begin_next(way: int, now: datetime) -> WebhookDelivery | None:
    """Note that an attempt of the next message begins; None when nothing may go now."""
    if not WebhookSubscription.objects.listening(now).filter(pk=way).exists():
        return None
    rows = WebhookDelivery.objects.filter(subscription_id=way, status=DeliveryStatus.WAITING)
    row = oldest_due(rows, now).select_related("subscription__user", "subscription__token").first()
    if row is not None:
        note_begun(row, now)
    return row


def attempt(row: WebhookDelivery) -> Outcome:
    """Try once, if its owner and the token may still see what it tells."""
    way = row.subscription
    if not Hearing().may(way, row.event, for_admins=row.for_admins):
        return Outcome(_("Its owner, or the token, may not see this any more."), is_final=True, was_let_out=False)
    try:
        fields = target(way.url) | {"secret": secret_of(way)}
    except (ConflictError, InvalidInput) as refusal:
        return Outcome(str(refusal)[:LONGEST_ERROR], is_final=True)
    post = signed(fields, str(row.message_id), row.event, row.occurred_at, row.payload, seq=row.event_id)
    return send(post, lane=f"webhook-{row.subscription_id}", own=True)


@transaction.atomic
def record(row: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    """Note what came of an attempt, and pause what has failed for too long."""
    way = (
        WebhookSubscription.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(pk=row.subscription_id)
        .first()
    )
    fresh = note_ended(row, outcome, now)
    if way is None or fresh is None:
        return
    if outcome.was_let_out:
        fresh.response_status = outcome.status if outcome.status in STATUSES else None
    fresh.last_error = without(outcome.error, {"url": way.url})[:LONGEST_ERROR] or None
    fresh.save(update_fields=["response_status", "last_error"])
    if outcome.is_sent:
        way.failures, way.failing_since, way.last_delivery_at = 0, None, now
    elif outcome.was_let_out:
        way.failures, way.failing_since = way.failures + 1, way.failing_since or now
        if outcome.status == HTTPStatus.GONE or now - way.failing_since >= give_up_after():
            pause(way, now)
    way.save()


def pause(way: WebhookSubscription, now: datetime) -> None:
    """Send nothing more to a program that has not listened for long, and say so to its owner."""
    way.is_active, way.paused_at = False, now
    with translation.override(way.user.language):
        tell_paused(
            way,
            _("%(url)s has not taken anything since %(since)s UTC. Nothing is sent there until you switch the "
              "webhook on again.") % {"url": way.url, "since": f"{way.failing_since:%Y-%m-%d %H:%M}"},
        )  # fmt: skip


@transaction.atomic
def pause_orphans(now: datetime) -> None:
    """Subscriptions end with the token that they were made with; their owners may take them over."""
    rows = WebhookSubscription.objects.select_for_update(of=("self",)).select_related("user", "token").orphaned(now)
    for way in rows.order_by("pk"):
        way.is_active, way.paused_at = False, now
        way.save(update_fields=["is_active", "paused_at", "updated_at"])
        with translation.override(way.user.language):
            tell_paused(
                way,
                _("The token %(token)s, which %(url)s was subscribed with, has ended. Nothing is sent there until you "
                  "switch the webhook on again.") % {"token": way.token, "url": way.url},
            )  # fmt: skip


def tell_paused(way: WebhookSubscription, message: str) -> None:
    """A message to an owner who can still read one."""
    if way.user.is_active:
        notify(
            way.user,
            kind=NotificationType.SYSTEM,
            title=_("A webhook was paused"),
            message=message,
            key=f"webhook-paused:{way.pk}:{way.paused_at:%Y-%m-%dT%H:%M:%S.%f}",
            data={"webhook_id": way.pk},
            priority=Priority.HIGH,
        )


def give_up_paused(now: datetime) -> None:
    """What waits for a program that stays switched off, or whose owner's account does, does not wait for ever."""
    limit = now - give_up_after()
    waiting = WebhookDelivery.objects.filter(status=DeliveryStatus.WAITING)
    paused = waiting.filter(subscription__is_active=False, subscription__paused_at__lte=limit)
    paused.update(status=DeliveryStatus.DEAD, last_error=_("The webhook was paused."), begun_at=None)
    closed = waiting.filter(subscription__user__is_active=False, next_try_at__lte=limit)
    closed.update(status=DeliveryStatus.DEAD, last_error=_("The account is closed."), begun_at=None)
