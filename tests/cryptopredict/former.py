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

NAMED = "CRYPTOPREDICT_FORMER"
"""Variable that names another commit to take."""


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


@contextmanager
def former_program(tmp_path: Path) -> Iterator[Path]:
    """The program of the newest release; before the first, that from before the newest migration.

    Skips the test where there is no history.
    """
    tag = git("describe", "--tags", "--match", "v*", "--abbrev=0", "HEAD^")
    newest = git("log", "-1", "--diff-filter=A", "--format=%H", "--", "*/migrations/*.py")
    commit = git("rev-parse", "--verify", os.environ.get(NAMED) or tag or f"{newest}^")
    if not commit or not git("ls-tree", commit, "cryptopredict/backups/making.py"):
        pytest.skip("this checkout has no history to take a former program from")
    place = tmp_path / "former"
    archive = tmp_path / "former.tar"
    subprocess.run(["git", "archive", f"--output={archive}", commit], cwd=ROOT, check=True)
    shutil.unpack_archive(archive, place, "tar", filter="data")
    yield place
    shutil.rmtree(place)


def run(program: Path, made: Installation, *arguments: str) -> str:
    """A command of a program, for an installation."""
    done = subprocess.run(
        [sys.executable, str(program / "manage.py"), *arguments],
        env=made.environment(), cwd=program, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
