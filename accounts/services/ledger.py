"""A ledger of messages that go outside: at least once, in order, with every attempt noted.

An attempt is noted as begun, and that is committed, before anything is sent; its result is noted after. An attempt that
is found open was cut off in between: it may have arrived, so the message is sent again under the same id and the ledger
says that this can be a double. A way outside is worked by one process at a time, which holds a lock of its session; the
lock goes when the process does.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from django.db import connection, models

from accounts.choices import DeliveryStatus
from accounts.models.deliveries import Delivery
from accounts.providers.parcels import Outcome
from system import spans
from system.selectors.settings import setting

SWEEP_SECONDS = 15.0
"""One sweep begins no attempt after that: a slow service must not hold up everything else that the worker does."""
MOST_WAYS = 500
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 30.0, 3600.0
JITTER = 0.2
Row = TypeVar("Row", bound=Delivery)


@dataclass(frozen=True)
class Handover(Generic[Row]):
    """How messages of one kind go out.

    Attributes:
        space: first key of the locks of their ways.
        begin: notes that an attempt of a way's next message begins; None when nothing may go now.
        attempt: tries once.
        record: notes what came of it.
    """

    space: int
    begin: Callable[[int, datetime], Row | None]
    attempt: Callable[[Row], Outcome]
    record: Callable[[Row, Outcome, datetime], None]


def sweep(ways: Iterable[int], handover: Handover[Row], now: datetime, *, end: float) -> tuple[int, int]:
    """Hand over what is due, way by way.

    Args:
        ways: ids of what messages go by.
        handover: how.
        now: what is due by then.
        end: no attempt begins after that moment of ``time.monotonic``.
    Returns:
        How many messages were taken, and how many attempts failed.
    Raises:
        Exception: the first defect of ours that an attempt met, after all others had their turn.
    """
    sent = failed = 0
    faults: list[Exception] = []
    for way in ways:
        with held(handover.space, way) as is_ours:
            while is_ours and time.monotonic() < end:
                row = handover.begin(way, now)
                if row is None:
                    break
                outcome = delivered(partial(handover.attempt, row), row, faults)
                handover.record(row, outcome, now)
                sent, failed = sent + outcome.is_sent, failed + (not outcome.is_sent)
                if not outcome.is_sent and not outcome.is_final:
                    break
    if faults:
        raise faults[0]
    return sent, failed


@contextmanager
def held(space: int, way: int) -> Iterator[bool]:
    """Work on a way alone; False when another process does already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, way])
        [(is_ours,)] = cursor.fetchall()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, way])


def oldest_due(rows: models.QuerySet[Row], now: datetime) -> models.QuerySet[Row]:
    """Of messages that wait the due ones, oldest first. One that failed, or that a budget holds back, holds up those
    after it."""
    begun = rows.filter(first_attempt_at__isnull=False, next_try_at__gt=now)
    blocking = begun.order_by("pk").values_list("pk", flat=True).first()
    due = rows.filter(next_try_at__lte=now)
    if blocking is not None:
        due = due.filter(pk__lt=blocking)
    return due.select_for_update(of=("self",)).order_by("pk")


def note_begun(row: Delivery, now: datetime) -> None:
    """An attempt of a locked row begins."""
    if row.begun_at is not None:
        row.possible_double = True
    row.begun_at = row.last_attempt_at = now
    row.first_attempt_at = row.first_attempt_at or now
    row.attempts += 1
    row.save()


def note_ended(row: Row, outcome: Outcome, now: datetime) -> Row | None:
    """What came of an attempt; the row as it is then, locked. None when somebody has taken the message over in the
    meantime, who notes it himself."""
    rows: models.QuerySet[Row] = type(row)._default_manager.select_for_update()
    fresh = rows.filter(pk=row.pk, begun_at=row.begun_at, attempts=row.attempts).first()
    if fresh is None:
        return None
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
    return fresh


def delivered(attempt: Callable[[], Outcome], row: Delivery, faults: list[Exception]) -> Outcome:
    """Try once, and tell a trace of it: which message and what came of it, not what it says."""
    facts = {"delivery_id": row.pk, "attempt": row.attempts}
    with spans.span(f"deliver {str(row._meta.model_name).removesuffix('delivery')}", facts=facts) as span:
        outcome = guarded(attempt, faults)
        span.facts["outcome"] = "sent" if outcome.is_sent else "failed"
        span.facts["http.response.status_code"] = outcome.status
        span.fault = "" if outcome.is_sent else "undelivered"
        return outcome


def guarded(attempt: Callable[[], Outcome], faults: list[Exception]) -> Outcome:
    """Try once. A defect of ours is kept for the end of the sweep, so that one message does not hold up all others."""
    try:
        return attempt()
    except Exception as fault:  # noqa: BLE001 - raised again at the end
        faults.append(fault)
        return Outcome(f"A defect of this installation ({type(fault).__name__}).", may_have_arrived=True)


def pause(attempts: int, asked: float | None) -> float:
    """Seconds until the next attempt: what the service asked for, else twice as long every time up to an hour; and a
    little more or less, so that not all come back together."""
    if asked is not None:
        return asked * random.uniform(1, 1 + JITTER) + 1  # noqa: S311 - no secret
    growing = min(FIRST_WAIT_SECONDS * 2.0 ** min(attempts - 1, 20), LONGEST_WAIT_SECONDS)
    return growing * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret


def is_given_up(row: Delivery, now: datetime) -> bool:
    """Whether it was tried for long enough."""
    age = now - (row.first_attempt_at or now)
    return row.attempts >= setting("delivery")["most_attempts"] or age >= give_up_after()


def give_up_after() -> timedelta:
    """How long a message is tried."""
    return timedelta(days=setting("delivery")["give_up_days"])
