"""The journal in figures: closed trades of a time, in all and by what they have in common."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from cryptopredict.pages.portfolios import words
from macro.choices import MarketRegime
from selection.models import Portfolio
from selection.selectors.visible import visible_portfolios
from system import formats
from trading.choices import ActionSource, PrimarySetup
from trading.compute.trade_statistics import Figures
from trading.selectors.journal_statistics import UNKNOWN, JournalStatistics, journal_statistics

PERIODS = (30, 90, 365, 3650)
USUAL = 365
COLUMNS = (
    "group", "name", "trades", "win_rate", "win_rate_low", "win_rate_high", "mean_r", "mean_r_low", "mean_r_high",
    "mean_usd", "profit_usd", "profit_factor",
)  # fmt: skip
FEW = 30
"""Fewer trades say little."""


@dataclass(frozen=True)
class Group:
    """A kind of group with its figures by name."""

    key: str
    title: str
    rows: list[tuple[str, Figures]]


@dataclass(frozen=True)
class StatisticsPage:
    """Closed trades of the last days.

    Attributes:
        untold: why the profit of how many trades is unknown.
        is_few: whether so few trades say little.
    """

    days: int
    periods: list[tuple[int, str]]
    portfolios: list[Portfolio]
    portfolio: int | None
    found: JournalStatistics
    groups: list[Group]
    untold: list[tuple[str | None, int]]

    @property
    def is_few(self) -> bool:
        return 0 < self.found.whole.trades < FEW


def statistics_page(user: Any, query: Mapping[str, str], now: datetime) -> StatisticsPage:
    """The page.

    Args:
        user: whose journal.
        query: of the address: ``days``, ``portfolio``.
        now: the present.
    """
    wanted = query.get("days", "")
    days = int(wanted) if wanted in {str(one) for one in PERIODS} else USUAL
    portfolios = list(visible_portfolios(user).order_by("name"))
    portfolio = next((one.pk for one in portfolios if str(one.pk) == query.get("portfolio")), None)
    found = journal_statistics(user, now - timedelta(days=days), now, portfolio_id=portfolio)
    return StatisticsPage(
        days,
        [(one, formats.span(24 * one) if one < 365 else years(one)) for one in PERIODS],
        portfolios,
        portfolio,
        found,
        [group(key, found.groups[key]) for key in TITLES if found.groups.get(key)],
        [(words.reason(code), count) for code, count in sorted(found.untold.items())],
    )


def years(days: int) -> str:
    return gettext("1 year") if days == 365 else gettext("10 years")


def group(key: str, found: Mapping[str, Figures]) -> Group:
    """A group with its words, the most trades first."""
    title, told = TITLES[key]
    rows = [(told(name), one) for name, one in found.items()]
    return Group(key, title(), sorted(rows, key=lambda row: (-row[1].trades, row[0])))


def regime(name: str) -> str:
    """A state of the market as pages head it; what nobody said stands small, as in the other groups."""
    told = label(MarketRegime, name)
    return told.capitalize() if name in MarketRegime.values else told


def label(choices: Any, name: str) -> str:
    """A choice in words; what nobody said is not said."""
    return str(choices(name).label) if name in choices.values else gettext("not said")


def _rules(name: str) -> str:
    return {"followed": gettext("kept"), "broken": gettext("broken")}.get(name, gettext("not said"))


def _weekday(name: str) -> str:
    return {
        "monday": gettext("Monday"),
        "tuesday": gettext("Tuesday"),
        "wednesday": gettext("Wednesday"),
        "thursday": gettext("Thursday"),
        "friday": gettext("Friday"),
        "saturday": gettext("Saturday"),
        "sunday": gettext("Sunday"),
    }.get(name, name)


TITLES: dict[str, tuple[Callable[[], str], Callable[[str], str]]] = {
    "by_tag": (lambda: gettext("By tag"), str),
    "by_setup": (lambda: gettext("By setup"), lambda name: label(PrimarySetup, name)),
    "by_regime": (lambda: gettext("By state of the market"), regime),
    "by_rules": (lambda: gettext("By own rules"), _rules),
    "by_weekday": (lambda: gettext("By weekday of the entry"), _weekday),
    "by_emotion": (lambda: gettext("By mood"), lambda name: gettext("not said") if name == UNKNOWN else name),
    "by_source": (lambda: gettext("By source"), lambda name: label(ActionSource, name)),
}
"""Groups with their titles and the words of their names, in the order of the page."""


def statistics_cells(user: Any, query: Mapping[str, str], now: datetime) -> Iterator[tuple[Any, ...]]:
    """The same for a file."""
    page = statistics_page(user, query, now)
    yield _cells("whole", "", page.found.whole)
    for one in page.groups:
        for name, found in one.rows:
            yield _cells(one.key, name, found)


def _cells(kind: str, name: str, one: Figures) -> tuple[Any, ...]:
    return (
        kind, name, one.trades, one.win_rate.value, one.win_rate.low, one.win_rate.high, one.mean_r.value,
        one.mean_r.low, one.mean_r.high, one.expectancy_usd and f"{one.expectancy_usd:.8f}",
        f"{one.profit_usd:.8f}", one.profit_factor and f"{one.profit_factor:.4f}",
    )  # fmt: skip
