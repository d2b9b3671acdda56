"""The pages that the frame leads to, in the order in which one goes: from the whole market to what was made of it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext


@dataclass(frozen=True)
class Place:
    """A page of the rail.

    Attributes:
        name: of its address.
        label: what it is called.
        icon: beside the label.
        inner: names of addresses that lie below it.
        needs: who sees it.
    """

    name: str
    label: Callable[[], str]
    icon: str
    inner: tuple[str, ...] = ()
    needs: Callable[[HttpRequest], bool] = lambda _request: True


def is_known(request: HttpRequest) -> bool:
    """Whether somebody is logged in."""
    return request.user.is_authenticated


def is_admin(request: HttpRequest) -> bool:
    """Whether an admin is logged in."""
    return request.user.is_staff


PLACES = (
    Place("home", lambda: gettext("Home"), "home"),
    Place("market", lambda: gettext("Market"), "activity"),
    Place("sectors", lambda: gettext("Sectors"), "layout-grid", ("sector",)),
    Place("assets", lambda: gettext("Assets"), "coins", ("asset",)),
    Place("signals", lambda: gettext("Signals"), "bulb", ("signal",)),
    Place("watchlists", lambda: gettext("Watchlists"), "star", ("watchlist", "watchlist-entry")),
    Place(
        "portfolios",
        lambda: gettext("Portfolios"),
        "wallet",
        (
            "portfolio",
            "portfolio-new",
            "portfolio-lots",
            "portfolio-gains",
            "portfolio-explained",
            "portfolio-settings",
            "portfolio-venues",
            "entry-new",
            "position",
            "price-new",
            "imports",
            "import",
            "import-confirm",
        ),
        is_known,
    ),
    Place(
        "journal",
        lambda: gettext("Journal"),
        "notebook",
        ("journal-calendar", "journal-statistics", "journal-entry", "journal-correct"),
        is_known,
    ),
    Place("record", lambda: gettext("Record"), "target"),
    Place("alerts", lambda: gettext("Alerts"), "alarm", ("alert", "new-alert"), needs=is_known),
    Place("inbox", lambda: gettext("Messages"), "bell", ("deliveries",), needs=is_known),
    Place("review", lambda: gettext("Review"), "list-details", needs=is_admin),
    Place("models", lambda: gettext("Models"), "chart-dots", ("model",), is_admin),
    Place(
        "backtests",
        lambda: gettext("Backtests"),
        "history",
        ("backtest", "backtest-new", "backtest-compare"),
        needs=is_known,
    ),
    Place("suggestions", lambda: gettext("Suggestions"), "report"),
    Place("data-quality", lambda: gettext("Data quality"), "database"),
    Place("admin:index", lambda: gettext("Admin"), "adjustments-horizontal", needs=is_admin),
    Place("docs", lambda: gettext("API"), "api"),
    Place("help", lambda: gettext("Help"), "help-circle"),
)
ON_PHONES = 4
"""So many stand in the bar of a phone; the others are behind its last button."""


@dataclass(frozen=True)
class Link:
    """A page of the rail for a request."""

    address: str
    label: str
    icon: str
    is_here: bool


def links(request: HttpRequest) -> list[Link]:
    """What the rail shows to who asks."""
    match = request.resolver_match
    here = match.view_name if match else ""
    return [
        Link(reverse(one.name), one.label(), one.icon, here in (one.name, *one.inner))
        for one in PLACES
        if one.needs(request)
    ]


def hidden(request: HttpRequest) -> set[str]:
    """Places that are not for who asks."""
    return {one.name for one in PLACES if not one.needs(request)}


def section(request: HttpRequest) -> Link | None:
    """The page of the rail that a page lies below; None for those of the rail themselves, and for others."""
    match = request.resolver_match
    here = match.view_name if match else ""
    found = next((one for one in PLACES if here in one.inner and one.needs(request)), None)
    return Link(reverse(found.name), found.label(), found.icon, is_here=False) if found else None
