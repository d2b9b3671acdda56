"""Where trained models, media and reports of backtests lie: below the home directory, or in the bucket that
``ARTEFACTS_URL`` names, under the same names (``models/…``, ``media/…``, ``backtests/…``).

What is put into the bucket is there whole or not at all, and what comes from it is read anew, or from the copies that
each machine keeps (``cache``). The store is asked with the patience of somebody who waits for a page.
"""

import hashlib
import io
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from system.exceptions import UnavailableError
from system.stores.bucket import Bucket, Patience, answering, reason_of
from system.stores.cache import Cache

if TYPE_CHECKING:
    from obstore.store import S3Store

MODELS, MEDIA, BACKTESTS = "models", "media", "backtests"
FOLDERS = (MODELS, MEDIA, BACKTESTS)
"""Below the home directory, and below the bucket's prefix."""
VARIABLE = "ARTEFACTS_URL"
PART, PARTS_AT_ONCE = 16 << 20, 2
"""Larger files are sent in parts of so many bytes, which the bucket shows when the last one is there, and are not held
in memory."""
PIECE = 1 << 20
QUICK = Patience(timedelta(seconds=1), timedelta(milliseconds=1500), 0, timedelta(seconds=1))
"""For who asks whether it answers."""
COPIES = "cache/artefacts"
logger = logging.getLogger(__name__)


class FilesAway(UnavailableError):
    """The bucket of the files does not answer, or refuses.

    Args:
        bucket: where they are.
        reason: what it said; not for everybody, since it may name hosts.
    """

    def __init__(self, bucket: "Artefacts", reason: str) -> None:
        super().__init__(
            _("Files cannot be reached at the moment (%(variable)s). Try again in half a minute.")
            % {"variable": VARIABLE},
            code="files_away",
        )
        self.bucket, self.reason = bucket, reason


@dataclass(frozen=True)
class Kept:
    """A file in the bucket: its place there, bytes, when it was put there, and what changes when its content does."""

    place: str
    size: int
    changed_at: datetime
    tag: str


@dataclass(frozen=True)
class Artefacts(Bucket):
    """The bucket of the files. Places are below its prefix."""

    patience: ClassVar = Patience(timedelta(seconds=3), timedelta(seconds=30), 2, timedelta(seconds=10))

    def refusal(self, reason: str) -> UnavailableError:
        """In a sentence for everybody; the log has the rest."""
        logger.warning("%s=%s does not do it: %s", VARIABLE, self, reason)
        return FilesAway(self, reason)

    @cached_property
    def quick(self) -> "S3Store":
        """For who asks whether it answers."""
        return self.patient(QUICK)

    def fault(self) -> str | None:
        """Why the bucket cannot be used; None: it answers. Asked anew each time, and within two seconds."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.list_with_delimiter(self.quick)
        except (BaseError, FileNotFoundError) as error:
            return reason_of(error)
        return None

    def read(self, place: str) -> bytes:
        """A file.

        Raises:
            FileNotFoundError: it is not there.
            FilesAway: the bucket does not answer, as below.
        """
        import obstore

        with answering(self):
            return bytes(obstore.get(self.store, place).bytes())

    def pieces(self, place: str) -> Iterator[bytes]:
        """A file, piece by piece.

        Raises:
            FileNotFoundError: it is not there.
        """
        import obstore

        with answering(self):
            for piece in obstore.get(self.store, place).stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def open(self, place: str) -> IO[bytes]:
        """A file to be read, fetched whole: what it answers later cannot break off, and may be sent to a store in turn.

        Raises:
            FileNotFoundError: it is not there.
        """
        import obstore

        with answering(self):
            found = obstore.get(self.store, place)
            if found.meta["size"] <= PART:
                return io.BytesIO(bytes(found.bytes()))
            file = TemporaryFile(dir=settings.CRYPTOPREDICT_HOME)  # noqa: SIM115 - the caller closes it
            try:
                for piece in found.stream(min_chunk_size=PIECE):
                    file.write(piece)
            except BaseException:
                file.close()
                raise
        file.seek(0)
        return file

    def stored(self, place: str) -> Kept | None:
        """What is known of a file; None: it is not there."""
        import obstore

        try:
            with answering(self):
                return _kept(obstore.head(self.store, place))
        except FileNotFoundError:
            return None

    def write(self, place: str, pieces: Iterable[bytes], size: int) -> None:
        """Put a file there, whole or not at all, in the place of what was there.

        Args:
            size: bytes; whether it is sent in parts.
        Raises:
            FilesAway: the bucket did not take it. What an iteration raises comes through, and nothing is there then.
        """
        import obstore

        is_large = size > PART
        content = iter(pieces) if is_large else b"".join(pieces)
        with self._writing():
            obstore.put(
                self.store, place, content,
                use_multipart=is_large, chunk_size=PART, max_concurrency=PARTS_AT_ONCE,
            )  # fmt: skip

    def delete(self, place: str) -> None:
        """Take a file away; one that is not there is no fault."""
        import obstore

        with self._writing():
            obstore.delete(self.store, place)

    def files(self, folder: str) -> Iterator[Kept]:
        """Every file below a folder, by name."""
        import obstore

        with answering(self):
            for part in obstore.list(self.store, prefix=f"{folder}/", chunk_size=1000):
                yield from map(_kept, part)

    def listed(self, folder: str) -> tuple[list[str], list[str]]:
        """Names of the folders and of the files in a folder."""
        import obstore

        with answering(self):
            found = obstore.list_with_delimiter(self.store, prefix=f"{folder}/")
        names = [one["path"] for one in found["objects"]]
        return [_last(path) for path in found["common_prefixes"]], [_last(path) for path in names]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What cannot be written is refused, also where the place itself is what is missing."""
        try:
            with answering(self):
                yield
        except FileNotFoundError as error:
            raise self.refusal(reason_of(error)) from error


