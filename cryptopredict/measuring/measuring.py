"""One round of checks."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from aimodels.models import Prediction
from cryptopredict.measuring import parts, services
from cryptopredict.measuring.words import score
from system.choices import AggregationLevel
from system.history import there_is_a_replica
from system.models import AnalyticsData, ApiRequestLog, SystemHealth
from system.services import publish
from system.stores.artefacts import bucket

WEIGHTS = {
    "database": 3, "replica": 1, "redis": 3, "workers": 2, "schedule": 2, "machine": 1, "models": 1, "data": 2,
    "backup": 1, "files": 2,
}  # fmt: skip
LAYER_WEIGHT = 2
HOUR = timedelta(hours=1)
TOPIC = "system.health"
CATEGORY = "throughput"


@transaction.atomic
def measure_health(now: datetime) -> SystemHealth:
    """Look at every part, keep what was found, and tell who watches.

    Args:
        now: the present.
    Returns:
        The row of this round.
    """
    database, database_found = services.database()
    redis, redis_found = services.redis_state()
    workers, heard = services.workers(now)
    schedule, schedule_found = services.schedule(now)
    machine, machine_found = services.machine()
    models, models_found = parts.models(now)
    data, data_found = parts.pipeline(now)
    backup, backup_found = parts.backups(now)
    layers = parts.layers(now)
    states = {
        "database": database,
        "redis": redis,
        "workers": workers,
        "schedule": schedule,
        "machine": machine,
        "backup": backup,
    }
    if there_is_a_replica():
        states["replica"], database_found["replica"] = services.replica_state()
    if (there := bucket()) is not None:
        states["files"], machine_found["files"] = services.files_state(there)
    weighed = [(state, WEIGHTS[name]) for name, state in {**states, "models": models, "data": data}.items()]
    total = score([*weighed, *((state, LAYER_WEIGHT) for state in layers.values())])
    figures = throughput(now)
    row = SystemHealth.objects.create(
        check_time=now,
        api_status={**layers, **states},
        database_status=database_found,
        ml_models_status=models_found,
        data_pipeline_status=data_found,
        performance_metrics={
            **machine_found,
            "redis": redis_found,
            "worker_silence_seconds": heard,
            **schedule_found,
            "backup": backup_found,
            **figures,
        },
        error_logs=parts.errors(now),
        overall_health_score=None if total is None else Decimal(str(round(total, 2))),
    )
    keep_figures(figures, now)
    publish(TOPIC, {"health_id": row.pk})
    return row


def throughput(now: datetime) -> dict[str, float]:
    """How much was worked on in the last hour, a minute. Requests are counted where they are logged."""
    since = now - HOUR
    forecasts = Prediction.objects.filter(created_at__gt=since, created_at__lte=now).count()
    found = {"predictions_per_minute": round(forecasts / 60, 4)}
    requests = ApiRequestLog.objects.filter(created_at__gt=since, created_at__lte=now).count()
    if requests:
        found["requests_per_minute"] = round(requests / 60, 4)
    return found


def keep_figures(figures: dict[str, float], now: datetime) -> None:
    """The newest figures of each hour stay."""
    for name, value in figures.items():
        AnalyticsData.objects.update_or_create(
            category=CATEGORY,
            metric_name=name,
            aggregation_level=AggregationLevel.HOURLY,
            period_start=now.replace(minute=0, second=0, microsecond=0),
            dimensions={},
            defaults={"metric_value": Decimal(str(value))},
        )
