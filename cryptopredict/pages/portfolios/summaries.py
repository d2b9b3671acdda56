"""The list of own portfolios: what each is worth and how it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from selection.models import Portfolio, PortfolioDay, PositionFlow
from selection.selectors.day_profit import DayProfit, day_profit, day_profits
from selection.selectors.valuation import PortfolioValue, latest_values
from selection.selectors.visible import visible_portfolios
from selection.services import count_days


@dataclass(frozen=True)
class Row:
    """A portfolio of the list."""

    portfolio: Portfolio
    value: PortfolioValue
    today: DayProfit

    @property
    def unrealized(self) -> Decimal | None:
        """Not yet realised, USD; None while a price is missing."""
        amounts = [one.unrealized for one in self.value.positions.values() if one.position.quantity]
        return None if None in amounts else sum((one for one in amounts if one is not None), Decimal(0))


@dataclass(frozen=True)
class ListPage:
    """Real portfolios with their sum, and those on paper, which count in no sum."""

    real: Sequence[Row]
    paper: Sequence[Row]
    whole: DayProfit


def list_page(user: Any, now: datetime) -> ListPage:
    """The page of somebody's own portfolios."""
    portfolios = list(visible_portfolios(user).order_by("name"))
    today = now.astimezone(UTC).date()
    count_missing(portfolios, today - timedelta(days=1))
    values = latest_values(one.pk for one in portfolios)
    profits = day_profits(values, today)
    rows = [Row(one, values[one.pk], profits[one.pk]) for one in portfolios]
    real = [row for row in rows if not row.portfolio.is_paper]
    return ListPage(
        real,
        [row for row in rows if row.portfolio.is_paper],
        day_profit({row.portfolio.pk: row.value for row in real}, today),
    )


def count_missing(portfolios: Sequence[Portfolio], last: date) -> None:
    """Count the days of those whose last day has not been counted yet; later looks of the day find it done."""
    done = set(PortfolioDay.objects.filter(portfolio__in=portfolios, day=last).values_list("portfolio", flat=True))
    begun = set(
        PositionFlow.objects.filter(position__portfolio__in=portfolios).values_list("position__portfolio").distinct()
    )
    for one in portfolios:
        if one.pk not in done and (one.pk,) in begun:
            count_days(one)
