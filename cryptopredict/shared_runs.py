"""A run of the pipeline that several workers share: each reads and computes a batch of assets, one lands everything.

The batches only read. What they found waits in Redis until the run is landed, in one transaction, by the same function
that runs it in one process; what is missing then (a worker that died, a fault, a Redis that was emptied) is read and
computed there. So nothing can be half landed, and no batch can hold a run up: a shared run is a row of
``background_tasks``, and one of which nothing has been heard for a while is landed without what it waits for.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from assets.selectors import Part, lift, universe, unpacked
from assets.selectors.lifting import ASSETS_AT_ONCE, batches
from cryptopredict import pipeline
from cryptopredict.celery import COMPUTE
from system.choices import LIVE, RunStatus, TaskStatus
from system.exceptions import UnavailableError
from system.models import BackgroundTask, PipelineRun
from system.selectors.heartbeats import heartbeats
from system.services.background import end_task

logger = logging.getLogger(__name__)
NAME = "cryptopredict.pipeline.run_pipeline"
KIND = "pipeline"
PRESENT = timedelta(minutes=1)
"""A worker that was heard of so lately is there: it has something to do every few seconds."""
ABANDONED = timedelta(minutes=3)
"""A shared run of which nothing has been heard for so long has lost a worker; longer than any batch takes."""
GIVEN_UP = timedelta(minutes=30)
"""A run that could not be landed for so long has failed, whatever it waits for."""
KEPT_SECONDS = 1800
"""How long Redis keeps a part that nobody fetches."""


@dataclass(frozen=True)
class Begun:
    """A shared run. ``batches`` are to be told: none of a run that is shared already."""

    task_id: int
    batches: int


def workers_present() -> int:
    """How many workers would take a piece of a run now; none when nobody can say."""
    oldest = timezone.now() - PRESENT
    return sum(heard >= oldest for heard in (heartbeats(f"worker:{COMPUTE}") or {}).values())


def begin(as_of: datetime, timeframe: str) -> Begun | None:
    """Plan the live run at a moment for several workers.

    Returns:
        None when one process is as good: few assets, or nobody to share with.
    Raises:
        NoData: there are no candles near that moment.
    """
    workers = workers_present() if settings.PIPELINE_SHARED == "auto" else 2
    if settings.PIPELINE_SHARED == "never" or workers < 2:
        return None
    asset_ids = universe(timeframe, as_of).asset_ids
    if settings.PIPELINE_SHARED == "auto" and len(asset_ids) < settings.PIPELINE_SHARED_ASSETS:
        return None
    return _planned(as_of, timeframe, batches(asset_ids, size_of_batch(len(asset_ids), workers)))


def size_of_batch(assets: int, workers: int) -> int:
    """Assets of a batch: the same work for each worker, and no more at once than fits into memory."""
    rounds = -(-assets // (workers * ASSETS_AT_ONCE))
    return -(-assets // (workers * rounds))


@transaction.atomic
def _planned(as_of: datetime, timeframe: str, planned: list[list[int]]) -> Begun:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [NAME, timeframe])
    wanted = {"timeframe": timeframe, "as_of": as_of.isoformat()}
    same = BackgroundTask.objects.filter(task_name=NAME, status=TaskStatus.RUNNING, task_params__contains=wanted)
    if (row := same.first()) is not None:
        return Begun(row.pk, 0)
    PipelineRun.objects.get_or_create(series=LIVE, timeframe=timeframe, as_of=as_of)
    row = BackgroundTask.objects.create(
        task_name=NAME,
        task_type=KIND,
        status=TaskStatus.RUNNING,
        started_at=timezone.now(),
        task_params=wanted | {"batches": planned},
    )
    return Begun(row.pk, len(planned))


def prepare_batch(task_id: int, number: int) -> str | None:
    """Read and compute one batch of a shared run. Repeatable.

    Returns:
        What went wrong, if anything did: landing tries again, and fails where it fails again.
    """
    row = BackgroundTask.objects.get(pk=task_id)
    if row.status != TaskStatus.RUNNING:
        return None
    params = row.task_params
    try:
        part = lift(params["batches"][number], params["timeframe"], datetime.fromisoformat(params["as_of"]))
        cache.set(_key(task_id, number), part.packed(), KEPT_SECONDS)
    except Exception as error:  # told to the log of faults here, and raised by the landing if it stays
        logger.exception("Batch %s of shared run %s was not prepared", number, task_id)
        return f"{type(error).__name__}: {error}"
    BackgroundTask.objects.filter(pk=task_id, status=TaskStatus.RUNNING).update(updated_at=timezone.now())
    return None


def land_run(task_id: int, faults: list[str | None] | None = None) -> PipelineRun | None:
    """Land a shared run: all rows of all stages, in one transaction. Whoever lands it holds its row until then.

    Args:
        task_id: its row.
        faults: what the batches said, as far as it is known.
    Returns:
        None when it was landed before, or is being landed.
    Raises:
        Whatever the run itself raises; its row has the reason then.
    """
    fault: Exception | None = None
    run = None
    with transaction.atomic():
        waiting = BackgroundTask.objects.select_for_update(skip_locked=True)
        row = waiting.filter(pk=task_id, status=TaskStatus.RUNNING).first()
        if row is None:
            return None
        params = row.task_params
        parts = _parts(task_id, len(params["batches"]))
        row.result_data = {"parts": len(parts), "faults": [one for one in faults or [] if one]}
        try:
            as_of = datetime.fromisoformat(params["as_of"])
            run = pipeline.run_pipeline(as_of, params["timeframe"], parts=parts)
        except UnavailableError:  # may pass: the task tries again, and finds the row as it was
            raise
        except Exception as error:  # noqa: BLE001 - raised below: the row has to say it first
            fault = error
            _fail(row, f"{type(error).__name__}: {error}")
        else:
            end_task(row, TaskStatus.COMPLETED, None)
    cache.delete_many([_key(task_id, number) for number in range(len(params["batches"]))])
    if fault is not None:
        raise fault
    return run


def take_up_runs(now: datetime) -> dict[int, str]:
    """Look after the shared runs that have lost a worker; one that could not be landed for too long has failed.

    Returns:
        Rows of those that are to be landed with what there is, and their timeframes.
    """
    quiet = BackgroundTask.objects.filter(task_name=NAME, status=TaskStatus.RUNNING, updated_at__lte=now - ABANDONED)
    found = {}
    with transaction.atomic():
        for row in quiet.select_for_update(skip_locked=True).order_by("pk"):
            if (row.started_at or row.created_at) <= now - GIVEN_UP:
                _fail(row, "its workers were lost, again and again")
            else:
                found[row.pk] = row.task_params["timeframe"]
    return found


def _fail(row: BackgroundTask, reason: str) -> None:
    """A run that never began has no words of its own."""
    params = row.task_params
    end_task(row, TaskStatus.FAILED, reason)
    PipelineRun.objects.filter(
        series=LIVE, timeframe=params["timeframe"], as_of=params["as_of"], status=RunStatus.RUNNING
    ).update(status=RunStatus.FAILED, error=reason, finished_at=timezone.now())


def _parts(task_id: int, count: int) -> list[Part]:
    """What the batches have left in Redis and can be read."""
    found = cache.get_many([_key(task_id, number) for number in range(count)])
    parts = []
    for data in found.values():
        try:
            parts.append(unpacked(data))
        except (KeyError, ValueError):
            logger.exception("A part of shared run %s cannot be read", task_id)
    return parts


def _key(task_id: int, number: int) -> str:
    return f"shared-run:{task_id}:{number}"
