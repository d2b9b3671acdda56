"""Jobs: who takes one, what its row says, and what goes wrong."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from aimodels.choices import JobCategory, JobStatus
from aimodels.models import AIModel, ModelJob
from aimodels.services import jobs
from system import spans
from system.exceptions import ConflictError, InvalidInput, NoData, UnavailableError
from system.models import AuditLog, OutboxEvent
from system.services import change_setting, setting
from tests.aimodels.at_work import (
    admin,
    ask,
    beside,
    handlers,
    model,
    quick,
    raising,
    run,
    unexplained,
    until_stopped,
    wait,
)
from tests.factories import AIModelFactory
from tests.stubs.collector import Collector, told_to

__all__ = ["admin", "beside", "model", "quick"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_is_done_and_its_row_tells_all(model: AIModel, admin: User) -> None:
    waiting = ask(model, name="nightly", config={"days": 3}, actor=admin)
    assert unexplained(ModelJob.objects.get(pk=waiting.pk)) == set()
    seen: dict[str, Any] = {}

    def work(job: jobs.JobContext) -> dict[str, Any]:
        seen.update(config=job.config, model=job.model, state=job.state, attempt=job.attempt)
        job.progress("half way", 0.5, done=1, total=2)
        job.log("a line")
        sum(range(6_000_000))  # something to measure
        wait(lambda: ModelJob.objects.get(pk=job.job_id).progress_pct == 50)
        running = ModelJob.objects.get(pk=job.job_id)
        assert (running.job_status, running.current_phase, running.completed_steps) == ("running", "half way", 1)
        assert running.estimated_completion is not None
        assert running.estimated_completion > timezone.now() - timedelta(seconds=5)
        assert unexplained(running) == set()
        return {"final_metrics": {"brier": 0.2}}

    job = run(work)
    assert seen == {"config": {"days": 3}, "model": model, "state": None, "attempt": 1}
    assert (job.job_status, job.progress_pct, job.completed_steps, job.total_steps) == ("completed", 100, 1, 2)
    assert job.job_results == {"final_metrics": {"brier": 0.2}}
    assert "a line" in (job.log_output or "")
    used = job.job_metrics["resource_usage"]
    assert 0 < used["cpu_seconds"] <= used["seconds"] * 4
    assert 20 < used["peak_memory_mb"] < 10_000
    assert used["gpu_percent"] is None
    assert float(job.execution_time_seconds) == pytest.approx(used["seconds"])
    assert job.started_at <= job.completed_at
    assert job.worker
    assert (job.lease_until, job.retry_count, job.attempts) == (None, 0, 1)
    assert unexplained(job) == set()
    assert AuditLog.objects.filter(table_name="model_jobs", record_id=job.pk, changed_by=admin).count() == 1
    told = OutboxEvent.objects.filter(topic="job.progress", payload__job_id=job.pk).values_list("payload", flat=True)
    assert [payload["job_status"] for payload in told] == ["running", "completed"]
    assert jobs.run_next_job(handlers(work)) is None


def test_a_job_is_a_part_of_the_trace_of_who_ordered_it(model: AIModel) -> None:
    with Collector() as collector, told_to(collector.url, "models"):
        with spans.span("request"):
            first, second = ask(model), ask(model)
        run(lambda _job: {})
        run(raising(ZeroDivisionError("a secret")))
    (asked,) = collector.named("request")
    done, failed = collector.named("job work")
    assert {(one.trace, one.parent, one.kind) for one in (done, failed)} == {(asked.trace, asked.id, "consumer")}
    assert [one.facts["job_id"] for one in (done, failed)] == [first.pk, second.pk]
    assert (done.has_failed, failed.has_failed, failed.facts["error.type"]) == (False, True, "ZeroDivisionError")
    assert b"a secret" not in collector.raw


def test_the_most_urgent_comes_first_then_the_oldest(model: AIModel) -> None:
    order = [ask(model, priority=priority).pk for priority in ("low", "normal", "urgent", "high", "urgent")]
    done = [run(lambda _: {}).pk for _ in order]
    assert done == [order[place] for place in (2, 4, 3, 1, 0)]


def test_two_workers_never_take_the_same_job(model: AIModel, beside: Any) -> None:
    asked = {ask(model).pk for _ in range(12)}
    taken: list[int] = []

    def note(job: jobs.JobContext) -> dict[str, Any]:
        taken.append(job.job_id)
        return {}

    def worker() -> None:
        while (job := jobs.run_next_job(handlers(note))) is not None:
            assert job.job_status == JobStatus.COMPLETED

    change_setting("model_jobs", setting("model_jobs") | {"running_max": 8}, actor=None)
    for thread in [beside(worker) for _ in range(4)]:
        thread.join(20)
    assert sorted(taken) == sorted(asked)


def test_no_more_run_than_may_and_training_leaves_room(model: AIModel, beside: Any) -> None:
    training = ask(model, category=JobCategory.TRAINING)
    other = ask(AIModelFactory(), category=JobCategory.TRAINING)
    forecast = ask(model)
    beside(lambda: run(until_stopped))
    wait(lambda: ModelJob.objects.get(pk=training.pk).job_status == JobStatus.RUNNING)
    assert jobs.has_work()
    assert run(lambda _: {}).pk == forecast.pk
    assert not jobs.has_work()  # the other training waits
    assert jobs.run_next_job(handlers(lambda _: {})) is None
    jobs.cancel_job(training.pk, actor=None)
    wait(lambda: ModelJob.objects.get(pk=training.pk).job_status == JobStatus.CANCELLED)
    assert run(lambda _: {}).pk == other.pk


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_defect_is_tried_again_and_is_dead_after_three_retries(model: AIModel) -> None:
    ask(model)
    for retry in range(1, 4):
        job = run(raising(ZeroDivisionError("division by zero\nmore")))
        assert (job.job_status, job.retry_count, job.error_message) == (
            "pending",
            retry,
            "ZeroDivisionError: division by zero",
        )
    job = run(raising(ZeroDivisionError("division by zero")))
    assert (job.job_status, job.retry_count, job.attempts) == ("failed", 3, 4)
    assert "Traceback" in job.log_output
    assert "raise error" in job.log_output
    assert len(job.job_metrics["attempts"]) == 4
    assert unexplained(job) == set()
    assert jobs.run_next_job(handlers(lambda _: {})) is None


def test_a_retry_waits_longer_each_time(model: AIModel) -> None:
    change_setting(
        "model_jobs", setting("model_jobs") | {"backoff_seconds": 60, "backoff_max_seconds": 100}, actor=None
    )
    ask(model)
    pauses = []
    for _ in range(3):
        job = run(raising(UnavailableError("The source is away.")))
        assert jobs.run_next_job(handlers(lambda _: {})) is None
        pauses.append((job.available_at - timezone.now()).total_seconds())
        ModelJob.objects.update(available_at=timezone.now())
    assert pauses == pytest.approx([60, 100, 100], abs=2)


def test_a_database_that_went_away_is_not_waited_for_as_for_a_defect(model: AIModel) -> None:
    """Nothing was wrong with the work; the first retry comes after five seconds, not after a minute."""
    change_setting("model_jobs", setting("model_jobs") | {"backoff_seconds": 60}, actor=None)
    ask(model)
    job = run(raising(OperationalError("server closed the connection unexpectedly")))
    assert (job.job_status, job.retry_count) == ("pending", 1)
    assert (job.available_at - timezone.now()).total_seconds() == pytest.approx(5, abs=2)


@pytest.mark.parametrize("error", [NoData("There are too few rows."), InvalidInput("One class only.")])
def test_a_refusal_is_not_tried_again(model: AIModel, error: Exception) -> None:
    ask(model)
    job = run(raising(error))
    assert (job.job_status, job.error_message, job.retry_count) == ("failed", str(error), 0)


def test_a_kind_that_nothing_does_and_results_that_cannot_be_kept_end_the_job(model: AIModel) -> None:
    ask(model, "unheard of")
    assert "unheard of" in run(lambda _: {}).error_message
    ask(model)
    job = run(lambda _: {"skill": float("nan")})
    assert (job.job_status, job.job_results) == ("failed", {})


@pytest.mark.parametrize(
    ("limit", "word"), [({"max_execution_seconds": 0.3}, "ran longer"), ({"max_memory_mb": 1}, "MB")]
)
def test_a_limit_ends_the_job(model: AIModel, limit: dict[str, float], word: str) -> None:
    ask(model, limits=limit)
    job = run(until_stopped)
    assert (job.job_status, job.retry_count) == ("failed", 0)
    assert word in job.error_message


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"limits": {"max_cpu_percent": 50}}, "resource_limits"),
        ({"limits": {"max_memory_mb": -1}}, "resource_limits"),
        ({"cron": "61 * * * *"}, "cron_schedule"),
        ({"config": {"x": float("nan")}}, "job_config"),
        ({"max_retries": 11}, "max_retries"),
        ({"name": "x" * 31}, "job_name"),
        ({"priority": "now"}, "priority"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(model: AIModel, asked: dict[str, Any], field: str | None) -> None:
    with pytest.raises(InvalidInput) as refusal:
        ask(model, **asked)
    assert refusal.value.field == field
    assert not ModelJob.objects.exists()


def test_a_model_is_trained_once_at_a_time(model: AIModel) -> None:
    ask(model, category=JobCategory.TRAINING)
    with pytest.raises(ConflictError) as refusal:
        ask(model, category=JobCategory.TRAINING)
    assert refusal.value.code == "already_training"
