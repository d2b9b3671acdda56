"""Holding a lease on the embedded services."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock, is_held
from cryptopredict.embedded.places import Places, places
from cryptopredict.environment import BASE_DIR

READY_SECONDS = 120
GONE_SECONDS = 60


@dataclass(frozen=True)
class Services:
    """Addresses of the running services."""

    database_url: str | None = None
    database_owner_url: str | None = None
    redis_url: str | None = None

    def variables(self) -> dict[str, str]:
        """The environment variables that name them."""
        found = {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "REDIS_URL": self.redis_url,
        }
        return {name: value for name, value in found.items() if value}


@contextmanager
def attached(home: Path, services: set[str]) -> Iterator[Services]:
    """The services, running, for the length of the block; started if they do not run.

    Raises:
        ServicesError: one of them cannot be started.
    """
    here = places(home)
    lease = FileLock(here.lease_lock).share()
    try:
        yield _wait_until_ready(here, services)
    finally:
        lease.close()
        _wait_until_gone(here)


def _wait_until_ready(here: Places, services: set[str]) -> Services:
    deadline = time.monotonic() + READY_SECONDS
    token, supervisor = "", None
    while time.monotonic() < deadline:
        state = _state(here)
        if supervisor is not None and supervisor.poll() and state.get("token") == token:
            raise ServicesError(state["error"] or f"The services did not start; see {here.logs}.")
        if not is_held(here.supervisor_lock):
            if supervisor is None or supervisor.poll() is not None:
                token = uuid.uuid4().hex
                supervisor = _start_supervisor(here, token, services)
        elif state.get("status") == "ready" and state["token"] == here.supervisor_lock.read_text():
            missing = services - set(state["services"])
            if missing:
                raise ServicesError(
                    f"The services that run were started without {', '.join(missing)}; stop what uses them first."
                )
            variables = state["variables"]
            return Services(
                variables.get("DATABASE_URL"), variables.get("DATABASE_OWNER_URL"), variables.get("REDIS_URL")
            )
        time.sleep(0.02)
    raise ServicesError(f"The services did not start within {READY_SECONDS} s; see {here.logs}.")


def _start_supervisor(here: Places, token: str, services: set[str]) -> "subprocess.Popen[bytes]":
    """Not our child in spirit: it lives as long as anybody holds a lease."""
    with (here.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cryptopredict.embedded.supervisor", str(here.home), token, *sorted(services)],
            cwd=BASE_DIR,
            env=os.environ | {"PYTHONPATH": str(BASE_DIR)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_gone(here: Places) -> None:
    """If ours was the last lease, return only when the servers have stopped: nothing is left running behind us."""
    deadline = time.monotonic() + GONE_SECONDS
    while is_held(here.supervisor_lock) and time.monotonic() < deadline:
        if is_held(here.lease_lock) and _state(here).get("status") != "stopping":
            return  # somebody else still uses them
        time.sleep(0.02)


def _state(here: Places) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads(here.state.read_text())
    except FileNotFoundError:
        return {}
    return state
