"""What a worker has taken and not ended is given back when it dies; that real ones do it, the tests of kills say."""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery.canvas import Signature
from celery.exceptions import Reject
from django.db import OperationalError
from kombu import Connection
from kombu.exceptions import OperationalError as QueueError
from kombu.utils.json import loads

from cryptopredict import environment, tasks, unfinished
from cryptopredict.embedded.places import places
from cryptopredict.embedded.valkey import Valkey
from cryptopredict.observing import gauges
from cryptopredict.unfinished import HOLDERS, Keeper, alive, give_back, give_back_of_dead, held, run_of
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.workers import NUMBER, queue_of_its_own, worker


@pytest.fixture
def store() -> Iterator[Any]:
    with queue_of_its_own():
        path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
        client: Any = redis.Redis(unix_socket_path=path, db=NUMBER, decode_responses=True)
        yield client
        client.close()


@pytest.fixture
def queue() -> str:
    path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
    return f"redis+socket://{path}?virtual_host={NUMBER}"


def taken(queue: str, holder: Keeper, *moments: str) -> None:
    """Tasks that Celery's way with Redis has handed over to a worker which has not ended them."""
    with Connection(queue, transport_options=holder.transport_options) as connection:
        for moment in moments:
            tasks.score_suggestions.apply_async(args=[moment], connection=connection)
        channel = connection.default_channel
        got: list[Any] = []
        channel.basic_consume("compute", no_ack=False, callback=got.append, consumer_tag="test")
        channel.qos.prefetch_count = 10
        while len(got) < len(moments):
            connection.drain_events(timeout=5)
        channel.qos._delivered.clear()  # it dies: nothing is put back at its end


def waiting(store: Any) -> list[str]:
    """Arguments of what waits in the queue, the next one first."""
    bodies = [loads(text)["body"] for text in store.lrange("compute", 0, -1)[::-1]]
    return [json.loads(base64.b64decode(body))[0][0] for body in bodies]


def test_what_a_dead_worker_held_is_done_next_and_only_once(store: Any, queue: str) -> None:
    dead = Keeper()
    taken(queue, dead, "first", "second")
    assert waiting(store) == []
    with Connection(queue) as connection:
        tasks.score_suggestions.apply_async(args=["third"], connection=connection)
    store.sadd(unfinished.HOLDERS, dead.holder)
    store.set(alive(dead.holder), 1, ex=60)
    assert give_back_of_dead(store) == 0  # it may still be at work
    store.delete(alive(dead.holder))
    assert [give_back_of_dead(store), give_back_of_dead(store)] == [2, 0]
    assert waiting(store) == ["first", "second", "third"]
    assert not store.exists(*held(dead.holder))
    assert store.smembers(unfinished.HOLDERS) == set()


def test_what_workers_hold_is_among_the_figures(store: Any, queue: str, settings: Any) -> None:
    settings.REDIS_URL = os.environ["REDIS_URL"].partition("?")[0] + f"?db={NUMBER}"

    def told() -> list[float]:
        found = {one.name: [sample.value for sample in one.samples] for one in gauges.queues()}
        return found["cryptopredict_queue_unacknowledged"]

    assert told() == [0]
    one, other = Keeper(), Keeper()
    for holder, moments in ((one, ("first", "second")), (other, ("third",))):
        taken(queue, holder, *moments)
        holder.say_alive(store)
    assert told() == [3]
    store.delete(alive(one.holder))
    assert give_back_of_dead(store) == 2
    assert told() == [1]


def test_what_a_process_of_this_machine_held_that_is_gone_is_given_back_at_once(store: Any, queue: str) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    dead, stranger = Keeper(), Keeper()
    dead.holder = dead.holder.replace(f"/{os.getpid()}:", f"/{ended.pid}:")
    stranger.holder = dead.holder.replace(unfinished.machine(), "elsewhere:pid:[1]")
    taken(queue, dead, "ours")
    taken(queue, stranger, "theirs")
    store.sadd(unfinished.HOLDERS, dead.holder, stranger.holder)
    for holder in (dead, stranger):
        store.set(alive(holder.holder), 1, ex=60)
    assert give_back_of_dead(store, also_silent=False) == 1
    assert waiting(store) == ["ours"]


