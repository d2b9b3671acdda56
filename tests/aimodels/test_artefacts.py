"""Trained parameters on disk: found by content, refused when they were touched."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aimodels.services import artefacts
from system.exceptions import NoData

ARRAYS = {"means": np.array([[0.5, -1.25]]), "trees": np.arange(6, dtype=np.int32).reshape(2, 3)}
META = {"features": ["return_20"], "horizon": 60, "libraries": artefacts.libraries()}


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> Path:
    settings.CRYPTOPREDICT_HOME = tmp_path
    return tmp_path / "models"


def test_what_is_kept_comes_back(own_store: Path) -> None:
    name = artefacts.keep_artefact(ARRAYS, META)
    arrays, meta = artefacts.load_artefact(name)
    assert meta == META
    assert arrays.keys() == ARRAYS.keys()
    assert all(np.array_equal(arrays[key], ARRAYS[key]) and arrays[key].dtype == ARRAYS[key].dtype for key in ARRAYS)
    assert [path.name for path in own_store.iterdir()] == [name]


def test_the_same_content_is_the_same_file(own_store: Path) -> None:
    first = artefacts.keep_artefact(ARRAYS, META)
    assert artefacts.keep_artefact(dict(reversed(ARRAYS.items())), META) == first
    assert artefacts.keep_artefact(ARRAYS, META | {"horizon": 61}) != first
    assert len(list(own_store.iterdir())) == 2


def test_what_a_killed_writer_left_goes_and_what_is_being_written_stays(own_store: Path) -> None:
    own_store.mkdir()
    left, fresh = own_store / f"{artefacts.DRAFT}left", own_store / f"{artefacts.DRAFT}fresh"
    left.write_bytes(b"half")
    fresh.write_bytes(b"half")
    old = time.time() - artefacts.DRAFT_AGE - 10
    os.utime(left, (old, old))
    name = artefacts.keep_artefact(ARRAYS, META)
    assert {path.name for path in own_store.iterdir()} == {name, fresh.name}


@pytest.mark.parametrize("place", [40, -40])
def test_a_changed_byte_is_refused(own_store: Path, place: int) -> None:
    path = own_store / artefacts.keep_artefact(ARRAYS, META)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(NoData, match="checksum"):
        artefacts.load_artefact(path.name)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(NoData, match=r"0000\.npz"):
        artefacts.load_artefact("0000.npz")


@pytest.mark.parametrize("name", ["", "..", "a/.."])
def test_a_directory_is_no_file(own_store: Path, name: str) -> None:
    own_store.mkdir()
    with pytest.raises(NoData, match="is not in"):
        artefacts.load_artefact(name)


def test_no_name_leads_out_of_the_store(own_store: Path) -> None:
    name = artefacts.keep_artefact(ARRAYS, META)
    moved = own_store.parent / name
    (own_store / name).rename(moved)
    with pytest.raises(NoData):
        artefacts.load_artefact(f"../{name}")


def test_a_true_name_does_not_make_a_model(own_store: Path) -> None:
    content = b"not an archive"
    path = own_store / f"{artefacts.hashlib.sha256(content).hexdigest()}.npz"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(NoData, match="cannot be read"):
        artefacts.load_artefact(path.name)


@pytest.mark.parametrize("arrays", [{"meta": np.ones(2)}, {"code": np.array([print])}])
def test_code_and_the_reserved_name_are_refused(arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="numbers"):
        artefacts.keep_artefact(arrays, {})
