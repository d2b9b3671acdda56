"""The services of the compose file, all of them as processes, and people's ways through them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compose.__main__ import directory
from tests.compose.building import ROOT
from tests.compose.project import SECRETS, TOKEN
from tests.cryptopredict.installation import OURS

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
FAR = 1800


def secrets_of(project: Path) -> list[str]:
    """What was made for the run and is nobody's to read."""
    lines = [line for name in (".env", "product.env") for line in (project / name).read_text().splitlines()]
    pairs = [line.partition("=") for line in lines]
    return [value for name, _equals, value in pairs if name in {*SECRETS, TOKEN}]


@pytest.mark.full
@pytest.mark.parametrize(
    "options",
    [
        [],
        pytest.param(["--pooled"], marks=pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")),
    ],
)
def test_people_go_their_ways_through_every_service_of_the_compose_file(options: list[str]) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("no chromium on the path (Debian: apt-get install chromium)")
    ours = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("PYTEST")}
    with directory(None) as root:  # others may pass through it, unlike through those of pytest
        done = subprocess.run(
            [sys.executable, "-m", "tests.compose", "--directory", str(root), *options],
            cwd=ROOT,
            env=ours,
            capture_output=True,
            text=True,
            timeout=FAR,
            check=False,
        )
        secret = secrets_of(root / "project")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed: tests/browser/test_journeys.py") == 6, done.stdout
    assert re.search(r"^Way: (?:Docker|processes of this machine)", done.stdout, re.MULTILINE), done.stdout
    assert len(secret) == len(SECRETS) + 1
    assert not any(value in done.stdout + done.stderr for value in secret)
