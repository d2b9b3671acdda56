"""The queue: jobs are taken by one worker each, belong to it while it gives signs of life, and end once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from aimodels.choices import JobCategory, JobStatus, StopRequest
from aimodels.models import ModelJob
from aimodels.models.jobs import URGENCY
from aimodels.services.jobs.row import add_lines, save
from aimodels.services.jobs.timing import Timing

HEAVY = (JobCategory.TRAINING, JobCategory.OPTIMIZATION)
NOBODY = {"lease_until": None, "taken_at": None, "stop_requested": None, "estimated_completion": None}
"""What a job looks like that no worker has."""
ATTEMPTS_KEPT = 20


def now_of_database() -> datetime:
    """The database's clock: the clocks of workers may differ."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime
        [(now,)] = cursor.fetchall()
    return now


@transaction.atomic
def take_job(worker: str, timing: Timing) -> ModelJob | None:
    """Lease the most urgent waiting job to a worker; None when none waits, or as many run as may."""
    with connection.cursor() as cursor:  # how many run is counted by one worker at a time
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('aimodels.services.jobs.take_job'))")
    job = takeable(timing).select_for_update(skip_locked=True, of=("self",)).select_related("model").first()
    if job is None:
        return None
    now = now_of_database()
    return save(
        job,
        {
            "job_status": JobStatus.RUNNING,
            "attempts": job.attempts + 1,
            "worker": worker,
            "started_at": job.started_at or now,
            "taken_at": now,
            "heartbeat_at": now,
            "lease_until": now + timedelta(seconds=timing.lease),
            "available_at": None,
            "completed_at": None,
            "error_message": None,
        },
    )


def takeable(timing: Timing) -> QuerySet[ModelJob]:
    """Jobs that a worker may take now, in their order; none when as many run as may."""
    running = list(ModelJob.objects.filter(job_status=JobStatus.RUNNING).values_list("job_category", flat=True))
    if len(running) >= timing.running_max:
        return ModelJob.objects.none()
    waiting = ModelJob.objects.filter(
        Q(available_at__isnull=True) | Q(available_at__lte=Now()), job_status=JobStatus.PENDING, is_recurring=False
    )
    if sum(category in HEAVY for category in running) >= timing.heavy_max:
        waiting = waiting.exclude(job_category__in=HEAVY)
    return waiting.order_by(URGENCY.desc(), "created_at", "pk")


def held(job_id: int, attempt: int) -> ModelJob | None:
    """The job with its row locked, if it still belongs to whoever took it at that attempt."""
    return (
        ModelJob.objects.select_for_update().filter(pk=job_id, attempts=attempt, job_status=JobStatus.RUNNING).first()
    )


@transaction.atomic
def complete_job(job_id: int, attempt: int, results: Mapping[str, Any], measured: Mapping[str, Any]) -> bool:
    """End a job with its results; False when it belongs to another worker by now."""
    job = held(job_id, attempt)
    if job is None:
        return False
    _end(job, JobStatus.COMPLETED, "completed", measured, progress_pct=Decimal(100), job_results=dict(results))
    return True


@transaction.atomic
def fail_job(
    job_id: int, attempt: int, error: str, measured: Mapping[str, Any], timing: Timing, *, may_pass: bool
) -> bool:
    """Note that an attempt went wrong: the job waits for its retry, or ends when its retries are used up.

    Args:
        job_id, attempt: which one.
        error: a sentence.
        measured: what it used.
        timing: pause before a retry.
        may_pass: another try may go better; False = it would fail again.
    Returns:
        False when the job belongs to another worker by now.
    """
    job = held(job_id, attempt)
    if job is None:
        return False
    _retry_or_end(job, error, measured, timing, may_pass=may_pass)
    return True


