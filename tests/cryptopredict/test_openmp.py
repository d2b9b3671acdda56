"""LightGBM finds an OpenMP on a system that has none of its own: the one that scikit-learn carries."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cryptopredict import openmp

BEGIN_ANEW = """
import os, sys
from pathlib import Path
from cryptopredict import openmp
openmp.DIRECTORY, openmp.found = Path(sys.argv[1]), lambda: False
openmp.provide()
print(os.environ["LD_LIBRARY_PATH"], sys.argv[1:], sys.prefix)
import lightgbm
print({line.split()[-1] for line in open("/proc/self/maps") if "libgomp" in line})
"""


def test_what_is_linked_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmp, "DIRECTORY", tmp_path / "openmp")
    assert openmp.link()
    assert ctypes.CDLL(str(tmp_path / "openmp" / openmp.NAME)).omp_get_max_threads() >= 1
    assert openmp.link(), "who begins a second time finds it there"
    assert [path.name for path in (tmp_path / "openmp").iterdir()] == [openmp.NAME]


def test_a_process_begins_anew_once_with_the_same_words(tmp_path: Path) -> None:
    environment = os.environ | {"LD_LIBRARY_PATH": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", BEGIN_ANEW, str(tmp_path), "up"],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first == f"/nowhere:{tmp_path} {[str(tmp_path), 'up']} {sys.prefix}"
    assert "scikit_learn.libs" in second, "the loader takes the linked one before the system's"


def test_a_directory_that_is_not_ours_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(openmp, "DIRECTORY", tmp_path / "file" / "openmp")
    monkeypatch.setattr(openmp, "found", lambda: False)
    openmp.provide()  # neither an error nor another process
    assert openmp.VARIABLE not in os.environ or str(tmp_path) not in os.environ[openmp.VARIABLE]
