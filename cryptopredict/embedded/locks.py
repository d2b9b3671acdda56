"""File locks. The kernel drops them when their holder dies, however it dies."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """An advisory lock on a file (``flock``)."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> Self:
        """Hold it beside others; waits while somebody holds it alone."""
        fcntl.flock(self.descriptor, fcntl.LOCK_SH)
        return self

    def try_alone(self) -> bool:
        """Hold it alone if nobody else holds it."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go, but keep the file open."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self.descriptor)


def is_held(path: Path) -> bool:
    """Whether anybody holds the lock."""
    lock = FileLock(path)
    try:
        return not lock.try_alone()
    finally:
        lock.close()
