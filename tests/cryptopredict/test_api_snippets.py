"""Every example of the pages about the API is run against a real server, as somebody who reads them would."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from accounts.services import create_api_token
from cryptopredict.environment import BASE_DIR
from cryptopredict.mcp_server.server import http_application
from tests.cryptopredict.serving import product, served
from tests.factories import AssetFactory, DefaultListFactory, SectorFactory, SignalFactory, UserFactory
from tests.factories.base import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
PAGES = [*sorted((BASE_DIR / "docs" / "api").glob("*.md")), BASE_DIR / "docs" / "api-guide.md"]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = "http://127.0.0.1:8000"
"""How a page spells the address of an installation that runs on the reader's machine."""
# A refusal must fail, and not pass as an answer.
STRICT = 'set -euo pipefail\ncurl() { command curl --silent --show-error --fail-with-body --max-time 30 "$@"; }\n'


def snippets() -> Iterator[Any]:
    for page in PAGES:
        for number, (language, text) in enumerate(BLOCK.findall(page.read_text()), 1):
            yield pytest.param(language, text, id=f"{page.stem}-{number}")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A server with a few rows, and a token of somebody who may write. Its threads give their connections back."""
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    user = UserFactory()
    SignalFactory(asset=AssetFactory(symbol="BTC"))
    SectorFactory()
    DefaultListFactory()
    token = create_api_token(user, name="reader", scopes=["write"])[1]
    with served(product()) as port, served(http_application("127.0.0.1")) as assistants:
        yield {
            "SITE": f"http://127.0.0.1:{port}", "TOKEN": token, "EMAIL": user.email, "PASSWORD": PASSWORD,
            "MCP": f"http://127.0.0.1:{assistants}/mcp",
        }  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("language", "text"), list(snippets()))
def test_an_example_works(language: str, text: str, site: dict[str, str], tmp_path: Path) -> None:
    if language == "sh" and shutil.which("curl") is None:
        pytest.skip("curl is not installed (Debian: curl)")
    text = text.replace(ELSEWHERE, site["SITE"])
    command = ["bash", "-c", STRICT + text] if language == "sh" else [sys.executable, "-c", text]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | site, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout or any(tmp_path.iterdir())


def test_there_are_examples_of_both_kinds() -> None:
    languages = [snippet.values[0] for snippet in snippets()]
    assert languages.count("sh") >= 7
    assert languages.count("python") >= 1
