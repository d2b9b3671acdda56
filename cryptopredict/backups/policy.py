"""The settings of backups, and what is known of those that were made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cryptopredict.backups.archiving import Archiving
from system.choices import TaskStatus
from system.configuration import ConfigGroup, Words, whole
from system.models import BackgroundTask
from system.services import setting

BACKUP = "cryptopredict.backups.making.make_backup"
DRILL = "cryptopredict.backups.drilling.drill"
KIND = "backup"
GROUP = ConfigGroup(
    "backup",
    _("Backups that the product makes by itself: how often, how many stay, and how often one is tried out."),
    {"enabled": True, "every_hours": 24, "keep_daily": 7, "keep_weekly": 4, "keep_monthly": 6, "drill_every_days": 30},
    {
        "enabled": {"type": "boolean"},
        "every_hours": whole(1, 744),
        "keep_daily": whole(1, 366),
        "keep_weekly": whole(0, 520),
        "keep_monthly": whole(0, 240),
        "drill_every_days": whole(1, 366),
    },
    title=_("Backups"),
    words={
        "enabled": Words(_("Make backups by itself")),
        "every_hours": Words(_("Time between two backups"), _("hours")),
        "keep_daily": Words(_("Daily backups that stay")),
        "keep_weekly": Words(_("Weekly backups that stay")),
        "keep_monthly": Words(_("Monthly backups that stay")),
        "drill_every_days": Words(_("Time between two trials of a backup"), _("days")),
    },
)
REST = timedelta(minutes=55)
FIRST = timedelta(hours=1)
"""So old an installation is before its first backup: what was begun to have a look needs none."""
LONGEST = timedelta(hours=12)
"""What has run for so long was killed."""
PATIENCE = 2
"""A backup is late when it is missing for twice the time between two."""


@dataclass(frozen=True)
class Known:
    """What is known of the backups of this installation.

    Attributes:
        enabled: whether it makes them by itself.
        every: time between two.
        newest: the last one that came to its end.
        is_running: whether one is being made.
        failure: the last attempt, if it failed and nothing has succeeded since.
        drill: the last trial, whatever came of it.
        archive: how the archive of the log stands; None: there is none, or nobody has asked.
    """

    enabled: bool
    every: timedelta
    drill_every: timedelta
    newest: BackgroundTask | None
    is_running: bool
    failure: BackgroundTask | None
    drill: BackgroundTask | None
    archive: Archiving | None = None

    @property
    def made_at(self) -> datetime | None:
        """The moment that the newest backup is of."""
        return None if self.newest is None else self.newest.started_at

    def is_due(self, now: datetime) -> bool:
        """Whether the next one is to be made. After a failure only an hour later."""
        is_resting = self.failure is not None and now - self.failure.created_at < REST
        if not self.enabled or self.is_running or is_resting:
            return False
        return self.made_at is None or now - self.made_at >= self.every

    def is_late(self, now: datetime) -> bool:
        """Whether the newest is older than it may be."""
        return self.made_at is not None and now - self.made_at > PATIENCE * self.every

    @property
    def facts(self) -> dict[str, Any]:
        """What is told of the newest: where it is, its size, whether it is sealed."""
        return {} if self.newest is None else dict(self.newest.result_data or {})

    @property
    def drill_fault(self) -> str:
        """Why the last trial failed; empty when it did not, or there was none."""
        failed = self.drill is not None and self.drill.status == TaskStatus.FAILED
        return str(self.drill.error_message or "no reason was noted") if failed and self.drill else ""

    def is_drill_due(self, now: datetime) -> bool:
        """Whether a trial has to be made again."""
        at = None if self.drill is None else self.drill.started_at
        return at is None or now - at > self.drill_every


def known() -> Known:
    """How backups stand."""
    rules: dict[str, Any] = setting("backup")
    rows = BackgroundTask.objects.filter(task_name__in=[BACKUP, DRILL])
    newest_of_each = rows.order_by("task_name", "status", "-created_at", "-pk").distinct("task_name", "status")
    by = {(row.task_name, row.status): row for row in newest_of_each}
    newest, failure = by.get((BACKUP, TaskStatus.COMPLETED)), by.get((BACKUP, TaskStatus.FAILED))
    if newest is not None and failure is not None and failure.created_at < newest.created_at:
        failure = None
    running = by.get((BACKUP, TaskStatus.RUNNING))
    drills = [row for status in (TaskStatus.COMPLETED, TaskStatus.FAILED) if (row := by.get((DRILL, status)))]
    return Known(
        enabled=rules["enabled"],
        every=timedelta(hours=rules["every_hours"]),
        drill_every=timedelta(days=rules["drill_every_days"]),
        newest=newest,
        is_running=running is not None and timezone.now() - running.created_at < LONGEST,
        failure=failure,
        drill=max(drills, key=lambda row: row.created_at, default=None),
    )


def begun_at() -> datetime:
    """When this installation was begun."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(applied) FROM django_migrations")
        (moment,) = cursor.fetchone()
    return moment or timezone.now()
