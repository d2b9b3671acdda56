"""The file: a zip with JSON and CSV, and a manifest that says what is in it and what it must hash to.

All that is stored about somebody is written, however much it is; files are written and checked piece by piece. What is
read again is bounded, by what the directory of the zip says and before anything is unpacked: how many files there are,
what they come to, and each that is read at once, with room for a million entries in the journal of one portfolio. A
package that is beyond a bound says so in its manifest.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Any

from django.utils.translation import gettext as _

from system.exceptions import InvalidInput, TooLargeError

SCHEMA_VERSION = 1
PRODUCT = "CryptoPredict"
MANIFEST = "manifest.json"
LARGEST = 512 * 2**20
"""Bytes of one file that is read at once: the manifest, lists, a portfolio, a journal."""
LARGEST_WHOLE = 64 * 2**30
"""Bytes of all files together, unpacked: minutes of checking, and no memory."""
MOST_FILES = 100_000
"""A person has some twenty files, three for each portfolio, and one for each picture."""
KINDS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""What ``Writer`` writes. Others would be unpacked with more memory than the file says."""
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError)
"""What ``zipfile`` and ``json`` raise over a file that is damaged, encrypted (``RuntimeError``) or something else."""
READ_AT_ONCE = ("watchlists.json", "portfolio.json", "journal.csv")
BLOCK = 2**16


class Writer:
    """Writes a package, piece by piece: what is in it never stands in memory as a whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._files: dict[str, dict[str, Any]] = {}

    def text(self, name: str, pieces: Iterable[str]) -> None:
        """A file of text."""
        self.file(name, (piece.encode() for piece in pieces))

    def file(self, name: str, pieces: Iterable[bytes]) -> None:
        """A file of any kind."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as file:
            for body in pieces:
                file.write(body)
                digest.update(body)
                size += len(body)
        self._files[name] = {"sha256": digest.hexdigest(), "bytes": size}

    def rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """A JSON file that holds a list, one row a line."""
        self.text(name, _listed(rows))

    @property
    def too_large(self) -> list[str]:
        """Files that no import takes; with the manifest no file is taken: they are too many, or too much together."""
        sizes = {name: one["bytes"] for name, one in self._files.items()}
        is_whole_too_large = len(sizes) >= MOST_FILES or sum(sizes.values()) > LARGEST_WHOLE - LARGEST
        large = [name for name, size in sizes.items() if name.endswith(READ_AT_ONCE) and size > LARGEST]
        return [*large, *([MANIFEST] if is_whole_too_large else [])]

    def close(self, **facts: Any) -> None:
        """Write the manifest; nothing can be added after it."""
        told = {"product": PRODUCT, "schema_version": SCHEMA_VERSION, **facts, "too_large": self.too_large}
        told["files"] = self._files
        self._zip.writestr(MANIFEST, json.dumps(told, indent=2, ensure_ascii=False))
        self._zip.close()


def _listed(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    before = "[\n"
    for row in rows:
        yield f"{before}{json.dumps(row, ensure_ascii=False)}"
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


@contextmanager
def _readable() -> Iterator[None]:
    """What is read in the block is a package.

    Raises:
        InvalidInput: it is none, and why.
    """
    try:
        yield
    except UNREADABLE as error:
        raise InvalidInput(_("This is no export of a person (%(reason)s).") % {"reason": error}) from None


def _refuse_if_larger(size: int, most: int, field: str, name: str = "") -> None:
    if size > most:
        raise TooLargeError(
            _("%(name)s is larger than %(most)s MB, and is not taken.")
            % {"name": name or field, "most": most // 2**20},
            field=field,
            code="too_large",
        )


class Reader:
    """A package that was checked: every file is there, and is what the manifest says.

    Raises:
        InvalidInput: it is none, of another version, or was changed.
        TooLargeError: a file that is read at once is too large, or there are too many files, or too much in them.
    """

    def __init__(self, file: IO[bytes]) -> None:
        with _readable():
            self._zip = zipfile.ZipFile(file)
            self._inside = self._bounded()
            self.manifest = self._manifest()
            for name in self.manifest["files"]:
                self._check(name)

    def names(self) -> list[str]:
        """Files in it, but for the manifest."""
        return sorted(self.manifest["files"])

    def bytes(self, name: str) -> bytes:
        """A file.

        Raises:
            InvalidInput: it is not in the manifest.
        """
        if name not in self.manifest["files"]:
            raise InvalidInput(_("%(name)s is missing.") % {"name": name}, field=name)
        with _readable():
            return self._whole(name)

    def json(self, name: str) -> Any:
        """A JSON file.

        Raises:
            InvalidInput: it is none.
        """
        try:
            return json.loads(self.bytes(name))
        except (ValueError, RecursionError):
            raise InvalidInput(_("%(name)s is no JSON.") % {"name": name}, field=name) from None

    def _bounded(self) -> dict[str, zipfile.ZipInfo]:
        """The directory, by name: what it says that there is is all that is ever unpacked."""
        entries = self._zip.infolist()
        if len(entries) > MOST_FILES:
            raise TooLargeError(
                _("There are more than %(most)s files in it.") % {"most": MOST_FILES}, field=MANIFEST, code="too_large"
            )
        if any(entry.header_offset < 0 for entry in entries):
            raise zipfile.BadZipFile("it is cut off at its beginning")
        if kinds := {entry.compress_type for entry in entries} - KINDS:
            raise InvalidInput(
                _("This is no export of a person (%(reason)s).") % {"reason": f"compression {min(kinds)}"}
            )
        _refuse_if_larger(sum(entry.file_size for entry in entries), LARGEST_WHOLE, MANIFEST, _("The package"))
        return {entry.filename: entry for entry in entries}

    def _whole(self, name: str) -> Any:
        """A file at once; zipfile gives no more than the directory says that there is."""
        _refuse_if_larger(self._inside[name].file_size, LARGEST, name)
        return self._zip.read(self._inside[name])

    def _manifest(self) -> Any:
        if MANIFEST not in self._inside:
            raise InvalidInput(_("This is no export of a person (%(reason)s).") % {"reason": MANIFEST})
        told = json.loads(self._whole(MANIFEST))
        if not isinstance(told, dict) or not isinstance(told.get("files"), dict):
            raise InvalidInput(_("This is no export of a person (%(reason)s).") % {"reason": MANIFEST})
        if told.get("schema_version") != SCHEMA_VERSION:
            version = str(told.get("schema_version"))[:20]
            raise InvalidInput(_("Exports of version %(version)s are not read.") % {"version": version})
        return told

    def _check(self, name: str) -> None:
        told = self.manifest["files"][name]
        path = PurePosixPath(name)
        digest = hashlib.sha256()
        if name not in self._inside or path.is_absolute() or ".." in path.parts:
            raise InvalidInput(_("%(name)s is missing.") % {"name": name}, field=name)
        if name.endswith(READ_AT_ONCE):
            _refuse_if_larger(self._inside[name].file_size, LARGEST, name)
        with self._zip.open(self._inside[name]) as file:
            while block := file.read(BLOCK):
                digest.update(block)
        if not isinstance(told, dict) or told.get("sha256") != digest.hexdigest():
            raise InvalidInput(_("%(name)s was changed after the export.") % {"name": name}, field=name)
