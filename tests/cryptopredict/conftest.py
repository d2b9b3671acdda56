"""Installations for the tests of running the product."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.cryptopredict.installation import CONNECT, WRITE, Installation, installation


@pytest.fixture
def here() -> Iterator[Installation]:
    """An installation that was never started."""
    with installation() as made:
        yield made


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
