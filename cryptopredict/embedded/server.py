"""What the supervisor needs to know of a server."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from cryptopredict.embedded import process
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.places import Account, Places, roots_directory, server_directory

LARGEST_LOG = 10_000_000
REASON = re.compile(r"(?:FATAL|PANIC|ERROR|error):\s*(.+)|(No space left on device|Can't .+|Bad file format.+)")
REMEDIES = {
    "No space left on device": "free some disk space and start again",
    "Disk quota exceeded": "free some disk space and start again",
    "Cannot allocate memory": "free some memory and start again",
    "Read-only file system": "set CRYPTOPREDICT_HOME to a directory of yours",
    "user does not exist": "add the user (useradd), or set DATABASE_URL to a server of your own",
    "Permission denied": "check the owner and modes of the files in it",
}


class Server(ABC):
    """A server of one installation: made ready, started, asked whether it answers."""

    name: ClassVar[str]
    key: ClassVar[str]
    process_name: ClassVar[str]
    stop_signals: ClassVar[tuple[signal.Signals, ...]]
    death_signal: ClassVar[signal.Signals]

    def __init__(self, here: Places) -> None:
        self.here = here
        self.data = server_directory(here, self.key)
        self.log = here.logs / f"{self.key}.log"
        self.log_start = 0
        self.recovering = False

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it on data that nobody else uses; it need not answer yet.

        Raises:
            ServicesError: its data cannot be used.
        """
        lock = self.take_over()
        try:
            self.prepare(lock)
            with open_log(self.log).open("ab") as output:
                self.log_start = output.tell()
                return process.spawn(
                    self.command(),
                    death_signal=self.death_signal,
                    account=self.account,
                    environment=self.environment,
                    cwd=self.data,
                    output=output,
                    keep=[lock.descriptor],
                )
        finally:
            lock.close()  # from now on it is held by the server and what it forks

    def take_over(self) -> FileLock:
        """The lock of the server, held by us: nothing of a former one lives.

        Raises:
            ServicesError: something of a former one cannot be ended.
        """
        lock = FileLock(self.here.server_lock(self.key))
        try:
            process.take_over(lock, self.data, self.process_name, self.death_signal)
        except ServicesError:
            lock.close()
            raise
        return lock

    @property
    def account(self) -> Account | None:
        """Whom it is started as; None: as ourselves."""
        return self.here.account

    @property
    def environment(self) -> Mapping[str, str]:
        """What it is started with."""
        return process.BARE

    @property
    @abstractmethod
    def socket(self) -> Path | None:
        """Where it listens; None: nowhere."""

    @abstractmethod
    def prepare(self, lock: FileLock) -> None:
        """Make what is missing, remove what a crash left."""

    @abstractmethod
    def command(self) -> list[str | Path]: ...

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves. Raises ServicesError when it runs and never will."""

    @abstractmethod
    def finish(self) -> None:
        """What is to be done once it answers."""

    @abstractmethod
    def variables(self) -> dict[str, str]:
        """The environment variables that name it."""

    def clear(self) -> None:  # noqa: B027 - most leave nothing
        """Take away what it leaves when it has ended."""

    def failure(self, what: str, text: str | None = None) -> ServicesError:
        """``what`` happened, why (from ``text``, else from what it logged since its start), and the remedy."""
        if text is None:
            with self.log.open(encoding="utf-8", errors="replace") as log:
                log.seek(self.log_start)
                text = log.read()
        reason = reason_of(text)
        remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in reason), f"its log is {self.log}")
        return ServicesError(f"{what} in {self.data}: {reason}; {remedy}.")


def reason_of(text: str) -> str:
    """The line of a server's output that says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in reversed(lines):
        if found := REASON.search(line):
            return (found[1] or found[2]).rstrip(".")
    return lines[-1].rstrip(".") if lines else "it said nothing"


def open_log(path: Path) -> Path:
    """The log, its predecessor set aside when it has grown large."""
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    path.touch(mode=0o600)
    return path


def package_directory(name: str) -> Path:
    """Where a package is installed; it is not imported, which would cost time and run its code."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServicesError(
            f"The package {name} with the embedded server is not installed; "
            "run make setup, or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent


def program_of(
    here: Places, package: str, program: Path, parts: tuple[Path, ...], root: Path, variant: str = ""
) -> Path:
    """``root / program``, or the same in a copy of the ``parts`` of ``root`` that the service user can run.

    A virtual environment below root's home is closed to other users, and its modes are not ours to change.
    """
    if here.account.is_self or _runs(here, root / program):
        return root / program
    copy = roots_directory() / f"{package}-{version(package)}{variant}"
    if not _runs(here, copy / program):
        draft = Path(tempfile.mkdtemp(prefix=f".{package}-", dir=copy.parent))
        for part in parts:
            (shutil.copytree if (root / part).is_dir() else _copy_file)(root / part, draft / part)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755)
        shutil.rmtree(copy, ignore_errors=True)
        draft.rename(copy)
    return copy / program


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True)
    shutil.copyfile(source, target)


def _runs(here: Places, program: Path) -> bool:
    """Whether the service user can run it: modes, mount options and security modules have their say by trying."""
    try:
        return process.run([program, "--version"], account=here.account, cwd=Path("/")).returncode == 0
    except OSError:
        return False


def private_file(path: Path, text: str, account_uid: int, account_gid: int) -> None:
    """Write a new file that only that user can read, in a directory that he may write to."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchown(descriptor, account_uid, account_gid)
        file.write(text)
