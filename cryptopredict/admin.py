"""What other packages put into the admin: the schedule to look at, and no groups, because roles decide."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from system.admin_base import History

for model in (Group, ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

# The package names these two in English alone.
PeriodicTask._meta.get_field("task").verbose_name = _("Task Name")
PeriodicTask._meta.get_field("id").verbose_name = _("ID")


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(History):
    """When the background work runs. The code owns the schedule; this shows it."""

    list_display = ("name", "task", "scheduler", "queue", "enabled", "last_run_at", "total_run_count")
    list_filter = ("enabled", "queue")
    search_fields = ("name", "task")
    ordering = ("name",)
    related = ("interval", "crontab", "solar", "clocked")

    @admin.display(description=_("Scheduler"))
    def scheduler(self, task: PeriodicTask) -> Any:
        """What says when."""
        return task.scheduler
