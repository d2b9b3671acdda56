"""A PostgreSQL that we run by ourselves, while the supervisor and everybody who uses the services is kept out."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptopredict.embedded import process
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock, is_held
from cryptopredict.embedded.places import Places, claim_run_directory
from cryptopredict.embedded.postgres import SUPERUSER, Postgres
from system.exceptions import ConflictError

POLL_SECONDS = 0.05
STRANGER = "does not know the password"
IN_USE = "The product or a command of it runs; end it (Ctrl-C in manage.py up), and begin again."


def require_stopped(here: Places) -> None:
    """Nobody uses the embedded services.

    Raises:
        ConflictError: somebody does.
    """
    if is_held(here.home / "up.lock") or is_held(here.supervisor_lock):
        raise ConflictError(IN_USE)


@contextmanager
def alone(here: Places) -> Iterator[None]:
    """Nobody starts the services meanwhile.

    Raises:
        ConflictError: somebody has.
    """
    lock = FileLock(here.supervisor_lock)
    try:
        if not lock.alone_within(1):
            raise ConflictError(IN_USE)
        yield
        with suppress(OSError):  # somebody else's file in it: not ours to remove
            here.run.rmdir()
    finally:
        lock.close()


class Alone(Postgres):
    """A cluster that is worked on: in any directory, with a log of its own."""

    def __init__(self, here: Places, data: Path) -> None:
        self.here, self.data = here, data
        self.log, self.log_start, self.recovering = here.logs / "restore.log", 0, False
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self, lock: FileLock) -> None:  # noqa: ARG002 - a cluster is there, or nothing is started
        claim_run_directory(self.here)
        self.remove_remains()

    def serve(self) -> None:
        """Start, and wait until it answers; the superuser of another home directory gets the password of this one.

        Raises:
            ServicesError: it ended.
        """
        try:
            self.serve_as_it_is()
        except ServicesError as error:
            if STRANGER not in str(error):
                raise
            self.end()
            self.set_password()
            self.serve_as_it_is()

    def serve_as_it_is(self) -> None:
        """Start, and wait until it answers.

        Raises:
            ServicesError: it ended, or does not know the password.
        """
        self.process = self.start()
        while not self.answers():
            if self.process.poll() is not None:
                raise self.ended()
            time.sleep(POLL_SECONDS)

    def ended(self) -> Exception:
        """Why it does not run any more."""
        return self.failure("The server ended")

    def end(self) -> None:
        """Stop it, and see that nothing which it forked stays behind."""
        if self.process is not None:
            process.stop(self.process, *self.stop_signals, patience=60)
            self.take_over().close()

    def set_password(self) -> None:
        """Without anybody logging in: the server itself carries out one statement."""
        statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{self.password(SUPERUSER)}';\n"
        done = subprocess.run(
            [self.programs / "postgres", "--single", "-D", self.data, "-c", "archive_mode=off", "postgres"],
            input=statement.encode(),
            capture_output=True,
            env=process.BARE,
            cwd=self.data,
            check=False,
            **process.as_user(self.here.account),
        )
        if done.returncode:
            raise self.failure("The password could not be set", done.stderr.decode(errors="replace"))

    def said(self, since: int) -> str:
        """What it has logged since it had logged so much."""
        with self.log.open("rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")
