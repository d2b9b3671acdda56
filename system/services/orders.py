"""Work that somebody asked for. A door keeps the order as a row of ``background_tasks``; a worker takes it up.

Who works on an order holds a lock of its connection. The lock of a worker that was killed is free at once, and the next
one begins the work again; so every piece of work has to be safe to do twice.
"""

import logging
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from system import spans
from system.choices import AuditOperation, TaskStatus
from system.exceptions import DomainError, TooSoon
from system.log_context import request_in_hand, working_on
from system.models import BackgroundTask
from system.services.audit import record_change
from system.services.background import IncompleteError, end_task

logger = logging.getLogger(__name__)
OPEN = (TaskStatus.PENDING, TaskStatus.RUNNING)
MOST_TRIES = 3
"""After so many workers that were lost over it, an order is given up: it may be what ends them."""
Work = Callable[[BackgroundTask], None]
"""Does what an order says, and leaves ``result_data`` in it. Raises like the block of ``background_task``."""


@transaction.atomic
def order_work(
    name: str, kind: str, params: Mapping[str, Any], *, actor: Any, rest: timedelta = timedelta(0)
) -> BackgroundTask:
    """Ask for a piece of work. While the same work waits or goes on, the order is the one that there is.

    Args:
        name: dotted name of the service.
        kind: ingest, analysis …
        params: what it is called with, as JSON holds it.
        actor: who asks.
        rest: how long after one order of the same work another is taken.
    Raises:
        TooSoon: the same was ordered a moment ago, and is done.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [name, str(sorted(params.items()))])
    last = BackgroundTask.objects.filter(task_name=name, task_params=dict(params)).order_by("-created_at").first()
    if last is not None and last.status in OPEN:
        return last
    if last is not None and last.created_at + rest > now:
        wait = math.ceil((last.created_at + rest - now).total_seconds())
        raise TooSoon(_("This was asked for a moment ago. Ask again in %(seconds)s s.") % {"seconds": wait}, wait=wait)
    order = BackgroundTask.objects.create(
        task_name=name,
        task_type=kind,
        task_params=dict(params),
        request_id=request_in_hand(),
        trace_parent=spans.carried(),
    )
    record_change(order, AuditOperation.INSERT, actor=actor, new={"task_name": name, "task_params": dict(params)})
    return order


def carry_out(work: Mapping[str, Work]) -> int:
    """Do what is ordered, the oldest first, until nothing waits. Several workers share the orders.

    Args:
        work: what does the work of each name.
    Returns:
        How many orders this worker has ended.
    """
    ended, seen = 0, set[int]()
    while (order := _next(work, seen)) is not None:
        seen.add(order.pk)
        with _worked_on(order.pk) as taken:
            if taken is not None:
                with (
                    working_on(request_id=taken.request_id, order_id=taken.pk),
                    spans.span(f"order {taken.task_name}", "consumer", parent=taken.trace_parent) as span,
                ):
                    _do(taken, work[taken.task_name])
                    span.facts["outcome"] = taken.status
                ended += 1
    return ended


def _next(names: Collection[str], seen: set[int]) -> BackgroundTask | None:
    waiting = BackgroundTask.objects.filter(task_name__in=names, status__in=OPEN).exclude(pk__in=seen)
    return waiting.order_by("pk").first()


@contextmanager
def _worked_on(pk: int) -> Iterator[BackgroundTask | None]:
    """An order that nobody else works on until the end of the block; None: somebody does, or it has ended."""
    if not _locked("pg_try_advisory_lock", pk):
        yield None
        return
    try:
        yield BackgroundTask.objects.filter(pk=pk, status__in=OPEN).first()
    finally:
        _locked("pg_advisory_unlock", pk)


def _locked(function: str, pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext('background_tasks'), %s)", [pk])
        return bool(cursor.fetchone()[0])


def _do(order: BackgroundTask, work: Work) -> None:
    tries = (order.result_data or {}).get("tries", 0) + 1
    if tries > MOST_TRIES:
        end_task(order, TaskStatus.FAILED, f"{MOST_TRIES} workers were lost over it")
        return
    order.status, order.started_at, order.result_data = TaskStatus.RUNNING, timezone.now(), {"tries": tries}
    order.save()
    try:
        work(order)
    except (IncompleteError, DomainError) as refusal:
        spans.failed(refusal)
        end_task(order, TaskStatus.FAILED, str(refusal))
    except Exception as error:  # the orders behind it are not at fault
        spans.failed(error)
        logger.exception("Order %s (%s) failed", order.pk, order.task_name)
        end_task(order, TaskStatus.FAILED, f"{type(error).__name__}: {error}")
    else:
        end_task(order, TaskStatus.COMPLETED, None)
        logger.info("Order %s (%s) is done", order.pk, order.task_name)
