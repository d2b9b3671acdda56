"""Lists as CSV: ``Accept: text/csv``.

The whole list is sent, page after page, unless the caller asks for one page of it with ``limit``, ``cursor`` or
``offset``. What a spreadsheet would take for a formula is made a text by an apostrophe before it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.http import QueryDict, StreamingHttpResponse
from rest_framework.exceptions import NotAcceptable
from rest_framework.request import Request

from system.rest.parameters import LIMIT_MAX
from system.rest.rendering import OPTIONS, plain
from system.rest.shaping import is_page, only, row_names, wanted_fields, wants_epoch

CONTENT_TYPE = "text/csv; charset=utf-8"
ONE_PAGE = ("limit", "cursor", "offset")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Handler = Callable[[], Any]


def as_table(request: Request, handler: Handler, *, paged: bool, rows_in: str | None = None) -> StreamingHttpResponse:
    """The list that a handler answers, as CSV.

    Args:
        paged: it comes in pages; of others the parameters are their own.
        rows_in: under which name an object holds the list.
    Raises:
        NotAcceptable: the answer is no list.
    """
    whole = paged and not any(name in request.query_params for name in ONE_PAGE)
    if whole:
        ask_for(request, {"limit": str(LIMIT_MAX)})
    first = data_of(handler(), rows_in)
    return StreamingHttpResponse(
        lines(pages(request, first, handler) if whole else iter([first]), request),
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="list.csv"'},
    )


def data_of(response: Any, rows_in: str | None = None) -> Any:
    """Rows of an answer, or a page of them."""
    data = getattr(response, "data", None)
    if rows_in and isinstance(data, dict):
        data = data[rows_in]
    if response.status_code != 200 or not (isinstance(data, list) or is_page(data)):
        raise NotAcceptable
    return data


def pages(request: Request, page: Any, handler: Handler) -> Iterator[Any]:
    """A page, and every one after it."""
    yield page
    while is_page(page) and page["next"]:
        ask_for(request, QueryDict(urlsplit(page["next"]).query).dict())
        page = data_of(handler())
        yield page


def ask_for(request: Request, parameters: dict[str, str]) -> None:
    """Let the handler see other query parameters."""
    query = request._request.GET.copy()  # noqa: SLF001
    for name, value in parameters.items():
        query[name] = value
    request._request.GET = query  # type: ignore[assignment]  # noqa: SLF001


def lines(parts: Iterable[Any], request: Request) -> Iterator[str]:
    """The header, then a line for each row."""
    names, columns, epoch = wanted_fields(request), None, wants_epoch(request)
    for part in parts:
        rows = part if isinstance(part, list) else part["results"]
        rows = only(rows, names) if names else rows
        if columns is None and (columns := names or row_names(rows) or (["value"] if rows else None)):
            yield line(columns)
        text = [line(cells(row, columns or (), epoch=epoch)) for row in rows]
        yield "".join(text)


def line(fields: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(fields)
    return text.getvalue()


def cells(row: Any, columns: Sequence[str], *, epoch: bool) -> list[str]:
    values = [row.get(name) for name in columns] if isinstance(row, dict) else [row]
    return [cell(value, epoch=epoch) for value in values]


def cell(value: Any, *, epoch: bool) -> str:
    """A value as a spreadsheet may have it; the unknown is empty, what has parts is JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return str(int(moment.timestamp() * 1000)) if epoch else moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, (dict, list)):
        return orjson.dumps(value, default=plain, option=OPTIONS).decode()
    text = str(value)
    harmless = not text.startswith(STARTS_FORMULA) or NUMBER.fullmatch(text)
    return text if harmless else f"'{text}"
