"""What the row of a job tells besides its values: why some are missing, its log, and the event of a change."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, TextField, Value
from django.db.models.functions import Coalesce, Concat, Right
from django.utils import timezone

from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from system.services import publish

LOG_CHARACTERS = 64_000
"""The end of a log is kept."""
TOPIC = "job.progress"
WAITS, NEVER_BEGAN = "it has not been taken yet", "it ended before a worker took it"
REASONS = {
    "job_name": "no name was given",
    "log_output": "nothing was logged",
    "error_message": "nothing went wrong",
    "cron_schedule": "it is no schedule",
    "initiated_by": "the schedule started it",
    "stop_requested": "nobody asked it to stop",
    "request_id": "no request ordered it",
    "trace_parent": "no trace was made where it was ordered",
    "available_at": "it may be taken at once",
    "checkpoint": "nothing was kept to resume from",
    "schedule": "it was asked for once",
    "due_at": "it was asked for once",
    "next_run_time": "it is no schedule",
    "lease_until": "nobody works on it",
    "taken_at": "nobody works on it",
    "estimated_completion": "it does not run",
    "completed_at": "it has not ended",
    "total_steps": "its work told no steps",
    "completed_steps": "its work told no steps",
    "current_phase": "its work told no phase",
    "execution_time_seconds": "no attempt has ended",
    "started_at": WAITS,
    "worker": WAITS,
    "heartbeat_at": WAITS,
}
TOLD_BY_WORK = frozenset(
    {
        "started_at",
        "worker",
        "heartbeat_at",
        "execution_time_seconds",
        "current_phase",
        "total_steps",
        "completed_steps",
    }
)
ENDED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED})


def missing(job: ModelJob) -> dict[str, str]:
    """Every column that is NULL, with the reason."""
    columns = [column for column in ModelJob._meta.concrete_fields if column.null]
    empty = [column for column in columns if getattr(job, column.attname) is None]
    return {column.name: _reason(job, column.name) for column in empty}


def _reason(job: ModelJob, name: str) -> str:
    if name in TOLD_BY_WORK:
        if job.is_recurring:
            return "a schedule does not run itself, its jobs do"
        if not job.attempts:
            return NEVER_BEGAN if job.job_status in ENDED else WAITS
    is_running = job.job_status == JobStatus.RUNNING
    special = {
        ("estimated_completion", is_running): "no progress yet to tell it from",
        ("next_run_time", job.is_recurring): "the schedule does not run",
        ("initiated_by", job.schedule_id is None): "the system asked for it",
    }
    return special.get((name, True), REASONS[name])


def save(job: ModelJob, changes: Mapping[str, Any]) -> ModelJob:
    """Write columns of a job whose row is locked, with the reasons for what is missing, and tell who watches."""
    for name, value in changes.items():
        setattr(job, name, value)
    job.job_metrics = (job.job_metrics or {}) | {"missing": missing(job)}
    job.save(update_fields=[*changes, "job_metrics", "updated_at"])
    announce(job)
    return job


def announce(job: ModelJob) -> None:
    """Tell who watches the jobs how this one stands."""
    publish(
        TOPIC,
        {
            "job_id": job.pk,
            "job_status": job.job_status,
            "progress_pct": float(job.progress_pct),
            "current_phase": job.current_phase,
        },
    )


def log_line(text: str) -> str:
    """A line of a log: when, and what."""
    clean = text.replace("\x00", "")
    return f"{timezone.now():%Y-%m-%dT%H:%M:%SZ} {clean}\n"


def with_lines(text: str) -> Right:
    """The log with lines behind it, for an update; what came first goes when it is too long."""
    column = TextField()
    whole = Concat(Coalesce(F("log_output"), Value("", column)), Value(text, column), output_field=column)
    return Right(whole, LOG_CHARACTERS)


def add_lines(job: ModelJob, *texts: str) -> None:
    """Write lines into the log of a job."""
    write_log(job, "".join(map(log_line, texts)))


def write_log(job: ModelJob, lines: str) -> None:
    """Write finished lines into the log of a job, and note in the row at hand that it has one."""
    ModelJob.objects.filter(pk=job.pk).update(log_output=with_lines(lines))
    job.log_output = job.log_output or lines
