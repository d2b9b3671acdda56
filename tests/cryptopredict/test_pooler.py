"""The web through PgBouncer in transaction mode: many people on a few connections, and each sees what is theirs."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from accounts.models import User
from assets.models import Asset
from selection.models import Portfolio
from system.acting import acting_as
from tests.factories import AssetFactory, PortfolioFactory, UserFactory
from tests.forking import ROOT

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
PEOPLE, CONNECTIONS, ROUNDS = 6, 2, 4
START = ROOT / "docker" / "pgbouncer" / "start.sh"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed"),
]


@pytest.fixture
def pooled(transactional_db: None) -> Iterator[None]:
    """Connections of the application's role lead through the pool."""
    settings = connections["default"].settings_dict
    with pooler(settings) as port:
        before = {name: settings[name] for name in ("HOST", "PORT", "OPTIONS", "DISABLE_SERVER_SIDE_CURSORS")}
        connection.close()
        options = {name: value for name, value in settings["OPTIONS"].items() if name not in ("host", "port")}
        settings.update(HOST="127.0.0.1", PORT=port, OPTIONS=options, DISABLE_SERVER_SIDE_CURSORS=True)
        try:
            yield
        finally:
            connection.close()
            settings.update(before)


@contextmanager
def pooler(settings: dict[str, Any]) -> Iterator[int]:
    """A PgBouncer before the tests' database; its port."""
    options = settings["OPTIONS"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {
        "APPLICATION_ROLE": settings["USER"],
        "APPLICATION_PASSWORD": settings["PASSWORD"],
        "DATABASE_NAME": settings["NAME"],
        "DATABASE_HOST": settings["HOST"] or options["host"],
        "DATABASE_PORT": str(settings["PORT"] or options.get("port", 5432)),
        "POOL_ADDRESS": "127.0.0.1",
        "POOL_PORT": str(port),
        "POOL_SIZE": str(CONNECTIONS),
    }
    nobody = "nobody" if os.geteuid() == 0 else None  # it does not run as root
    with tempfile.TemporaryDirectory() as home, START.open() as program:
        if nobody:
            os.chown(home, pwd.getpwnam(nobody).pw_uid, -1)
        path = f"{Path(PROGRAM or '').parent}:{os.environ['PATH']}"
        process = subprocess.Popen(
            ["sh"],
            stdin=program,
            env=os.environ | told | {"PATH": path, "TMPDIR": home},
            user=nobody,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _wait_until_open(port, process)
            yield port
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _wait_until_open(port: int, process: "subprocess.Popen[str]") -> None:
    for _ in range(3000):
        assert process.poll() is None, process.stderr and process.stderr.read()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError("the pool does not open")


def look(user: User, start: Barrier) -> tuple[set[int], set[str]]:
    """What one person does, again and again beside the others: pages, the API, an entry of their own.

    Returns:
        Sessions of the database that served, and names of the portfolios that were shown.
    """
    served, shown = set(), set()
    client = Client()
    client.force_login(user)
    start.wait(60)
    try:
        for number in range(ROUNDS):
            with acting_as(user.pk), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                served.add(cursor.fetchone()[0])
                shown |= {f"{one.name}" for one in Portfolio.objects.iterator(chunk_size=1)}
                with suppress(Portfolio.DoesNotExist), transaction.atomic():
                    Portfolio.objects.create(user=user, name=f"{user.email} taken back {number}")
                    with transaction.atomic():
                        raise Portfolio.DoesNotExist
            answer = client.get("/api/v1/portfolios/")
            assert answer.status_code == 200, answer.content
            shown |= {one["name"] for one in answer.json()["results"]}
            made = client.post("/api/v1/portfolios/", {"name": f"{user.email} {number}"}, "application/json")
            assert made.status_code == 201, made.content
            for page in ("/", "/assets", "/market", "/portfolios", "/api/v1/assets/"):
                assert client.get(page).status_code == 200, page
    finally:
        connection.close()
    return served, shown


@pytest.mark.long
@pytest.mark.usefixtures("pooled")
def test_people_share_a_few_connections_and_nothing_else() -> None:
    people = [UserFactory() for _ in range(PEOPLE)]
    for user in people:
        PortfolioFactory(user=user, name=f"{user.email} first")
    for _ in range(3):
        AssetFactory()
    connection.close()
    start = Barrier(PEOPLE)
    with ThreadPoolExecutor(PEOPLE) as pool:
        found = list(pool.map(lambda user: look(user, start), people))
    assert len(set.union(*(served for served, _shown in found))) <= CONNECTIONS < PEOPLE
    for user, (_served, shown) in zip(people, found, strict=True):
        kept = {f"{user.email} first", *(f"{user.email} {number}" for number in range(ROUNDS))}
        assert shown == kept - {f"{user.email} {ROUNDS - 1}"}, "their own, and what was taken back is not there"
    assert Portfolio.objects.count() == PEOPLE * (1 + ROUNDS)
    assert len(list(Asset.objects.iterator(chunk_size=1))) == 3
