"""/healthz depends on nothing; /readyz says what is missing, and never takes long."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from cryptopredict import health


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def elsewhere(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """The database is said to be on that port of this machine."""
    arguments = {"host": "127.0.0.1", "port": port, "dbname": "x", "user": "x", "password": "x"}
    monkeypatch.setattr(health, "database_arguments", lambda: arguments)


def test_healthz_needs_no_database(client: Client) -> None:
    """pytest-django refuses every query of a test that has not asked for a database."""
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_both_are_only_read_and_say_so_to_whoever_has_no_token(address: str) -> None:
    refusal = Client(enforce_csrf_checks=True).post(address)
    assert (refusal.status_code, refusal["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db
def test_readyz_when_all_is_well(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_names_what_cannot_be_reached(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["missing"]) == (503, {"redis": "cannot be reached"})
    elsewhere(monkeypatch, 1)
    response = client.get("/readyz")
    missing = {"database": "cannot be reached", "redis": "cannot be reached"}
    assert (response.status_code, response.json()) == (503, {"status": "unavailable", "missing": missing})


@pytest.mark.django_db
def test_readyz_does_not_wait_for_what_hangs(
    client: Client, settings: Any, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{silent}/0"
    elsewhere(monkeypatch, silent)
    begin = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - begin < 2
    assert (response.status_code, set(response.json()["missing"])) == (503, {"database", "redis"})


@pytest.mark.django_db
def test_readyz_counts_migrations_that_have_not_run(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    coming = health.migrations_on_disk() | {("assets", "0099_tomorrow")}
    monkeypatch.setattr(health, "migrations_on_disk", lambda: coming)
    assert client.get("/readyz").json()["missing"] == {"database": "1 migrations have not run"}


@pytest.mark.django_db
def test_readyz_on_an_empty_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = health.database_arguments() | {"dbname": "postgres"}
    monkeypatch.setattr(health, "database_arguments", lambda: arguments)
    assert client.get("/readyz").json()["missing"] == {"database": "no migration has run"}


@pytest.mark.django_db
def test_an_address_with_a_deadline_of_its_own_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = health.database_arguments() | {"connect_timeout": 60}
    monkeypatch.setattr(health, "database_arguments", lambda: arguments)
    assert health.database_fault() is None


def test_options_of_the_connection_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections["default"].settings_dict["OPTIONS"], "sslmode", "verify-full")
    assert health.database_arguments()["sslmode"] == "verify-full"


@pytest.mark.django_db
def test_readyz_says_when_the_disk_is_full(client: Client, settings: Any, tmp_path: Path) -> None:
    small = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)]
    if subprocess.run(small, check=False, capture_output=True).returncode:
        pytest.skip("may not mount")
    try:
        settings.CRYPTOPREDICT_HOME = tmp_path
        response = client.get("/readyz")
        assert (response.status_code, response.json()["missing"]) == (503, {"disk": "is full"})
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_redis_that_refuses_is_told_from_one_that_is_away(settings: Any) -> None:
    """As one does whose own file cannot be written."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        threading.Thread(target=refuse, args=(server,), daemon=True).start()
        assert health.redis_fault() == "takes nothing now"


def refuse(server: socket.socket) -> None:
    connection, _address = server.accept()
    with connection:
        while asked := connection.recv(4096):
            connection.sendall(
                b"-MISCONF Errors writing to the AOF file: No space left on device\r\n" * asked.count(b"*")
            )
