"""kill -9 of the real worker while it sends: nothing is lost, the order stays, and a double is possible only where the
kill fell between the sending and the note of it, which the ledger then shows. Three kills in the normal suite, thirty
with ``--full``.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone
from kombu import Connection

from accounts.models import NotificationDelivery
from accounts.services import deliver_notifications
from cryptopredict import tasks
from tests.accounts.channels import channel_of, ids, ledger, tell, webhook_of
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.workers import LOADED, forked_worker
from tests.factories import UserFactory
from tests.forking import Forked, Nursery, nursery
from tests.stubs.outgoing import workers_environment
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
NUMBER = 8
"""Database of the embedded Valkey for this test alone."""
EACH = 40


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
def workers(queue: dict[str, str], outside: StubServer) -> Iterator[Nursery]:
    """Where workers of the queue come from."""
    where = {"REDIS_URL": queue["url"], "PROVIDER_TELEGRAM_URL": outside.url}
    with nursery(workers_environment() | where, *LOADED, is_quiet=True) as found:
        yield found


def begin(queue: dict[str, str], workers: Nursery) -> Forked:
    """A worker of the queue of messages, and a task for it."""
    with Connection(queue["broker"]) as connection:
        tasks.deliver_outside.apply_async(connection=connection)
    return forked_worker(workers, "notify")


class Striking:
    """The stub's answers; on demand it has the worker killed, either with a request unanswered or at any time after."""

    def __init__(self, pause: float) -> None:
        self.pause, self.armed, self.struck = pause, -1, threading.Event()
        self.strike: Callable[[], None] = lambda: None
        self.lock = threading.Lock()

    def arm(self, after: int, strike: Callable[[], None]) -> None:
        with self.lock:
            self.strike, self.armed = strike, after
            self.struck.clear()

    def __call__(self, _request: Request) -> Reply:
        with self.lock:
            self.armed -= 1
            is_now = self.armed == 0
        if is_now:
            self.strike()
            self.struck.set()
        return Reply(delay=self.pause)


def left() -> int:
    return NotificationDelivery.objects.filter(status="waiting").count()


@pytest.mark.long
def test_killed_workers_lose_nothing(
    outside: StubServer, queue: dict[str, str], workers: Nursery, request: pytest.FixtureRequest
) -> None:
    kills = 30 if request.config.getoption("--full") else 3
    chance = random.Random(11)  # noqa: S311 - places of the kills
    people = UserFactory.create_batch(2)
    channels = [channel_of(people[0]), webhook_of(people[1], outside)[0]]
    for person in people:
        titles = (f"{number:04}" for number in range(EACH * kills // 3))
        tell(person, *titles, scheduled_for=None, expires_at=None)
    deliver_notifications(timezone.now() + timedelta(seconds=1))
    everything = left()
    answers = Striking(0.02)
    outside.answer("*", answers)

    for number in range(kills):
        worker = begin(queue, workers)

        def strike(victim: Forked = worker) -> None:
            victim.send_signal(signal.SIGKILL)
            victim.wait(10)

        if number == 0:  # surely between the sending and the note of it
            answers.arm(5, strike)
            assert answers.struck.wait(60)
        else:
            seen = len(outside.calls)
            wait_for(lambda seen=seen: len(outside.calls) > seen + 3, 60)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.1))
            strike()
        assert worker.returncode == -signal.SIGKILL
        assert left() > 0, "it was done before it was struck"

    last = begin(queue, workers)
    try:
        while left():
            with Connection(queue["broker"]) as connection:
                tasks.deliver_outside.apply_async(connection=connection)
            time.sleep(1)
    finally:
        last.send_signal(signal.SIGTERM)
        last.wait(30)

    arrived = Counter(ids(outside.calls))
    rows = list(NotificationDelivery.objects.all())
    assert arrived.keys() == {str(row.message_id) for row in rows}  # nothing is lost
    assert len(rows) == everything
    doubles = {message for message, times in arrived.items() if times > 1}
    shown = {str(row.message_id) for row in rows if row.possible_double}
    assert doubles <= shown
    assert doubles  # the first kill was sure to make one
    assert len(shown) <= kills
    assert {row.attempts for row in rows if str(row.message_id) not in shown} == {1}
    places: dict[str, int] = {}
    for place, message in enumerate(ids(outside.calls)):
        places.setdefault(message, place)
    for channel in channels:
        order = [places[str(row.message_id)] for row in ledger(channel)]
        assert order == sorted(order)
