"""How portfolios did: their days in their own currency, over a period, beside what else one could have held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from assets.choices import Market
from assets.compute.series import Floats
from assets.models import Asset
from assets.selectors import shown_market
from assets.selectors.universe import BENCHMARKS
from selection.choices import BaseCurrency
from selection.compute import statistics
from selection.compute.money_weighted import Rate
from selection.compute.performance import (
    Period,
    Return,
    Unknown,
    daily_returns,
    money_weighted_return,
    profit,
    simple_return,
    time_weighted,
)
from selection.compute.portfolio_days import ZERO
from selection.models import Portfolio, Watchlist
from selection.selectors.counting import Knowledge, days_of, is_outdated
from selection.selectors.daily_prices import daily_prices, day_end
from selection.selectors.membership import members
from selection.selectors.portfolio_days import counted_days


@dataclass(frozen=True)
class Performance:
    """A portfolio over a period, in its base currency. What is not known is None; ratios are float64.

    Attributes:
        currency: what amounts are in.
        period: its days, and its worth before them.
        profit: gained in the period.
        simple: profit by what was invested on average.
        time_weighted: TWR.
        money_weighted: MWR, and why it is unknown besides its own reason.
        returns: of each day, shape (n,).
        volatility, sharpe, sortino, calmar: of a year of 365 days, risk-free rate 0.
        drawdown: the deepest fall of what 1 invested would have become.
    """

    currency: str
    period: Period
    profit: Decimal | None
    simple: Return
    time_weighted: Return
    money_weighted: tuple[Rate, Unknown | None]
    returns: Floats
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    drawdown: statistics.Drawdown | None

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Codes of what was assumed on any of the days, or at their start."""
        on_days = {code for day in self.period.days for code in day.assumptions}
        return tuple(sorted(on_days.union(self.period.assumed_before)))

    @property
    def missing(self) -> tuple[int, ...]:
        """Assets that had no known price on some day."""
        return tuple(sorted({asset for day in self.period.days for asset in day.missing}))


def performance(
    portfolio: Portfolio, since: date | None = None, until: date | None = None, *, as_of: datetime | None = None
) -> Performance:
    """A portfolio over the days ``since`` to ``until`` that have been counted, both included; without limits, over all
    of them. ``selection.services.count_days`` brings them up to date. With ``as_of``, as prices were known then."""
    period = period_of(portfolio, since, until, as_of=as_of)
    returns = daily_returns(period.days)
    whole = time_weighted(period)
    fall = statistics.deepest_drawdown(returns)
    growth = None if whole.value is None else float(whole.value) + 1
    return Performance(
        currency=portfolio.base_currency,
        period=period,
        profit=profit(period),
        simple=simple_return(period),
        time_weighted=whole,
        money_weighted=money_weighted_return(period),
        returns=returns,
        volatility=statistics.volatility(returns),
        sharpe=statistics.sharpe(returns),
        sortino=statistics.sortino(returns),
        calmar=None if growth is None or fall is None else statistics.calmar(growth, len(period.days), fall.depth),
        drawdown=fall,
    )


def period_of(
    portfolio: Portfolio, since: date | None = None, until: date | None = None, *, as_of: datetime | None = None
) -> Period:
    """The counted days of a period in the portfolio's base currency, and its worth before them."""
    days = counted_days(portfolio, until)
    known = Knowledge(portfolio.base_currency, as_of)
    if days and (known.currency != BaseCurrency.USD or (as_of is not None and is_outdated(portfolio, as_of))):
        days = days_of(portfolio, date.fromordinal(days[0].day), date.fromordinal(days[-1].day), known)
    inside = [day for day in days if since is None or day.day >= since.toordinal()]
    before = days[len(days) - len(inside) - 1] if len(inside) < len(days) else None
    return Period(before.value, inside, before.fees, before.assumptions) if before else Period(ZERO, inside)


@dataclass(frozen=True)
class Benchmark:
    """What equal shares of some assets would have brought, evened out every day.

    Attributes:
        name: ``bitcoin``, ``half_half``, or that of a list.
        asset_ids: the assets.
        returns: of each day, shape (n,); NaN where none of them has one.
        value: return of the whole period; None where a day has none.
    """

    name: str
    asset_ids: tuple[int, ...]
    returns: Floats
    value: float | None


def benchmark(portfolio: Portfolio, name: str, asset_ids: Sequence[int], period: Period) -> Benchmark:
    """Equal shares of assets over the days of a period, in the portfolio's base currency.

    A day's return runs from close to close and is the mean of those assets that have one.
    """
    if not period.days or not asset_ids:
        return Benchmark(name, tuple(asset_ids), np.empty(0), None)
    first, last = date.fromordinal(period.days[0].day - 1), date.fromordinal(period.days[-1].day)
    currency = Knowledge(portfolio.base_currency).rate_asset
    wanted = {*asset_ids, *([] if currency is None else [currency])}
    closes = daily_prices(portfolio.pk, sorted(wanted), first, last).closes
    lines = np.array([[_number(close) for close in closes[asset_id]] for asset_id in asset_ids])
    if currency is not None:
        lines = lines / np.array([_number(close) for close in closes[currency]])
    daily = lines[:, 1:] / lines[:, :-1] - 1
    known = np.isfinite(daily)
    counts = known.sum(axis=0)
    returns = np.where(counts > 0, np.where(known, daily, 0).sum(axis=0) / np.maximum(counts, 1), np.nan)
    value = float(np.prod(1 + returns) - 1) if np.isfinite(returns).all() else None
    return Benchmark(name, tuple(asset_ids), returns, value)


def _number(close: Decimal | None) -> float:
    return float("nan") if close is None else float(close)


def benchmarks(portfolio: Portfolio, period: Period, watchlist: Watchlist | None = None) -> list[Benchmark]:
    """Bitcoin, half Bitcoin and half Ether of the market that is shown, and a list as it stood when the period began,
    as far as they are known."""
    bitcoin, ether = BENCHMARKS[shown_market() or Market.REAL]
    ids = dict(Asset.objects.filter(symbol__in=(bitcoin, ether)).order_by("-pk").values_list("symbol", "pk"))
    found = []
    if bitcoin in ids:
        found.append(benchmark(portfolio, "bitcoin", [ids[bitcoin]], period))
    if len(ids) == 2:
        found.append(benchmark(portfolio, "half_half", [ids[bitcoin], ids[ether]], period))
    if watchlist is not None and period.days:
        listed = members(watchlist, day_end(date.fromordinal(period.days[0].day)))
        found.append(benchmark(portfolio, watchlist.name, [member.asset_id for member in listed], period))
    return found
