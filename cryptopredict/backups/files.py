"""Files of a backup: written through to the disk, named by what they hold, read only as they were written."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from django.conf import settings

from aimodels.services.artefacts import DRAFT, model_store
from cryptopredict.backups.disk import read
from cryptopredict.backups.encryption import Key
from cryptopredict.backups.manifest import NAME, Manifest, Stored
from system.exceptions import InvalidInput
from system.stores.artefacts import MEDIA, MODELS, Artefacts, bucket

DUMP, CONFIGURATION, SECRETS = "database.dump", "configuration.json", "secrets.json"
PASSING = "exports"
"""Folder of media whose files live for a day: a person's data belongs to nobody's backup of a year."""
Look = Callable[[str], object]


@dataclass(frozen=True)
class Kept:
    """A file of models or media.

    Attributes:
        name: in the backup, and in the bucket of the files.
        size: bytes, when it was listed.
        open: raises FileNotFoundError if it has gone since.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]]


def roots() -> dict[str, Path]:
    """Where the files are that a backup has beside the database, by their folder in it, if they are in no bucket."""
    return {MODELS: model_store(), MEDIA: Path(settings.MEDIA_ROOT)}


def kept_files() -> Iterator[Kept]:
    """Every file of models and media that a backup holds, wherever they lie.

    Raises:
        UnavailableError: the bucket of the files does not answer.
    """
    there = bucket()
    for kept in _files_here() if there is None else _files_in(there):
        folder, _slash, inside = kept.name.partition("/")
        if not (folder == MEDIA and inside.startswith(f"{PASSING}/")):
            yield kept


def _files_here() -> Iterator[Kept]:
    for folder, root in roots().items():
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.is_symlink() or not path.is_file() or path.name.startswith(DRAFT):
                continue
            try:
                size = path.stat().st_size
            except FileNotFoundError:  # it was swept since it was listed
                continue
            yield Kept(f"{folder}/{path.relative_to(root).as_posix()}", size, _opener(path))


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _files_in(there: Artefacts) -> Iterator[Kept]:
    for folder in (MODELS, MEDIA):
        for one in there.files(folder):
            yield Kept(one.place, one.size, partial(there.open, one.place))


def put(backup: Path, name: str, pieces: Iterable[bytes], key: Key | None) -> Stored:
    """Write a file, sealed if there is a key, and see that it is on the disk."""
    path = backup / name
    make_folder(path.parent)
    digest, length = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in key.seal(name, pieces) if key else pieces:
            file.write(piece)
            digest.update(piece)
            length += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return Stored(length, digest.hexdigest())


def make_folder(folder: Path) -> None:
    """A directory that only we look into; so are those above it, as far as they are new."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def content_of(backup: Path, name: str, key: Key | None) -> Iterator[bytes]:
    """What was put into a file.

    Raises:
        InvalidInput: it is sealed, and cannot be opened.
    """
    with (backup / name).open("rb") as file:
        yield from key.open(name, file) if key else read(file)


def check_files(backup: Path, manifest: Manifest, look: Look = lambda _: None) -> None:
    """Every file is there as it was written, and none beside them.

    Args:
        look: is told the name of each file before it is read.
    Raises:
        InvalidInput: one is not; it is named.
    """
    there = {path.relative_to(backup).as_posix() for path in backup.rglob("*") if not path.is_dir()}
    if missing := sorted(set(manifest.files) - there):
        raise InvalidInput(f"{backup / missing[0]} is missing; this backup is not whole.")
    if strange := sorted(there - set(manifest.files) - {NAME}):
        raise InvalidInput(f"{backup / strange[0]} does not belong to the backup; somebody has changed it.")
    for name, stored in manifest.files.items():
        look(name)
        path = backup / name
        length = path.stat().st_size
        if length != stored.bytes:
            raise InvalidInput(f"{path} has {length} bytes instead of {stored.bytes}; the backup is damaged.")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            for piece in read(file):
                digest.update(piece)
        if digest.hexdigest() != stored.sha256:
            raise InvalidInput(f"{path} is not as it was written (its checksum differs); the backup is damaged.")
