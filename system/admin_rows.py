"""Pages of rows that the admin cannot register, because their key has several columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from system import formats
from system.admin_base import AdminPage, Text

ROWS_A_PAGE = 200


def rows_page(
    page: AdminPage,
    request: HttpRequest,
    rows: QuerySet[Any, Any] | Sequence[Sequence[Any]],
    *,
    title: Text,
    columns: Sequence[Text],
    empty: Text,
    choices: Sequence[str] = (),
    chosen: str = "",
) -> TemplateResponse:
    """Newest rows first, 200 a page.

    Args:
        page: the admin page that they belong to.
        request: its ``page`` says which page.
        rows: tuples in order, or a queryset of them.
        title: what is shown.
        columns: a heading for each value.
        empty: what to say when there are none.
        choices, chosen: timeframes to choose from, and the present one.
    """
    text = request.GET.get("page", "1")
    number = max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
    first = (number - 1) * ROWS_A_PAGE
    found = list(rows[first : first + ROWS_A_PAGE + 1])
    numeric = [all(is_number(value) for value in values) for values in zip(*found, strict=True)]
    context = page.admin_site.each_context(request) | {
        "title": title,
        "opts": page.opts,
        "columns": list(zip(columns, numeric or [False] * len(columns), strict=True)),
        "rows": [
            [(shown(value), number) for value, number in zip(row, numeric, strict=True)] for row in found[:ROWS_A_PAGE]
        ],
        "empty": empty,
        "choices": choices,
        "chosen": chosen,
        "page": number,
        "has_more": len(found) > ROWS_A_PAGE,
    }
    return TemplateResponse(request, "admin/rows_page.html", context)


@dataclass(frozen=True)
class Table:
    """A table of a page: its heading, a heading for each value, the rows in words, and what to say when there are
    none."""

    title: Text
    columns: Sequence[Text]
    rows: Sequence[Sequence[Text]]
    empty: Text


def tables_page(
    page: AdminPage,
    request: HttpRequest,
    tables: Sequence[Table],
    *,
    title: Text,
    notes: Sequence[Text] = (),
    choices: Sequence[tuple[str, Text, bool]] = (),
    choice_label: Text = "",
) -> TemplateResponse:
    """Several tables under each other.

    Args:
        page: the admin page that they belong to.
        request: the request.
        tables: the tables.
        title: what they are about.
        notes: what has to be said of them first, for example what is missing.
        choices: addresses of other views of the same, their words, and whether it is the present one.
        choice_label: what is chosen.
    """
    context = page.admin_site.each_context(request) | {
        "title": title,
        "opts": page.opts,
        "tables": tables,
        "notes": notes,
        "choices": choices,
        "choice_label": choice_label,
    }
    return TemplateResponse(request, "admin/tables_page.html", context)


def is_number(value: Any) -> bool:
    """Whether a value may stand in a column of numbers, which are aligned by their last digit."""
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def shown(value: Any) -> str:
    """A value for a table: exact, thousands grouped, in the digits of the language; the unknown is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return formats.minute(value)
    if isinstance(value, int):
        return formats.localized(f"{value:,}")
    if isinstance(value, Decimal):
        text = f"{value:,f}"
        return formats.localized(text.rstrip("0").rstrip(".") if "." in text else text)
    return str(value)
