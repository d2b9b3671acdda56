"""Every operation as the OpenAPI document tells it."""

from functools import cache
from typing import Any

from tests.cryptopredict.described import described
from tests.cryptopredict.test_api_permissions import METHODS


@cache
def told() -> dict[str, dict[str, Any]]:
    """By ``GET /api/v1/assets``."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in described()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }
