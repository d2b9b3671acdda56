"""Lots of a portfolio and its gains of a year, by the method that it is kept by or by another one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from cryptopredict.pages.portfolios import words
from cryptopredict.pages.portfolios.overview import plain
from selection.choices import LotMethod
from selection.models import Portfolio
from selection.selectors.gains import Gain, GainsReport
from selection.selectors.portfolio_days import first_day
from selection.selectors.valuation import latest_values
from trading.services.gains import OpenLot, gains_by_method, lots_by_method

PER_PAGE = 50
GAIN_COLUMNS = (
    "symbol", "side", "kind", "acquired", "disposed", "holding_days", "quantity", "cost", "proceeds", "gain",
    "currency", "assumed",
)  # fmt: skip
LOT_COLUMNS = ("symbol", "side", "acquired", "days_held", "quantity", "cost_usd", "cost_each_usd", "price_usd",
               "value_usd", "gain_usd", "assumed")  # fmt: skip


@dataclass(frozen=True)
class LotRow:
    """A lot at the latest price; of a short one the price at which it would be covered."""

    lot: OpenLot
    price: Decimal | None
    days: int

    @property
    def value(self) -> Decimal | None:
        """Worth of its coins; of a short one what covering them would cost, negative."""
        if self.price is None:
            return None
        return (-1 if self.lot.is_short else 1) * self.lot.quantity * self.price

    @property
    def gain(self) -> Decimal | None:
        return None if self.value is None else self.value - self.lot.cost

    @property
    def each(self) -> Decimal | None:
        """Cost of a coin."""
        return abs(self.lot.cost) / self.lot.quantity if self.lot.quantity else None

    @property
    def marks(self) -> list[str]:
        return words.assumptions(self.lot.assumptions) if self.lot.assumptions else []


@dataclass(frozen=True)
class LotsPage:
    """Open lots by a method; ``is_kept``: it is the portfolio's own."""

    portfolio: Portfolio
    method: str
    methods: list[tuple[str, str]]
    page: Page[LotRow]

    @property
    def is_kept(self) -> bool:
        return self.method == self.portfolio.lot_method


def method_of(portfolio: Portfolio, wanted: str) -> str:
    """A method; anything else is that of the portfolio."""
    return wanted if wanted in LotMethod.values else portfolio.lot_method


def methods() -> list[tuple[str, str]]:
    return [(method.value, str(told)) for method, told in words.METHODS.items()]


def lot_rows(portfolio: Portfolio, method: str, now: datetime) -> list[LotRow]:
    """Every open lot, those of one coin together, the oldest first."""
    values = latest_values([portfolio.pk])[portfolio.pk].positions
    found = lots_by_method(portfolio, method)
    return [LotRow(lot, values[lot.position_id].price, (now - lot.acquired_at).days) for lot in found]


def lots_page(portfolio: Portfolio, method: str, page: Any, now: datetime) -> LotsPage:
    """A page of the lots."""
    chosen = method_of(portfolio, method)
    rows = Paginator(lot_rows(portfolio, chosen, now), PER_PAGE).get_page(page)
    return LotsPage(portfolio, chosen, methods(), rows)


def lot_cells(portfolio: Portfolio, method: str, now: datetime) -> Iterator[tuple[Any, ...]]:
    """The same for a file."""
    for one in lot_rows(portfolio, method_of(portfolio, method), now):
        yield (
            one.lot.symbol, "short" if one.lot.is_short else "long", one.lot.acquired_at.isoformat(), one.days,
            plain(one.lot.quantity), plain(one.lot.cost), plain(one.each), plain(one.price), plain(one.value),
            plain(one.gain), " ".join(one.marks),
        )  # fmt: skip


@dataclass(frozen=True)
class GainsPage:
    """Gains of a year.

    Attributes:
        years: with an entry, the newest first.
        page: what was sold, 50 a page.
        rests_on: what is assumed, in sentences.
    """

    portfolio: Portfolio
    report: GainsReport
    year: int
    years: list[int]
    methods: list[tuple[str, str]]
    page: Page[Gain]
    rests_on: list[str]

    @property
    def query(self) -> str:
        """The state of the page."""
        return urlencode({"year": self.year, "method": self.report.method})

    @property
    def is_kept(self) -> bool:
        return self.report.method == self.portfolio.lot_method


def years_of(portfolio: Portfolio, now: datetime) -> list[int]:
    """Calendar years (UTC) from the first entry to now, the newest first."""
    first, this = first_day(portfolio), now.astimezone(UTC).year
    return list(range(this, (first.year if first else this) - 1, -1))


def gains_report(portfolio: Portfolio, year: str, method: str, now: datetime) -> GainsReport:
    """The report of a year; one that there is not is the newest."""
    years = years_of(portfolio, now)
    wanted = int(year) if year.isascii() and year.isdigit() and int(year) in years else years[0]
    return gains_by_method(portfolio, wanted, method=method_of(portfolio, method))


def gains_page(portfolio: Portfolio, year: str, method: str, page: Any, now: datetime) -> GainsPage:
    """The page."""
    report = gains_report(portfolio, year, method, now)
    return GainsPage(
        portfolio, report, report.year, years_of(portfolio, now), methods(),
        Paginator(report.gains, PER_PAGE).get_page(page), words.assumptions(report.assumptions),
    )  # fmt: skip


def gain_cells(report: GainsReport) -> Iterator[tuple[Any, ...]]:
    """What was sold, for a file."""
    for one in report.gains:
        yield (
            one.symbol, "short" if one.is_short else "long", one.kind, one.acquired_at.isoformat(),
            one.disposed_at.isoformat(), one.holding_days, plain(one.quantity), plain(one.cost), plain(one.proceeds),
            plain(one.gain), report.currency, " ".join(one.assumptions),
        )  # fmt: skip
