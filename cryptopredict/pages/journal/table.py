"""The journal as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from cryptopredict.pages.journal.forms import FilterForm
from cryptopredict.pages.portfolios.overview import plain
from selection.selectors.visible import visible_portfolios
from trading.models import TradeAction
from trading.selectors.journal_table import NEWEST, ORDERS, JournalRow, journal_entries, journal_rows, tags_of

PER_PAGE = 50
MOST_IN_FILE = 10_000
COLUMNS = (
    "entry", "time", "portfolio", "asset", "kind", "quantity", "price_usd", "fee_usd", "realized_usd", "planned_r",
    "actual_r", "setup", "tags", "kept_rules", "broken_rules", "note", "taken_back",
)  # fmt: skip


@dataclass(frozen=True)
class JournalPage:
    """Entries as they were asked for; ``query``: the state of the page without its number."""

    form: FilterForm
    order: str
    page: Page[TradeAction]
    rows: list[JournalRow]
    tags: list[str]
    query: str
    is_chosen: bool
    has_portfolio: bool

    def sorted_by(self, order: str) -> str:
        """The address of another order."""
        kept = {name: value for name, value in self.form.data.items() if name not in ("sort", "page") and value}
        return urlencode(kept | {"sort": order})

    @property
    def by_time(self) -> str:
        return self.sorted_by("time" if self.order == NEWEST else NEWEST)

    @property
    def by_result(self) -> str:
        return self.sorted_by("result" if self.order == "-result" else "-result")


def form_of(user: Any, query: Mapping[str, str]) -> tuple[FilterForm, list[str], bool]:
    """The choice, the tags that there are, and whether there is a portfolio at all."""
    portfolios, tags = list(visible_portfolios(user).order_by("name")), tags_of(user)
    return FilterForm(dict(query), portfolios, tags), tags, bool(portfolios)


def journal_page(user: Any, query: Mapping[str, str]) -> JournalPage:
    """The page."""
    form, tags, has_portfolio = form_of(user, query)
    order = query.get("sort", "") if query.get("sort") in ORDERS else NEWEST
    page = Paginator(journal_entries(user, form.wanted, order), PER_PAGE).get_page(query.get("page"))
    kept = {name: value for name, value in query.items() if name in (*form.fields, "sort") and value}
    return JournalPage(
        form, order, page, journal_rows(list(page.object_list)), tags, urlencode(kept),
        any(query.get(name) for name in form.fields), has_portfolio,
    )  # fmt: skip


def journal_cells(user: Any, query: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """The chosen entries for a file, further than the page goes."""
    form, _tags, _has_portfolio = form_of(user, query)
    order = query.get("sort", "") if query.get("sort") in ORDERS else NEWEST
    for one in journal_rows(list(journal_entries(user, form.wanted, order)[:MOST_IN_FILE])):
        action, note = one.action, one.note
        yield (
            action.pk, action.executed_at.isoformat(), action.portfolio_asset.portfolio.name,
            action.portfolio_asset.asset.symbol, action.action_type, plain(action.quantity),
            plain(action.asset_price), plain(action.fees_paid), plain(action.pnl_realized_usd),
            one.planned_r and f"{one.planned_r:.4f}", one.result and one.result.r and f"{one.result.r:.4f}",
            action.primary_setup, " ".join(note.tags) if note else "", note.followed_rules if note else None,
            " ".join(note.broken_rules) if note else "", note.text if note else "", one.is_reversed,
        )  # fmt: skip
