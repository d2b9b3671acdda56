"""Budgets and bans: what a provider allows is used and never exceeded, by all workers together."""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from system.exceptions import InvalidInput
from system.http import Banned, Budget, Client, Clock, NoBudget
from system.http.complaints import asked_to_wait
from system.http.gate import Gate
from tests.stubs.outgoing import forget, provided, rows_of, say, workers_environment
from tests.stubs.server import Reply, StubServer
from tests.stubs.simulation import simulate

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
names = itertools.count()


class ManualClock(Clock):
    """Time passes when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def name() -> Iterator[str]:
    """A provider's state in Redis that nobody else has."""
    own = f"gate_{os.getpid()}_{next(names)}"
    forget(own)
    yield own
    forget(own)


def most_in_a_window(calls: list[tuple[float, float]], seconds: float) -> float:
    """The heaviest window of that length, wherever it begins."""
    window: deque[tuple[float, float]] = deque()
    most = 0.0
    for at, weight in calls:
        window.append((at, weight))
        while window[0][0] <= at - seconds:
            window.popleft()
        most = max(most, sum(one for _at, one in window))
    return most


def test_a_clock_that_is_put_back_makes_no_longer_pause(name: str) -> None:
    """What is used counts for its minute; the five that the clock went back are not waited for as well."""
    clock = ManualClock()
    gate = Gate(name, (Budget(60, MINUTE),), clock)
    for _call in range(10):
        gate.enter(1, 60)
    clock.time -= 300
    with pytest.raises(NoBudget):
        gate.enter(1, 0)
    begin = clock.time
    clock.sleep(3)
    gate.enter(1, 0)
    assert clock.time == begin + 3


@pytest.mark.parametrize(
    ("budgets", "weights", "used"),
    [
        ((Budget(6000, MINUTE),), [2, 20, 40, 250], 0.9),
        ((Budget(6000, MINUTE),), [2], 0.9),
        ((Budget(30, MINUTE),), [1], 0.9),
        ((Budget(10, SECOND),), [1], 0.9),
        ((Budget(1, SECOND),), [1], 0.9),
        ((Budget(6000, MINUTE), Budget(10, SECOND, calls=True)), [100], 0.9),
        ((Budget(100, MINUTE),), [1, 60], 0.1),
    ],
)
def test_no_window_holds_more_than_the_limit(name: str, budgets, weights, used) -> None:
    clock = ManualClock()
    gate = Gate(name, budgets, clock)
    start = clock.time
    calls: list[tuple[float, float]] = []
    weight = itertools.cycle(weights)
    while clock.time < start + 10 * budgets[0].per.total_seconds() and len(calls) < 3000:
        one = next(weight)
        gate.enter(one, 1000)
        calls.append((clock.time, 1.0 if budgets[0].calls else one))
    for budget in budgets:
        counted = [(at, 1.0 if budget.calls else one) for at, one in calls]
        assert most_in_a_window(counted, budget.per.total_seconds()) <= budget.limit
    total = sum(one for _at, one in calls)
    assert total >= used * budgets[0].limit * (clock.time - start) / budgets[0].per.total_seconds()


def test_rest_does_not_save_up_more_than_a_small_burst(name: str) -> None:
    clock = ManualClock()
    gate = Gate(name, (Budget(100, MINUTE),), clock)
    gate.enter(1, 0)
    clock.sleep(3600)
    for _ in range(4):
        gate.enter(1, 0)
    with pytest.raises(NoBudget, match="has room again in 1 s"):
        gate.enter(1, 0)


