"""Jobs in processes of their own, which are killed, do not listen, or take their worker down. Three kills in the normal
suite, thirty with ``--full``.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from aimodels.choices import JobCategory, JobStatus
from aimodels.models import AIModel, ModelJob
from aimodels.services import jobs
from cryptopredict import jobs as composition
from cryptopredict import tasks
from system.services import change_setting, setting
from tests.aimodels.at_work import unexplained
from tests.cryptopredict.installation import ROOT, wait_for
from tests.factories import AIModelFactory

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Nursery:
    """A process that begins workers, which work in the database of the tests and keep files in a home of their own."""

    home: Path
    variables: dict[str, str]
    process: "subprocess.Popen[str]"

    def begin(self) -> int:
        """Begin a worker; its process number."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def nursery(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    found, home = connections["default"].settings_dict, tmp_path_factory.mktemp("home")
    place = f"{quote(found['PASSWORD'])}@/{quote(found['NAME'])}?host={found['OPTIONS'].get('host') or found['HOST']}"
    address = f"postgresql://{found['USER']}:{place}"
    variables = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), address)
    variables |= {"CRYPTOPREDICT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests/aimodels/job_worker.py")]
    with (
        (home / "workers.log").open("wb") as log,
        subprocess.Popen(
            command,
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Nursery(home, variables, process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.fixture
def worker(nursery: Nursery) -> Iterator[Callable[[], int]]:
    """Begins a worker; its process number."""
    begun: list[int] = []

    def begin() -> int:
        begun.append(nursery.begin())
        return begun[-1]

    yield begin
    for pid in begun:
        if psutil.pid_exists(pid):
            kill(pid)


def kill(pid: int) -> None:
    """Kill it, and see it dead."""
    os.kill(pid, signal.SIGKILL)
    await_end(pid, 10)


def await_end(pid: int, seconds: float) -> None:
    wait_for(lambda: not psutil.pid_exists(pid), seconds)


def lease(seconds: float) -> None:
    quick = {"lease_seconds": seconds, "beat_seconds": 0.2, "backoff_seconds": 0, "heavy_max": 2, "grace_seconds": 2}
    change_setting("model_jobs", setting("model_jobs") | quick, actor=None)


def ask(kind: str, **config: Any) -> ModelJob:
    return jobs.enqueue_job(AIModelFactory(), category=JobCategory.TRAINING, job_type=kind, actor=None, config=config)


@pytest.mark.long
def test_killed_workers_lose_nothing_and_do_nothing_twice(
    worker: Callable[[], int], nursery: Nursery, request: pytest.FixtureRequest
) -> None:
    rounds, seconds, phase = (30, 2.0, 0.3) if request.config.getoption("--full") else (3, 1.0, 0.15)
    lease(seconds)
    chance = random.Random(5)  # noqa: S311 - places of the kills
    asked: list[ModelJob] = []
    workers = [worker(), worker()]
    resumed: list[float] = []
    phases: set[str | None] = set()
    for _ in range(rounds):
        while ModelJob.objects.filter(job_status=JobStatus.PENDING).count() < 2:
            asked.append(ask("train", seconds=phase))
        victim = _at_work(workers)
        time.sleep(chance.uniform(0, 4 * phase))
        kill(victim)
        struck = time.monotonic()
        workers[workers.index(victim)] = worker()
        left = ModelJob.objects.filter(worker__endswith=f":{victim}", job_status=JobStatus.RUNNING).first()
        if left is not None:  # else it was killed between two jobs
            same = ModelJob.objects.filter(pk=left.pk)
            # Its last words may have been on their way to the database: then it is done.
            wait_for(same.filter(Q(attempts__gt=left.attempts) | Q(job_status=JobStatus.COMPLETED)).exists, 60, states)
            if same.filter(attempts__gt=left.attempts).exists():
                phases.add(left.current_phase)
                resumed.append(time.monotonic() - struck)
    wait_for(lambda: not ModelJob.objects.exclude(job_status=JobStatus.COMPLETED).exists(), 120, states)
    assert len(resumed) >= rounds // 2
    assert max(resumed) < 60
    print(f"{rounds} kills, {len(resumed)} in {sorted(map(str, phases))}; resumed after {max(resumed):.1f} s at most")  # noqa: T201
    assert AIModel.objects.filter(version__startswith="job-").count() == len(asked)
    for job in ModelJob.objects.all():
        assert (job.error_message, unexplained(job)) == (None, set())
    files = sorted((nursery.home / "models").glob("*.npz"))
    assert len(files) == len(asked)
    assert all(hashlib.sha256(file.read_bytes()).hexdigest() == file.stem for file in files)
    if rounds == 30:
        assert len(phases) >= 4


@pytest.mark.full
def test_with_the_usual_timing_a_lost_job_is_taken_up_within_a_minute(worker: Callable[[], int]) -> None:
    """As installed: a lease of 15 s, and 30 s before a retry."""
    workers, resumed = [worker(), worker()], []
    for _ in range(4):
        asked = ask("train", seconds=0.5)
        victim = _at_work(workers)
        time.sleep(0.3)
        kill(victim)
        struck = time.monotonic()
        workers[workers.index(victim)] = worker()
        same = ModelJob.objects.filter(pk=asked.pk, attempts__gt=1)
        wait_for(same.exists, 60, states)
        resumed.append(time.monotonic() - struck)
        wait_for(ModelJob.objects.filter(pk=asked.pk, job_status=JobStatus.COMPLETED).exists, 60, states)
    print(f"usual timing: resumed after {max(resumed):.1f} s at most")  # noqa: T201
    assert max(resumed) < 60


def states() -> str:
    return str(list(ModelJob.objects.values_list("pk", "job_status", "attempts", "error_message")))


def _at_work(workers: list[int]) -> int:
    """A worker with a job, once there is one."""
    found: list[int] = []

    def look() -> bool:
        for job in ModelJob.objects.filter(job_status=JobStatus.RUNNING).order_by("-taken_at"):
            number = int((job.worker or ":0").rpartition(":")[2])
            found.extend(pid for pid in workers if pid == number)
        return bool(found)

    wait_for(look, 60, states)
    return found[0]


def test_a_job_that_does_not_listen_is_ended_with_its_process(worker: Callable[[], int]) -> None:
    lease(5)
    job, process = ask("stubborn"), worker()
    wait_for(lambda: ModelJob.objects.get(pk=job.pk).log_output, 60, states)
    asked = time.monotonic()
    jobs.cancel_job(job.pk, actor=None)
    wait_for(lambda: ModelJob.objects.get(pk=job.pk).job_status == JobStatus.CANCELLED, 10, states)
    await_end(process, 5)
    assert time.monotonic() - asked < 10
    ended = ModelJob.objects.get(pk=job.pk)
    assert "its process was ended" in (ended.log_output or "")
    assert unexplained(ended) == set()


@pytest.mark.full
def test_a_job_that_takes_its_worker_down_is_dead_after_three_retries(worker: Callable[[], int]) -> None:
    lease(1)
    job = ask("die")
    for _ in range(4):
        await_end(worker(), 60)
    jobs_left = jobs.run_next_job({})
    wait_for(lambda: jobs.reap_lost_jobs(jobs.timing()) is not None and _status(job) == JobStatus.FAILED, 30, states)
    ended = ModelJob.objects.get(pk=job.pk)
    assert (jobs_left, ended.attempts, ended.retry_count) == (None, 4, 3)
    assert "without a word" in (ended.error_message or "")


def _status(job: ModelJob) -> str:
    return ModelJob.objects.get(pk=job.pk).job_status


@pytest.mark.full
def test_a_wake_up_begins_a_process_that_ends_when_nothing_waits(
    nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in nursery.variables.items():
        monkeypatch.setenv(name, value)
    job = jobs.enqueue_job(AIModelFactory(), category=JobCategory.EVALUATION, job_type="score_predictions", actor=None)
    tasks.wake_model_workers()
    assert len(composition._begun) == 1
    [process] = composition._begun
    assert process.wait(60) == 0
    done: Any = ModelJob.objects.get(pk=job.pk)
    assert (done.job_status, done.job_results["scored"]) == ("completed", 0)
    assert (done.worker or "").endswith(f":{process.pid}")
    tasks.wake_model_workers()
    assert composition._begun == []


def test_the_command_hands_its_job_on_when_it_is_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any process: the command in this one, ended by the signal that a server sends."""
    job = jobs.enqueue_job(AIModelFactory(), category=JobCategory.EVALUATION, job_type="score_predictions", actor=None)

    def wait_to_be_ended(context: jobs.JobContext) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        while True:
            context.progress("waiting", 0.5)
            time.sleep(0.01)

    monkeypatch.setitem(composition.HANDLERS, ("score_predictions", "asset"), wait_to_be_ended)
    said = StringIO()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        call_command("run_model_jobs", "--json", stdout=said)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    left = ModelJob.objects.get(pk=job.pk)
    assert (left.job_status, left.retry_count, left.current_phase) == ("pending", 0, "waiting")
    assert json.loads(said.getvalue())["status"] == "pending"


def test_what_a_job_is_about_stays_the_same_when_it_is_taken_up_again() -> None:
    job = jobs.enqueue_job(AIModelFactory(), category=JobCategory.EVALUATION, job_type="look", actor=None)
    seen = []

    def look(context: jobs.JobContext) -> dict[str, Any]:
        seen.append(composition.kept_moment(context))
        if len(seen) == 1:
            raise OSError("the disk is full")
        return {}

    lease(2)
    for _ in range(2):
        jobs.run_next_job({("look", "asset"): look})
    assert _status(job) == JobStatus.COMPLETED
    assert seen[0] == seen[1] <= timezone.now()
