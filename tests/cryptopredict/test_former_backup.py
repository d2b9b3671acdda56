"""A backup that the former release has made is restored by this program."""

import json
from pathlib import Path

import pytest

from tests.cryptopredict.former import run
from tests.cryptopredict.installation import ROOT, Installation, installation

pytestmark = pytest.mark.full


def test_it_is_restored_and_brought_up_to_this_program(former: Path, here: Installation, tmp_path: Path) -> None:
    if not (former / "cryptopredict" / "backups").is_dir():
        pytest.skip("the program that was asked for makes no backups yet")
    shelf = tmp_path / "shelf"
    with installation() as before:
        run(former, before, "migrate", "-v0")
        run(former, before, "bootstrap")
        run(former, before, "backup", "--to", str(shelf))
    (backup,) = shelf.iterdir()
    had = set(json.loads((backup / "manifest.json").read_text())["migrations"])
    there = {f"{path.parent.parent.name}.{path.stem}" for path in ROOT.glob("*/migrations/[0-9]*.py")}

    told = json.loads(run(ROOT, here, "restore", str(backup), "--json").splitlines()[-1])
    assert told["migrated"] == len(there - had)
    assert told["rows"] > 0
    assert run(ROOT, here, "migrate", "--check", "-v0") == ""