@transaction.atomic
def stop_job(job_id: int, attempt: int, stop: StopRequest | None, measured: Mapping[str, Any]) -> bool:
    """Note that a job stopped because it was asked to, or because its worker ends (None): then it waits for another."""
    job = held(job_id, attempt)
    if job is None:
        return False
    stop = StopRequest(job.stop_requested) if job.stop_requested else stop  # asked for since
    if stop == StopRequest.CANCEL:
        _end(job, JobStatus.CANCELLED, "cancelled", measured)
    elif stop == StopRequest.PAUSE:
        _leave(job, JobStatus.PAUSED, "paused", measured)
    else:
        _leave(job, JobStatus.PENDING, "its worker ended", measured)
    return True


@transaction.atomic
def reap_lost_jobs(timing: Timing) -> list[int]:
    """Take jobs back from workers that give no sign of life.

    One that had been asked to stop has stopped. One that got on since it was taken, to a checkpoint of its own, goes on
    from there; another one has used up a retry, so that work which kills its worker does not go round for ever.

    Returns:
        The jobs.
    """
    lost = ModelJob.objects.select_for_update(skip_locked=True).filter(
        job_status=JobStatus.RUNNING, lease_until__lt=Now()
    )
    found = []
    for job in lost.order_by("pk"):
        found.append(job.pk)
        lived = (job.heartbeat_at or now_of_database()) - (job.taken_at or now_of_database())
        usage = (job.job_metrics or {}).get("resource_usage", {})
        measured = usage | {"seconds": max(0.0, lived.total_seconds())}
        add_lines(job, f"Worker {job.worker} gave no sign of life since {job.heartbeat_at:%H:%M:%S}.")
        if job.stop_requested == StopRequest.CANCEL:
            _end(job, JobStatus.CANCELLED, "cancelled; its worker was lost", measured)
        elif job.stop_requested == StopRequest.PAUSE:
            _leave(job, JobStatus.PAUSED, "paused; its worker was lost", measured)
        elif usage.get("checkpoint_of") == job.attempts:
            _leave(job, JobStatus.PENDING, "its worker was lost after a checkpoint", measured)
        else:
            error = f"The worker {job.worker} ended without a word, or lost the database."
            _retry_or_end(job, error, measured, timing, may_pass=True, is_lost=True)
    return found


def _retry_or_end(
    job: ModelJob, error: str, measured: Mapping[str, Any], timing: Timing, *, may_pass: bool, is_lost: bool = False
) -> None:
    if job.stop_requested == StopRequest.CANCEL:
        _end(job, JobStatus.CANCELLED, f"cancelled; {error}", measured)
        return
    if not may_pass or job.retry_count >= job.max_retries:
        _end(job, JobStatus.FAILED, error, measured, error_message=error)
        return
    status = JobStatus.PAUSED if job.stop_requested == StopRequest.PAUSE else JobStatus.PENDING
    number = job.retry_count + 1
    available = None if is_lost else now_of_database() + timing.pause_before(number)
    _leave(job, status, error, measured, error_message=error, retry_count=number, available_at=available)


def _end(job: ModelJob, status: JobStatus, how: str, measured: Mapping[str, Any], **changes: Any) -> None:
    _leave(job, status, how, measured, completed_at=now_of_database(), checkpoint=None, **changes)


def _leave(job: ModelJob, status: JobStatus, how: str, measured: Mapping[str, Any], **changes: Any) -> None:
    """The job without its worker; what the attempt took is added up."""
    metrics = job.job_metrics or {}
    attempt = {"number": job.attempts, "worker": job.worker, "how": how} | dict(measured)
    metrics["attempts"] = [*metrics.get("attempts", []), attempt][-ATTEMPTS_KEPT:]
    metrics["resource_usage"] = dict(measured)
    job.job_metrics = metrics
    seconds = Decimal(f"{measured['seconds']:.3f}")
    total = (job.execution_time_seconds or Decimal(0)) + seconds
    save(job, NOBODY | {"job_status": status, "execution_time_seconds": total} | changes)
