"""Several beats: one sends, and another goes on when it dies. Real processes on a queue of their own."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import redis
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from cryptopredict.beat import OneOfMany
from cryptopredict.celery import app
from tests.assets.other_process import addresses
from tests.cryptopredict.installation import ROOT, wait_for
from tests.cryptopredict.workers import NUMBER, queue_of_its_own

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
SCHEDULER = "from cryptopredict.celery import app; app.conf.imports = (); app.Beat(loglevel='INFO').run()"
EVERY = 1
LATEST = 30


class Sent:
    """What the beats have put into the queue, and when it was seen there."""

    def __init__(self, redis_url: str) -> None:
        path = redis_url.removeprefix("unix://").partition("?")[0]
        self.store: Any = redis.Redis(unix_socket_path=path, db=NUMBER)
        self.seen: list[tuple[float, str]] = []

    def look(self) -> int:
        """How many there are; each with the process that sent it."""
        rows = self.store.lrange("notify", 0, -1)[::-1]
        for row in rows[len(self.seen) :]:
            self.seen.append((time.monotonic(), json.loads(row)["headers"]["origin"].partition("@")[0].strip("gen")))
        return len(self.seen)

    def wait(self, count: int, seconds: float) -> None:
        wait_for(lambda: self.look() >= count, seconds, lambda: f"{len(self.seen)} of {count}")

    @property
    def senders(self) -> list[str]:
        return [sender for _moment, sender in self.seen]


@contextmanager
def beats(count: int, redis_url: str, **own: str) -> Iterator[list["subprocess.Popen[str]"]]:
    variables = os.environ | addresses() | {"REDIS_URL": redis_url} | own
    made = [
        subprocess.Popen(
            [sys.executable, "-c", SCHEDULER], cwd=ROOT, env=variables, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _number in range(count)
    ]  # fmt: skip
    try:
        yield made
    finally:
        for one in made:
            one.kill()
            one.wait(10)


def schedule() -> PeriodicTask:
    """One task, each second."""
    every = IntervalSchedule.objects.create(every=EVERY, period=IntervalSchedule.SECONDS)
    row = PeriodicTask.objects.create(name="tick", task="tests.tick", queue="notify", interval=every)
    PeriodicTasks.update_changed()
    return row


def two_beats(ticks: int) -> None:
    """Two beats send ``ticks`` between them; who sends is killed half way."""
    schedule()
    with queue_of_its_own() as (redis_url, _broker), beats(2, redis_url) as processes:
        sent = Sent(redis_url)
        sent.wait(2, 60)
        begin, first = sent.seen[-1][0], len(sent.seen)
        sent.wait(max(ticks // 2, 4), ticks + 30)
        assert len(set(sent.senders)) == 1
        seconds, came = sent.seen[-1][0] - begin, len(sent.seen) - first
        assert abs(came - seconds / EVERY) <= 1.5  # two that send would have sent twice as many
        (killed,) = [one for one in processes if str(one.pid) == sent.senders[0]]
        killed.send_signal(signal.SIGKILL)
        assert killed.wait(10) == -signal.SIGKILL
        died, before = time.monotonic(), sent.look()
        sent.wait(before + 1, LATEST)
        late = sent.seen[before][0] - died
        logging.getLogger(__name__).warning("beat killed: the next tick %.1f s later", late)
        assert late <= LATEST
        sent.wait(max(ticks, before + 3), ticks + 30)
        assert set(sent.senders[before:]) == {str(one.pid) for one in processes} - {sent.senders[0]}


@pytest.mark.long
def test_of_two_beats_one_sends_and_the_other_goes_on() -> None:
    two_beats(6)


@pytest.mark.long
def test_a_beat_that_begins_before_its_database_waits_for_it(tmp_path: Path) -> None:
    """It died of that, and five deaths within a minute were the end of the product."""
    schedule()
    there = addresses()["DATABASE_URL"]
    place, meant = parse_qs(urlsplit(there).query)["host"][0], tmp_path / "run"
    with (
        queue_of_its_own() as (redis_url, _broker),
        socket.socket(socket.AF_UNIX) as door,
        beats(1, redis_url, DATABASE_URL=there.replace(quote(place, safe=""), quote(str(meant), safe=""))) as (only,),
    ):
        meant.mkdir()
        knocks = meant / ".s.PGSQL.5432"
        door.bind(str(knocks))
        door.listen()
        door.settimeout(60)
        door.accept()[0].close()  # it has asked once, in vain
        knocks.unlink()
        knocks.symlink_to(Path(place, ".s.PGSQL.5432"))
        Sent(redis_url).wait(1, 60)
        assert only.poll() is None


def test_a_clock_that_is_put_back_makes_no_pause() -> None:
    """What was sent in five minutes from now is due after its interval; what has its hour has had it."""
    schedule()
    daily = CrontabSchedule.objects.create(minute="0", hour="4")
    PeriodicTask.objects.create(name="daily", task="tests.daily", queue="notify", crontab=daily)
    PeriodicTask.objects.update(last_run_at=timezone.now() + timedelta(minutes=5))
    beat = OneOfMany(app=app)
    assert not beat.is_clock_set()
    beat.offset += 300
    assert beat.is_clock_set()
    beat.populate_heap()
    heap: list[Any] = beat._heap or []
    waits = {event.entry.name: event.time - time.time() for event in heap}
    assert waits["tick"] <= EVERY + 1
    assert beat.schedule["daily"].last_run_at > timezone.now() + timedelta(minutes=4)


@pytest.mark.full
def test_two_beats_send_a_hundred_times_for_a_hundred_ticks() -> None:
    two_beats(100)


@pytest.mark.full
def test_what_comes_rarely_is_written_down_as_soon_as_it_is_sent() -> None:
    """Else the next beat, which goes on from what is written down, would send it again."""
    minutely = CrontabSchedule.objects.create(minute="*", hour="*")
    row = PeriodicTask.objects.create(name="minutely", task="tests.minutely", queue="notify", crontab=minutely)
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(days=1))
    PeriodicTasks.update_changed()
    with queue_of_its_own() as (redis_url, _broker), beats(1, redis_url) as (only,):
        sent = Sent(redis_url)
        sent.wait(1, 60)
        wait_for(lambda: PeriodicTask.objects.get(pk=row.pk).total_run_count == 1, 3)
        only.kill()
        only.wait(10)
    row.refresh_from_db()
    assert row.last_run_at is not None
    assert timezone.now() - row.last_run_at < timedelta(minutes=1)
