"""How much of an answer a caller wants, and how times are written."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

FIELDS, TIME = "fields", "time"
EPOCH_MS = "epoch_ms"
MOST_FIELDS = 100
LONGEST = 4000


def wanted_fields(request: Request) -> list[str]:
    """Names that ``?fields=`` lists; none for the whole.

    Raises:
        ValidationError: it is no list of names.
    """
    text = request.query_params.get(FIELDS, "")
    names = [name.strip() for name in text[:LONGEST].split(",")] if text else []
    if len(text) > LONGEST or len(names) > MOST_FIELDS or not all(name.isidentifier() for name in names):
        raise ValidationError({FIELDS: _("Names of fields, separated by commas.")})
    return names


def wants_epoch(request: Request) -> bool:
    """Times are asked for as milliseconds since 1970.

    Raises:
        ValidationError: something else is asked for.
    """
    text = request.query_params.get(TIME, "")
    if text not in {"", EPOCH_MS}:
        raise ValidationError({TIME: _("Only epoch_ms is known here.")})
    return bool(text)


def is_page(data: Any) -> bool:
    """A page of a list, of either kind."""
    return isinstance(data, dict) and {"next", "previous", "results"} <= data.keys()


def row_names(rows: Sequence[Any]) -> list[str]:
    """Names of the fields of a row, also where there is none: what has written the list knows them. None of rows that
    have no fields."""
    if rows:
        return list(rows[0]) if isinstance(rows[0], dict) else []
    fields = getattr(getattr(getattr(rows, "serializer", None), "child", None), "fields", {})
    return [name for name, field in fields.items() if not field.write_only]


def only(data: Any, names: Iterable[str], rows_in: str | None = None) -> Any:
    """An answer with these fields: of each row of a list or page, else of the object itself.

    Args:
        rows_in: under which name an object holds the rows that are meant.
    Raises:
        ValidationError: a name is no field of it.
    """
    held = "results" if is_page(data) else rows_in
    if held:
        return {**data, held: only(data[held], names)}
    rows = data if isinstance(data, list) else [data]
    if any(not isinstance(row, dict) for row in rows):
        return data
    known = row_names(rows)
    for name in names:
        if known and name not in known:
            raise ValidationError({FIELDS: _("There is no field %(name)s here.") % {"name": name}})
    parts = [{name: row[name] for name in names if name in row} for row in rows]
    return parts if isinstance(data, list) else parts[0]
