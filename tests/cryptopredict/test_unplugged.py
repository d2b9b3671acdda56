"""All of the product without a network: started from nothing, every page and every list of the API."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cryptopredict.installation import ROOT, Installation
from tests.cryptopredict.unplugged import REFUSED

PROGRAM = Path(__file__).with_name("unplugged.py")


@pytest.mark.full
def test_everything_works_with_the_network_unplugged(here: Installation) -> None:
    result = subprocess.run(
        [sys.executable, str(PROGRAM), str(ROOT / "manage.py")],
        env=here.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if result.returncode == REFUSED:
        pytest.skip("the kernel does not permit a network of one's own")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["reaches"] is False
    assert found["status"] == 0
    assert "Loading the demo market ..." in found["said"]
    for path, (status, is_labelled, elsewhere) in found["pages"].items():
        assert status == (404 if path == "/nowhere" else 200), path
        assert is_labelled, path
        assert elsewhere == [], path
    assert len(found["files"]) > 5
    for path, status in (found["others"] | found["files"]).items():
        assert status in {200, 302}, (path, status)
    assert len(found["api"]) > 20
    for path, status in found["api"].items():
        assert status in {200, 401, 403} or (status == 404 and path.endswith("latest")), (path, status)
    assert found["api"]["/api/v1/assets"] == 200
    here.assert_nothing_left()
