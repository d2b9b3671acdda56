"""The product measures how it is: by its parts, once a minute, and says when it does not know."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from aimodels.models import AIModel
from cryptopredict.measuring import measure_health, parts, services
from cryptopredict.measuring.words import State, by_age, score
from system.models import AnalyticsData, BackgroundTask, OutboxEvent, SystemHealth
from system.selectors.health import health_word, newest_health
from system.selectors.heartbeats import heartbeats
from system.services.heartbeats import beat, forget
from tests.factories import (
    AssetFactory,
    CrossSectorFactory,
    GapFactory,
    ModelJobFactory,
    PipelineRunFactory,
    PredictionFactory,
    RankingFactory,
    RegimeFactory,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_score_is_the_weighted_mean_of_what_is_known() -> None:
    assert score([]) is None
    assert score([(State.UNKNOWN, 5)]) is None
    assert score([(State.HEALTHY, 1), (State.UNKNOWN, 9)]) == 100
    assert score([(State.HEALTHY, 3), (State.WARNING, 2), (State.ERROR, 5)]) == pytest.approx(40)


@pytest.mark.parametrize(("hours", "state"), [(1, "healthy"), (2, "healthy"), (3, "warning"), (5, "error")])
def test_what_has_to_happen_again_is_judged_by_its_age(hours: int, state: str) -> None:
    now = timezone.now()
    assert by_age(now - hours * HOUR, now, 2 * HOUR, 4 * HOUR) == state
    assert by_age(None, now, HOUR, HOUR) == "unknown"


def test_a_round_is_kept_told_and_counted() -> None:
    PredictionFactory(created_at=timezone.now())
    now = timezone.now()
    for factory in (RegimeFactory, CrossSectorFactory, RankingFactory):
        factory(analysis_time=now - HOUR)
    PipelineRunFactory(as_of=now - 40 * HOUR, status="done")
    failed = BackgroundTask.objects.create(
        task_name="x.y", task_type="ingest", status="failed", error_message="no answer", completed_at=now
    )
    beat("worker", "celery@here")
    try:
        row = measure_health(now)
        again = measure_health(now + timedelta(seconds=60))
    finally:
        forget("worker", "celery@here")
    assert row.api_status is not None
    assert {name: row.api_status[name] for name in ("layer1", "layer2", "layer3", "layer4", "database", "redis")} == {
        "layer1": "healthy",
        "layer2": "healthy",
        "layer3": "healthy",
        "layer4": "warning",
        "database": "healthy",
        "redis": "healthy",
    }
    assert row.api_status["workers"] == "healthy"
    assert row.database_status is not None
    assert row.database_status["size_bytes"] > 0
    assert row.ml_models_status is not None
    assert row.ml_models_status["active_models"] == AIModel.objects.filter(is_active=True).count()
    assert row.data_pipeline_status is not None
    assert row.data_pipeline_status["providers"].keys() >= {"binance"}
    assert row.performance_metrics is not None
    assert row.performance_metrics["predictions_per_minute"] == pytest.approx(1 / 60, abs=1e-4)
    assert row.error_logs is not None
    assert [(one["kind"], one["id"], one["error"]) for one in row.error_logs] == [("task", failed.pk, "no answer")]
    assert 50 <= (row.overall_health_score or 0) <= 100
    assert newest_health() == again
    assert list(OutboxEvent.objects.filter(topic="system.health").values_list("payload", flat=True)) == [
        {"health_id": row.pk},
        {"health_id": again.pk},
    ]
    hours = {f"{moment:%Y-%m-%d %H}" for moment in (now, now + timedelta(seconds=60))}  # the minute may end an hour
    figures = AnalyticsData.objects.filter(metric_name="predictions_per_minute")
    assert [(one.aggregation_level, one.category) for one in figures] == [("hourly", "throughput")] * len(hours)


def test_what_was_never_there_is_unknown_and_takes_nothing_away() -> None:
    now = timezone.now()
    assert set(parts.layers(now).values()) == {State.UNKNOWN}
    state, found = parts.models(now)
    assert (state, found["jobs"]["failed_24h"]) == (State.HEALTHY, 0)
    state, found = parts.pipeline(now)
    assert (found["sources"], found["open_gaps"]) == ({}, 0)
    assert services.schedule(now)[0] == State.UNKNOWN


def test_old_prices_gaps_and_failures_are_warnings() -> None:
    now = timezone.now()
    AssetFactory(data_source="binance", last_price_update=now - 60 * HOUR)
    GapFactory()
    ModelJobFactory(job_status="failed", completed_at=now, started_at=now - HOUR)
    assert parts.models(now)[0] == State.WARNING
    state, found = parts.pipeline(now)
    assert (state, found["open_gaps"]) == (State.WARNING, 1)
    assert found["sources"]["binance"]["status"] == "error"
    assert found["sources"]["binance"]["lag_seconds"] == 60 * 3600


def test_a_worker_that_falls_silent_is_missed_until_it_is_forgotten() -> None:
    now = timezone.now()
    beat("test-worker", "a")
    assert (heartbeats("test-worker") or {}).keys() == {"a"}
    forget("test-worker", "a")
    assert heartbeats("test-worker") == {}
    beat("worker", "b")
    try:
        assert services.workers(now + timedelta(minutes=10))[0] == State.ERROR
    finally:
        forget("worker", "b")


def test_redis_that_is_down_is_an_error_and_no_exception(settings: object) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    assert services.redis_state()[0] == State.ERROR
    assert services.workers(timezone.now())[0] == State.UNKNOWN


@pytest.mark.parametrize(
    ("points", "minutes", "word"), [(95, 1, "healthy"), (89, 1, "degraded"), (49, 1, "down"), (95, 6, "down")]
)
def test_the_state_in_a_word(points: int, minutes: int, word: str) -> None:
    now = timezone.now()
    check = SystemHealth(check_time=now - timedelta(minutes=minutes), overall_health_score=Decimal(points))
    assert health_word(check, now) == word
    assert health_word(None, now) is None
