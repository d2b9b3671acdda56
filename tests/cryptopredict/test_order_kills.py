"""kill -9 of the worker that carries out orders, in the midst of one: the next worker does it again, each is done once,
and what was half written is swept. Three kills in the normal suite, thirty with ``--full``.
"""

import os
import random
import signal
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connections, transaction
from django.utils import timezone
from kombu import Connection

from accounts.services import Client
from cryptopredict import tasks
from cryptopredict.observing.gauges import held_by_workers
from cryptopredict.portability.package import Reader
from cryptopredict.portability.requests import KEPT, file_of, order_export, sweep_exports
from system.http.gate import server
from system.models import AuditLog, BackgroundTask
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.workers import LOADED, forked_worker
from tests.factories import UserFactory, WatchlistFactory
from tests.forking import Forked, Nursery, nursery
from tests.locks import waiting
from tests.stubs.outgoing import workers_environment

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
NUMBER = 6
"""Database of the embedded Valkey for this test alone."""
RESUMED_SECONDS = 60


@pytest.fixture
def queue() -> Iterator[dict[str, str]]:
    """A queue of its own: as REDIS_URL of a worker, and as Celery spells it."""
    path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
    store: Any = redis.Redis(unix_socket_path=path, db=NUMBER)
    store.flushdb()
    yield {"url": f"unix://{path}?db={NUMBER}", "broker": f"redis+socket://{path}?virtual_host={NUMBER}"}
    store.flushdb()
    store.close()


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    """Where the workers and we keep files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


@pytest.fixture
def workers(queue: dict[str, str], home: Path) -> Iterator[Nursery]:
    """Where workers of the queue come from."""
    where = {"REDIS_URL": queue["url"], "CRYPTOPREDICT_HOME": str(home)}
    with nursery(workers_environment() | where, *LOADED, is_quiet=True) as found:
        yield found


def begin(queue: dict[str, str], workers: Nursery) -> Forked:
    """A worker of the queue, and a task for it."""
    with Connection(queue["broker"]) as broker:
        tasks.carry_out_analyses.apply_async(connection=broker)
    return forked_worker(workers, "compute")


def kill(worker: Forked) -> None:
    """Strike, and see it dead."""
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    assert worker.returncode == -signal.SIGKILL


def at_work() -> list[int]:
    return list(BackgroundTask.objects.filter(status="running").values_list("pk", flat=True))


def struck_in_the_midst(queue: dict[str, str], workers: Nursery) -> int:
    """The order of a worker that was killed while it wrote a file: it has written the first part of it, and waits for a
    table that somebody holds."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("LOCK TABLE watchlists IN ACCESS EXCLUSIVE MODE")
        worker = begin(queue, workers)
        try:
            wait_for(lambda: waiting("watchlists"), RESUMED_SECONDS)
            (order,) = at_work()
            assert held_by_workers(server(queue["url"])) == 1, "the figure of Prometheus"
        finally:
            kill(worker)
    return order


@pytest.mark.long
def test_killed_workers_lose_no_order(
    queue: dict[str, str], workers: Nursery, home: Path, request: pytest.FixtureRequest
) -> None:
    kills = 30 if request.config.getoption("--full") else 3
    chance = random.Random(17)  # noqa: S311 - places of the kills
    everybody = []
    for number in range(kills):
        people = UserFactory.create_batch(3)
        for person in people:
            WatchlistFactory.create_batch(3, user=person)
            order_export(person, client=Client())
        everybody += people
        if number % 3 == 2:  # anywhere, also between two orders or after the last
            worker = begin(queue, workers)
            wait_for(lambda: at_work() or not left(), RESUMED_SECONDS)
            time.sleep(chance.uniform(0, 0.05))
            kill(worker)
        else:
            struck = struck_in_the_midst(queue, workers)
            assert BackgroundTask.objects.get(pk=struck).status == "running", "it was done before it was struck"
        worker = begin(queue, workers)
        wait_for(lambda: not left(), RESUMED_SECONDS)
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
        assert held_by_workers(server(queue["url"])) == 0

    orders = list(BackgroundTask.objects.order_by("pk"))
    assert [order.status for order in orders] == ["completed"] * 3 * kills
    assert sorted(order.task_params["user_id"] for order in orders) == sorted(person.pk for person in everybody)
    assert AuditLog.objects.filter(table_name="background_tasks", operation="INSERT").count() == len(orders)
    for order in orders:
        file = file_of(order, timezone.now())
        assert file is not None
        with file:
            assert "selection/watchlists.json" in Reader(file).names()
    told = {(order.result_data or {})["file"] for order in orders}
    halves = {path for path in (home / "media" / "exports").iterdir() if path.name not in told}
    assert halves, "some was half written when it was struck"
    assert len(halves) <= kills
    assert not all(zipfile.is_zipfile(half) for half in halves)
    assert sweep_exports(timezone.now() + KEPT + timedelta(minutes=1)) == len(orders) + len(halves)


def left() -> int:
    return BackgroundTask.objects.filter(status__in=("pending", "running")).count()
