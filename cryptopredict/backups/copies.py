"""Copies of a cluster, held against the manifest that ``pg_basebackup`` has made with them.

PostgreSQL's own ``pg_verifybackup`` would do it; that of the wheel does not start (0.6.0 ends with a segmentation fault
even when it is asked for its version). The format of the manifest is documented with PostgreSQL.
"""

import hashlib
import hmac
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cryptopredict.backups.disk import read
from cryptopredict.backups.sealed import SEALED, Opener
from cryptopredict.backups.segments import position
from system.exceptions import InvalidInput, UnavailableError

MANIFEST, CLUSTER, LOG = "backup_manifest", "base.tar.gz", "pg_wal.tar.gz"
WHOLE = f"{CLUSTER}{SEALED}"
"""All of a sealed copy: the cluster, its part of the log, and the manifest behind them."""
SEAL = b'"Manifest-Checksum"'
OTHERS = ("pg_wal/", "postgresql.auto.conf", "recovery.signal", MANIFEST)
"""What belongs to a cluster and not to its manifest, or may differ from it."""


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a copy.

    Raises:
        UnavailableError: it is not as it was written.
    """
    path = folder / MANIFEST
    return manifest_in(path, path.read_bytes())


def manifest_in(path: Path, text: bytes) -> dict[str, Any]:
    """The same of its text.

    Args:
        path: where it is from.
    """
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
    with (folder / CLUSTER).open("rb") as file:
        compare(folder, manifest, packed(folder / CLUSTER, file, {}))
    return manifest


def check_sealed(folder: Path, name: str, opener: Opener) -> dict[str, Any]:
    """The same of a sealed copy.

    Args:
        name: that it was sealed as.
    Raises:
        InvalidInput: it is damaged, or sealed with another passphrase.
        UnavailableError: a file is missing or differs; it is named.
    """
    path, manifest = folder / WHOLE, dict.fromkeys([MANIFEST], b"")
    with opened(path, name, opener) as file:
        found = list(packed(path, file, manifest))
    made = manifest_in(path / MANIFEST, manifest[MANIFEST])
    compare(folder, made, iter(found))
    return made


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


def packed(path: Path, packing: IO[bytes], wanted: dict[str, bytes]) -> Iterator[tuple[str, int, str]]:
    """Name, size and SHA-256 of the files in an archive.

    Args:
        path: where it is from.
        packing: the archive.
        wanted: gets the content of the files whose names it has; of no others.
    Raises:
        UnavailableError: it is damaged.
    """
    try:
        with tarfile.open(fileobj=packing, mode="r|gz") as archive:
            for member in archive:
                if member.isfile() and (file := archive.extractfile(member)):
                    name = member.name.removeprefix("./")
                    if name in wanted:
                        wanted[name] = file.read()
                    else:
                        yield name, member.size, digest_of(file)
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


class Pieces(io.RawIOBase):
    """Pieces as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.rest = self.rest or next(self.pieces, b"")
        length = min(len(buffer), len(self.rest))
        buffer[:length], self.rest = self.rest[:length], self.rest[length:]
        return length


@contextmanager
def opened(path: Path, name: str, opener: Opener) -> Iterator[IO[bytes]]:
    """A sealed file to read from; what is not read in the block is read behind it, so that no damage is left unseen.

    Raises:
        InvalidInput: it is damaged, or sealed with another passphrase.
    """
    with io.BufferedReader(Pieces(opener.open(name, path)), 1 << 20) as file:
        yield file
        for _piece in read(file):
            pass


def write_out(folder: Path, place: Path) -> None:
    """Unpack a copy with the part of the log that belongs to it, and check what came of it.

    Raises:
        UnavailableError: it is damaged.
    """
    place.mkdir(mode=0o700)
    for name, inside in ((CLUSTER, place), (LOG, place / "pg_wal")):
        inside.mkdir(mode=0o700, exist_ok=True)
        with telling(folder / name), tarfile.open(folder / name) as archive:
            archive.extractall(inside, filter="data")
    compare(place, manifest_of(folder), written_out(place))


def write_out_sealed(folder: Path, place: Path, name: str, opener: Opener, begin: int) -> None:
    """The same of a sealed copy.

    Args:
        name: that it was sealed as.
        begin: place in the log that it says of itself to begin at: what is sealed knows it too.
    Raises:
        InvalidInput: it is damaged, sealed with another passphrase, or lies in the place of another copy.
        UnavailableError: a file is missing or differs; it is named.
    """
    place.mkdir(mode=0o700)
    path = folder / WHOLE
    with telling(path), opened(path, name, opener) as file, tarfile.open(fileobj=file, mode="r|gz") as archive:
        archive.extractall(place, filter="data")
    manifest = manifest_of(place)
    (place / MANIFEST).unlink()
    compare(place, manifest, written_out(place))
    if position(manifest["WAL-Ranges"][0]["Start-LSN"]) != begin:
        raise InvalidInput(f"{folder / WHOLE} is another copy than {folder.name}; it cannot be restored from.")


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """What is unpacked in the block is damaged: it is named.

    Raises:
        UnavailableError: it is.
    """
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise UnavailableError(f"{path} is damaged ({error}); it cannot be restored from.") from None
