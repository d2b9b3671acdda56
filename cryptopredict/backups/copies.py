"""Copies of a cluster, held against the manifest that ``pg_basebackup`` has made with them.

PostgreSQL's own ``pg_verifybackup`` would do it; that of the wheel does not start (0.6.0 ends with a segmentation fault
even when it is asked for its version). The format of the manifest is documented with PostgreSQL.
"""

import hashlib
import hmac
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from cryptopredict.backups.files import read
from system.exceptions import UnavailableError

MANIFEST, CLUSTER, LOG = "backup_manifest", "base.tar.gz", "pg_wal.tar.gz"
SEAL = b'"Manifest-Checksum"'
OTHERS = ("pg_wal/", "postgresql.auto.conf", "recovery.signal", MANIFEST)
"""What belongs to a cluster and not to its manifest, or may differ from it."""


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a copy.

    Raises:
        UnavailableError: it is not as it was written.
    """
    path = folder / MANIFEST
    text = path.read_bytes()
    body = text[: text.rfind(SEAL)]
    try:
        found: dict[str, Any] = json.loads(text)
        seal = str(found["Manifest-Checksum"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"{path} cannot be read ({error}); the copy is damaged.") from None
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), seal):
        raise UnavailableError(f"{path} is not as it was written; the copy is damaged.")
    return found


def check_packed(folder: Path) -> dict[str, Any]:
    """Read a packed copy through, and hold every file of it against the manifest.

    Returns:
        The manifest.
    Raises:
        UnavailableError: a file is missing or differs; it is named.
    """
    manifest = manifest_of(folder)
    compare(folder, manifest, packed(folder / CLUSTER))
    return manifest


def check_written_out(folder: Path, copy: Path) -> None:
    """Hold every file of a directory that a packed copy was written out into against its manifest.

    Raises:
        UnavailableError: a file is missing or differs; it is named.
    """
    compare(copy, manifest_of(folder), written_out(copy))


def compare(place: Path, manifest: dict[str, Any], there: Iterator[tuple[str, int, str]]) -> None:
    """Size and SHA-256 of every file."""
    wanted = {name_of(one): (one["Size"], one["Checksum"]) for one in manifest["Files"]}
    for name, size, digest in there:
        if (size, digest) != wanted.pop(name, (size, digest) if name.startswith(OTHERS) else None):
            raise UnavailableError(f"{name} in {place} is not as it was copied; the copy is damaged.")
    missing = sorted(name for name in wanted if not name.startswith(OTHERS))
    if missing:
        raise UnavailableError(f"{missing[0]} is missing in {place}; the copy is damaged.")


def name_of(entry: dict[str, Any]) -> str:
    """Path of a file in the cluster; one that is no UTF-8 stands there in hexadecimal digits."""
    return entry["Path"] if "Path" in entry else bytes.fromhex(entry["Encoded-Path"]).decode(errors="surrogateescape")


def packed(path: Path) -> Iterator[tuple[str, int, str]]:
    """Name, size and SHA-256 of the files in an archive.

    Raises:
        UnavailableError: it is damaged.
    """
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                if member.isfile() and (file := archive.extractfile(member)):
                    yield member.name.removeprefix("./"), member.size, digest_of(file)
    except (tarfile.TarError, EOFError) as error:
        raise UnavailableError(f"{path} is damaged ({error}).") from None


def written_out(folder: Path) -> Iterator[tuple[str, int, str]]:
    """The same of a directory."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                yield path.relative_to(folder).as_posix(), path.stat().st_size, digest_of(file)


def digest_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in read(file):
        digest.update(piece)
    return digest.hexdigest()


def write_out(folder: Path, place: Path) -> None:
    """Unpack a copy with the part of the log that belongs to it, and check what came of it.

    Raises:
        UnavailableError: it is damaged.
    """
    place.mkdir(mode=0o700)
    for name, inside in ((CLUSTER, place), (LOG, place / "pg_wal")):
        inside.mkdir(mode=0o700, exist_ok=True)
        try:
            with tarfile.open(folder / name) as archive:
                archive.extractall(inside, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise UnavailableError(f"{folder / name} is damaged ({error}); it cannot be restored from.") from None
    check_written_out(folder, place)
