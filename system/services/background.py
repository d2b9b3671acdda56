"""Background work leaves a row: what was asked, when, how it ended."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from system.choices import TaskStatus
from system.log_context import request_in_hand
from system.models import BackgroundTask


class IncompleteError(Exception):
    """The work ended, but not all of it was done; the text says what is missing. Nothing is raised to the caller."""


@contextmanager
def background_task(name: str, kind: str, params: Mapping[str, Any]) -> Iterator[BackgroundTask]:
    """Keep a row about the work in the block; what the block puts into ``result_data`` is kept too.

    Work that raises is failed, and the error goes on to the caller. Work that raises ``IncompleteError`` is failed with
    that reason, never completed, and the caller goes on.

    Args:
        name: dotted name of the service.
        kind: ingest, cleanup, archive …
        params: what it was called with, as JSON holds it.
    """
    row = BackgroundTask.objects.create(
        task_name=name,
        task_type=kind,
        task_params=dict(params),
        status=TaskStatus.RUNNING,
        started_at=timezone.now(),
        request_id=request_in_hand(),
    )
    try:
        yield row
    except IncompleteError as error:
        end_task(row, TaskStatus.FAILED, str(error))
    except BaseException as error:
        end_task(row, TaskStatus.FAILED, f"{type(error).__name__}: {error}")
        raise
    else:
        end_task(row, TaskStatus.COMPLETED, None)


def end_task(row: BackgroundTask, status: TaskStatus, error: str | None) -> None:
    """Keep how a piece of work ended, and how long it took."""
    row.status, row.error_message, row.completed_at = status, error, timezone.now()
    if row.started_at is not None:
        row.execution_time_seconds = round((row.completed_at - row.started_at).total_seconds(), 3)
    row.save()
