"""The product itself, for admins: its health, its people, its models, and what waits for somebody."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from accounts.models import User, UserActivity
from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from cryptopredict.backups.policy import known
from selection.models import SuggestionPerformance
from selection.selectors.visible import review_queue
from system.choices import TaskStatus
from system.models import BackgroundTask
from system.selectors.health import newest_health

DAY, WEEK = timedelta(days=1), timedelta(days=7)
NEWEST = 20
NO_BACKUP = "There is no backup yet."


def product(now: datetime) -> dict[str, Any]:
    """Everything an admin looks at first; the state is that of the newest round of checks."""
    health = newest_health()
    models = (health.ml_models_status if health else None) or {}
    return {
        "system": health,
        "users": users(now),
        "models": {
            "active": models.get("active_models"),
            "training": models.get("training_models"),
            "error": models.get("error_models"),
        },
        "suggestions": {"pending": review_queue().count(), "performance": list(SuggestionPerformance.objects.all())},
        "jobs": jobs(now),
        "backup": backup(now),
        "recent_activities": list(UserActivity.objects.select_related("user").order_by("-created_at", "-pk")[:NEWEST]),
    }


def backup(now: datetime) -> dict[str, Any]:
    """How old the newest backup is; what is wrong with backups, if anything is."""
    stand = known()
    age = None if stand.made_at is None else round((now - stand.made_at).total_seconds())
    fault = stand.failure.error_message if stand.failure else stand.drill_fault
    return {"age_seconds": age, "reason": fault or (NO_BACKUP if age is None else None)}


def users(now: datetime) -> dict[str, int]:
    """Accounts of people, how many of them did something in the last day, and how many are new."""
    people = User.objects.filter(deleted_at__isnull=True, is_active=True)
    active = UserActivity.objects.filter(created_at__gt=now - DAY, user__in=people).values("user").distinct().count()
    found = people.aggregate(total=Count("pk"), new_7d=Count("pk", filter=Q(created_at__gt=now - WEEK)))
    return {**found, "active_24h": active}


def jobs(now: datetime) -> dict[str, int]:
    """Background work and jobs of models together: those that run, wait, and failed in the last day."""
    tasks = BackgroundTask.objects.aggregate(
        running=Count("pk", filter=Q(status=TaskStatus.RUNNING)),
        pending=Count("pk", filter=Q(status=TaskStatus.PENDING)),
        failed_24h=Count("pk", filter=Q(status=TaskStatus.FAILED, completed_at__gt=now - DAY)),
    )
    trained = ModelJob.objects.filter(is_recurring=False).aggregate(
        running=Count("pk", filter=Q(job_status=JobStatus.RUNNING)),
        pending=Count("pk", filter=Q(job_status=JobStatus.PENDING)),
        failed_24h=Count("pk", filter=Q(job_status=JobStatus.FAILED, completed_at__gt=now - DAY)),
    )
    return {name: tasks[name] + trained[name] for name in tasks}
