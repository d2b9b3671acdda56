"""Query parameters that are read by hand."""

import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
SOMETHING = re.compile(r"[^\s\x00-\x1f]")
"""A character that can be seen."""


def refuse_empty(request: Request) -> None:
    """A parameter without a value, or with blanks alone, is a fault of the program that asks: it would get rows of
    everybody where it meant those of somebody.

    Raises:
        ValidationError: one has none, and which.
    """
    empty = [name for name, values in request.query_params.lists() if not all(map(SOMETHING.search, values))]
    if empty:
        raise ValidationError({name: ErrorDetail(_("Give it a value, or leave it out."), "empty") for name in empty})


def whole_number(request: Request, name: str, *, default: int, low: int, high: int) -> int:
    """A whole number from the query; a missing one is the default.

    Raises:
        ValidationError: it is no number, or outside of its limits.
    """
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and low <= int(text[:20]) <= high):
        raise ValidationError({name: _("A whole number from %(low)s to %(high)s.") % {"low": low, "high": high}})
    return int(text)


def page_size(request: Request) -> int:
    """Rows that a page may have."""
    return whole_number(request, "limit", default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


def limit_schema() -> dict[str, Any]:
    """The parameter ``limit`` in the OpenAPI document."""
    return {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "Rows in a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
    }
