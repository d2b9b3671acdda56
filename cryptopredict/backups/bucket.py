"""Backups in a store that speaks S3: the same files with the same manifest, each backup below a name of its own.

What goes there is sent while it is made, piece by piece, and read back before it counts. The manifest comes last:
without it nothing there is a backup, however far an upload came. To be restored a backup is fetched into a directory
first. Who we are to the store stands in the environment alone (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``,
``AWS_REGION``, ``AWS_ENDPOINT_URL`` …).
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptopredict.backups import files
from cryptopredict.backups.disk import PIECE
from cryptopredict.backups.encryption import Key
from cryptopredict.backups.manifest import NAME, Manifest, Stored, read_manifest
from cryptopredict.backups.shelf import LONGEST_DRAFT, NAMED, newest_in, shelf, to_keep
from system.exceptions import NoData, UnavailableError
from system.stores import bucket as stores
from system.stores.bucket import answering, is_bucket

NEWEST = "newest"
PART, PARTS_AT_ONCE = 32 << 20, 2
"""What is in memory of an upload; a file has ten thousand parts at most, so 320 GB."""
LEAST_FREE = 1 << 28


class Bucket(stores.Bucket):
    """A place of backups."""

    def backups(self) -> list[str]:
        """Names of the whole backups, the newest first.

        Raises:
            UnavailableError: the store does not answer.
        """
        with answering(self):
            return sorted((name for name in self._folders() if self._is_whole(name)), reverse=True)

    def newest(self) -> str:
        """
        Raises:
            NoData: there is none.
        """
        found = self.backups()
        if not found:
            raise NoData(f"There is no backup in {self}; make one: python manage.py backup --to {self}.")
        return found[0]

    def _folders(self) -> list[str]:
        """Everything that is named like a backup, whole or not."""
        import obstore

        names = (path.rpartition("/")[2] for path in obstore.list_with_delimiter(self.store)["common_prefixes"])
        return [name for name in names if NAMED.fullmatch(name)]

    def _is_whole(self, name: str) -> bool:
        import obstore

        try:
            obstore.head(self.store, f"{name}/{NAME}")
        except FileNotFoundError:
            return False
        return True

    def put(self, backup: str, name: str, pieces: Iterable[bytes], key: Key | None) -> Stored:
        """Send a file while it is made, sealed if there is a key, and read it back.

        Raises:
            UnavailableError: the store did not take it, or gives back something else.
        """
        import obstore

        digest, length = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal length
            for piece in key.seal(name, pieces) if key else pieces:
                digest.update(piece)
                length += len(piece)
                yield piece

        path = f"{backup}/{name}"
        with answering(self):
            obstore.put(self.store, path, counted(), use_multipart=True, chunk_size=PART, max_concurrency=PARTS_AT_ONCE)
            sent = Stored(length, digest.hexdigest())
            if self._stored(path) != sent:
                raise UnavailableError(f"{self}/{path} came back as something else than was sent; nothing was kept.")
        return sent

    def _stored(self, path: str) -> Stored:
        digest, length = hashlib.sha256(), 0
        for piece in self._read(path):
            digest.update(piece)
            length += len(piece)
        return Stored(length, digest.hexdigest())

    def _read(self, path: str) -> Iterator[bytes]:
        import obstore

        for piece in obstore.get(self.store, path).stream(min_chunk_size=PIECE):
            yield bytes(piece)

    def remove(self, backup: str) -> None:
        """Take away what is there of a backup; its manifest first, so that it stops to be one at once."""
        import obstore

        with answering(self):
            if self._is_whole(backup):
                obstore.delete(self.store, f"{backup}/{NAME}")
            for batch in obstore.list(self.store, prefix=f"{backup}/"):
                obstore.delete(self.store, [one["path"] for one in batch])

    def rotate(self, rules: Mapping[str, Any]) -> list[str]:
        """Remove the backups that have had their time; their names."""
        names = self.backups()
        gone = sorted(set(names) - to_keep(names, rules))
        for name in gone:
            self.remove(name)
        return gone

    def sweep(self, now: datetime) -> list[str]:
        """Remove what was broken off: nobody writes a backup for a day; their names."""
        import obstore

        gone = []
        with answering(self):
            for name in self._folders():
                times = [one["last_modified"] for part in obstore.list(self.store, prefix=f"{name}/") for one in part]
                is_old = times and (now - max(times)).total_seconds() > LONGEST_DRAFT
                if is_old and not self._is_whole(name):
                    gone.append(name)
        for name in gone:
            self.remove(name)
        return gone

    def manifest(self, backup: str) -> Manifest:
        """What a backup says of itself."""
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / backup
            self._fetch(backup, NAME, place)
            return read_manifest(place)

    @contextmanager
    def fetched(self, backup: str, near: Path) -> Iterator[Path]:
        """A backup in a directory of its own, which is gone after the block. Whether its files are as they were written
        is for who reads them.

        Args:
            near: in which directory.
        Raises:
            NoData: there is no such backup.
            UnavailableError: the store does not answer, or the disk has too little room.
        """
        near.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetched-", dir=near) as folder:
            place = Path(folder) / backup
            self._fetch(backup, NAME, place)
            manifest = read_manifest(place)
            needed = sum(one.bytes for one in manifest.files.values()) + LEAST_FREE
            if (free := shutil.disk_usage(near).free) < needed:
                raise UnavailableError(f"{near} has room for {free >> 20} MB, and {backup} needs {needed >> 20} MB.")
            for name in manifest.files:
                self._fetch(backup, name, place)
            yield place

    def _fetch(self, backup: str, name: str, place: Path) -> None:
        try:
            with answering(self):
                files.put(place, name, self._read(f"{backup}/{name}"), None)
        except FileNotFoundError:
            raise NoData(f"There is no {name} of a backup {backup} in {self}.") from None


def place_of(named: str | None) -> Path | Bucket:
    """Where backups lie: at the named place, else at that of ``BACKUP_DIRECTORY``, else in the home directory.

    Raises:
        InvalidInput: it is no place in a store.
    """
    text = named or os.environ.get("BACKUP_DIRECTORY") or ""
    if is_bucket(text):
        return Bucket(text)
    return Path(text).expanduser().absolute() if text else shelf()


@contextmanager
def at_hand(named: str, near: Path) -> Iterator[tuple[Path, str]]:
    """A backup in a directory, and what it is called for people.

    Args:
        named: its directory, its address in a store, or ``newest`` (there, or at the place of the settings).
        near: where it is put for the length of the block, if it lies in a store.
    """
    above, _slash, name = named.rpartition("/")
    place = Bucket(above) if is_bucket(named) else place_of(None) if named == NEWEST else None
    if isinstance(place, Bucket):
        name = place.newest() if name == NEWEST else name
        with place.fetched(name, near) as backup:
            yield backup, f"{place}/{name}"
    else:
        backup = Path(named).expanduser().absolute() if place is None else newest_in(place)
        yield backup, str(backup)
