"""Child processes that never outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import psutil

from cryptopredict.embedded.places import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """For ``preexec_fn``: the kernel sends ``death_signal`` to the child when its parent is gone, however it went.

    Must be called in the process that will be the parent. Set after the change of user, which would clear it.
    """
    parent = os.getpid()

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)

    return prepare


def spawn(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | int | None = None,
    foreground: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a child, as another user if one is given.

    It gets a session of its own, so that Ctrl-C reaches us and not it; a ``foreground`` child keeps our terminal.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=None if foreground else subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd=cwd,
        env=None if environment is None else dict(environment),
        start_new_session=not foreground,
        preexec_fn=dies_with_parent(death_signal),  # noqa: PLW1509 - only one thread runs where we spawn
        **_as_user(account),
    )


def run(
    command: Sequence[str | Path], *, account: Account, environment: Mapping[str, str], cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run a short command as another user to its end, its output kept."""
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=dict(environment),
        preexec_fn=dies_with_parent(signal.SIGKILL),
        **_as_user(account),
    )


def _as_user(account: Account | None) -> dict[str, Any]:
    """What ``subprocess`` needs to become that user, dropping all other groups."""
    if account is None or account.is_self:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def stop(child: subprocess.Popen[bytes], first: signal.Signals, *, patience: float) -> None:
    """Ask a child to end; after ``patience`` seconds insist, and take its whole session along."""
    if child.poll() is None:
        child.send_signal(first)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def processes_in(directory: Path, name: str) -> list[psutil.Process]:
    """Live processes called ``name`` that work in ``directory``: what a crash left, or what is still ending."""
    here, found = directory.resolve(), []
    for process in psutil.process_iter(["name", "status"]):
        if process.info["name"] != name or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        try:
            if Path(process.cwd()) == here:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def clear(directory: Path, name: str, *, patience: float = 10) -> None:
    """Wait until no process called ``name`` works in ``directory``; one that stays is ended."""
    for request in (None, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        remaining = processes_in(directory, name)
        for process in remaining:
            if request is not None:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(request)
        if not remaining:
            return
        psutil.wait_procs(remaining, timeout=patience / 4)
