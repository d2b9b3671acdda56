"""Processes that have loaded the program already: one loads it, and forks the others, which begin at once.

Loading takes seconds of the processor. Tests that kill a process again and again would do little else. The product
itself forks its workers and servers from a parent that has loaded less: the threads that polars begins when it is
loaded do not live on in a child. So what is forked here must not compute with polars; if it does, it hangs.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 1 << 16
"""Bytes of a program with its arguments."""
MOST_FILES = 16
LOADING_SECONDS = 120


@dataclass
class Forked:
    """A process, as ``subprocess.Popen`` would show it."""

    nursery: "Nursery"
    pid: int
    stdin: IO[str]
    stdout: IO[str]
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.nursery.status_of(self.pid, 0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Until it has ended; fails when it does not within that time."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            self.returncode = self.nursery.status_of(self.pid, 0.05)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Nothing happens to one that has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass
class Nursery:
    """Where they come from.

    Attributes:
        line: on which it is told what to fork, and tells what has ended.
        ended: how, by the number of the process.
    """

    line: socket.socket
    made: list[Forked] = field(default_factory=list)
    ended: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fork(self, program: str, *arguments: str, files: Sequence[int] = ()) -> Forked:
        """A process that runs a Python program. The numbers of the files that it is given are its last arguments; its
        standard input and output are our pipes."""
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        message = json.dumps({"program": program, "arguments": arguments}).encode()
        assert len(message) < LARGEST
        with self.lock:
            socket.send_fds(self.line, [message], [theirs_in, theirs_out, *files])
            os.close(theirs_in)
            os.close(theirs_out)
            while "forked" not in (told := self._hear(LOADING_SECONDS)):
                pass
        made = Forked(self, told["forked"], os.fdopen(ours_in, "w", buffering=1), os.fdopen(ours_out))
        self.made.append(made)
        return made

    def status_of(self, pid: int, seconds: float) -> int | None:
        """How it ended, negative where a signal killed it; None when it has not within that time."""
        with self.lock:
            if pid not in self.ended and select.select([self.line], [], [], seconds)[0]:
                self._hear(seconds)
            return self.ended.get(pid)

    def _hear(self, seconds: float) -> dict[str, int]:
        self.line.settimeout(seconds or None)
        content = self.line.recv(LARGEST)
        assert content, "it could not be loaded"
        told: dict[str, int] = json.loads(content)
        if "ended" in told:
            self.ended[told["ended"]] = told["status"]
        return told


@contextmanager
def nursery(environment: dict[str, str], *modules: str, is_quiet: bool = False) -> Iterator[Nursery]:
    """Processes with this environment, which have these modules loaded; all end with the block."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forking", str(theirs.fileno()), *modules],
        cwd=ROOT,
        env=environment,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if is_quiet else None,
    )
    theirs.close()
    made = Nursery(ours)
    try:
        yield made
    finally:
        ours.close()
        for one in made.made:
            for pipe in (one.stdin, one.stdout):
                with suppress(BrokenPipeError):
                    pipe.close()
        process.wait(30)


# -- the process that forks -------------------------------------------------------------------------------------------


def main(number: str, *modules: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    django.setup()
    for module in modules:
        __import__(module)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(number)) as line:
        serve(line)


def serve(line: socket.socket) -> None:
    """Fork what is asked for, and tell what has ended, until nobody is there to ask."""
    children: dict[int, int] = {}
    while True:
        waited: list[Any] = [line, *children]
        for ready in select.select(waited, [], [])[0]:
            if ready is not line:
                pid = children.pop(ready)
                os.close(ready)
                _pid, status = os.waitpid(pid, 0)
                line.send(json.dumps({"ended": pid, "status": os.waitstatus_to_exitcode(status)}).encode())
                continue
            content, files, _flags, _address = socket.recv_fds(line, LARGEST, MOST_FILES)
            if not content:
                for pid in children.values():
                    os.kill(pid, signal.SIGKILL)
                return
            pid = os.fork()
            if pid == 0:
                line.close()
                for other in children:
                    os.close(other)
                run(json.loads(content), files)
            children[os.pidfd_open(pid)] = pid
            for file in files:
                os.close(file)
            line.send(json.dumps({"forked": pid}).encode())


def run(asked: dict[str, Any], files: list[int]) -> NoReturn:
    """In a child."""
    status = 1
    try:
        for number, file in enumerate(files[:2]):
            os.dup2(file, number)
            os.close(file)
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w", buffering=1)
        for file in files[2:]:
            os.set_inheritable(file, True)
        sys.argv = ["-c", *asked["arguments"], *map(str, files[2:])]
        exec(compile(asked["program"], "<program>", "exec"), {"__name__": "__main__"})  # noqa: S102 - a test's
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the last line of a process
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
