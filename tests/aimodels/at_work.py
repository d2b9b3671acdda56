"""What tests of jobs share: quick timing, a model, work of several kinds, and threads beside."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from aimodels.choices import JobCategory
from aimodels.models import AIModel, ModelJob
from aimodels.services import jobs
from system.services import change_setting, setting
from tests.factories import AIModelFactory, UserFactory

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


def unexplained(job: ModelJob) -> set[str]:
    """Columns that are NULL without a reason, or have a reason though they are not."""
    empty = {column.name for column in ModelJob._meta.concrete_fields if getattr(job, column.attname) is None}
    return empty ^ set((job.job_metrics or {})["missing"])
