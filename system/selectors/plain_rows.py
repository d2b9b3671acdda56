"""Rows of any table as JSON keeps them: all digits, times with their zone. For what a person takes away."""

import uuid
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

AT_ONCE = 1000


def plain_rows(rows: QuerySet[Any], *, without: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Columns of each row by name, oldest first, a few rows in memory at a time.

    Args:
        rows: of one table.
        without: columns that are left out, such as secrets.
    """
    names = [field.attname for field in rows.model._meta.concrete_fields if field.attname not in without]
    for row in rows.order_by("pk").values(*names).iterator(chunk_size=AT_ONCE):
        yield {name: plain(value) for name, value in row.items()}


def plain(value: Any) -> Any:
    """A value as JSON keeps it, without loss."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (date, uuid.UUID)):
        return str(value)
    return value
