"""Whether an example fits its schema, as OpenAPI 3.0 means it."""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft4Validator, FormatChecker

from tests.cryptopredict.described import described
from tests.cryptopredict.examples.asking import JSON
from tests.cryptopredict.examples.telling import told

FORMATS = FormatChecker(["email", "date", "ipv4", "ipv6"])
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@FORMATS.checks("date-time")
def is_time(value: Any) -> bool:
    return not isinstance(value, str) or bool(TIME.fullmatch(value))


@FORMATS.checks("decimal")
def is_decimal(value: Any) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"-?\d+(\.\d+)?", value))


def with_null(part: Any) -> Any:
    """A schema of OpenAPI 3.0 as one of JSON: ``nullable`` is another alternative."""
    if isinstance(part, list):
        return [with_null(one) for one in part]
    if not isinstance(part, dict):
        return part
    plain = {name: with_null(inner) for name, inner in part.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if part.get("nullable") is True else plain


@cache
def components() -> dict[str, Any]:
    found: dict[str, Any] = with_null(deepcopy(described()["components"]))
    return found


def faults(name: str, example: dict[str, Any]) -> list[str]:
    """What in an example its operation does not describe."""
    operation_told = told()[name]
    found = []
    if "answer" in example:
        content = operation_told["responses"][str(example["status"])]["content"][JSON]
        found += misfits(content["schema"], example["answer"], "answer")
        found += unknown(content["schema"], example["answer"], "answer")
    if "request" in example:
        found += misfits(operation_told["requestBody"]["content"][JSON]["schema"], example["request"], "request")
    return found


def misfits(schema: dict[str, Any], value: Any, name: str) -> list[str]:
    whole = {**with_null(schema), "components": components()}
    errors = Draft4Validator(whole, format_checker=FORMATS).iter_errors(value)
    return [f"{name}{error.json_path[1:]}: {error.message}"[:200] for error in errors]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that stands in its place, without the one reference or alternative that leads to it."""
    while True:
        if "$ref" in schema:
            schema = described()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
        else:
            return schema


def unknown(schema: dict[str, Any], value: Any, name: str) -> Iterator[str]:
    """Fields of an answer that nothing describes."""
    schema = resolved(schema)
    if isinstance(value, list) and "items" in schema:
        for place, one in enumerate(value):
            yield from unknown(schema["items"], one, f"{name}[{place}]")
    if isinstance(value, dict) and "properties" in schema:
        for field, inner in value.items():
            if field in schema["properties"]:
                yield from unknown(schema["properties"][field], inner, f"{name}.{field}")
            elif "additionalProperties" not in schema:
                yield f"{name}.{field}: nothing describes it"