def test_what_takes_one_worker_after_the_other_down_is_dropped(
    store: Any, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    taken(queue, Keeper(), "deadly")
    for number in range(unfinished.MOST_RETURNS + 1):
        (holder,) = store.keys("unfinished:*:order")
        name = holder.removeprefix("unfinished:").removesuffix(":order")
        assert give_back(store, name) == (number < unfinished.MOST_RETURNS)
        if number < unfinished.MOST_RETURNS:
            another = Keeper()
            with Connection(queue, transport_options=another.transport_options) as connection:
                channel = connection.default_channel
                got: list[Any] = []
                channel.basic_consume("compute", no_ack=False, callback=got.append, consumer_tag="test")
                while not got:
                    connection.drain_events(timeout=5)
                channel.qos._delivered.clear()
    assert waiting(store) == []
    assert "score_suggestions was dropped: 4 workers took it" in caplog.text


def test_what_a_worker_that_lives_has_lost_sight_of_is_not_blamed(store: Any, queue: str) -> None:
    """Redis restarted five times in a row takes every connection, and kills nobody."""
    holder = Keeper()
    taken(queue, holder, "patient")
    for _time in range(unfinished.MOST_RETURNS + 2):
        assert give_back(store, holder.holder, is_dead=False) == 1
        with Connection(queue, transport_options=holder.transport_options) as connection:
            channel = connection.default_channel
            got: list[Any] = []
            channel.basic_consume("compute", no_ack=False, callback=got.append, consumer_tag="test")
            while not got:
                connection.drain_events(timeout=5)
            channel.qos._delivered.clear()


def refusals(client: Any) -> int:
    return int(client.info("errorstats").get("errorstat_NOREPLICAS", {"count": 0})["count"])


@pytest.mark.full
def test_a_worker_whose_redis_refuses_lives_and_goes_on() -> None:
    """As one does whose disk is full; here one that wants a replica before it writes. Real ones, away from the rest."""
    program = Valkey(places(environment.home())).program
    with tempfile.TemporaryDirectory(prefix="cp-refusing-") as parent:
        path = Path(parent, "redis.sock")
        server = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", path, "--dir", parent, "--save", ""], stdout=subprocess.DEVNULL
        )
        try:
            client: Any = redis.Redis(unix_socket_path=str(path))
            wait_for(lambda: path.exists() and client.ping(), 20)
            with worker(f"unix://{path}?db=0") as one:
                wait_for(lambda: client.smembers(HOLDERS), 60)
                client.config_set("min-replicas-to-write", 1)
                wait_for(lambda: refusals(client) > 5, 60)
                client.config_set("min-replicas-to-write", 0)
                with Connection(f"redis+socket://{path}") as connection:
                    tasks.score_suggestions.apply_async(args=["2026-01-01T00:00:00+00:00"], connection=connection)
                wait_for(lambda: client.llen("compute") == 0, 30)
                assert one.process.poll() is None
        finally:
            server.kill()
            server.wait(10)


def test_work_is_put_back_where_neither_the_database_nor_redis_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery drops a message that it can neither do nor put off."""

    def away(*_arguments: Any, **_options: Any) -> None:
        raise QueueError("No such file or directory")

    task = tasks.score_suggestions
    monkeypatch.setattr(Signature, "apply_async", away)
    task.push_request(id="one", args=["now"], kwargs={}, retries=0, called_directly=False, is_eager=False)
    try:
        with pytest.raises(Reject) as refused:
            task.retry(exc=OperationalError("server closed the connection unexpectedly"))
    finally:
        task.pop_request()
    assert refused.value.requeue


def test_nobody_is_called_dead_by_who_has_just_found_redis_again(store: Any, queue: str) -> None:
    """After a restart of Redis everybody seems silent, until he has had the time to speak."""
    other, ours = Keeper(), Keeper()
    taken(queue, other, "at work")
    store.sadd(unfinished.HOLDERS, other.holder)
    begin = time.monotonic()
    ours.look(store, begin)
    ours.look(store, begin + unfinished.ALIVE_SECONDS - 1)
    ours.look(store, begin + 5 * unfinished.ALIVE_SECONDS)  # we were stopped meanwhile
    assert waiting(store) == []
    for second in range(0, unfinished.ALIVE_SECONDS + 1, unfinished.LOOK_SECONDS):
        ours.look(store, begin + 5 * unfinished.ALIVE_SECONDS + second)
    assert waiting(store) == ["at work"]


def test_a_worker_is_stuck_that_has_nothing_to_do_beside_a_redis_it_is_not_connected_to(store: Any) -> None:
    keeper = Keeper()
    assert not keeper.is_stuck("new", 0, is_working=False), "it has not begun"
    keeper.connected_to = run_of(store)
    assert not keeper.is_stuck(run_of(store), 100, is_working=False)
    for now, run, is_working, is_stuck in (
        (100, "new", False, False), (119, "new", False, False), (120, "new", False, True),
        (121, "new", True, False), (122, "new", False, False), (141, "new", False, False), (142, "new", False, True),
        (143, run_of(store), False, False), (144, "new", False, False),
    ):  # fmt: skip
        assert keeper.is_stuck(run, now, is_working=is_working) is is_stuck, now


STUCK = """
import django
django.setup()
from cryptopredict import unfinished
from cryptopredict.celery import app
unfinished.STUCK_SECONDS = 0
keeper = unfinished.Keeper()
keeper.begin()
print("begun", flush=True)
keeper.connected_to = "the one before"
keeper.thread.join(60)
"""


def test_a_stuck_worker_ends_so_that_another_can_begin(store: Any) -> None:
    path = os.environ["REDIS_URL"].partition("?")[0]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cryptopredict.settings", "REDIS_URL": f"{path}?db={NUMBER}"}
    done = subprocess.run(
        [sys.executable, "-c", STUCK], env=environment, capture_output=True, text=True, check=False, timeout=90
    )
    assert done.stdout == "begun\n"
    assert done.returncode == -signal.SIGKILL
    assert "does not connect" in done.stderr
    assert give_back_of_dead(store) == 0
    assert store.smembers(HOLDERS) == set(), "it is not missed: its process is gone"
