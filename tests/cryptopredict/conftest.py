"""Installations for the tests of running the product."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.selectors.kept_answers import kept_answers
from system.selectors.public_writes import kept_lists
from tests.cryptopredict.former import former_program, newer_program
from tests.cryptopredict.installation import CONNECT, WRITE, Installation, installation


@pytest.fixture
def here() -> Iterator[Installation]:
    """An installation that was never started."""
    with installation() as made:
        yield made


@pytest.fixture
def former(tmp_path: Path) -> Iterator[Path]:
    """The program of the release before this one."""
    with former_program(tmp_path) as place:
        yield place


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Path]:
    """The program whose migrations run: this one, unless another is asked for."""
    with newer_program(tmp_path) as place:
        yield place


@pytest.fixture(scope="session")
def made() -> Iterator[Installation]:
    """An installation with a database and one row; for tests that leave it usable."""
    with installation() as one:
        result = one.python_with_services(CONNECT, WRITE)
        assert result.returncode == 0, result.stderr
        yield one


@pytest.fixture
def copied(made: Installation, here: Installation) -> Installation:
    """Like ``made``, for tests that spoil it."""
    subprocess.run(["cp", "-a", made.home, here.home], check=True)
    return here


@pytest.fixture
def nothing_kept(settings: Any) -> Iterator[None]:
    """Whatever this process has kept for other tests."""
    settings.CANDLE_CACHE_SECONDS = settings.LIST_CACHE_SECONDS = 0
    for kept in (kept_answers, kept_lists):
        kept.cache_clear()
    yield
    for kept in (kept_answers, kept_lists):
        kept.cache_clear()
