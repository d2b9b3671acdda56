"""Pages of lists that grow with time."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from system.rest.ordering import Key, keys_of
from system.rest.parameters import limit_schema, page_size

LONGEST = 2000


class CursorPages(BasePagination):
    """Pages by position: the next one begins after the last row of this one, whatever has been added since.

    Any ordering pages without repeats, because the id decides between equals. There is no count.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        if "offset" in request.query_params:
            raise ValidationError({"offset": _("This list is paged by cursor: follow next and previous.")})
        self.request, limit, keys = request, page_size(request), keys_of(queryset, getattr(view, "known", ()))
        position, backwards = read_cursor(request.query_params.get("cursor", ""), keys)
        if position is not None:
            queryset = queryset.filter(beyond(keys, position, backwards=backwards))
        rows = list(queryset.order_by(*(key.expression(backwards=backwards) for key in keys))[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        if backwards:
            rows.reverse()
        has_next = bool(rows) and (backwards or more)
        has_previous = bool(rows) and (more if backwards else position is not None)
        self.next = write_cursor(keys, rows[-1], backwards=False) if has_next else None
        self.previous = write_cursor(keys, rows[0], backwards=True) if has_previous else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.link(self.next), "previous": self.link(self.previous), "results": data})

    def link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        url = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return replace_query_param(url, "cursor", cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ARG002
        cursor = {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": "Position from the links next and previous.",
            "schema": {"type": "string"},
        }
        return [cursor, limit_schema()]


def beyond(keys: Sequence[Key], position: Sequence[Any], *, backwards: bool) -> Q:
    """Rows after a position (before it, going backwards)."""
    if all(not key.nullable and key.descending == keys[0].descending for key in keys):
        return as_one(keys, position, backwards=backwards)
    return column_by_column(keys, position, backwards=backwards)


def as_one(keys: Sequence[Key], position: Sequence[Any], *, backwards: bool) -> Q:
    """All columns compared at once, ``(a, id) < (x, y)``: an index is entered right at the position, however many rows
    share the first value with it."""
    names = [key.field.name if key.name == "pk" else key.name for key in keys]
    compare = TupleLessThan if lookup(keys[0], backwards=backwards) == "lt" else TupleGreaterThan
    return Q(compare(Tuple(*(F(name) for name in names)), tuple(position)))


def column_by_column(keys: Sequence[Key], position: Sequence[Any], *, backwards: bool) -> Q:
    """The same of columns that are ordered differently, or may be unknown."""
    condition, equal = Q(pk__in=[]), Q()
    for key, value in zip(keys, position, strict=True):
        step = one_step(key, value, backwards=backwards)
        if step is not None:
            condition |= equal & step
        equal &= Q(**{f"{key.name}__isnull": True}) if value is None else Q(**{key.name: value})
    first, value = keys[0], position[0]
    if first.nullable or value is None:
        return condition
    return condition & Q(**{f"{first.name}__{lookup(first, backwards=backwards)}e": value})  # a bound the index can use


def one_step(key: Key, value: Any, *, backwards: bool) -> Q | None:
    """Rows strictly beyond a value in one column; the unknown is last. None: there can be no such row."""
    if value is None:
        return Q(**{f"{key.name}__isnull": False}) if backwards else None
    step = Q(**{f"{key.name}__{lookup(key, backwards=backwards)}": value})
    if key.nullable and not backwards:
        step |= Q(**{f"{key.name}__isnull": True})
    return step


def lookup(key: Key, *, backwards: bool) -> str:
    return "lt" if key.descending != backwards else "gt"


def write_cursor(keys: Sequence[Key], row: Any, *, backwards: bool) -> str:
    values = [as_text(value_of(row, key.name)) for key in keys]
    return base64.urlsafe_b64encode(orjson.dumps([signature(keys), values, backwards])).decode().rstrip("=")


def read_cursor(text: str, keys: Sequence[Key]) -> tuple[list[Any] | None, bool]:
    """Position and direction that a cursor stands for; no position for the first page.

    Raises:
        ValidationError: it is not one that we made for this ordering.
    """
    if not text:
        return None, False
    try:
        made_for, texts, backwards = unpacked(text)
        if made_for == signature(keys):
            return [as_value(key, part) for key, part in zip(keys, texts, strict=True)], backwards
    except (ValueError, TypeError, InvalidValue):
        pass  # answered below, as a cursor of another list is
    raise ValidationError({"cursor": _("This cursor does not belong to this list and ordering.")})


def unpacked(text: str) -> tuple[str, list[str | None], bool]:
    """The three parts of a cursor.

    Raises:
        ValueError: it is something else.
    """
    parts = orjson.loads(base64.urlsafe_b64decode(text[:LONGEST] + "=" * (-len(text) % 4)))
    if not (isinstance(parts, list) and len(parts) == 3 and isinstance(parts[1], list) and isinstance(parts[2], bool)):
        raise ValueError("no cursor of ours")
    return parts[0], parts[1], parts[2]


def signature(keys: Sequence[Key]) -> str:
    return ",".join(f"-{key.name}" if key.descending else key.name for key in keys)


def value_of(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part, None)
    return row


def as_text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)


def as_value(key: Key, text: str | None) -> Any:
    """The value that a text stands for in a column; a cursor may have been tampered with."""
    if text is None:
        if key.nullable:
            return None
        raise ValueError("this column is never unknown")
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("not a text")
    value = key.field.to_python(text)
    if isinstance(value, datetime) and is_naive(value):
        raise ValueError("a time without zone")
    key.field.run_validators(value)
    return value
