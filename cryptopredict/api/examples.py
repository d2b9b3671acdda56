"""Examples in the OpenAPI document: requests that were sent, and what the API really answered.

They stand in ``answers/<part>.json``, by operation (``GET /api/v1/macro/news/{id}``): ``status``, ``answer`` where the
answer has a body, and ``request`` where something was sent. ``tests/cryptopredict/test_api_every_example.py`` and its
``test_api_examples*.py`` record them and hold them against what the API answers now.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "answers"
JSON = "application/json"


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """Every example, by its operation."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(RECORDED.glob("*.json")):
        found |= json.loads(file.read_text())
    return found


def with_examples(result: dict[str, Any], **_generating: Any) -> dict[str, Any]:
    """The document with the examples in it; one of an operation that is not there any more is passed over."""
    for operation, example in recorded().items():
        method, path = operation.split()
        described = result["paths"].get(path, {}).get(method.lower())
        if described is None:
            continue
        answered = described["responses"].get(str(example["status"]), {}).get("content", {})
        sent = described.get("requestBody", {}).get("content", {})
        if JSON in answered and "answer" in example:
            answered[JSON]["example"] = example["answer"]
        if JSON in sent and "request" in example:
            sent[JSON]["example"] = example["request"]
    return result
