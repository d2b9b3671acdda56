"""The process that runs the servers: ``python -m cryptopredict.embedded.supervisor HOME TOKEN SERVICE…``.

It holds the supervisor lock, starts the servers as children that die with it, restarts one that dies, says in a file
where they are, and stops them when the last lease is gone.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptopredict.embedded import process
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.places import Places, places
from cryptopredict.embedded.postgres import APPLICATION, OWNER, Postgres
from cryptopredict.embedded.valkey import Valkey

POLL_SECONDS = 0.1
RESTARTS, RESTART_WINDOW = 5, 60.0
logger = logging.getLogger("cryptopredict.supervisor")


@dataclass
class Child:
    """A server that runs, and how to run it again."""

    name: str
    prepare_and_start: "Callable[[], subprocess.Popen[bytes]]"
    stop_signal: signal.Signals
    running: "subprocess.Popen[bytes] | None" = None
    restarts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS))

    def start(self) -> None:
        self.running = self.prepare_and_start()

    def keep_alive(self) -> None:
        """Start it again if it died; give up when it keeps dying."""
        if self.running is None or self.running.poll() is None:
            return
        now = time.monotonic()
        if len(self.restarts) == RESTARTS and now - self.restarts[0] < RESTART_WINDOW:
            raise ServicesError(f"{self.name} died {RESTARTS} times within a minute; see its log.")
        self.restarts.append(now)
        logger.warning("%s ended with status %s; starting it again", self.name, self.running.returncode)
        self.start()

    def stop(self) -> None:
        if self.running is not None:
            process.stop(self.running, self.stop_signal, patience=30)


class Supervisor:
    """The servers of one installation."""

    def __init__(self, here: Places, token: str, services: set[str]) -> None:
        self.here, self.token, self.services = here, token, services
        self.children: list[Child] = []
        self.variables: dict[str, str] = {}
        self.asked_to_stop = False

    def run(self) -> None:
        """Serve until the last lease is gone."""
        leases = FileLock(self.here.lease_lock)
        try:
            self.start()
            self.publish("ready")
            while not self.asked_to_stop and not leases.try_alone():
                for child in self.children:
                    child.keep_alive()
                time.sleep(POLL_SECONDS)
            self.publish("stopping")
        finally:
            for child in reversed(self.children):
                child.stop()

    def start(self) -> None:
        if "postgres" in self.services:
            self.children.append(Child("PostgreSQL", self._start_postgres, signal.SIGINT))
        if "valkey" in self.services:
            self.children.append(Child("Valkey", self._start_valkey, signal.SIGTERM))
        for child in self.children:
            child.start()

    def _start_postgres(self) -> "subprocess.Popen[bytes]":
        cluster = Postgres.prepare(self.here)
        server = cluster.start()
        cluster.ensure_roles()
        self.variables |= {"DATABASE_URL": cluster.url(APPLICATION), "DATABASE_OWNER_URL": cluster.url(OWNER)}
        return server

    def _start_valkey(self) -> "subprocess.Popen[bytes]":
        server = Valkey.prepare(self.here)
        started = server.start()
        self.variables |= {"REDIS_URL": server.url}
        return started

    def publish(self, status: str, error: str = "") -> None:
        """Say how things stand, in one piece: a reader sees the old file or the new one."""
        draft = self.here.state.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(
            json.dumps(
                {
                    "token": self.token,
                    "pid": os.getpid(),
                    "status": status,
                    "error": error,
                    "services": sorted(self.services),
                    "variables": self.variables,
                }
            )
        )
        draft.replace(self.here.state)


def main(arguments: list[str]) -> int:
    home, token, *services = arguments
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    here = places(Path(home))
    lock = FileLock(here.supervisor_lock)
    if not lock.try_alone():
        return 0  # another supervisor was first: whoever started us joins it
    os.ftruncate(lock.descriptor, 0)
    os.pwrite(lock.descriptor, token.encode(), 0)
    supervisor = Supervisor(here, token, set(services))

    def ask_to_stop(*_: object) -> None:
        supervisor.asked_to_stop = True

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    try:
        supervisor.run()
    except ServicesError as error:
        logger.error("%s", error)  # noqa: TRY400 - an expected fault: one sentence
        supervisor.publish("failed", str(error))
        return 1
    except OSError as error:
        logger.exception("The services stopped")
        supervisor.publish("failed", f"{error.filename or here.home}: {error.strerror}; free space or check its modes.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
