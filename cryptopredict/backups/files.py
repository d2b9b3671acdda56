"""Files of a backup: written through to the disk, named by what they hold, read only as they were written."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

from aimodels.services.artefacts import DRAFT, model_store
from cryptopredict.backups.encryption import Key
from cryptopredict.backups.manifest import NAME, Manifest, Stored
from system.exceptions import InvalidInput

DUMP, CONFIGURATION, SECRETS = "database.dump", "configuration.json", "secrets.json"
MODELS, MEDIA = "models", "media"
PASSING = "exports"
"""Folder of media whose files live for a day: a person's data belongs to nobody's backup of a year."""
PIECE = 1 << 20
Look = Callable[[str], object]


def roots() -> dict[str, Path]:
    """Where the files are that a backup has beside the database, by their folder in it."""
    return {MODELS: model_store(), MEDIA: Path(settings.MEDIA_ROOT)}


def kept_files() -> Iterator[tuple[str, Path]]:
    """Name in the backup and place of every file of models and media."""
    for folder, root in roots().items():
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            inside = path.relative_to(root)
            if path.is_symlink() or not path.is_file() or path.name.startswith(DRAFT):
                continue
            if not (folder == MEDIA and inside.parts[0] == PASSING):
                yield f"{folder}/{inside.as_posix()}", path


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


def read(file: IO[bytes]) -> Iterator[bytes]:
    """A file, piece by piece."""
    while piece := file.read(PIECE):
        yield piece


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


def settle(directory: Path) -> None:
    """See that the names in a directory are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
