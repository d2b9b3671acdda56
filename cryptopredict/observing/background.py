"""What surrounds every task: ids that come with it and go on to the tasks that it begins, and its line in the log."""

import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from contextvars import Token
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from structlog.contextvars import bind_contextvars, reset_contextvars

from system import figures, spans
from system.log_context import REQUEST, request_in_hand

SENT_AT = "sent_at"
SLOW_SECONDS = 1.0
"""Sweeps that run every few seconds and find nothing are not worth a line; what takes as long is."""
QUEUES = frozenset(("ingest", "compute", "models", "notify"))
FAILURE = "FAILURE"
logger = logging.getLogger("cryptopredict.background")


@before_task_publish.connect
def send_along(headers: dict[str, Any] | None = None, **_rest: Any) -> None:
    """A task knows for which request it is done, also when it is tried again, when it was sent, and in which trace."""
    if headers is None:
        return
    headers[SENT_AT] = time.time()
    if trace := spans.carried():
        headers[spans.TRACE_PARENT] = trace  # of who sends it now, also where it was sent before
    if asked_by := request_in_hand():
        headers.setdefault(REQUEST, asked_by)


@task_prerun.connect
def begin(task: Any = None, task_id: str = "", **_rest: Any) -> None:
    """From here on every line names the task."""
    request = task.request
    ids = {
        REQUEST: (request.headers or {}).get(REQUEST),
        "task_id": task_id,
        "root_id": request.root_id if request.root_id != task_id else None,
        "parent_id": request.parent_id,
        "task": short_name(task.name),
    }
    request.log_tokens = bind_contextvars(**{name: value for name, value in ids.items() if value})
    request.begun = time.perf_counter()
    queue = (request.delivery_info or {}).get("routing_key")
    waited = None
    if sent_at := (request.headers or {}).get(SENT_AT):
        waited = max(0.0, time.time() - sent_at)
        if queue in QUEUES:
            figures.observe(figures.TASK_WAIT, waited, queue)
    begin_span(request, ids["task"], queue, waited)


def begin_span(request: Any, name: str, queue: str | None, waited: float | None) -> None:
    """The task is a part of what has sent it."""
    facts = {
        "messaging.system": "celery",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue if queue in QUEUES else None,
        "messaging.message.id": request.id,
        "wait_seconds": None if waited is None else round(waited, 4),
    }
    parent = (request.headers or {}).get(spans.TRACE_PARENT)
    request.block = ExitStack()
    request.span = request.block.enter_context(spans.span(f"task {name}", "consumer", parent=parent, facts=facts))


@task_postrun.connect
def end(task: Any = None, state: str = "", retval: Any = None, **_rest: Any) -> None:
    """The task's line, and the end of its ids."""
    from system.services.faults import write_faults  # Django is not ready when this module is loaded
    from system.services.figures import hand_over

    request = task.request
    tokens: Mapping[str, Token[Any]] | None = request.get("log_tokens")
    if tokens is None:
        return
    seconds = time.perf_counter() - request.begun
    try:
        is_told = state == FAILURE or seconds >= SLOW_SECONDS or request_in_hand()
        name = short_name(task.name)
        figures.count(figures.TASKS, name, state.lower())
        figures.observe(figures.TASK_SECONDS, seconds, name)
        details = {"task": name, "outcome": state.lower(), "seconds": round(seconds, 4), "retries": request.retries}
        logger.log(logging.INFO if is_told else logging.DEBUG, "%s: %s", name, state.lower(), extra=details)
    finally:
        request.span.facts |= {"outcome": state.lower(), "retries": request.retries}
        request.span.fault = type(retval).__qualname__ if state == FAILURE else ""
        request.block.close()
        reset_contextvars(**tokens)
        write_faults()
        hand_over()


def short_name(task: str) -> str:
    """The last part of a task's name: all are in one module."""
    return task.rpartition(".")[2]
