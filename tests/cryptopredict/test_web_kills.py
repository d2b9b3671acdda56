"""kill -9 of the web server under requests that carry a key, and two web servers that count calls together.

Fifty clients send the same request with the same key until they have an answer. The server is killed in the middle,
another one takes its place: in the end the request was carried out once, and all were answered the same bytes. Three
rounds in the normal suite, twenty with ``--full``.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import redis

from accounts.models import User
from accounts.services import create_api_token
from selection.models import Watchlist
from system.models import AuditLog, IdempotencyKey
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.web_processes import Asked, WebProcess, ask, at_once, owners_session, web_address
from tests.doors import API
from tests.factories import UserFactory
from tests.locks import WAITING

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
CLIENTS = 50
PATIENCE = 180
"""Seconds; a machine that is busy is no fault of ours."""
WISH = json.dumps({"name": "Mine", "watchlist_type": "personal"}).encode()


def token_of(user: User) -> str:
    _row, secret = create_api_token(user, name="test", scopes=("read", "write"))
    return secret


class Round:
    """Clients that do not give up, and what they were told."""

    def __init__(self, port: int, number: int) -> None:
        self.port, self.key, self.user = port, f"round {number}".replace(" ", "-"), UserFactory()
        self.token = token_of(self.user)
        self.told: list[Asked] = []
        self.flying = 0
        self.lock = threading.Lock()

    def send(self, _number: int) -> Asked:
        """Until it is carried out."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with self.lock:
                self.flying += 1
            found = ask(self.port, "POST", f"{API}watchlists", self.token, WISH, Idempotency_Key=self.key)
            with self.lock:
                self.flying -= 1
                self.told.append(found)
            if found.status == 201:
                return found
            time.sleep(0.02)
        raise AssertionError(f"it was never carried out: {Counter(one.status for one in self.told)}")


def between_effect_and_note(_round: Round, strike: Callable[[], None]) -> None:
    """What was asked for is written and not yet committed: the note of the key waits for a lock of ours."""
    with owners_session() as owner, owner.transaction():
        owner.execute("LOCK TABLE idempotency_keys IN SHARE MODE")
        with owners_session() as watcher:
            wait_for(lambda: watcher.execute(WAITING, {"table": "idempotency_keys"}).fetchone() == (1,), 30)
        strike()


def when_it_stands(this: Round, strike: Callable[[], None]) -> None:
    """As soon as others see it: its own answer is about to go out, and its repetitions come in."""
    with owners_session() as watcher:
        deadline = time.monotonic() + 30
        while watcher.execute("SELECT count(*) FROM idempotency_keys WHERE key = %s", [this.key]).fetchone() == (0,):
            assert time.monotonic() < deadline
    strike()


def at_any_time(this: Round, strike: Callable[[], None]) -> None:
    wait_for(lambda: this.told, PATIENCE)
    time.sleep(random.Random(this.key).uniform(0, 0.1))  # noqa: S311 - places of the kills
    strike()


MOMENTS = (between_effect_and_note, when_it_stands, at_any_time)


@pytest.mark.long
def test_a_killed_server_carries_nothing_out_twice(request: pytest.FixtureRequest) -> None:
    """A round in which the kill found nothing on its way is one more, and does not count."""
    rounds = 20 if request.config.getoption("--full") else 3
    tries, counted = 0, 0
    with web_address(API_WRITES_A_MINUTE="0") as address:
        serving = address.begin()
        serving.open()
        address.wait()
        while counted < rounds and tries < 2 * rounds:
            this, following = Round(address.port, tries), address.begin()
            flying: list[int] = []

            def strike(this: Round = this, victim: WebProcess = serving, flying: list[int] = flying) -> None:
                with this.lock:
                    flying.append(this.flying)
                victim.kill()

            moment = MOMENTS[tries % len(MOMENTS)]
            killer = threading.Thread(target=killing, args=(moment, this, strike, following))
            killer.start()
            answers = at_once(CLIENTS, this.send)
            killer.join(PATIENCE)
            assert serving.process.returncode == -9
            serving = following
            broken = sum(one.status is None for one in this.told)
            assert broken > 0 or moment is not between_effect_and_note
            tries += 1
            counted += broken > 0 and flying[0] > 0
            assert len({answer.body for answer in answers}) == 1
            assert sum("idempotency-replayed" not in answer.headers for answer in answers) <= 1
            assert {one.status for one in this.told} <= {None, 201, 409}
            assert {kind(one) for one in this.told if one.status == 409} <= {"request-in-progress"}
            made = Watchlist.objects.get(user=this.user)
            assert json.loads(answers[0].body)["id"] == made.pk
            assert IdempotencyKey.objects.filter(key=this.key).count() == 1
            assert AuditLog.objects.filter(table_name="watchlists", record_id=made.pk).count() == 1
    assert Watchlist.objects.count() == tries
    assert counted == rounds, f"in {tries} rounds only {counted} kills found requests on their way"


def killing(
    moment: Callable[[Round, Callable[[], None]], None], this: Round, strike: Callable[[], None], following: WebProcess
) -> None:
    """At its moment; then the next one serves."""
    try:
        moment(this, strike)
    finally:
        following.open()


def kind(refusal: Asked) -> str:
    found: str = json.loads(refusal.body)["type"]
    return found.rpartition(":")[2]


def counted(user: User, variables: dict[str, str]) -> int:
    """Calls of somebody that were let through, as Redis has them."""
    store: Any = redis.Redis.from_url(variables["REDIS_URL"])
    with store:
        found: int = store.zcard(f"rate:read:user:{user.pk}")
        return found


@pytest.mark.long
def test_two_servers_let_exactly_as_many_calls_through_as_one_may(request: pytest.FixtureRequest) -> None:
    """200 at once against 50, half to each; then again while one of them is killed: never one more."""
    rounds = 20 if request.config.getoption("--full") else 1
    with web_address(API_READS_A_MINUTE="50") as one:
        other = one.another()
        both = [address.begin() for address in (one, other)]
        for process in both:
            process.open()
        one.wait()
        other.wait()
        ports = (one.port, other.port)

        def statuses(token: str) -> Counter[int | None]:
            found = at_once(200, lambda number: ask(ports[number % 2], "GET", f"{API}users/me", token))
            return Counter(answer.status for answer in found)

        for _number in range(rounds):
            user = UserFactory()
            assert statuses(token_of(user)) == {200: 50, 429: 150}
            assert counted(user, one.variables) == 50
        user = UserFactory()
        other.bound.close()  # nobody else holds the line of those who wait there
        killer = threading.Timer(0.15, both[1].kill)
        killer.start()
        found = statuses(token_of(user))
        killer.join()
        assert both[1].process.returncode == -9
        assert found[None] > 0, "it was killed while nothing was on its way"
        assert found.keys() <= {None, 200, 429}
        assert found[200] <= counted(user, one.variables) <= 50
