"""Checks of what the product does: the four layers, its models, its data and what went wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from aimodels.choices import JobCategory, JobStatus, ModelStatus
from aimodels.models import AIModel, ModelJob
from assets.choices import DEMO_SOURCE, GapStatus, IngestStatus
from assets.models import Asset, CandleGap, IngestState
from cryptopredict.backups.archiving import archiving
from cryptopredict.backups.policy import known
from cryptopredict.measuring.words import State, by_age
from macro.models import AIRegimeAnalysis
from sectors.models import AICrossSectorAnalysis
from selection.models import AIWatchlistAnalysis
from system.choices import LIVE, RunStatus, TaskStatus
from system.models import BackgroundTask, PipelineRun
from system.selectors.providers import ProviderState, provider_states
from system.services import setting

FRESH, STALE = timedelta(hours=26), timedelta(hours=50)
"""The daily run is the least that has to come; an hour or two late is not late."""
MOST_ERRORS = 20
DAY = timedelta(days=1)


def layers(now: datetime) -> dict[str, State]:
    """Each layer by its newest live analysis; the last one by the newest run that came to its end."""
    newest = {
        "layer1": AIRegimeAnalysis.objects.filter(series=LIVE).aggregate(last=Max("analysis_time")),
        "layer2": AICrossSectorAnalysis.objects.filter(series=LIVE).aggregate(last=Max("analysis_time")),
        "layer3": AIWatchlistAnalysis.objects.filter(series=LIVE).aggregate(last=Max("analysis_time")),
        "layer4": PipelineRun.objects.filter(series=LIVE, status=RunStatus.DONE).aggregate(last=Max("as_of")),
    }
    return {name: by_age(found["last"], now, FRESH, STALE) for name, found in newest.items()}


def models(now: datetime) -> tuple[State, dict[str, Any]]:
    """Versions in force, in training and broken, and what the jobs came to in the last day."""
    found = AIModel.objects.aggregate(
        active_models=Count("pk", filter=Q(is_active=True)),
        error_models=Count("pk", filter=Q(status=ModelStatus.ERROR)),
    )
    jobs = ModelJob.objects.filter(is_recurring=False)
    running = jobs.filter(job_status=JobStatus.RUNNING)
    found["training_models"] = running.filter(job_category=JobCategory.TRAINING).values("model").distinct().count()
    counted = jobs.aggregate(
        running=Count("pk", filter=Q(job_status=JobStatus.RUNNING)),
        pending=Count("pk", filter=Q(job_status=JobStatus.PENDING)),
        failed_24h=Count("pk", filter=Q(job_status=JobStatus.FAILED, completed_at__gt=now - DAY)),
    )
    is_wrong = found["error_models"] or counted["failed_24h"]
    return State.WARNING if is_wrong else State.HEALTHY, found | {"jobs": counted}


def pipeline(now: datetime) -> tuple[State, dict[str, Any]]:
    """How old prices are by source, what is missing, what providers allow, and the runs of the last day."""
    lag = newest_prices(now)
    providers = {one.name: provider_facts(one) for one in provider_states()}
    gaps = CandleGap.objects.filter(status=GapStatus.OPEN).exclude(asset__data_source=DEMO_SOURCE).count()
    unfinished = IngestState.objects.filter(status__in=[IngestStatus.PARTIAL, IngestStatus.FAILED]).count()
    runs = PipelineRun.objects.filter(series=LIVE, started_at__gt=now - DAY).aggregate(
        done_24h=Count("pk", filter=Q(status=RunStatus.DONE)), failed_24h=Count("pk", filter=Q(status=RunStatus.FAILED))
    )
    found = {
        "collection_enabled": setting("collection")["enabled"],
        "sources": lag,
        "providers": providers,
        "open_gaps": gaps,
        "unfinished_fetches": unfinished,
        "runs": runs,
    }
    states = [State(one["status"]) for one in (*lag.values(), *providers.values())]
    is_wrong = gaps or runs["failed_24h"] or any(one in (State.WARNING, State.ERROR) for one in states)
    return State.WARNING if is_wrong else State.HEALTHY, found


def newest_prices(now: datetime) -> dict[str, dict[str, Any]]:
    """When the prices of each source are from, and how long ago that is."""
    rows = Asset.objects.filter(is_active=True, last_price_update__isnull=False).values("data_source").order_by()
    return {
        row["data_source"]: {
            "newest": row["last"].astimezone(UTC).isoformat(),
            "lag_seconds": round((now - row["last"]).total_seconds()),
            "status": by_age(row["last"], now, FRESH, STALE),
        }
        for row in rows.annotate(last=Max("last_price_update"))
    }


def provider_facts(one: ProviderState) -> dict[str, Any]:
    """Where we stand with a provider, for JSON."""
    if one.is_banned:
        state = State.ERROR
    elif one.last_call is None:
        state = State.UNKNOWN
    else:
        is_well = one.last_status is not None and 200 <= one.last_status < 400
        state = State.HEALTHY if is_well else State.WARNING
    return {
        "status": state,
        "budget": one.limit,
        "budget_used_pct": None if one.used_pct is None else round(one.used_pct, 1),
        "window_seconds": one.window_seconds,
        "banned_until": told(one.banned_until),
        "last_call": told(one.last_call),
        "last_status": one.last_status,
        "last_error": one.last_error,
        "last_error_at": told(one.last_error_at),
    }


def backups(now: datetime) -> tuple[State, dict[str, Any]]:
    """How old the newest backup is, and what came of the last trial. Without any it is not known yet."""
    stand = known()
    found = {
        "enabled": stand.enabled,
        "newest": told(stand.made_at),
        "age_seconds": None if stand.made_at is None else round((now - stand.made_at).total_seconds()),
        "bytes": stand.facts.get("bytes"),
        "failed_at": told(stand.failure.created_at) if stand.failure else None,
        "tried_out": told(stand.drill.started_at) if stand.drill else None,
        "trial_failed": bool(stand.drill_fault),
    }
    archive = archiving()
    if archive is not None:
        found["log_archived"] = told(archive.last_at)
        found["log_waiting"] = archive.waiting
    is_behind = archive is not None and archive.is_late
    if stand.failure or stand.drill_fault or is_behind or (stand.enabled and stand.is_late(now)):
        return State.WARNING, found
    return State.UNKNOWN if stand.made_at is None else State.HEALTHY, found


def errors(now: datetime) -> list[dict[str, Any]]:
    """What failed in the last day, the newest first: background work, runs, jobs of models."""
    since = now - DAY
    tasks = BackgroundTask.objects.filter(status=TaskStatus.FAILED, completed_at__gt=since).order_by("-completed_at")
    runs = PipelineRun.objects.filter(status=RunStatus.FAILED, finished_at__gt=since).order_by("-finished_at")
    jobs = ModelJob.objects.filter(job_status=JobStatus.FAILED, completed_at__gt=since).order_by("-completed_at")
    found = [
        *((row.completed_at, "task", row.pk, row.task_name, row.error_message) for row in tasks[:MOST_ERRORS]),
        *((row.finished_at, "run", row.pk, f"{row.timeframe} {row.series}", row.error) for row in runs[:MOST_ERRORS]),
        *((row.completed_at, "job", row.pk, row.job_type, row.error_message) for row in jobs[:MOST_ERRORS]),
    ]
    found.sort(key=lambda one: one[0] or since, reverse=True)
    return [
        {"at": told(at), "kind": kind, "id": key, "name": name, "error": (error or "")[:500]}
        for at, kind, key, name, error in found[:MOST_ERRORS]
    ]


def told(moment: datetime | None) -> str | None:
    """A time as JSON holds it."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
