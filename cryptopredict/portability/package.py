"""The file: a zip with JSON and CSV, and a manifest that says what is in it and what it must hash to.

All that is stored about somebody is written, however much it is, and what was written is read again. So there is no
bound of the whole: files are written and checked piece by piece. Bounded are the files that are read at once, with room
for a million entries in the journal of one portfolio; a package with a larger one says so in its manifest.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import IO, Any

from django.utils.translation import gettext as _

from system.exceptions import InvalidInput, TooLargeError

SCHEMA_VERSION = 1
PRODUCT = "CryptoPredict"
MANIFEST = "manifest.json"
LARGEST = 512 * 2**20
"""Bytes of one file that is read at once: the manifest, lists, a portfolio, a journal."""
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
        """Files that no import takes."""
        return [name for name, one in self._files.items() if name.endswith(READ_AT_ONCE) and one["bytes"] > LARGEST]

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


def _whole(package: zipfile.ZipFile, name: str) -> bytes:
    """A file at once; zipfile gives no more than the directory says that there is."""
    if package.getinfo(name).file_size > LARGEST:
        raise TooLargeError(
            _("%(name)s is larger than %(most)s MB, and is not taken.") % {"name": name, "most": LARGEST // 2**20},
            field=name,
            code="too_large",
        )
    return package.read(name)


class Reader:
    """A package that was checked: every file is there, and is what the manifest says.

    Raises:
        InvalidInput: it is none, of another version, or was changed.
        TooLargeError: a file that is read at once is too large.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
            self.manifest = self._manifest()
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, RecursionError) as error:
            raise InvalidInput(_("This is no export of a person (%(reason)s).") % {"reason": error}) from None
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
        return _whole(self._zip, name)

    def json(self, name: str) -> Any:
        """A JSON file.

        Raises:
            InvalidInput: it is none.
        """
        try:
            return json.loads(self.bytes(name))
        except (ValueError, RecursionError):
            raise InvalidInput(_("%(name)s is no JSON.") % {"name": name}, field=name) from None

    def _manifest(self) -> Any:
        if MANIFEST not in self._zip.namelist():
            raise InvalidInput(_("This is no export of a person (%(reason)s).") % {"reason": MANIFEST})
        told = json.loads(_whole(self._zip, MANIFEST))
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
        if name not in self._zip.namelist() or path.is_absolute() or ".." in path.parts:
            raise InvalidInput(_("%(name)s is missing.") % {"name": name}, field=name)
        with self._zip.open(name) as file:
            while block := file.read(BLOCK):
                digest.update(block)
        if not isinstance(told, dict) or told.get("sha256") != digest.hexdigest():
            raise InvalidInput(_("%(name)s was changed after the export.") % {"name": name}, field=name)
