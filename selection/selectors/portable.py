"""Lists and portfolios of a person in words that another installation understands: assets by symbol, no numbers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accounts.models import User
from selection.models import Portfolio, SuggestionReview, Watchlist
from system.selectors.plain_rows import plain, plain_rows

OF_ENTRIES = ("position_type", "weight", "target_allocation", "notes", "is_active", "analysis_config")
OF_LISTS = ("description", "max_assets", "is_public", "wants_suggestions", "configuration")
OF_POSITIONS = (
    "asset_type", "leverage_ratio", "allocation_target_percent", "investment_thesis", "investment_timeframe",
    "risk_category", "max_allocation_percent", "notes", "sort_order",
)  # fmt: skip
"""What a person decides about a position; the rest follows from the journal."""


def portable_part(user: User) -> Mapping[str, Iterable[dict[str, Any]]]:
    """Rows of the person, by the name of their file."""
    return {
        "watchlists": portable_watchlists(user),
        "reviews": plain_rows(SuggestionReview.objects.filter(reviewer=user)),
    }


def portable_watchlists(user: User) -> Iterator[dict[str, Any]]:
    """Personal lists with their entries in order."""
    lists = Watchlist.objects.filter(user=user, is_active=True).order_by("sort_order", "pk")
    for watchlist in lists.prefetch_related("entries__asset"):
        entries = sorted(watchlist.entries.all(), key=lambda entry: entry.sort_order)
        yield {
            "name": watchlist.name,
            **{name: plain(getattr(watchlist, name)) for name in OF_LISTS},
            "entries": [
                {"symbol": entry.asset.symbol} | {name: plain(getattr(entry, name)) for name in OF_ENTRIES}
                for entry in entries
            ],
        }


def portable_portfolio(portfolio: Portfolio) -> dict[str, Any]:
    """How a portfolio is kept, what was decided about its positions, and prices that were stated."""
    prices = portfolio.manual_prices.select_related("asset").order_by("priced_at", "pk")
    return {
        "name": portfolio.name,
        "is_active": portfolio.is_active,
        "is_paper": portfolio.is_paper,
        "base_currency": portfolio.base_currency,
        "lot_method": portfolio.lot_method,
        "cash_symbol": portfolio.cash_asset.symbol if portfolio.cash_asset else None,
        "positions": [
            {"symbol": position.asset.symbol} | {name: plain(getattr(position, name)) for name in OF_POSITIONS}
            for position in portfolio.positions.select_related("asset").order_by("sort_order", "pk")
        ],
        "manual_prices": [
            {
                "symbol": price.asset.symbol,
                "priced_at": plain(price.priced_at),
                "price": plain(price.price),
                "note": price.note,
            }
            for price in prices
        ],
    }
