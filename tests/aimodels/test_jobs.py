"""Jobs: who takes one, what its row says, how it stops, waits, is tried again, and comes from a schedule."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import lightgbm
import numpy as np
import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from accounts.models import User
from aimodels.choices import JobCategory, JobStatus
from aimodels.models import AIModel, ModelJob
from aimodels.services import jobs
from system.exceptions import ConflictError, InvalidInput, NoData, UnavailableError
from system.models import AuditLog, OutboxEvent
from system.services import change_setting, setting
from tests.factories import AIModelFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = {"lease_seconds": 2, "beat_seconds": 0.1, "grace_seconds": 1, "backoff_seconds": 0, "running_max": 2}


@pytest.fixture(autouse=True)
def quick() -> None:
    change_setting("model_jobs", setting("model_jobs") | QUICK, actor=None)


@pytest.fixture
def admin() -> User:
    return UserFactory()


@pytest.fixture
def model() -> AIModel:
    return AIModelFactory()


def ask(model: AIModel, kind: str = "work", category: JobCategory = JobCategory.PREDICTION, **more: Any) -> ModelJob:
    return jobs.enqueue_job(model, category=category, job_type=kind, actor=more.pop("actor", None), **more)


def handlers(work: Callable[[jobs.JobContext], Any]) -> jobs.Handlers:
    return {("work", "asset"): work}


def run(work: Callable[[jobs.JobContext], Any]) -> Any:
    job = jobs.run_next_job(handlers(work))
    assert job is not None
    return job


def row(job: ModelJob) -> Any:
    return ModelJob.objects.get(pk=job.pk)


def raising(error: Exception) -> Callable[[jobs.JobContext], Any]:
    def work(_: jobs.JobContext) -> Any:
        raise error

    return work


def until_stopped(job: jobs.JobContext) -> dict[str, Any]:
    """Work that checks often and never ends by itself."""
    steps = 0 if job.state is None else job.state["steps"]
    while True:
        steps += 1
        job.checkpoint({"steps": steps})
        job.progress("working", min(1, steps / 1000))
        time.sleep(0.02)


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], Any]], threading.Thread]]:
    """Run something in a thread with a connection of its own."""
    threads = []

    def start(work: Callable[[], Any]) -> threading.Thread:
        def whole() -> None:
            try:
                work()
            finally:
                connections.close_all()

        thread = threading.Thread(target=whole)
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def wait(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


# -- one job ----------------------------------------------------------------------------------------------------------


def unexplained(job: ModelJob) -> set[str]:
    """Columns that are NULL without a reason, or have a reason though they are not."""
    empty = {column.name for column in ModelJob._meta.concrete_fields if getattr(job, column.attname) is None}
    return empty ^ set((job.job_metrics or {})["missing"])


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
        ({"max_retries": 11}, None),
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


# -- orders -----------------------------------------------------------------------------------------------------------


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


# -- lost workers -----------------------------------------------------------------------------------------------------


def lose(job: ModelJob) -> None:
    """As if its worker had given no sign of life since long ago."""
    ModelJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_worker_that_lost_its_job_changes_nothing_any_more(model: AIModel, beside: Any) -> None:
    job = ask(model)
    caught: list[BaseException] = []

    def late(context: jobs.JobContext) -> dict[str, Any]:
        lose(job)
        successor = run(lambda _: {"by": "the successor"})
        assert successor.job_status == JobStatus.COMPLETED
        try:
            with context.landing():
                AIModel.objects.create(name="late", version="1")
        except jobs.Stopped as stopped:
            caught.append(stopped)
        return {"by": "the late one"}

    ended = run(late)
    assert len(caught) == 1
    assert (ended.job_results, ended.attempts, ended.retry_count) == ({"by": "the successor"}, 2, 1)
    assert not AIModel.objects.filter(name="late").exists()


def test_a_lost_job_that_got_to_a_checkpoint_costs_no_retry(model: AIModel) -> None:
    job = ask(model, max_retries=1)

    def one_step(number: int) -> Callable[[jobs.JobContext], Any]:
        def work(context: jobs.JobContext) -> dict[str, Any]:
            context.checkpoint({"step": number})
            lose(job)
            assert jobs.reap_lost_jobs(jobs.timing()) == [job.pk]
            return {}

        return work

    for number in range(3):
        assert run(one_step(number)).retry_count == 0
    assert run(one_step(2)).retry_count == 1  # the same again is no progress
    ended = run(one_step(2))
    assert (ended.job_status, ended.retry_count) == ("failed", 1)
    assert "without a word" in ended.error_message
    assert unexplained(ended) == set()


@pytest.mark.parametrize(("order", "state"), [("cancel", "cancelled"), ("pause", "paused")])
def test_a_lost_job_that_was_to_stop_has_stopped(model: AIModel, order: str, state: str) -> None:
    job = ask(model)

    def work(_: jobs.JobContext) -> dict[str, Any]:
        getattr(jobs, f"{order}_job")(job.pk, actor=None)
        lose(job)
        jobs.reap_lost_jobs(jobs.timing())
        return {}

    assert run(work).job_status == state


def test_a_job_survives_a_database_that_ends_its_connections(model: AIModel) -> None:
    ask(model)

    def work(_: jobs.JobContext) -> dict[str, Any]:
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = current_user AND datname = current_database()"
            )
        return {}

    job = run(work)
    assert (job.job_status, job.attempts) == (JobStatus.COMPLETED, 1)


# -- schedules --------------------------------------------------------------------------------------------------------

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)


def schedule(model: AIModel, cron: str = "* * * * *") -> ModelJob:
    job = ask(model, category=JobCategory.TRAINING, cron=cron, name="each", config={"days": 1})
    ModelJob.objects.filter(pk=job.pk).update(next_run_time=MIDNIGHT)
    return job


def test_two_beats_for_a_hundred_ticks_make_a_hundred_jobs(model: AIModel, beside: Any) -> None:
    template = schedule(model)
    made: list[int] = []

    def beat() -> None:
        made.extend([jobs.enqueue_due_jobs(MIDNIGHT + timedelta(minutes=tick)) for tick in range(100)])

    for thread in [beside(beat), beside(beat)]:
        thread.join(60)
    due = list(ModelJob.objects.filter(schedule=template).order_by("due_at").values_list("due_at", flat=True))
    assert due == [MIDNIGHT + timedelta(minutes=tick) for tick in range(100)]
    assert (len(made), sum(made)) == (200, 100)


def test_the_database_refuses_a_second_job_of_a_time(model: AIModel) -> None:
    template = schedule(model)
    assert jobs.enqueue_due_jobs(MIDNIGHT) == 1
    ModelJob.objects.filter(pk=template.pk).update(next_run_time=MIDNIGHT)  # a beat that read the old row
    assert jobs.enqueue_due_jobs(MIDNIGHT) == 0
    assert ModelJob.objects.filter(schedule=template).count() == 1


def test_of_times_that_were_missed_the_last_one_counts(model: AIModel) -> None:
    template = schedule(model, "0 2 * * *")
    assert jobs.enqueue_due_jobs(MIDNIGHT + timedelta(days=30, hours=3)) == 1
    job = ModelJob.objects.get(schedule=template)
    assert job.due_at == MIDNIGHT + timedelta(days=30, hours=2)
    assert (job.job_name, job.job_config, job.initiated_by, job.is_recurring) == ("each", {"days": 1}, None, False)
    template.refresh_from_db()
    assert template.next_run_time == MIDNIGHT + timedelta(days=31, hours=2)
    assert unexplained(job) == unexplained(template) == set()
    assert run(lambda context: {"due": str(context.due_at)}).job_results == {"due": str(job.due_at)}


def test_a_schedule_rests_ends_and_is_never_run_itself(model: AIModel) -> None:
    template = schedule(model)
    assert jobs.run_next_job(handlers(lambda _: {})) is None
    jobs.pause_job(template.pk, actor=None)
    assert jobs.enqueue_due_jobs(MIDNIGHT + timedelta(days=1)) == 0
    assert unexplained(ModelJob.objects.get()) == set()
    jobs.resume_job(template.pk, actor=None)
    assert jobs.enqueue_due_jobs(MIDNIGHT) == 1
    jobs.cancel_job(template.pk, actor=None)
    assert jobs.enqueue_due_jobs(MIDNIGHT + timedelta(days=1)) == 0


def test_the_queue_is_read_by_its_index(model: AIModel) -> None:
    ask(model)
    from aimodels.services.jobs.queue import takeable

    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_sort = off")
        plan = takeable(jobs.timing()).explain()
        cursor.execute("RESET ALL")
    assert "idx_model_jobs_priority_queue" in plan
