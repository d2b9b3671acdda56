"""Messages on their way to channels outside the app: at least once, in order, with a ledger of what was tried.

An attempt is noted as begun, and that is committed, before anything is sent; its result is noted after. An attempt that
is found open was cut off in between: it may have arrived, so the message is sent again under the same id and the ledger
says that this can be a double. A channel is worked by one process at a time, which holds a lock of its session; the
lock goes when the process does.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.choices import DeliveryStatus
from accounts.models import NotificationChannel, NotificationDelivery, User
from accounts.providers.parcels import Outcome
from accounts.providers.sending import LONGEST_ERROR, hand_over
from accounts.services.channels import lane, note_result, target
from accounts.services.digests import make_digests
from accounts.services.parcelling import parcel_of
from accounts.services.preferences import Hours, hours_of
from system.choices import AuditOperation, Priority
from system.exceptions import ConflictError, NotAllowed
from system.selectors.settings import setting
from system.services.audit import record_change

SWEEP_SECONDS = 15.0
"""One sweep begins no attempt after that: a slow service must not hold up everything else that the worker does."""
MOST_CHANNELS = 500
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 30.0, 3600.0
JITTER = 0.2
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
    sent = failed = 0
    faults: list[Exception] = []
    for channel_id in due_channels(now):
        with held(channel_id) as is_ours:
            while is_ours and time.monotonic() < end:
                row = begin_next(channel_id, now)
                if row is None:
                    break
                outcome = attempt(row, faults)
                record(row, outcome, now)
                sent, failed = sent + outcome.is_sent, failed + (not outcome.is_sent)
                if not outcome.is_sent and not outcome.is_final:
                    break
    if faults:
        raise faults[0]
    return sent, failed


def due_channels(now: datetime) -> list[int]:
    """Channels with something due: those that work before those that fail."""
    due = waiting().filter(next_try_at__lte=now, channel__is_active=True, channel__user__is_active=True)
    ranked = due.values("channel_id").annotate(tried=Min("attempts"), first=Min("next_try_at"))
    return list(ranked.order_by("tried", "first").values_list("channel_id", flat=True)[:MOST_CHANNELS])


def waiting(channel_id: int | None = None) -> QuerySet[NotificationDelivery]:
    rows = NotificationDelivery.objects.filter(status=DeliveryStatus.WAITING, is_part=False)
    return rows if channel_id is None else rows.filter(channel_id=channel_id)


@contextmanager
def held(channel_id: int) -> Iterator[bool]:
    """Work on a channel alone; False when another process does already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, channel_id])
        [(is_ours,)] = cursor.fetchall()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, channel_id])


@transaction.atomic(durable=True)
def begin_next(channel_id: int, now: datetime) -> NotificationDelivery | None:
    """Note that an attempt of the next message begins; None when nothing may go now."""
    channel = NotificationChannel.objects.select_related("user").filter(pk=channel_id).first()
    if channel is None:
        return None
    close_expired(channel_id, now)
    row = next_due(channel_id, hours_of(channel.user), now)
    if row is None:
        return None
    if row.begun_at is not None:
        row.possible_double = True
    row.begun_at = row.last_attempt_at = now
    row.first_attempt_at = row.first_attempt_at or now
    row.attempts += 1
    row.save()
    return row


def next_due(channel_id: int, hours: Hours, now: datetime) -> NotificationDelivery | None:
    """The oldest message that is due. One that failed, or that a budget holds back, holds up those after it; in quiet
    hours all wait, but what is urgent may pass."""
    rows = waiting(channel_id)
    morning = hours.waits_until(now)
    if morning is not None:
        urgent = Q(notification__priority=Priority.URGENT) if hours.urgent_passes else Q(pk__in=())
        asleep = rows.filter(next_try_at__lte=now).exclude(urgent & Q(notification__isnull=False))
        NotificationDelivery.objects.filter(pk__in=asleep.values("pk")).update(next_try_at=morning)
        rows = rows.filter(urgent)
    begun = rows.filter(first_attempt_at__isnull=False, next_try_at__gt=now)
    blocking = begun.order_by("pk").values_list("pk", flat=True).first()
    due = rows.filter(next_try_at__lte=now)
    if blocking is not None:
        due = due.filter(pk__lt=blocking)
    locked = due.select_for_update(of=("self",)).select_related("notification", "channel__user")
    return locked.order_by("pk").first()


def attempt(row: NotificationDelivery, faults: list[Exception]) -> Outcome:
    """Try once. A defect of ours is kept for the end of the sweep, so that one message does not hold up all others."""
    try:
        fields = target(row.channel)
    except ConflictError as refusal:
        return Outcome(str(refusal)[:LONGEST_ERROR], is_final=True)
    try:
        return hand_over(row.channel.kind, fields, parcel_of(row), lane=lane(row.channel))
    except Exception as fault:  # noqa: BLE001 - raised again at the end
        faults.append(fault)
        return Outcome(f"A defect of this installation ({type(fault).__name__}).", may_have_arrived=True)


@transaction.atomic
def record(row: NotificationDelivery, outcome: Outcome, now: datetime) -> None:
    """Note what came of an attempt. Whoever took the message over in the meantime notes it himself."""
    ours = NotificationDelivery.objects.select_for_update().filter(pk=row.pk, begun_at=row.begun_at)
    fresh = ours.filter(attempts=row.attempts).first()
    if fresh is None:
        return
    fresh.begun_at = None
    fresh.last_error = outcome.error or None
    fresh.possible_double |= outcome.may_have_arrived
    if outcome.is_sent:
        fresh.status, fresh.sent_at = DeliveryStatus.SENT, now
    elif outcome.is_final or is_given_up(fresh, now):
        fresh.status = DeliveryStatus.DEAD
    else:
        fresh.next_try_at = now + timedelta(seconds=pause(fresh.attempts, outcome.wait_seconds))
    if not outcome.was_let_out:
        fresh.attempts -= 1
    fresh.save()
    if fresh.status != DeliveryStatus.WAITING:
        fresh.parts.update(status=fresh.status, sent_at=fresh.sent_at, last_error=fresh.last_error)
    note_result(fresh.channel_id, outcome, now)


def pause(attempts: int, asked: float | None) -> float:
    """Seconds until the next attempt: what the service asked for, else twice as long every time up to an hour; and a
    little more or less, so that not all come back together."""
    if asked is not None:
        return asked * random.uniform(1, 1 + JITTER) + 1  # noqa: S311 - no secret
    growing = min(FIRST_WAIT_SECONDS * 2.0 ** min(attempts - 1, 20), LONGEST_WAIT_SECONDS)
    return growing * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret


def is_given_up(row: NotificationDelivery, now: datetime) -> bool:
    """Whether it was tried for long enough."""
    said = setting("delivery")
    age = now - (row.first_attempt_at or now)
    return row.attempts >= said["most_attempts"] or age >= timedelta(days=said["give_up_days"])


def close_expired(channel_id: int, now: datetime) -> None:
    """Messages that are of no use any more are not sent."""
    rows = waiting(channel_id).filter(next_try_at__lte=now, notification__expires_at__lte=now)
    close(rows, _("Too old to be of use."))


def give_up_paused(now: datetime) -> None:
    """What waits for a channel that is paused does not wait for ever, nor does what waits for its digest."""
    limit = now - timedelta(days=setting("delivery")["give_up_days"])
    rows = NotificationDelivery.objects.filter(status=DeliveryStatus.WAITING, digest__isnull=True)
    close(rows.filter(channel__is_active=False, next_try_at__lte=limit), _("The channel was paused."))


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
