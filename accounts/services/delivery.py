"""Messages on their way to channels outside the app; how attempts are noted stands in ``ledger``."""

import time
from datetime import datetime

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.choices import DeliveryStatus
from accounts.models import NotificationChannel, NotificationDelivery, User
from accounts.providers.parcels import Outcome
from accounts.providers.sending import LONGEST_ERROR, hand_over
from accounts.services.channels import lane, note_result, target
from accounts.services.digests import make_digests
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
from accounts.services.parcelling import parcel_of
from accounts.services.preferences import Hours, hours_of
from system.choices import AuditOperation, Priority
from system.exceptions import ConflictError, NotAllowed
from system.services.audit import record_change

LOCK_SPACE = 7_421
"""First key of the sessions' locks on channels; the second is the channel's id."""


def deliver_outside(now: datetime, *, seconds: float = SWEEP_SECONDS) -> tuple[int, int]:
    """Hand over what is due, channel by channel: first those where nothing has failed. Safe side by side.

    Args:
        now: what is due by then.
        seconds: no attempt begins after so long.
    Returns:
        How many messages were taken, and how many attempts failed.
    Raises:
        Exception: the first defect of ours that an attempt met, after all others had their turn.
    """
    end = time.monotonic() + seconds
    make_digests(now)
    give_up_paused(now)
    return sweep(due_channels(now), Handover(LOCK_SPACE, begin_next, attempt, record), now, end=end)


def due_channels(now: datetime) -> list[int]:
    """Channels with something due: those that work before those that fail."""
    due = waiting().filter(next_try_at__lte=now, channel__is_active=True, channel__user__is_active=True)
    ranked = due.values("channel_id").annotate(tried=Min("attempts"), first=Min("next_try_at"))
    return list(ranked.order_by("tried", "first").values_list("channel_id", flat=True)[:MOST_WAYS])


def waiting(channel_id: int | None = None) -> QuerySet[NotificationDelivery]:
    rows = NotificationDelivery.objects.filter(status=DeliveryStatus.WAITING, is_part=False)
    return rows if channel_id is None else rows.filter(channel_id=channel_id)


@transaction.atomic(durable=True)
def begin_next(channel_id: int, now: datetime) -> NotificationDelivery | None:
    """Note that an attempt of the next message begins; None when nothing may go now."""
    open_ = NotificationChannel.objects.filter(is_active=True, user__is_active=True)
    channel = open_.select_related("user").filter(pk=channel_id).first()
    if channel is None:
        return None
    close_expired(channel_id, now)
    row = next_due(channel_id, hours_of(channel.user), now)
    if row is None:
        return None
    note_begun(row, now)
    return row


def next_due(channel_id: int, hours: Hours, now: datetime) -> NotificationDelivery | None:
    """The oldest message that is due; in quiet hours all wait, but what is urgent may pass."""
    rows = waiting(channel_id)
    morning = hours.waits_until(now)
    if morning is not None:
        urgent = Q(notification__priority=Priority.URGENT) if hours.urgent_passes else Q(pk__in=())
        asleep = rows.filter(next_try_at__lte=now).exclude(urgent & Q(notification__isnull=False))
        NotificationDelivery.objects.filter(pk__in=asleep.values("pk")).update(next_try_at=morning)
        rows = rows.filter(urgent)
    return oldest_due(rows, now).select_related("notification", "channel__user").first()


def attempt(row: NotificationDelivery) -> Outcome:
    """Try once."""
    try:
        fields = target(row.channel)
    except ConflictError as refusal:
        return Outcome(str(refusal)[:LONGEST_ERROR], is_final=True)
    return hand_over(row.channel.kind, fields, parcel_of(row), lane=lane(row.channel))


@transaction.atomic
def record(row: NotificationDelivery, outcome: Outcome, now: datetime) -> None:
    """Note what came of an attempt."""
    fresh = note_ended(row, outcome, now)
    if fresh is None:
        return
    if fresh.status != DeliveryStatus.WAITING:
        fresh.parts.update(status=fresh.status, sent_at=fresh.sent_at, last_error=fresh.last_error)
    note_result(fresh.channel_id, outcome, now)


def close_expired(channel_id: int, now: datetime) -> None:
    """Messages that are of no use any more are not sent."""
    rows = waiting(channel_id).filter(next_try_at__lte=now, notification__expires_at__lte=now)
    close(rows, _("Too old to be of use."))


def give_up_paused(now: datetime) -> None:
    """What waits for a channel that is paused, or of an account that is closed, does not wait for ever, nor does what
    waits for its digest."""
    limit = now - give_up_after()
    rows = NotificationDelivery.objects.filter(status=DeliveryStatus.WAITING, digest__isnull=True)
    old = rows.filter(next_try_at__lte=limit)
    close(old.filter(channel__is_active=False), _("The channel was paused."))
    close(old.filter(channel__user__is_active=False), _("The account is closed."))


def close(rows: QuerySet[NotificationDelivery], reason: str) -> None:
    """Give messages up; with a digest its parts."""
    keys = list(rows.values_list("pk", flat=True))
    NotificationDelivery.objects.filter(Q(pk__in=keys) | Q(digest__in=keys)).update(
        status=DeliveryStatus.DEAD, last_error=reason, begun_at=None
    )


@transaction.atomic
def try_again(row: NotificationDelivery, *, actor: User, now: datetime) -> NotificationDelivery:
    """Put a message that was given up back into the queue.

    Raises:
        NotAllowed: neither an admin nor the person it is for.
        ConflictError: it was not given up, or goes out in a digest.
    """
    fresh = NotificationDelivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=row.pk)
    if not actor.is_staff and fresh.channel.user_id != actor.pk:
        raise NotAllowed(_("This is not your message."))
    if fresh.status != DeliveryStatus.DEAD or fresh.is_part:
        raise ConflictError(_("Only a message that was given up can be tried again."))
    old = {name: getattr(fresh, name) for name in ("attempts", "first_attempt_at", "last_error")}
    fresh.status, fresh.next_try_at, fresh.attempts = DeliveryStatus.WAITING, now, 0
    fresh.first_attempt_at = fresh.acknowledged_at = None
    fresh.save()
    fresh.parts.update(status=DeliveryStatus.WAITING)
    record_change(fresh, AuditOperation.UPDATE, actor=actor, old=old, details="try again")
    return fresh
