"""When the clock may jump: all that was due has been sent, all that was sent has been done."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.utils.json import loads

from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from cryptopredict.backups.bases import BASE
from cryptopredict.celery import QUEUES
from cryptopredict.schedule import SCHEDULE
from system.choices import TaskStatus
from system.models import BackgroundTask

OFTEN = 60
"""Seconds. What comes more often (``SWEEPS``) is always due, queued or under way: it is not waited for."""
SWEEPS = {entry.task.name for entry in SCHEDULE if entry.every is not None and entry.every.total_seconds() < OFTEN}
LOOKS = 2
PAUSE = 0.2


@dataclass
class Waiting:
    """What is still to be done."""

    due: list[str] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.due or self.queued or self.held or self.running)


def waiting(store: redis.Redis) -> Waiting:
    """A look at schedule, queues, workers, and what runs in processes of its own.

    A base backup is not waited for: its checkpoint is spread over minutes, and hurries when the clock jumps.
    """
    rows = PeriodicTask.objects.filter(enabled=True).exclude(interval__every__lt=OFTEN)
    now = timezone.now()
    due = [
        row.name
        for row in rows.select_related("interval", "crontab")
        if row.schedule.is_due(row.last_run_at or now).is_due
    ]
    queued = [text for name in QUEUES for text in store.lrange(name, 0, -1)]
    hashes = [name for name in store.keys("unfinished:*") if store.type(name) == b"hash"]
    held = [loads(text)[0] for name in hashes for text in store.hvals(name)]
    running = BackgroundTask.objects.filter(status__in=(TaskStatus.PENDING, TaskStatus.RUNNING)).exclude(task_name=BASE)
    jobs = ModelJob.objects.filter(job_status__in=(JobStatus.PENDING, JobStatus.RUNNING))
    return Waiting(
        due,
        names_of(map(loads, queued)),
        names_of(held),
        [*running.values_list("task_name", flat=True), *jobs.values_list("job_category", flat=True)],
    )


def names_of(messages: Iterable[dict[str, Any]]) -> list[str]:
    """Tasks that messages are for, without sweeps."""
    names = [str(message["headers"]["task"]) for message in messages]
    return [name for name in names if name not in SWEEPS]


def store() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


def settle(queue: redis.Redis, seconds: float) -> tuple[float, Waiting]:
    """Wait until several looks in a row find nothing.

    Returns:
        Real seconds that took, and what was still waiting when time was up.
    """
    begin, quiet = time.monotonic(), 0
    while True:
        left = waiting(queue)
        quiet = 0 if left else quiet + 1
        spent = time.monotonic() - begin
        if quiet == LOOKS or spent > seconds:
            return spent, left
        time.sleep(PAUSE)