def test_a_crowd_is_given_places_one_after_the_other(name: str) -> None:
    """Fifty at once: each goes once, at a moment of its own."""
    gate = Gate(name, (Budget(600, MINUTE),), Clock())
    gone: list[float] = []

    def go() -> None:
        gate.enter(1, 10)
        gone.append(time.monotonic())

    threads = [threading.Thread(target=go) for _ in range(50)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(gone) == 50
    at_once = sum(moment - start < 0.5 for moment in gone)
    assert at_once < 35
    assert 2.2 < max(gone) - start < 5


def test_who_would_wait_too_long_is_told_and_takes_no_place(name: str) -> None:
    clock = ManualClock()
    gate = Gate(name, (Budget(60, MINUTE),), clock)
    gate.enter(1, 0)
    gate.enter(1, 2)
    for _ in range(20):
        with pytest.raises(NoBudget) as error:
            gate.enter(1, 0.5)
        assert 0.5 < (error.value.seconds or 0) <= 1.1
    gate.enter(1, 2)


def test_a_call_that_never_fits_is_a_mistake(name: str) -> None:
    with pytest.raises(InvalidInput, match="weight 7 never fits"):
        Gate(name, (Budget(6, MINUTE),), Clock()).enter(7, 100)


def test_what_the_provider_has_counted_counts_if_it_is_more(name: str) -> None:
    """Others behind the same address use the same budget."""
    clock = ManualClock()
    clock.time = 1_700_000_040.0  # in the middle of a minute
    gate = Gate(name, (Budget(6000, MINUTE),), clock)
    gate.enter(10, 0)
    gate.settle(10)
    gate.enter(10, 0)
    gate.settle(3000)
    with pytest.raises(NoBudget):
        gate.enter(10, 20)
    gate.enter(10, 60)
    gate.settle(500)  # less than we know: ours counts
    gate.enter(10, 1)


def test_the_header_of_an_answer_tells(stub: StubServer, db) -> None:
    say()
    stub.answer("/q", body={}, headers={"X-MBX-USED-WEIGHT-1M": "5000"})
    budgets = (Budget(6000, MINUTE),)
    with provided(stub.url, budgets=budgets, used_header="X-MBX-USED-WEIGHT-1M", patience=0.2) as http:
        http.get("/q")
        with pytest.raises(NoBudget):
            http.get("/q")


def test_an_admin_sets_another_budget(stub: StubServer, db) -> None:
    stub.answer("/q", body={})
    with provided(stub.url, patience=0) as http:
        say(budgets={http.provider.name: [{"limit": 2, "seconds": 60}]})
        http.get("/q")
        with pytest.raises(NoBudget):
            http.get("/q")


def test_without_redis_nobody_goes_out(stub: StubServer, db, settings) -> None:
    stub.answer("/q", body={})
    say()
    with provided(stub.url, patience=0.3) as http:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        with pytest.raises(NoBudget, match="nobody knows how much"):
            http.get("/q")
        settings.REDIS_URL = os.environ["REDIS_URL"]
    assert stub.calls == []


def test_a_restart_of_redis_is_waited_for(stub: StubServer, db, settings) -> None:
    stub.answer("/q", body={"n": 1})
    say()
    with provided(stub.url, patience=60) as http:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        back = threading.Timer(0.5, setattr, (settings, "REDIS_URL", os.environ["REDIS_URL"]))
        back.start()
        assert http.get("/q").json() == {"n": 1}
        back.join()
    assert len(stub.calls) == 1


# -- bans -------------------------------------------------------------------------------------------------------------
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, 0),
        ({"date": format_datetime(NOW, usegmt=True), "retry-after": "Sun, 01 Mar 2026 12:02:00 GMT"}, 120),
        ({"date": format_datetime(NOW, usegmt=True), "retry-after": "Sun, 01 Mar 2026 11:02:00 GMT"}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "٣"}, None),
        ({}, None),
    ],
)
def test_when_a_provider_wants_us_back(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_to_wait(headers) == seconds


@pytest.mark.django_db
def test_a_short_pause_is_kept_and_the_call_goes_on(stub: StubServer, http: Client) -> None:
    stub.answer_each("/q", Reply(status=429, headers={"Retry-After": "1"}), Reply(body={"t": 1}))
    assert http.get("/q").json() == {"t": 1}
    first, second = stub.calls
    assert second.at - first.at >= 1
    assert [row.response_status for row in rows_of(http)] == [429, 200]


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (Reply(status=429, headers={"Retry-After": "60"}), 60),
        (Reply(status=418, headers={"Retry-After": "7200"}), 7200),
        (Reply(status=503, headers={"Retry-After": "90"}), 90),
        (Reply(status=429, headers={"Retry-After": "99999999999"}), 7 * 24 * 3600),
        (Reply(status=429), 60),
        (Reply(status=418, headers={"Retry-After": "soon"}), 60),
    ],
)
@pytest.mark.django_db
def test_a_ban_closes_the_provider_for_everybody(stub: StubServer, reply: Reply, seconds: float) -> None:
    say()
    stub.answer("/q", lambda _request: reply)
    with provided(stub.url, patience=0.5) as http:
        with pytest.raises(Banned) as error:
            http.get("/q")
        assert seconds - 2 < error.value.seconds <= seconds + 0.01
        assert abs((error.value.until - datetime.now(UTC)).total_seconds() - seconds) < 5
        for other in (http, Client(http.provider, patience=0)):
            with pytest.raises(Banned, match="is closed to us until"):
                other.get("/elsewhere")
    assert len(stub.calls) == 1


