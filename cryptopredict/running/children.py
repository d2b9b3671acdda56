"""Children that are forked, watched, started again and stopped."""

import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from cryptopredict.embedded.process import die_with
from cryptopredict.embedded.server import open_log
from system.exceptions import UnavailableError

GRACE_SECONDS = 20
DEATHS, DEATH_WINDOW, FIRST_PAUSE = 5, 60.0, 0.5
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


class Lifeline:
    """A pipe that tells the children that the parent is gone, without any process number."""

    def __init__(self) -> None:
        self.far_end, self.near_end = os.pipe()

    def hold_on(self) -> None:
        """In a child: when the parent dies, the kernel asks us to end; who has not ended after a while is killed."""
        os.close(self.near_end)
        threading.Thread(target=self._watch, daemon=True, name="lifeline").start()

    def _watch(self) -> None:
        os.read(self.far_end, 1)  # returns when the last writing end, the parent's, is closed
        time.sleep(GRACE_SECONDS)
        os.killpg(0, signal.SIGKILL)


def fork(work: Callable[[], object], *, lifeline: Lifeline, log: Path | None) -> int:
    """Start ``work`` in a child with a session of its own, so that Ctrl-C reaches only the parent.

    Args:
        work: what it does; when it returns, the child ends with status 0.
        lifeline: ties it to the parent.
        log: where it writes; None = where the parent writes.

    Returns:
        The child's process number.
    """
    threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else threading.active_count()  # noqa: PTH208
    if threads > 1:
        raise RuntimeError(f"{threads} threads run before the fork; something loaded a numeric library too early")
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _be_a_child(work, parent, lifeline, log)
    return child


def _be_a_child(work: Callable[[], object], parent: int, lifeline: Lifeline, log: Path | None) -> NoReturn:
    status = 1
    try:
        os.setsid()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        die_with(parent, signal.SIGTERM)
        lifeline.hold_on()
        if log is not None:
            _write_to(log)
        work()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 - the last line of a process: nothing above would show it
        status = _tell(error)
    finally:
        with suppress(OSError):  # a full disk must not keep it from ending
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _tell(error: BaseException) -> int:
    """Write why a child ends: one sentence for an expected fault."""
    from cryptopredict import faults

    sentence = faults.explain(error)
    if sentence is None:
        traceback.print_exception(error)
        return 1
    sys.stderr.write(f"{sentence}\n")
    return faults.EXIT_STATUS


def _write_to(log: Path) -> None:
    with open_log(log).open("ab") as file, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


@dataclass
class Child:
    """A part of the product that runs as long as the product does."""

    name: str
    start: Callable[[], int]
    patience: float
    pid: int = 0
    status: int = 0
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS))
    start_again_at: float = 0
    started_at: float = 0
    has_served: bool = False
    said_at: float = -DEATH_WINDOW

    def keep_alive(self) -> None:
        """Start it, or start it again when it has died, later each time.

        Raises:
            UnavailableError: it keeps dying, and has never lived for a minute.
        """
        now = time.monotonic()
        if self.pid and self.has_ended():
            self.note_death(now)
        if not self.pid and now >= self.start_again_at:
            self.pid, self.started_at = self.start(), now
        elif self.pid and now - self.started_at >= DEATH_WINDOW:
            self.has_served = True

    def note_death(self, now: float) -> None:
        self.deaths.append(now)
        recent = sum(now - death < DEATH_WINDOW for death in self.deaths)
        if recent == DEATHS:
            fault = f"The {self.name} process died {DEATHS} times within a minute; see its log."
            if not self.has_served:
                raise UnavailableError(fault)
            # What takes it down may pass: a disk or a memory that is full, a server that is away.
            if now - self.said_at >= DEATH_WINDOW:
                self.said_at = now
                sys.stderr.write(f"{fault} It is started again.\n")
                sys.stderr.flush()
        self.start_again_at = now + FIRST_PAUSE * 2 ** (recent - 1)

    def has_ended(self) -> bool:
        """Whether it has ended; it is reaped then, and its exit status kept."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.pid, self.status = 0, os.waitstatus_to_exitcode(status)
        return pid != 0

    def stop(self, insist: Callable[[], bool]) -> None:
        """Ask it to end and wait; after its patience, or when told to ``insist``, kill its whole session."""
        if not self.pid:
            return
        os.kill(self.pid, signal.SIGTERM)  # nobody else can have its number before it is reaped
        deadline = time.monotonic() + self.patience
        while not self.has_ended():
            if time.monotonic() > deadline or insist():
                with suppress(ProcessLookupError):  # it has not made its session yet
                    os.killpg(self.pid, signal.SIGKILL)
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)
