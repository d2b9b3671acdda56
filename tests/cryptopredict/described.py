"""The OpenAPI document, for tests that go through its operations."""

import json
from functools import cache
from typing import Any

from cryptopredict.environment import BASE_DIR


@cache
def described() -> dict[str, Any]:
    """The one in the repository: to make it takes seconds, in every worker. That it is what is made, a test of
    ``test_api_promise.py`` says. Nobody changes what is returned."""
    found: dict[str, Any] = json.loads((BASE_DIR / "docs" / "api" / "openapi.json").read_text())
    return found
