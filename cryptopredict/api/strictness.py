"""What the generator of the OpenAPI document does not know that we refuse: unknown fields, numbers without digits. What
bounds a number is made a number."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

NO_DIGITS = re.compile(r"\\d\{0,(\d+)\}")
TEXT = r"^[^\u0000]*[^\s\u0000-\u001f][^\u0000]*$"
"""A parameter that is not blank; a character without meaning is refused everywhere."""
SOMETHING = r"[^\s\u0000-\u001f]"
"""In a text that is not blank stands a character that can be seen."""
COMPONENT = "#/components/schemas/"
BOUNDS = {"minimum", "maximum", "multipleOf", "default"}
"""What a schema says of a number."""


def as_strict_as_we_are(result: dict[str, Any], **_generating: Any) -> dict[str, Any]:
    """The document with its requests closed against unknown fields, and decimals that have a digit."""
    schemas = result["components"]["schemas"]
    for name in requested(result, schemas):
        schema = schemas[name]
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
            for value in schema["properties"].values():
                for one in (value, value.get("items", {}), value.get("additionalProperties")):
                    if isinstance(one, dict):
                        not_blank(one)
    for part in parts(schemas):
        if isinstance(pattern := part.get("pattern"), str) and part.get("format") == "decimal":
            part["pattern"] = NO_DIGITS.sub(r"\\d{1,\1}", pattern)
    for part in parts(result):
        bound_by_numbers(part)
    for parameter in (one for part in result["paths"].values() for one in parts(part) if one.get("in") == "query"):
        never_empty(parameter["schema"])
    return result


def never_empty(schema: dict[str, Any]) -> None:
    """Of a parameter: left out is not the same as empty, which is refused."""
    if schema.get("default") == "":
        del schema["default"]
    if schema.get("type") == "array":
        schema.setdefault("minItems", 1)
    for one in (schema, schema.get("items", {})):
        if one.get("type") == "string" and not one.keys() & {"enum", "format", "pattern"}:
            one.setdefault("minLength", 1)
            one["pattern"] = TEXT


def not_blank(schema: dict[str, Any]) -> None:
    """A text that may not be empty has a character that can be seen."""
    if schema.get("type") == "string" and schema.get("minLength") and not schema.keys() & {"enum", "format", "pattern"}:
        schema["pattern"] = SOMETHING


def bound_by_numbers(part: dict[str, Any]) -> None:
    """An exact number that bounds another is written as a number; in JSON it would be a text."""
    for name in BOUNDS & part.keys():
        if isinstance(bound := part[name], Decimal):
            part[name] = int(bound) if bound == bound.to_integral_value() else float(bound)


def requested(result: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """Names of the components that are sent, and of what they hold."""
    bodies = [
        operation["requestBody"] for path in result["paths"].values() for operation in path.values()
        if "requestBody" in operation
    ]  # fmt: skip
    waiting, found = [name for body in bodies for name in named(body)], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += named(schemas[name])
    return found


def named(part: Any) -> Iterator[str]:
    """Names of the components that a part of the document refers to."""
    for one in parts(part):
        if isinstance(target := one.get("$ref"), str):
            yield target.removeprefix(COMPONENT)


def parts(whole: Any) -> Iterator[dict[str, Any]]:
    """Every object within a part of the document, itself included."""
    if isinstance(whole, dict):
        yield whole
    for one in whole.values() if isinstance(whole, dict) else whole if isinstance(whole, list) else ():
        yield from parts(one)
