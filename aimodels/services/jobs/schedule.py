"""Schedules: a recurring job makes one job for each of its times."""

from datetime import datetime

from django.db import transaction

from aimodels.choices import JobStatus
from aimodels.compute.cron import last_time, next_time
from aimodels.models import ModelJob
from aimodels.services.jobs.row import announce, missing, save


@transaction.atomic
def enqueue_due_jobs(now: datetime) -> int:
    """Make the jobs of every schedule that has come due. Any number of callers make each job once.

    Of times that passed while nothing ran, the last one counts: a training that was missed ten times is due once.

    Returns:
        How many jobs were made.
    """
    due = ModelJob.objects.select_for_update().filter(
        is_recurring=True, job_status=JobStatus.PENDING, next_run_time__lte=now
    )
    return sum(_enqueue(schedule, now) for schedule in due.order_by("pk"))


def _enqueue(schedule: ModelJob, now: datetime) -> int:
    """The job of the schedule's last time; 0 if somebody has made it. The schedule's row is locked."""
    cron = schedule.cron_schedule or ""  # never empty, by constraint
    tick = last_time(cron, schedule.next_run_time or now, now)
    save(schedule, {"next_run_time": next_time(cron, tick)})
    if ModelJob.objects.filter(schedule=schedule, due_at=tick).exists():
        return 0
    job = ModelJob(
        model_id=schedule.model_id,
        job_category=schedule.job_category,
        job_type=schedule.job_type,
        job_name=schedule.job_name,
        job_config=schedule.job_config,
        priority=schedule.priority,
        max_retries=schedule.max_retries,
        resource_limits=schedule.resource_limits,
        schedule=schedule,
        due_at=tick,
    )
    job.job_metrics = {"missing": missing(job)}
    job.save()
    announce(job)
    return 1
