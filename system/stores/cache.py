"""Copies on this machine of files that lie elsewhere: as many as there is room for, the last used ones."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

DRAFT, DRAFT_AGE = ".draft-", 3600
"""Begin of the name of a copy that is being written; after so many seconds nobody writes it any more."""


@dataclass(frozen=True)
class Cache:
    """Copies by a key, each whole or not there. Several processes may use it at once.

    Attributes:
        folder: where they are; made when it is needed.
        most: bytes; the newest copy stays however large it is.
    """

    folder: Path
    most: int

    def content(self, key: str) -> bytes | None:
        """What a copy holds; None: there is none."""
        path = self.path(key)
        try:
            return None if path is None else path.read_bytes()
        except FileNotFoundError:  # another process has needed the room
            return None

    def path(self, key: str) -> Path | None:
        """Where a copy is, which counts as used; None: there is none."""
        path = self.folder / key
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def add(self, key: str, pieces: Iterable[bytes]) -> Path:
        """Keep a copy, in the place of one that was there; those go that were not used for longest.

        Raises:
            OSError: the disk takes no more.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / key
        draft = None
        try:
            with NamedTemporaryFile(dir=self.folder, prefix=DRAFT, delete=False) as file:
                draft = Path(file.name)
                for piece in pieces:
                    file.write(piece)
            draft.replace(path)
        except BaseException:
            if draft is not None:
                draft.unlink(missing_ok=True)
            raise
        self._trim(keep=path)
        return path

    def _trim(self, keep: Path) -> None:
        """Take away what there is no room for, and what writers left that were ended while they wrote."""
        found, oldest_draft = [], time.time() - DRAFT_AGE
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another process trims too
                told = path.stat()
                if not path.name.startswith(DRAFT):
                    found.append((told.st_mtime, told.st_size, path))
                elif told.st_mtime < oldest_draft:
                    path.unlink()
        total = sum(size for _time, size, _path in found)
        for _time, size, path in sorted(found):
            if total <= self.most:
                return
            if path != keep:
                path.unlink(missing_ok=True)
                total -= size
