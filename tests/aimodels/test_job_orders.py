"""Jobs that are stopped, paused, tried again and changed."""

import threading
import time
from typing import Any

import lightgbm
import numpy as np
import pytest

from accounts.models import User
from aimodels.choices import JobCategory, JobStatus
from aimodels.models import AIModel, ModelJob
from aimodels.services import jobs
from system.exceptions import ConflictError, InvalidInput, NoData
from system.models import AuditLog
from tests.aimodels.at_work import (
    admin,
    ask,
    beside,
    handlers,
    model,
    quick,
    raising,
    row,
    run,
    unexplained,
    until_stopped,
    wait,
)

__all__ = ["admin", "beside", "model", "quick"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_cancelling_ends_training_between_two_iterations(model: AIModel, beside: Any, admin: User) -> None:
    job = ask(model, category=JobCategory.TRAINING)
    generator = np.random.default_rng(1)
    table = generator.normal(size=(2000, 5))
    data = lightgbm.Dataset(table, (table[:, 0] > 0).astype(float), params={"verbose": -1})

    def boost(context: jobs.JobContext) -> dict[str, Any]:
        lightgbm.train(
            {"objective": "binary", "verbose": -1, "num_threads": 1},
            data,
            num_boost_round=1_000_000,
            callbacks=[context.iterations("boosting", 0.1, 0.9)],
        )
        return {}

    beside(lambda: run(boost))
    wait(lambda: (row(job).completed_steps or 0) > 10)
    begun = time.monotonic()
    assert jobs.cancel_job(job.pk, actor=admin).stop_requested == "cancel"
    wait(lambda: row(job).job_status == JobStatus.CANCELLED)
    assert time.monotonic() - begun < 5
    ended = row(job)
    assert ended.total_steps == 1_000_000
    assert 10 <= ended.progress_pct < 90
    assert "cancel asked for" in ended.log_output
    assert unexplained(ended) == set()


def test_a_paused_job_goes_on_from_its_checkpoint(model: AIModel, beside: Any, admin: User) -> None:
    job = ask(model)
    beside(lambda: run(until_stopped))
    wait(lambda: (row(job).checkpoint or {}).get("steps", 0) > 5)
    jobs.pause_job(job.pk, actor=admin)
    wait(lambda: row(job).job_status == JobStatus.PAUSED)
    steps = row(job).checkpoint["steps"]
    assert jobs.run_next_job(handlers(lambda _: {})) is None
    jobs.resume_job(job.pk, actor=admin)
    done = run(lambda job: {"began_at": job.state["steps"]})
    assert (done.job_status, done.job_results, done.retry_count) == ("completed", {"began_at": steps}, 0)
    assert float(done.execution_time_seconds) > done.job_metrics["resource_usage"]["seconds"]


def test_a_worker_that_ends_hands_its_job_on(model: AIModel, beside: Any) -> None:
    job, shutdown = ask(model), threading.Event()
    beside(lambda: jobs.run_next_job(handlers(until_stopped), shutdown=shutdown))
    wait(lambda: row(job).checkpoint)
    shutdown.set()
    wait(lambda: row(job).job_status == JobStatus.PENDING)
    assert run(lambda job: {"steps": job.state["steps"]}).retry_count == 0


def test_a_cancelled_or_failed_job_is_tried_again_from_the_beginning(model: AIModel, admin: User) -> None:
    job = ask(model)
    jobs.cancel_job(job.pk, actor=admin)
    cancelled = row(job)
    assert (cancelled.job_status, unexplained(cancelled)) == ("cancelled", set())
    jobs.retry_job(job.pk, actor=admin)
    assert run(raising(NoData("Nothing there."))).job_status == JobStatus.FAILED
    jobs.retry_job(job.pk, actor=admin)
    done = run(lambda job: {"state": job.state})
    assert (done.job_status, done.error_message, done.job_results) == ("completed", None, {"state": None})
    deeds = AuditLog.objects.filter(table_name="model_jobs", operation="ACTION", changed_by=admin)
    assert list(deeds.order_by("pk").values_list("details", flat=True)) == ["job: cancel", "job: retry", "job: retry"]


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("pending", ("resume", "retry")),
        ("completed", ("cancel", "pause", "resume", "retry")),
        ("cancelled", ("cancel", "pause", "resume")),
        ("paused", ("pause", "retry")),
    ],
)
def test_an_order_that_does_not_fit_the_state_is_refused(model: AIModel, state: str, refused: tuple[str, ...]) -> None:
    job = ask(model)
    ModelJob.objects.update(job_status=state)
    for name in ("cancel", "pause", "resume", "retry"):
        order = getattr(jobs, f"{name}_job")
        if name in refused:
            with pytest.raises(ConflictError) as refusal:
                order(job.pk, actor=None)
            assert refusal.value.code == "wrong_state"
    assert ModelJob.objects.get().job_status == state


def test_a_waiting_job_may_be_changed(model: AIModel, admin: User) -> None:
    job = ask(model)
    jobs.change_job(job.pk, actor=admin, changes={"priority": "high", "max_retries": 1})
    assert AuditLog.objects.get(table_name="model_jobs", operation="UPDATE", record_id=job.pk).old_values == {
        "priority": "normal",
        "max_retries": 3,
    }
    for changes in ({"job_status": "failed"}, {"cron_schedule": "* * * * *"}, {"priority": "now"}):
        with pytest.raises(InvalidInput):
            jobs.change_job(job.pk, actor=admin, changes=changes)
    run(lambda _: {})
    with pytest.raises(ConflictError):
        jobs.change_job(job.pk, actor=admin, changes={"priority": "low"})
