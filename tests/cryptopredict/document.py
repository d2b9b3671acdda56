"""The OpenAPI document as tests read it: made once in a process."""

import json
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    """The document as it is served; whoever changes it takes a copy."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return plain


def described() -> dict[str, dict[str, Any]]:
    """Every operation, by ``GET /api/v1/assets``."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }
