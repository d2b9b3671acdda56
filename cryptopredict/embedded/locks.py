"""File locks. The kernel drops them when their holder dies, however it dies; no process number is ever trusted."""

import fcntl
import os
import time
from pathlib import Path
from typing import Self

POLL_SECONDS = 0.02


class FileLock:
    """An advisory lock on a file (``flock``). It belongs to the open file: a child that inherits the descriptor holds
    it too, and it is free when the last holder is gone."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> Self:
        """Hold it beside others; waits while somebody holds it alone."""
        fcntl.flock(self.descriptor, fcntl.LOCK_SH)
        return self

    def try_share(self) -> bool:
        """Hold it beside others, unless somebody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def try_alone(self) -> bool:
        """Hold it alone, if nobody else holds it."""
        return self._try(fcntl.LOCK_EX)

    def alone_within(self, seconds: float) -> bool:
        """Hold it alone as soon as it is free; False when it stays taken for that long."""
        deadline = time.monotonic() + seconds
        while not self.try_alone():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go, but keep the file open."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def write(self, text: str) -> None:
        """Replace what stands in the file: a note of the holder to those who find it locked."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, text.encode(), 0)

    def read(self) -> str:
        return os.pread(self.descriptor, 4096, 0).decode(errors="replace")

    def close(self) -> None:
        os.close(self.descriptor)


def is_held(path: Path) -> bool:
    """Whether anybody holds the lock alone. Looks by holding it for a moment beside others."""
    lock = FileLock(path)
    try:
        return not lock.try_share()
    finally:
        lock.close()
