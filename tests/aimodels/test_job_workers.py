"""Jobs whose worker is lost, and jobs that come from a schedule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from aimodels.choices import JobCategory, JobStatus
from aimodels.models import AIModel, ModelJob
from aimodels.services import jobs
from tests.aimodels.at_work import (
    admin,
    ask,
    beside,
    handlers,
    model,
    quick,
    run,
    unexplained,
)

__all__ = ["admin", "beside", "model", "quick"]
pytestmark = pytest.mark.django_db(transaction=True)


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