@pytest.mark.django_db
def test_another_process_stays_away_too(stub: StubServer) -> None:
    say()
    stub.answer("/q", status=418, headers={"Retry-After": "300"})
    script = (
        "import sys, django\n"
        "django.setup()\n"
        "from system.http import Banned, Client, Provider\n"
        "for _ in range(20):\n"
        "    try:\n"
        "        Client(Provider(sys.argv[1], base_url=sys.argv[2]), patience=0).get('/q')\n"
        "    except Banned as error:\n"
        "        print(error.until.isoformat())\n"
    )
    with provided(stub.url, patience=0) as http:
        with pytest.raises(Banned) as error:
            http.get("/q")
        told = subprocess.run(
            [sys.executable, "-c", script, http.provider.name, stub.url],
            cwd=ROOT,
            env=workers_environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    assert told == [error.value.until.isoformat()] * 20
    assert len(stub.calls) == 1


def test_a_ban_without_a_time_doubles_until_an_answer_is_good(name: str) -> None:
    clock = ManualClock()
    gate = Gate(name, (), clock)
    for expected in (60, 120, 240):
        assert gate.close(None, "429").seconds == pytest.approx(expected, abs=0.01)
        assert gate.close(None, "429").seconds == pytest.approx(expected, abs=0.01)  # one that was on its way already
        clock.sleep(expected + 1)
    assert gate.enter(1, 0) is True
    gate.settle(None)
    assert gate.enter(1, 0) is False
    assert gate.close(None, "429").seconds == pytest.approx(60, abs=0.01)


def test_a_shorter_ban_does_not_end_a_longer_one(name: str) -> None:
    clock = ManualClock()
    gate = Gate(name, (), clock)
    gate.close(600, "418")
    assert gate.close(5, "429").seconds == pytest.approx(600, abs=0.01)
    clock.sleep(599)
    assert gate.closed_for() == pytest.approx(1, abs=0.01)
    gate.enter(1, 5)
    assert gate.closed_for() == 0


def test_the_last_fraction_of_a_microsecond_passes(name: str) -> None:
    clock = ManualClock()
    gate = Gate(name, (), clock)
    gate.close(5, "429")
    clock.time += 5 - 4e-7
    gate.enter(1, 1)
    assert clock.time < 1_700_000_005.01


def test_a_ban_finds_those_who_were_waiting_for_their_place(name: str) -> None:
    """They had a place before the ban came; they do not use it."""

    class Interrupted(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not banned:
                banned.append(Gate(name, budgets, self).close(100, "418"))

    banned: list[Banned] = []
    budgets = (Budget(60, MINUTE),)
    clock = Interrupted()
    gate = Gate(name, budgets, clock)

    def keep_going_out() -> None:
        for _ in range(50):
            gate.enter(1, 5)

    with pytest.raises(Banned) as error:
        keep_going_out()
    assert 90 < error.value.seconds <= 100.01


# -- an hour at full load ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("minutes", [4, pytest.param(60, marks=pytest.mark.full)])
def test_two_workers_use_a_budget_and_are_never_banned(minutes: int) -> None:
    say()
    outcome = simulate(os.environ["REDIS_URL"], minutes=minutes, environment=workers_environment())
    assert (outcome.bans, outcome.while_closed, outcome.failed) == (0, 0, 0)
    assert outcome.used >= 0.9
    assert outcome.highest <= 6000
    assert outcome.obeyed == outcome.pauses
    assert outcome.pauses >= minutes * 60 // 160
