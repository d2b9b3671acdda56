"""Days of portfolios, counted in memory: in any currency, and as prices were known at any moment."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from selection.choices import BaseCurrency
from selection.compute.currencies import in_currency
from selection.compute.daily_values import daily_values
from selection.compute.portfolio_days import Day, Entry, Position, Prices, State
from selection.models import Portfolio
from selection.selectors.daily_prices import daily_prices
from selection.selectors.portfolio_days import entries, positions_of, state_after
from selection.selectors.rates import currency_asset, rates_at

ONE_DAY = timedelta(days=1)
LEARNT = """
SELECT EXISTS (
    SELECT FROM candle_revisions r
    WHERE r.timeframe = '1d' AND r.field = 'close_price' AND r.corrected_at > %(as_of)s
      AND r.asset_id IN (SELECT asset_id FROM portfolio_assets WHERE portfolio_id = %(portfolio)s)
) OR EXISTS (SELECT FROM manual_prices WHERE portfolio_id = %(portfolio)s AND created_at > %(as_of)s)
"""
NO_ASSET = 0
"""In place of the asset of a currency that no asset stands for: it has no price."""


@dataclass(frozen=True)
class Knowledge:
    """What days are counted with.

    Attributes:
        currency: of the amounts.
        as_of: moment whose knowledge of prices counts; None = now.
    """

    currency: str = BaseCurrency.USD
    as_of: datetime | None = None

    @property
    def rate_asset(self) -> int | None:
        """Asset whose price is the rate of the currency; None for the dollar."""
        if self.currency == BaseCurrency.USD:
            return None
        return currency_asset(self.currency) or NO_ASSET


NOW = Knowledge()


def days_of(portfolio: Portfolio, first: date, last: date, known: Knowledge = NOW) -> list[Day]:
    """All days of a portfolio, from that of its first flow on."""
    positions = positions_of(portfolio)
    found = entries_in(portfolio, positions, first, last, known)
    prices = _prices(portfolio, positions, first, last, known)
    state = State(dollar=None if known.rate_asset is not None else Decimal(1))
    return list(daily_values(positions, found, prices, state, first=first.toordinal(), last=last.toordinal()))


def days_after(portfolio: Portfolio, known: Day, last: date) -> list[Day]:
    """The days after a counted one with a known value, USD, as prices are known now."""
    positions, first = positions_of(portfolio), date.fromordinal(known.day + 1)
    prices = _prices(portfolio, positions, first, last, NOW)
    state = state_after(portfolio, known)
    for key in state.quantity:
        close = prices.close(positions[key].asset_id, 0)
        if close is not None:
            state.marks[positions[key].asset_id] = close
    found = entries(portfolio, first, last)
    return list(daily_values(positions, found, prices, state, first=first.toordinal(), last=last.toordinal()))


def entries_in(
    portfolio: Portfolio, positions: dict[int, Position], first: date, last: date, known: Knowledge
) -> list[Entry]:
    """What the journal did from the first day on, every amount in the currency at the rate of its moment."""
    asset_id = known.rate_asset
    found = entries(portfolio, first, last, timed=asset_id is not None)
    if asset_id is None:
        return found
    rates = rates_at(known.currency, {entry.at for entry in found if entry.at}, as_of=known.as_of)
    return in_currency(found, rates, positions, asset_id)


def is_outdated(portfolio: Portfolio, as_of: datetime) -> bool:
    """Whether a close was corrected, or a price stated, since a moment that the daily values may rest on."""
    with connection.cursor() as cursor:
        cursor.execute(LEARNT, {"portfolio": portfolio.pk, "as_of": as_of})
        found: bool = cursor.fetchone()[0]
    return found


def _prices(portfolio: Portfolio, positions: dict[int, Position], first: date, last: date, known: Knowledge) -> Prices:
    """Of all assets that were ever held, from the day before the first on."""
    asset_id = known.rate_asset
    assets = {position.asset_id for position in positions.values()} | ({asset_id} if asset_id is not None else set())
    return replace(daily_prices(portfolio.pk, assets, first - ONE_DAY, last, as_of=known.as_of), currency=asset_id)
