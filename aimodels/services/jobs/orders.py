"""What people order: a job, a schedule, and that one stops, waits, goes on or is tried again."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from aimodels.choices import JobCategory, JobStatus, StopRequest
from aimodels.compute.cron import next_time
from aimodels.models import AIModel, ModelJob
from aimodels.services.jobs.row import add_lines, missing, save
from system import spans
from system.choices import AuditOperation, Priority
from system.exceptions import ConflictError, InvalidInput
from system.json_values import json_fault
from system.log_context import request_in_hand
from system.services import record_change
from system.services.rows import require_sound

LIMITS = ("max_memory_mb", "max_execution_seconds")
"""Limits that are kept; a share of a processor is not, so nobody can ask for one."""
OPEN = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED)
WAITING = (JobStatus.PENDING, JobStatus.PAUSED)
NO_TIME = {"progress_pct": 0, "current_phase": None, "total_steps": None, "completed_steps": None}


@transaction.atomic
def enqueue_job(
    model: AIModel,
    *,
    category: JobCategory,
    job_type: str,
    actor: Any,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    priority: Priority = Priority.NORMAL,
    max_retries: int = 3,
    limits: Mapping[str, float] | None = None,
    cron: str | None = None,
) -> ModelJob:
    """Put a job into the queue, or with a cron expression a schedule that will.

    Raises:
        InvalidInput: a value breaks a rule of the table, the cron expression names no moment, or a limit is none that
            is kept.
        ConflictError: the model is being trained already, or waits for it.
    """
    _require_limits(limits or {})
    if fault := json_fault(dict(config or {})):
        raise InvalidInput(fault, field="job_config")
    AIModel.objects.select_for_update().get(pk=model.pk)
    if category == JobCategory.TRAINING and cron is None:
        _require_no_training(model)
    job = ModelJob(
        model=model,
        job_category=category,
        job_type=job_type,
        job_name=name,
        job_config=dict(config or {}),
        priority=priority,
        max_retries=max_retries,
        resource_limits=dict(limits or {}),
        is_recurring=cron is not None,
        cron_schedule=cron,
        next_run_time=None if cron is None else _next(cron),
        initiated_by=actor,
        request_id=request_in_hand(),
        trace_parent=spans.carried(),
    )
    job.job_metrics = {"missing": missing(job)}
    _require_sound(job)
    job.save()
    record_change(job, AuditOperation.INSERT, actor=actor)
    return job


def _require_limits(limits: Mapping[str, Any]) -> None:
    for name, value in limits.items():
        if name not in LIMITS:
            raise InvalidInput(
                _("%(name)s is not kept by anything; %(known)s are.") % {"name": name, "known": ", ".join(LIMITS)},
                field="resource_limits",
            )
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
            raise InvalidInput(_("%(name)s must be a number above 0.") % {"name": name}, field="resource_limits")


def _require_no_training(model: AIModel) -> None:
    if ModelJob.objects.filter(
        model=model, job_category=JobCategory.TRAINING, job_status__in=OPEN, is_recurring=False
    ).exists():
        raise ConflictError(_("%(model)s is being trained already.") % {"model": model}, code="already_training")


def _next(cron: str) -> Any:
    try:
        return next_time(cron, timezone.now())
    except ValueError as error:
        raise InvalidInput(
            _("%(cron)s is no schedule: %(why)s.") % {"cron": cron, "why": error}, field="cron_schedule"
        ) from None


def _require_sound(job: ModelJob) -> None:
    require_sound(job, exclude=["job_config"])  # which may be empty, and was looked at


@transaction.atomic
def change_job(job_id: int, *, actor: Any, changes: Mapping[str, Any]) -> ModelJob:
    """Change priority, schedule, limits, retries, name or configuration of a job that waits.

    Raises:
        InvalidInput: a column that may not be changed, or a value that breaks a rule.
        ConflictError: it does not wait.
    """
    allowed = {"job_name", "job_config", "priority", "cron_schedule", "max_retries", "resource_limits"}
    if unknown := sorted(set(changes) - allowed):
        raise InvalidInput(_("%(name)s is not changed by hand.") % {"name": unknown[0]}, field=unknown[0])
    job = _locked(job_id, WAITING, _("A job that is %(state)s cannot be changed."))
    new = {name: value for name, value in changes.items() if getattr(job, name) != value}
    if "cron_schedule" in new:
        if not job.is_recurring or new["cron_schedule"] is None:
            raise InvalidInput(
                _("A schedule keeps a cron expression, and no other job has one."), field="cron_schedule"
            )
        new["next_run_time"] = _next(new["cron_schedule"])
    _require_limits(new.get("resource_limits") or {})
    if fault := json_fault(new.get("job_config")):
        raise InvalidInput(fault, field="job_config")
    old = {name: getattr(job, name) for name in new}
    for name, value in new.items():
        setattr(job, name, value)
    _require_sound(job)
    if new:
        save(job, new)
        record_change(job, AuditOperation.UPDATE, actor=actor, old=old, new=new)
    return job


@transaction.atomic
def cancel_job(job_id: int, *, actor: Any) -> ModelJob:
    """End a job, or a schedule. A running one is asked to stop; it ends within seconds.

    Raises:
        ConflictError: it has ended already.
    """
    job = _locked(job_id, OPEN, _("A job that is %(state)s cannot be cancelled."))
    if job.job_status == JobStatus.RUNNING:
        return _ordered(job, actor, "cancel", {"stop_requested": StopRequest.CANCEL})
    now = timezone.now()
    completed = max(now, job.started_at) if job.started_at else now
    changes = {"job_status": JobStatus.CANCELLED, "completed_at": completed, "available_at": None}
    return _ordered(job, actor, "cancel", changes | {"next_run_time": None})


@transaction.atomic
def pause_job(job_id: int, *, actor: Any) -> ModelJob:
    """Have a job wait until it is resumed; a running one stops first, and resumes from its last checkpoint. A schedule
    makes no jobs meanwhile.

    Raises:
        ConflictError: it is neither waiting nor running, or is being cancelled.
    """
    job = _locked(job_id, (JobStatus.PENDING, JobStatus.RUNNING), _("A job that is %(state)s cannot be paused."))
    if job.stop_requested == StopRequest.CANCEL:
        raise ConflictError(_("The job is being cancelled."), code="wrong_state")
    if job.job_status == JobStatus.RUNNING:
        return _ordered(job, actor, "pause", {"stop_requested": StopRequest.PAUSE})
    return _ordered(job, actor, "pause", {"job_status": JobStatus.PAUSED, "next_run_time": None})


@transaction.atomic
def resume_job(job_id: int, *, actor: Any) -> ModelJob:
    """Put a paused job back into the queue; it goes on from its last checkpoint.

    Raises:
        ConflictError: it is not paused.
    """
    job = _locked(job_id, (JobStatus.PAUSED,), _("A job that is %(state)s cannot be resumed."))
    changes: dict[str, Any] = {"job_status": JobStatus.PENDING, "available_at": None}
    if job.is_recurring:
        changes["next_run_time"] = _next(job.cron_schedule or "")
    return _ordered(job, actor, "resume", changes)


@transaction.atomic
def retry_job(job_id: int, *, actor: Any) -> ModelJob:
    """Begin a job that failed or was cancelled once more, from the beginning, with all of its retries.

    Raises:
        ConflictError: it neither failed nor was cancelled, or its model is being trained by another one.
    """
    job = _locked(job_id, (JobStatus.FAILED, JobStatus.CANCELLED), _("A job that is %(state)s cannot be tried again."))
    changes: dict[str, Any] = {"job_status": JobStatus.PENDING, "completed_at": None, "available_at": None}
    if job.is_recurring:
        changes["next_run_time"] = _next(job.cron_schedule or "")
        return _ordered(job, actor, "retry", changes)
    AIModel.objects.select_for_update().get(pk=job.model_id)
    if job.job_category == JobCategory.TRAINING:
        _require_no_training(job.model)
    fresh = NO_TIME | {"started_at": None, "execution_time_seconds": None, "checkpoint": None, "retry_count": 0}
    return _ordered(job, actor, "retry", changes | fresh)


def _locked(job_id: int, states: tuple[JobStatus, ...], refusal: str) -> ModelJob:
    """The job with its row locked, if it is in one of the states."""
    job = ModelJob.objects.select_for_update().get(pk=job_id)
    if job.job_status not in states:
        raise ConflictError(refusal % {"state": job.get_job_status_display()}, code="wrong_state")
    return job


def _ordered(job: ModelJob, actor: Any, deed: str, changes: Mapping[str, Any]) -> ModelJob:
    """Carry out an order, with its line in the audit and in the log."""
    old = {name: getattr(job, name) for name in changes}
    add_lines(job, f"{deed} asked for by {actor or 'the system'}.")
    save(job, changes)
    record_change(job, AuditOperation.ACTION, actor=actor, old=old, new=changes, details=f"job: {deed}")
    return job
