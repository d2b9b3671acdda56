"""Trained parameters as files: named by what they hold, checked before they are used, never code.

They lie in the home directory, or in the bucket of ``ARTEFACTS_URL`` (``system.stores.artefacts``).
"""

import hashlib
import io
import json
import platform
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from system.exceptions import NoData, UnavailableError
from system.stores.artefacts import MODELS, Artefacts, bucket, checked_content, copied, copies

Arrays = Mapping[str, NDArray[Any]]
META = "meta"
SUFFIX = ".npz"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "hmmlearn", "lightgbm")
DRAFT, DRAFT_AGE = ".draft-", 3600
"""Begin of the name of a file that is being written; after so many seconds nobody writes it any more."""
NAMED = re.compile(r"([0-9a-f]{64})\.npz")
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Time that a member of the archive carries: the same parameters give the same file."""


def model_store() -> Path:
    """Directory of the files, where they lie in no bucket."""
    return Path(settings.CRYPTOPREDICT_HOME) / MODELS


def libraries() -> dict[str, str]:
    """What the parameters are made with, by name: kept beside them, so that a difference later can be explained."""
    return {"python": platform.python_version()} | dict(_versions())


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """Reading them takes milliseconds; they stay while the process lives."""
    return tuple((name, version(name)) for name in LIBRARIES)


def keep_artefact(arrays: Arrays, meta: Mapping[str, Any]) -> str:
    """Store numbers and what they mean; the same again is the same file, whole again if it was changed.

    Args:
        arrays: numbers only, by name; no name is ``meta``.
        meta: what JSON can hold.
    Returns:
        Path relative to the store: the sha256 of the content is its name.
    Raises:
        ValueError: an array of objects, or one named ``meta``.
        UnavailableError: the bucket did not take it, or gives back something else.
    """
    if META in arrays or any(values.dtype.hasobject for values in arrays.values()):
        raise ValueError(f"arrays hold numbers, and none is named {META!r}")
    content = _packed(dict(arrays) | {META: np.frombuffer(_json(meta), dtype=np.uint8)})
    name = f"{hashlib.sha256(content).hexdigest()}{SUFFIX}"
    if (there := bucket()) is not None:
        _send(there, name, content)
        return name
    path = model_store() / name
    if not path.exists() or path.read_bytes() != content:  # one that was changed is mended
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep_drafts(path.parent)
        with NamedTemporaryFile(dir=path.parent, prefix=DRAFT, delete=False) as draft:
            draft.write(content)
        Path(draft.name).replace(path)  # whole or not at all
    return name


def _send(there: Artefacts, name: str, content: bytes) -> None:
    """Put a file into the bucket, and see that it came; one that was changed is mended."""
    place = f"{MODELS}/{name}"
    if _content_there(there, place) != content:
        there.write(place, [content], len(content))
        if _content_there(there, place) != content:
            there.delete(place)
            raise UnavailableError(f"{there}/{place} came back as something else than was sent.")
    copied(copies(), name.removesuffix(SUFFIX), content)


def _content_there(there: Artefacts, place: str) -> bytes | None:
    try:
        return there.read(place)
    except FileNotFoundError:
        return None


def artefact_size(name: str) -> int:
    """Bytes of a stored file.

    Raises:
        NoData: it is not there.
    """
    there = bucket()
    if there is not None:
        stored = there.stored(f"{MODELS}/{name}")
        if stored is None:
            raise _missing(name)
        return stored.size
    try:
        return (model_store() / name).stat().st_size
    except FileNotFoundError:
        raise _missing(name) from None


def _sweep_drafts(store: Path) -> None:
    """Remove what writers left that were ended while they wrote."""
    oldest = time.time() - DRAFT_AGE
    for draft in store.glob(f"{DRAFT}*"):
        with suppress(FileNotFoundError):  # another one sweeps too
            if draft.stat().st_mtime < oldest:
                draft.unlink()


def load_artefact(name: str, *, fresh: bool = False) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The numbers and their meaning, as they were stored.

    Args:
        fresh: from the bucket itself, if they lie in one, and not from a copy that this machine has of it.
    Raises:
        NoData: the file is not there, or is not what its name says: nothing of it is used.
        UnavailableError: there is no copy here, and the bucket does not answer.
    """
    try:
        content = _content(Path(name).name, fresh=fresh)
    except (FileNotFoundError, IsADirectoryError):
        raise _missing(name) from None
    if f"{hashlib.sha256(content).hexdigest()}{SUFFIX}" != Path(name).name:
        raise NoData(f"The trained model {name} is not what was stored: its checksum differs. Train it again.")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        return arrays, json.loads(arrays.pop(META).tobytes())
    except (BadZipFile, KeyError, ValueError) as error:
        raise NoData(f"The trained model {name} cannot be read ({error}). Train it again.") from None


def _content(name: str, *, fresh: bool) -> bytes:
    there = bucket()
    if there is None:
        return (model_store() / name).read_bytes()
    found = NAMED.fullmatch(name)
    if found is None:
        raise FileNotFoundError(name)
    return checked_content(there, f"{MODELS}/{name}", found[1], fresh=fresh)


def _missing(name: str) -> NoData:
    there = bucket()
    store = model_store() if there is None else f"{there}/{MODELS}"
    return NoData(f"The trained model {name} is not in {store}; train it again.")


def _json(meta: Mapping[str, Any]) -> bytes:
    return json.dumps(meta, sort_keys=True, allow_nan=False, separators=(",", ":")).encode()


def _packed(arrays: Arrays) -> bytes:
    """An uncompressed ``npz`` without times: numpy's own carries the moment of writing."""
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(arrays[name], order="C"), allow_pickle=False)
            archive.writestr(ZipInfo(f"{name}.npy", EARLIEST), member.getvalue())
    return target.getvalue()
