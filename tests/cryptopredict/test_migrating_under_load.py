"""The former program goes on serving while this one's migrations run: fifty requests a second, none of them fails.

Which two programs, the history says (``former``). Others are named by variables, each by a commit:

    CRYPTOPREDICT_FORMER=f31845b CRYPTOPREDICT_NEWER=0b56221 make test-full TESTS=<this file>
"""

import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest

from cryptopredict.running.address import listen
from tests.cryptopredict.former import run
from tests.cryptopredict.installation import CONNECT, Installation, kill, wait_for
from tests.cryptopredict.web_processes import Asked, ask

pytestmark = pytest.mark.full
RATE = 50
PEOPLE = 25
"""Threads that ask; each waits for its answer before it asks again."""
UNLIMITED = {"LOG_LEVEL": "ERROR", "API_READS_A_MINUTE": "0", "API_WRITES_A_MINUTE": "0"}
BEFORE = AFTER = 3
"""Seconds of asking before the first migration and after the last one."""
DJANGO = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
import django
django.setup()
"""
TOKEN = (
    DJANGO
    + """
from accounts.models import User
from accounts.services import create_api_token
person = User.objects.create_user(email="load@example.org", password="a long pass phrase")
User.objects.filter(pk=person.pk).update(is_verified=True)
print(create_api_token(person, name="load", scopes=["write", "read"])[1])
"""
)
SERVE = (
    DJANGO
    + """
from cryptopredict.running.address import listen
from cryptopredict.running.parts import serve_web
serve_web(listen("127.0.0.1", int(sys.argv[1])), None)
"""
)
READ = (
    "/api/v1/assets?limit=5", "/api/v1/watchlists?limit=5", "/api/v1/signals?limit=5", "/api/v1/predictions?limit=5",
    "/api/v1/users/me", "/api/v1/users/me/notifications?limit=5", "/api/v1/portfolios?limit=5",
    "/healthz",
)  # fmt: skip


class Load:
    """People who ask at a steady rate until they are told to stop.

    Attributes:
        seen: how often which request was answered with which status; None where no answer came.
        longest: seconds that the slowest answer took.
    """

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.seen: Counter[tuple[str, int | None]] = Counter()
        self.longest, self.sent = 0.0, 0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.began = time.monotonic()

    def person(self) -> None:
        while not self.over.is_set():
            with self.lock:
                number, self.sent = self.sent, self.sent + 1
            if self.over.wait(max(0.0, self.began + number / RATE - time.monotonic())):
                return
            started = time.monotonic()
            name, answer = self.ask(number)
            with self.lock:
                self.seen[name, answer.status] += 1
                self.longest = max(self.longest, time.monotonic() - started)

    def ask(self, number: int) -> tuple[str, Asked]:
        """Every tenth request writes."""
        if number % 10 == 0:
            body = json.dumps({"name": f"List {number}"}).encode()
            made = ask(self.port, "POST", "/api/v1/watchlists", self.token, body)
            if made.status == HTTPStatus.CREATED:
                where = f"/api/v1/watchlists/{json.loads(made.body)['id']}"
                removed = ask(self.port, "DELETE", where, self.token, If_Match=made.headers["etag"])
                return ("make and remove a list", made if removed.status == HTTPStatus.NO_CONTENT else removed)
            return ("make and remove a list", made)
        path = READ[number % len(READ)]
        return (path, ask(self.port, "GET", path, self.token))


@contextmanager
def load(port: int, token: str) -> Iterator[Load]:
    made = Load(port, token)
    people = [threading.Thread(target=made.person) for _one in range(PEOPLE)]
    for person in people:
        person.start()
    try:
        yield made
    finally:
        made.over.set()
        for person in people:
            person.join(120)


@contextmanager
def served(program: Path, made: Installation) -> Iterator[int]:
    """The port on which a program serves an installation."""
    with closing(listen("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(program / "manage.py"), "with_services", "--", sys.executable, "-c", SERVE, str(port)],
        cwd=program, env=made.environment() | UNLIMITED,
    )  # fmt: skip
    try:
        wait_for(lambda: answers(port) or process.poll() is not None, 120)
        assert process.poll() is None, "the former program does not serve"
        yield port
    finally:
        if process.poll() is None:
            for one in psutil.Process(process.pid).children(recursive=True):
                kill(one)
        process.terminate()
        process.wait(60)


def answers(port: int) -> bool:
    with socket.socket() as found:
        found.settimeout(1)
        if found.connect_ex(("127.0.0.1", port)):
            return False
    return ask(port, "GET", "/healthz", "").status == HTTPStatus.OK


def test_no_request_fails_while_migrations_run(former: Path, newer: Path, here: Installation) -> None:
    run(former, here, "migrate", "-v0")
    run(former, here, "bootstrap")
    token = run(former, here, "with_services", "--", sys.executable, "-c", TOKEN).strip().splitlines()[-1]
    before = set(applied(here))
    with served(former, here) as port, load(port, token) as people:
        time.sleep(BEFORE)
        started = time.monotonic()
        run(newer, here, "migrate", "-v0")
        seconds = time.monotonic() - started
        time.sleep(AFTER)
    new = set(applied(here)) - before
    told = {f"{name} {status}": count for (name, status), count in sorted(people.seen.items(), key=str)}
    print(  # noqa: T201
        f"{sum(told.values())} requests over {len(new)} migrations in {seconds:.1f} s, "
        f"the slowest {people.longest:.2f} s: {told}"
    )
    assert new
    good = {HTTPStatus.OK, HTTPStatus.CREATED}
    assert {key: count for key, count in people.seen.items() if key[1] not in good} == {}
    assert sum(told.values()) > RATE * (BEFORE + AFTER) / 2


def applied(made: Installation) -> list[str]:
    code = 'print("\\n".join(f"{a}.{b}" for a, b in owner.execute("SELECT app, name FROM django_migrations")))'
    return made.python_with_services(CONNECT, code).stdout.split()
