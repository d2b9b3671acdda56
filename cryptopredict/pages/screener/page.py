"""The screener: which assets are worth a look. Filtered, sorted, in pages of 50; the address holds its state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.http import QueryDict
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services.saved_views import SavedView, saved_views
from assets.compute.periods import LENGTHS
from assets.models import Asset
from assets.selectors.shown import assets_of, shown_market
from cryptopredict.pages import words
from cryptopredict.pages.freshness import FRESH_STATE, LATE, LATE_STATE, PRICES, STALE, STALE_STATE
from cryptopredict.pages.screener.columns import BELOW_TOP, CHOSEN, EVERY, SIGNALS, USUAL, Column, shown
from cryptopredict.pages.screener.forms import PERIODS, USUAL_PERIOD, ScreenerForm
from cryptopredict.pages.screener.rows import Row, Signals, rows_of, signals_by_asset
from sectors.models import Sector
from sectors.selectors.standing import current_members
from selection.models import WatchlistAsset
from selection.selectors.visible import visible_watchlists
from system import formats

PER_PAGE = 50
DEFAULT_SORT = "-volume"
PLACE = "assets"
"""Under which saved views of this page are kept."""


@dataclass(frozen=True)
class Header:
    """The head of a column: the address that sorts by it, and how the list is sorted now."""

    column: Column
    query: str | None
    sorted: str


@dataclass(frozen=True)
class Tally:
    """How many assets match, and how many of them rose and fell over 24 hours."""

    all: int
    up: int
    down: int


@dataclass(frozen=True)
class Choice:
    """A column that one may show or hide."""

    column: Column
    is_shown: bool


@dataclass(frozen=True)
class Screener:
    """One page of the list, with what it was asked for.

    Attributes:
        query: of the address, without what is usual and without the page; ``csv_query`` with the page.
        is_narrow: whether anything is filtered.
        is_wide: whether there are more columns than fit beside each other.
        views: the reader's own saved views; ``view`` is the one that is shown.
    """

    form: ScreenerForm
    columns: list[Column]
    choices: list[Choice]
    headers: list[Header]
    page: Page[Asset]
    rows: list[Row]
    tally: Tally
    sort: str
    query: str
    previous_query: str | None
    next_query: str | None
    csv_query: str
    is_narrow: bool
    is_wide: bool
    views: list[SavedView]
    view: str


def screener(asked: QueryDict, user: Any, now: datetime) -> Screener:
    """A page of the visible assets of the market that is shown.

    Args:
        asked: of the address. What makes no sense is passed over; the form says so beside the field.
        user: who reads: their lists, their views, the signals that they may see.
        now: the present.
    """
    market = shown_market()
    form, signals = screener_form(asked, user), signals_by_asset(market, user)
    form.is_valid()
    wanted: dict[str, Any] = form.cleaned_data
    columns = shown(asked.getlist("column"))
    sort = sort_of(asked.get("sort", ""))
    found = filtered(assets_of(market), wanted, signals, now)
    tally = Tally(
        **found.aggregate(
            all=Count("pk"),
            up=Count("pk", filter=Q(price_change_percentage_24h__gt=0)),
            down=Count("pk", filter=Q(price_change_percentage_24h__lt=0)),
        )
    )
    pages = Paginator(ordered(with_figures(found, signals), sort), PER_PAGE)
    pages.count = tally.all  # It is a cached property: what is known is not asked for again.
    page = pages.get_page(asked.get("page"))
    state = state_of(asked, wanted, columns)
    query = encoded(state, sort)
    views = saved_views(user, PLACE) if isinstance(user, User) else []
    return Screener(
        form=form,
        columns=columns,
        choices=[Choice(column, column in columns) for column in CHOSEN],
        headers=[header(column, sort, state) for column in columns],
        page=page,
        rows=rows_of(list(page), signals, now),
        tally=tally,
        sort="" if sort == DEFAULT_SORT else sort,
        query=query,
        previous_query=encoded(state, sort, page.previous_page_number()) if page.has_previous() else None,
        next_query=encoded(state, sort, page.next_page_number()) if page.has_next() else None,
        csv_query=encoded(state, sort, page.number),
        is_narrow=any(name in form.fields for name, _value in state),
        is_wide=len(columns) > len(USUAL) + 1,
        views=views,
        view=next((one.name for one in views if one.query == query), ""),
    )


def screener_form(asked: Mapping[str, Any], user: Any) -> ScreenerForm:
    """The filters, offering the sectors and lists that there are for the reader."""
    sectors = Sector.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
    lists = visible_watchlists(user).order_by("watchlist_type", "sort_order", "pk").values_list("pk", "name")
    return ScreenerForm(asked, sectors=[(key, words.named(words.SECTORS, name)) for key, name in sectors], lists=lists)


def filtered(
    assets: QuerySet[Asset], wanted: Mapping[str, Any], signals: Mapping[int, Signals], now: datetime
) -> QuerySet[Asset]:
    """The assets that fit all filters. What is unknown fits no bound."""
    if text := wanted.get("q"):
        assets = assets.filter(Q(symbol__icontains=text) | Q(name__icontains=text))
    if sector := wanted.get("sector"):
        assets = assets.filter(pk__in=current_members().filter(sector=int(sector)).values("asset"))
    if chosen := wanted.get("watchlist"):
        assets = assets.filter(pk__in=WatchlistAsset.objects.filter(watchlist=int(chosen)).values("asset"))
    if kind := wanted.get("signals"):
        assets = assets.filter(pk__in=[key for key, one in signals.items() if has_signal(one, kind)])
    assets = of_age(assets, wanted.get("age", ""), now)
    change = PERIODS[wanted.get("period") or USUAL_PERIOD]
    bounds = {
        "market_cap__gte": "cap_min",
        "market_cap__lte": "cap_max",
        "total_volume__gte": "volume_min",
        "total_volume__lte": "volume_max",
        f"{change}__gte": "change_min",
        f"{change}__lte": "change_max",
    }
    given = {column: wanted.get(name) for column, name in bounds.items()}
    return assets.filter(**{column: bound for column, bound in given.items() if bound is not None})


def has_signal(signals: Signals, kind: str) -> bool:
    """Whether an asset has an open signal of a kind of the filter."""
    found = {"long": signals.long, "short": signals.short, "proven": signals.proven}
    return bool(found.get(kind, signals.count))


def of_age(assets: QuerySet[Asset], state: str, now: datetime) -> QuerySet[Asset]:
    """Assets whose price is in time, late or stale, as the chips tell."""
    late, stale = now - LATE * LENGTHS[PRICES], now - STALE * LENGTHS[PRICES]
    states = {
        FRESH_STATE: Q(last_price_update__gt=late),
        LATE_STATE: Q(last_price_update__lte=late, last_price_update__gt=stale),
        STALE_STATE: Q(last_price_update__lte=stale) | Q(last_price_update=None),
    }
    return assets.filter(states[state]) if state in states else assets


def with_figures(assets: QuerySet[Asset], signals: Mapping[int, Signals]) -> QuerySet[Asset]:
    """With what is sorted by and no column has."""
    by_count: dict[int, list[int]] = {}
    for asset_id, one in signals.items():
        by_count.setdefault(one.count, []).append(asset_id)
    cases = [When(pk__in=ids, then=Value(count)) for count, ids in by_count.items()]
    return assets.annotate(**{SIGNALS: Case(*cases, default=Value(0), output_field=IntegerField())})


def sort_of(text: str) -> str:
    """How the list is sorted; anything that is no column is the usual."""
    keys = {column.key for column in EVERY if column.order is not None}
    return text if text.removeprefix("-") in keys else DEFAULT_SORT


def ordered(assets: QuerySet[Asset], sort: str) -> QuerySet[Asset]:
    """Sorted by a column; what is unknown comes last either way, and equals by symbol."""
    column = next(column for column in EVERY if column.key == sort.removeprefix("-"))
    order = column.order if isinstance(column.order, F) else BELOW_TOP
    way = order.desc(nulls_last=True) if sort.startswith("-") else order.asc(nulls_last=True)
    return assets.order_by(way, "symbol")


def state_of(asked: QueryDict, wanted: Mapping[str, Any], columns: list[Column]) -> list[tuple[str, str]]:
    """What the address says besides sorting and page: understood filters as they were typed, and unusual columns."""
    typed = [(name, str(asked.get(name, "")).replace("\x00", "").strip()) for name in wanted]
    keys = tuple(column.key for column in columns[1:])
    return [pair for pair in typed if pair[1]] + ([] if keys == USUAL else [("column", key) for key in keys])


def header(column: Column, sort: str, state: list[tuple[str, str]]) -> Header:
    if column.order is None:
        return Header(column, None, "none")
    up, down = column.key, f"-{column.key}"
    first, second = (up, down) if column.rises else (down, up)
    present = {up: "ascending", down: "descending"}.get(sort, "none")
    return Header(column, encoded(state, second if sort == first else first), present)


def encoded(state: list[tuple[str, str]], sort: str, number: int = 1) -> str:
    """A query that says only what is not usual."""
    more = [("sort", sort)] if sort != DEFAULT_SORT else []
    return urlencode([*state, *more, *([("page", str(number))] if number > 1 else [])])


def finding(page: Screener) -> str:
    """What the list shows, in a sentence."""
    told = {name: formats.number(getattr(page.tally, name)) for name in ("all", "up", "down")}
    words_ = ngettext(
        "%(all)s asset: %(up)s rose in 24 h, %(down)s fell",
        "%(all)s assets: %(up)s rose in 24 h, %(down)s fell",
        page.tally.all,
    )
    return words_ % told
