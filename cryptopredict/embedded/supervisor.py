"""The process that runs the servers: ``python -m cryptopredict.embedded.supervisor HOME TOKEN REPORT SERVICE…``.

It holds the supervisor lock, starts the servers as children that die with it, restarts one that dies, says in a file
where they are, and stops them when the last lease is gone. To whoever started it, it reports a failure through the
descriptor ``REPORT``: a file could not be written when the disk is full.

A server that does not start is given up, with the reason. One that has served is started again as long as it takes: a
disk that is full today has room tomorrow, and nobody should have to come for it.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from cryptopredict.embedded import process
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.log_sealer import LogSealer, is_wanted
from cryptopredict.embedded.places import Places, claim_run_directory, places
from cryptopredict.embedded.postgres import Postgres
from cryptopredict.embedded.server import Server
from cryptopredict.embedded.valkey import Valkey

POLL_SECONDS = 0.1
STARTING_SECONDS = 0.01
PAUSES, DEATH_WINDOW = (0.0, 0.0, 0.5, 1.0, 2.0, 5.0), 60.0
"""Seconds before a server is started again, by how often it has died within the window."""
PATIENCE = 60.0
SERVERS: dict[str, type[Server]] = {"postgres": Postgres, "valkey": Valkey}
logger = logging.getLogger("cryptopredict.supervisor")


class Child:
    """A server that runs, is starting, or waits to be started again."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.deaths: deque[float] = deque(maxlen=len(PAUSES))
        self.running: subprocess.Popen[bytes] | None = None
        self.has_served = False
        self.start_again_at = 0.0
        self.said_at = -DEATH_WINDOW

    def start(self) -> None:
        self.running = self.server.start()
        self.deadline = time.monotonic() + PATIENCE

    def is_ready(self) -> bool:
        """Whether it serves now.

        Raises:
            ServicesError: it has never served, and ended, or has not answered in time.
        """
        if self.has_died():
            if not self.has_served:
                raise self.server.failure(f"{self.server.name} did not start")
            status = self.running.returncode if self.running else None
            self.start_later(f"ended with status {status}")
        if self.running is None:
            return self.try_again()
        if self.server.answers():
            if not self.has_served:
                self.server.finish()
            self.has_served = True
            return True
        if self.server.recovering:
            self.deadline = time.monotonic() + PATIENCE
        if time.monotonic() > self.deadline:
            if not self.has_served:
                raise ServicesError(f"{self.server.name} does not answer; its log is {self.server.log}.")
            self.stop()
            self.start_later("did not answer")
        return False

    def has_died(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def try_again(self) -> bool:
        """Start it again, if it is time to. It does not serve yet."""
        if time.monotonic() >= self.start_again_at:
            try:
                self.start()
            except (ServicesError, OSError) as fault:
                self.start_later(f"cannot be started ({fault})")
        return False

    def start_later(self, why: str) -> None:
        """After a death, or an attempt in vain: at once at first, later when it happens again and again."""
        now = time.monotonic()
        self.running = None
        self.deaths.append(now)
        recent = sum(now - death < DEATH_WINDOW for death in self.deaths)
        self.start_again_at = now + PAUSES[recent - 1]
        if recent < len(PAUSES) or now - self.said_at >= DEATH_WINDOW:  # once a minute where it goes on for hours
            self.said_at = now
            logger.warning("%s %s; starting it again in %g s", self.server.name, why, PAUSES[recent - 1])

    def stop(self) -> None:
        """End it, and see that nothing which it forked stays behind."""
        if self.running is not None:
            process.stop(self.running, *self.server.stop_signals, patience=20)
            self.server.take_over().close()
            self.server.clear()


class Supervisor:
    """The servers of one installation."""

    def __init__(self, here: Places, token: str, services: list[str]) -> None:
        self.here, self.token, self.services = here, token, sorted(services)
        self.leases = FileLock(here.lease_lock)
        servers = [SERVERS[service](here) for service in self.services]
        # First: they are ended in the opposite order, and PostgreSQL archives the end of its log when it is.
        sealers = [LogSealer(here)] if Postgres.key in services and is_wanted(here) else []
        self.children = [Child(server) for server in (*sealers, *servers)]
        self.asked_to_stop = False
        self.unsaid: str | None = None

    def run(self) -> None:
        """Serve until the last lease is gone."""
        try:
            claim_run_directory(self.here)
            for child in self.children:
                child.start()
            self.wait_until_ready(self.children)
            while not self.is_over():
                dead = [child for child in self.children if child.has_died()]
                if dead:
                    self.wait_until_ready(dead)
                elif self.unsaid is not None:
                    self.publish(self.unsaid)
                time.sleep(POLL_SECONDS)
        finally:
            for child in reversed(self.children):
                child.stop()
            self.here.state.unlink(missing_ok=True)
            with suppress(OSError):  # somebody else's file in it: not ours to remove
                self.here.run.rmdir()

    def wait_until_ready(self, starting: list[Child]) -> None:
        """Until they answer, or are no longer wanted."""
        self.publish("starting")
        waiting = list(starting)
        while waiting:
            if self.is_over():
                return
            waiting = [
                child for child in self.children if (child in waiting or child.has_died()) and not child.is_ready()
            ]
            time.sleep(STARTING_SECONDS)
        self.publish("ready")

    def is_over(self) -> bool:
        """Whether nobody needs us. From then on the lease lock is ours: who comes now waits for the next supervisor."""
        return self.asked_to_stop or self.leases.try_alone()

    def publish(self, status: str) -> None:
        """Say how things stand. Where all has served before, a disk that is full may have the word wait.

        Raises:
            OSError: the file cannot be written.
        """
        try:
            self.write(status)
            self.unsaid = None
        except OSError as fault:
            if not all(child.has_served for child in self.children):
                raise
            if self.unsaid is None:
                logger.warning("%s cannot be written: %s", self.here.state, fault)
            self.unsaid = status

    def write(self, status: str) -> None:
        """The file of how things stand, in one piece: a reader sees the old one or the new one."""
        state = {
            "token": self.token,
            "pid": os.getpid(),
            "status": status,
            "services": self.services,
            "sockets": [str(place) for child in self.children if (place := child.server.socket) is not None],
            "variables": {key: value for child in self.children for key, value in child.server.variables().items()},
        }
        draft = self.here.state.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(state, file)
        draft.replace(self.here.state)


def supervise(here: Places, token: str, services: list[str]) -> None:
    """Run the servers, unless another supervisor does: then whoever started us joins it."""
    lock = FileLock(here.supervisor_lock)
    if not lock.alone_within(1):  # somebody may be looking at it just now
        return
    lock.write(token)
    supervisor = Supervisor(here, token, services)

    def ask_to_stop(*_: object) -> None:
        supervisor.asked_to_stop = True

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    supervisor.run()


def main(arguments: list[str]) -> int:
    home, token, report, *services = arguments
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    try:
        supervise(places(Path(home)), token, services)
    except Exception as error:
        sentence = explain(error, home)
        logger.error("%s", sentence, exc_info=None if sentence else error)  # noqa: TRY400 - one sentence, if expected
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(int(report), (sentence or f"The services stopped; see {home}/logs/supervisor.log.").encode())
        return 1
    return 0


def explain(error: Exception, home: str) -> str | None:
    """One sentence for an expected fault."""
    from cryptopredict import faults  # imports much, and hardly ever

    if isinstance(error, OSError) and error.filename is None:
        error.filename = home
    return faults.explain(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
