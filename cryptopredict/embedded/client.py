"""Holding a lease on the embedded services."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import POLL_SECONDS, FileLock, is_held
from cryptopredict.embedded.places import Places, places
from cryptopredict.embedded.server import open_log
from cryptopredict.environment import BASE_DIR

READY_SECONDS = 900
GONE_SECONDS = 60
MOST_KILLS, KILLS_WINDOW = 5, 60.0
VARIABLES = {"postgres": ("DATABASE_URL", "DATABASE_OWNER_URL"), "valkey": ("REDIS_URL",)}
"""By service, the variables that name it."""


@dataclass(frozen=True)
class Services:
    """Addresses of the services, as environment variables, and whether they serve already."""

    variables: dict[str, str]
    ready: bool


class Lease:
    """The wish of one process that the services run. The kernel takes it back when that process dies."""

    def __init__(self, home: Path, services: set[str]) -> None:
        self.here, self.services = places(home), services
        self._lock = FileLock(self.here.lease_lock).share()
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._report = -1
        self._kills: deque[float] = deque(maxlen=MOST_KILLS)
        self._has_served = False

    def look(self) -> Services | None:
        """How the services stand now, None when that is not known yet; a supervisor is started where there is none.

        Raises:
            ServicesError: the supervisor that we started gave up, or the one that runs has not what we need.
        """
        if not is_held(self.here.supervisor_lock):
            if self._supervisor is None or self._supervisor.poll() is not None:
                self._raise_report()
                self._start_supervisor()
            return None
        state = running_state(self.here)
        if state is None:
            return None
        missing = self.services - set(state["services"])
        if missing:
            raise ServicesError(
                f"The services that run were started without {', '.join(sorted(missing))}; stop what uses them first."
            )
        ready = state["status"] == "ready" and all(_listens(path) for path in state["sockets"])
        self._has_served |= ready
        return Services(variables_of(state, self.services), ready)

    def wait(self, *, ready: bool = True) -> Services:
        """The services, once they serve; with ``ready=False`` as soon as their addresses are known.

        Raises:
            ServicesError: one of them cannot be started.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            found = self.look()
            if found is not None and (found.ready or not ready):
                return found
            time.sleep(POLL_SECONDS)
        raise ServicesError(f"The services did not start within {READY_SECONDS} s; see {self.here.logs}.")

    def release(self) -> None:
        """Give it back. If it was the last one, return only when the servers have stopped."""
        self._lock.close()
        _wait_until_gone(self.here)
        if self._supervisor is not None:
            with suppress(subprocess.TimeoutExpired):  # others hold it; then it outlives us
                self._supervisor.wait(0 if is_held(self.here.supervisor_lock) else 5)
            os.close(self._report)

    def _start_supervisor(self) -> None:
        """Not our child in spirit: it lives as long as anybody holds a lease."""
        self._report, report = os.pipe()
        with open_log(self.here.logs / "supervisor.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                [
                    *(sys.executable, "-m", "cryptopredict.embedded.supervisor"),
                    *(str(self.here.home), uuid.uuid4().hex, str(report), *sorted(self.services)),
                ],
                cwd=BASE_DIR,
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(BASE_DIR), os.environ.get("PYTHONPATH", "")])},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[report],
                start_new_session=True,
            )
        os.close(report)

    def _raise_report(self) -> None:
        """Why the supervisor that we started ended. One that was killed is replaced, but not again and again before
        any has served: a product that runs for years meets more kills than any number."""
        if self._supervisor is None:
            return
        with os.fdopen(self._report) as pipe:
            sentence = pipe.read()
        status, self._supervisor = self._supervisor.returncode, None
        now = time.monotonic()
        if status < 0:
            self._kills.append(now)
        is_hopeless = not self._has_served and len(self._kills) == MOST_KILLS and now - self._kills[0] < KILLS_WINDOW
        if sentence or status > 0 or is_hopeless:
            raise ServicesError(sentence or f"The services ended with status {status}; see {self.here.logs}.")


@contextmanager
def attached(home: Path, services: set[str]) -> Iterator[Services]:
    """The services, running, for the length of the block; started if they do not run.

    Raises:
        ServicesError: one of them cannot be started.
    """
    lease = Lease(home, services)
    try:
        yield lease.wait()
    finally:
        lease.release()


@contextmanager
def joined(home: Path, services: set[str]) -> Iterator[dict[str, str]]:
    """The environment variables of the services, held for the length of the block, if they run; nothing is started."""
    here = places(home)
    lock = FileLock(here.lease_lock).share()
    try:
        state = running_state(here)
        yield variables_of(state, services) if state is not None and state["status"] == "ready" else {}
    finally:
        lock.close()
        _wait_until_gone(here)


def running_state(here: Places) -> dict[str, Any] | None:
    """What the supervisor that runs has published; None when none runs, or it has not said anything yet."""
    if not is_held(here.supervisor_lock):
        return None
    try:
        state: dict[str, Any] = json.loads(here.state.read_text())
        holder = here.supervisor_lock.read_text()
    except FileNotFoundError:
        return None
    return state if state["token"] == holder else None


def variables_of(state: dict[str, Any], services: set[str]) -> dict[str, str]:
    """The variables of some of the services that run: what the operator has named himself is left as it is."""
    return {name: state["variables"][name] for service in sorted(services) for name in VARIABLES[service]}


def _listens(path: str) -> bool:
    """Whether a server is behind the socket. It may have died a moment ago, before the supervisor could notice."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return False
    return True


def _wait_until_gone(here: Places) -> None:
    """If ours was the last lease, return only when the servers have stopped: nothing is left running behind us."""
    deadline = time.monotonic() + GONE_SECONDS
    leaving, leases = FileLock(here.leaving_lock), FileLock(here.lease_lock)
    try:
        # One at a time: two who look at once would take each other for somebody who still uses the services.
        leaving.alone_within(GONE_SECONDS)
        while is_held(here.supervisor_lock) and time.monotonic() < deadline:
            if leases.try_share() and not leases.try_alone():
                return  # somebody else still uses them
            leases.release()
            time.sleep(POLL_SECONDS)
    finally:
        leases.close()
        leaving.close()