def _kept(meta: Any) -> Kept:
    moment = meta["last_modified"]
    return Kept(meta["path"], meta["size"], moment, meta["e_tag"] or f"{moment.isoformat()} {meta['size']}")


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def bucket() -> Artefacts | None:
    """The bucket of the files; None: they lie below the home directory."""
    address = settings.ARTEFACTS_URL
    return _bucket(address, os.getpid(), _told()) if address else None


@lru_cache(maxsize=4)
def _bucket(address: str, _process: int, _told: tuple[tuple[str, str], ...]) -> Artefacts:
    """A process that was forked makes its own connections, and so does one that is told something else."""
    return Artefacts(address)


def _told() -> tuple[tuple[str, str], ...]:
    """What the environment says of the store and of us."""
    return tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))


def copies() -> Cache:
    """What this machine keeps of the bucket."""
    return Cache(Path(settings.CRYPTOPREDICT_HOME) / COPIES, settings.ARTEFACTS_CACHE_MEGABYTES << 20)


def checked_content(bucket: Artefacts, place: str, sha256: str, *, fresh: bool = False) -> bytes:
    """A file that is known by its checksum: the copy of this machine, as long as it is whole, else that of the bucket,
    which is copied if it is.

    Args:
        sha256: what it should be, in hexadecimal digits; the caller looks whether it is.
        fresh: ask the bucket whatever is here.
    Raises:
        FileNotFoundError: it is neither here nor there.
    """
    here = copies()
    content = None if fresh else here.content(sha256)
    if content is not None and hashlib.sha256(content).hexdigest() == sha256:
        return content
    content = bucket.read(place)
    if hashlib.sha256(content).hexdigest() == sha256:
        copied(here, sha256, content)
    return content


def copied(here: Cache, key: str, content: bytes) -> None:
    """Keep a copy; a disk that takes none keeps nobody from working."""
    try:
        here.add(key, [content])
    except OSError as error:
        logger.warning("No copy is kept in %s: %s", here.folder, error)


def local_path(place: str) -> Path | None:
    """A file where it can be opened by its path: itself, or a copy of what the bucket has now; None: it is not there.

    Raises:
        FilesAway: the bucket does not answer.
    """
    there = bucket()
    if there is None:
        path = Path(settings.CRYPTOPREDICT_HOME) / place
        return path if path.is_file() else None
    stored = there.stored(place)
    if stored is None:
        return None
    key = hashlib.sha256(f"{place}\n{stored.tag}".encode()).hexdigest()
    here = copies()
    try:
        return here.path(key) or here.add(key, there.pieces(place))
    except FileNotFoundError:  # it has gone since
        return None
