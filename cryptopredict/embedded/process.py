"""Child processes that never outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.places import Account

if TYPE_CHECKING:
    import psutil

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
BARE = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
"""Environment of the servers: nothing of ours changes how they behave."""


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """Have the kernel send this process ``death_signal`` when its parent is gone, however it went.

    Called in the child, after any change of user (which would clear it), with the parent's own process number: if it
    died before this call, there is nobody left to announce it.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)


def _dies_with_us(death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()
    return lambda: die_with(parent, death_signal)


def spawn(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | int | None = None,
    keep: Sequence[int] = (),
    foreground: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a child, as another user if one is given; it inherits the descriptors in ``keep``.

    It gets a session of its own, so that Ctrl-C reaches us and not it; a ``foreground`` child keeps our terminal.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=None if foreground else subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd=cwd,
        env=None if environment is None else dict(environment),
        pass_fds=keep,
        start_new_session=not foreground,
        preexec_fn=_dies_with_us(death_signal),  # noqa: PLW1509 - only one thread runs where we spawn
        **as_user(account),
    )


def run(
    command: Sequence[str | Path], *, account: Account, cwd: Path | None = None, keep: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a short command as another user to its end, its output kept.

    Raises:
        OSError: it cannot be started at all.
    """
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=cwd,
        env=BARE,
        pass_fds=keep,
        preexec_fn=_dies_with_us(signal.SIGKILL),
        **as_user(account),
    )


def as_user(account: Account | None) -> dict[str, Any]:
    """What ``subprocess`` needs to become that user, dropping all other groups."""
    if account is None or account.is_self:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def stop(child: subprocess.Popen[bytes], *requests: signal.Signals, patience: float) -> None:
    """Ask a child to end, more firmly each time ``patience`` seconds pass; at last it is killed."""
    for request in (*requests, signal.SIGKILL):
        if child.poll() is not None:
            return
        child.send_signal(request)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def processes_in(directory: Path, name: str) -> "list[psutil.Process]":
    """Live processes called ``name`` that work in ``directory``."""
    import psutil

    here, found = directory.resolve(), []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == name:
            with suppress(psutil.Error, OSError):
                if Path(process.cwd()) == here:
                    found.append(process)
    return found


def take_over(lock: FileLock, directory: Path, name: str, end_signal: signal.Signals) -> None:
    """Hold the lock of a server when nothing of a former one is left: what a crash left is given a moment, then ended.

    The lock says whether anything lives; the list of processes only serves to find what must be ended.

    Raises:
        ServicesError: a former process stays.
    """
    for request, seconds in ((None, 0.5), (end_signal, 3.0), (signal.SIGKILL, 5.0)):
        if lock.try_alone():
            return
        if request is not None:
            import psutil

            for process in processes_in(directory, name):
                with suppress(psutil.Error):  # it ended by itself in the meantime
                    process.send_signal(request)
        if lock.alone_within(seconds):
            return
    raise ServicesError(
        f"Processes of a former {name} still use {directory}; end them (ps -ef | grep {name}) and start again."
    )
