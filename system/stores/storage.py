"""Media in the bucket of the files. Nothing there has an address of its own: the product's views serve it."""

from datetime import datetime

from django.core.files.base import File
from django.core.files.storage import Storage, default_storage

from system.stores.artefacts import MEDIA, Artefacts, Kept, bucket


class BucketStorage(Storage):
    """Django's storage of media, in the folder ``media`` of the bucket that ``ARTEFACTS_URL`` names."""

    @property
    def _bucket(self) -> Artefacts:
        found = bucket()
        if found is None:
            raise RuntimeError("media are meant to be in a bucket, and none is set")
        return found

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        """
        Raises:
            FileNotFoundError: it is not there.
            FilesAway: the bucket does not answer, as below.
        """
        if mode != "rb":
            raise ValueError(f"files in a bucket are read as bytes, not {mode!r}")
        return File(self._bucket.open(_place(name)), name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        """Whole or not at all."""
        self._bucket.write(_place(name), content.chunks(), content.size)
        return name

    def delete(self, name: str) -> None:
        self._bucket.delete(_place(name))

    def exists(self, name: str) -> bool:
        return self._bucket.stored(_place(name)) is not None

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return self._bucket.listed(_place(path))

    def size(self, name: str) -> int:
        return self._known(name).size

    def get_modified_time(self, name: str) -> datetime:
        return self._known(name).changed_at

    def _known(self, name: str) -> Kept:
        found = self._bucket.stored(_place(name))
        if found is None:
            raise FileNotFoundError(name)
        return found


def contents_of(folder: str) -> tuple[list[str], list[str]]:
    """Names of the folders and of the files in a folder of media, wherever they lie; a folder that was never made is
    empty."""
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _place(name: str) -> str:
    return f"{MEDIA}/{name}"
