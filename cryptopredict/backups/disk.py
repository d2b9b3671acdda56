"""Reading files in pieces, and seeing that what was written is on the disk."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PIECE = 1 << 20


def read(file: IO[bytes]) -> Iterator[bytes]:
    """A file, piece by piece."""
    while piece := file.read(PIECE):
        yield piece


def settle(directory: Path) -> None:
    """See that the names in a directory are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
