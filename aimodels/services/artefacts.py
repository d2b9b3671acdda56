"""Trained parameters as files: named by what they hold, checked before they are used, never code."""

import hashlib
import io
import json
import platform
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

from system.exceptions import NoData

Arrays = Mapping[str, NDArray[Any]]
META = "meta"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "hmmlearn", "lightgbm")
DRAFT, DRAFT_AGE = ".draft-", 3600
"""Begin of the name of a file that is being written; after so many seconds nobody writes it any more."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Time that a member of the archive carries: the same parameters give the same file."""


def model_store() -> Path:
    """Directory of the files."""
    return Path(settings.CRYPTOPREDICT_HOME) / "models"


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
    """
    if META in arrays or any(values.dtype.hasobject for values in arrays.values()):
        raise ValueError(f"arrays hold numbers, and none is named {META!r}")
    content = _packed(dict(arrays) | {META: np.frombuffer(_json(meta), dtype=np.uint8)})
    name = f"{hashlib.sha256(content).hexdigest()}.npz"
    path = model_store() / name
    if not path.exists() or path.read_bytes() != content:  # one that was changed is mended
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep_drafts(path.parent)
        with NamedTemporaryFile(dir=path.parent, prefix=DRAFT, delete=False) as draft:
            draft.write(content)
        Path(draft.name).replace(path)  # whole or not at all
    return name


def _sweep_drafts(store: Path) -> None:
    """Remove what writers left that were ended while they wrote."""
    oldest = time.time() - DRAFT_AGE
    for draft in store.glob(f"{DRAFT}*"):
        with suppress(FileNotFoundError):  # another one sweeps too
            if draft.stat().st_mtime < oldest:
                draft.unlink()


def load_artefact(name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The numbers and their meaning, as they were stored.

    Raises:
        NoData: the file is not there, or is not what its name says: nothing of it is used.
    """
    path = model_store() / Path(name).name
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise NoData(f"The trained model {name} is not in {path.parent}; train it again.") from None
    if f"{hashlib.sha256(content).hexdigest()}.npz" != path.name:
        raise NoData(f"The trained model {name} is not what was stored: its checksum differs. Train it again.")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        return arrays, json.loads(arrays.pop(META).tobytes())
    except (BadZipFile, KeyError, ValueError) as error:
        raise NoData(f"The trained model {name} cannot be read ({error}). Train it again.") from None


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
