"""The program of the release before this one, taken from the history of the checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cryptopredict.installation import ROOT, Installation

NAMED, NEWER = "CRYPTOPREDICT_FORMER", "CRYPTOPREDICT_NEWER"
"""Variables that name other commits to take: the program that serves, and the one whose migrations run."""


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


@contextmanager
def program_of(commit: str, place: Path) -> Iterator[Path]:
    """The program as a commit has it, for the length of the block."""
    archive = place.with_suffix(".tar")
    subprocess.run(["git", "archive", f"--output={archive}", commit], cwd=ROOT, check=True)
    shutil.unpack_archive(archive, place, "tar", filter="data")
    archive.unlink()
    yield place
    shutil.rmtree(place)


@contextmanager
def former_program(tmp_path: Path) -> Iterator[Path]:
    """The program of the newest release; before the first, that from before the newest migration.

    Skips the test where there is no history.
    """
    tag = git("describe", "--tags", "--match", "v*", "--abbrev=0", "HEAD^")
    newest = git("log", "-1", "--diff-filter=A", "--format=%H", "--", "*/migrations/*.py")
    commit = git("rev-parse", "--verify", os.environ.get(NAMED) or tag or f"{newest}^")
    if not commit:
        pytest.skip("this checkout has no history to take a former program from")
    with program_of(commit, tmp_path / "former") as place:
        yield place


@contextmanager
def newer_program(tmp_path: Path) -> Iterator[Path]:
    """This program, unless another commit is named."""
    if not (named := os.environ.get(NEWER)):
        yield ROOT
        return
    with program_of(named, tmp_path / "newer") as place:
        yield place


def run(program: Path, made: Installation, *arguments: str) -> str:
    """A command of a program, for an installation."""
    done = subprocess.run(
        [sys.executable, str(program / "manage.py"), *arguments],
        env=made.environment(), cwd=program, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
