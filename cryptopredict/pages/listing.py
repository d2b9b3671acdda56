"""The list of all assets: searched, sorted, in pages of 50. The address holds its state."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from assets.selectors.shown import assets_of, shown_market

PER_PAGE = 50
LONGEST_SEARCH = 60


@dataclass(frozen=True)
class Column:
    """A column that the list can be sorted by; numbers are sorted from the largest first."""

    key: str
    label: str | Promise
    field: str
    is_number: bool = True
    descending_first: bool = True


COLUMNS = (
    Column("asset", _("Asset"), "symbol", is_number=False, descending_first=False),
    Column("price", _("Price, USD"), "current_price"),
    Column("24h", _("24 h"), "price_change_percentage_24h"),
    Column("7d", _("7 d"), "price_change_percentage_7d"),
    Column("30d", _("30 d"), "price_change_percentage_30d"),
    Column("volume", _("Volume 24 h, USD"), "total_volume"),
    Column("updated", _("Updated"), "last_price_update"),
)
DEFAULT_SORT = "-volume"


@dataclass(frozen=True)
class Header:
    """The head of a column: the address that sorts by it, and how the list is sorted now."""

    column: Column
    query: str
    sorted: str


@dataclass(frozen=True)
class Listing:
    """One page of the list."""

    page: Page[Asset]
    headers: list[Header]
    search: str
    sort: str
    previous_query: str | None
    next_query: str | None
    csv_query: str


def listing(search: str, sort: str, number: Any) -> Listing:
    """A page of the visible assets of the market that is shown.

    Args:
        search: part of a symbol or name; NUL, which no text in the database can hold, is left out.
        sort: key of a column, with ``-`` for the largest first; anything else is the default.
        number: which page; anything that is none is the first or last one.
    """
    search = search.replace("\x00", "").strip()[:LONGEST_SEARCH]
    sort = sort if sort.removeprefix("-") in {column.key for column in COLUMNS} else DEFAULT_SORT
    page = Paginator(ordered(found(search), sort), PER_PAGE).get_page(number)
    query = {"q": search} if search else {}
    return Listing(
        page=page,
        headers=[_header(column, sort, query) for column in COLUMNS],
        search=search,
        sort=sort,
        previous_query=_query(query, sort, page.previous_page_number()) if page.has_previous() else None,
        next_query=_query(query, sort, page.next_page_number()) if page.has_next() else None,
        csv_query=_query(query, sort, page.number),
    )


def found(search: str) -> QuerySet[Asset]:
    """Assets whose symbol or name contains the text."""
    assets = assets_of(shown_market())
    return assets.filter(Q(symbol__icontains=search) | Q(name__icontains=search)) if search else assets


def ordered(assets: QuerySet[Asset], sort: str) -> QuerySet[Asset]:
    """Sorted by a column; what is unknown comes last either way, and equals by symbol."""
    column = next(column for column in COLUMNS if column.key == sort.removeprefix("-"))
    field = F(column.field)
    order = field.desc(nulls_last=True) if sort.startswith("-") else field.asc(nulls_last=True)
    return assets.order_by(order, "symbol")


def _header(column: Column, sort: str, query: dict[str, str]) -> Header:
    up, down = column.key, f"-{column.key}"
    first, second = (down, up) if column.descending_first else (up, down)
    present = {up: "ascending", down: "descending"}.get(sort, "none")
    return Header(column, _query(query, second if sort == first else first, 1), present)


def _query(query: dict[str, str], sort: str, number: int) -> str:
    chosen: dict[str, Any] = dict(query)
    if sort != DEFAULT_SORT:
        chosen["sort"] = sort
    if number > 1:
        chosen["page"] = number
    return urlencode(chosen)
