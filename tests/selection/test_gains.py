"""The yearly report of realised gains by lot."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.models import Asset
from selection.models import Portfolio, PositionFlow
from selection.selectors.gains import gains_of
from tests.factories import AssetFactory, PortfolioFactory, add_candles
from trading.services import record_trade

pytestmark = pytest.mark.django_db
FIRST = datetime(2023, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
D = Decimal


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory(lot_method="fifo")


@pytest.fixture
def coin() -> Asset:
    return AssetFactory(symbol="COIN")


def enter(portfolio: Portfolio, kind: str, asset: Asset, quantity: str, price: str, day: int, **more: Any) -> None:
    record_trade(
        portfolio, asset, actor=portfolio.user, action_type=kind, executed_at=FIRST + day * DAY,
        quantity=D(quantity), price=D(price), **more,
    )  # fmt: skip


def lines(portfolio: Portfolio, year: int, **more: Any) -> Any:
    gains = gains_of(portfolio, year, **more).gains
    return [(one.quantity, one.cost, one.proceeds, one.gain, one.holding_days) for one in gains]


def test_lot_by_lot(portfolio: Portfolio, coin: Asset) -> None:
    enter(portfolio, "buy", coin, "1", "10", 0, fee=D(1))
    enter(portfolio, "buy", coin, "2", "20", 1)
    enter(portfolio, "sell", coin, "1.5", "30", 10, fee=D(3))
    enter(portfolio, "sell", coin, "0.5", "30", -1 + 367)
    assert lines(portfolio, 2024) == [(1, 11, 28, 17, 10), (D("0.5"), 10, 14, 4, 9), (D("0.5"), 10, 15, 5, 365)]
    report: Any = gains_of(portfolio, 2024)
    assert (report.method, report.currency, report.long, report.short, report.total) == ("fifo", "USD", 26, 0, 26)
    assert (report.moved, report.assumptions, lines(portfolio, 2023)) == ([], (), [])


def test_a_short_is_sold_first_and_bought_later(portfolio: Portfolio, coin: Asset) -> None:
    enter(portfolio, "short", coin, "2", "30", 0, fee=D(2))
    enter(portfolio, "cover", coin, "1", "20", 5, fee=D(1))
    assert lines(portfolio, 2024) == [(1, 21, 29, 8, 5)]
    report: Any = gains_of(portfolio, 2024)
    assert (report.long, report.short) == (0, 8)


def test_what_is_no_sale_stands_apart(portfolio: Portfolio, coin: Asset) -> None:
    enter(portfolio, "buy", coin, "4", "10", 0)
    enter(portfolio, "income", coin, "1", "12", 3, fee=D(1))
    enter(portfolio, "funding", coin, "0", "0", 4, fee=D(5))
    enter(portfolio, "funding", coin, "1", "2", 4)
    enter(portfolio, "fee", coin, "0", "0", 5, fee=D("0.5"))
    enter(portfolio, "transfer_out", coin, "1", "15", 6)
    report: Any = gains_of(portfolio, 2024)
    assert (report.income, report.funding, report.fees, report.dollars) == (12, -3, D("-1.5"), 0)
    assert (report.gains, [one.gain for one in report.moved]) == ([], [5])


def test_everything_realised_is_in_it(portfolio: Portfolio, coin: Asset) -> None:
    """Of a year in which nothing is left out: the lines add up to what the flows have realised."""
    tether = AssetFactory(symbol="USDT", asset_type="stablecoin")
    enter(portfolio, "deposit", tether, "100", "0.9", 3)
    enter(portfolio, "sell", tether, "50", "1", 4, fee=D(1))
    enter(portfolio, "buy", coin, "4", "10", 3, fee=D(1))
    enter(portfolio, "income", coin, "1", "12", 4, fee=D(1))
    enter(portfolio, "fee", coin, "0.1", "12", 5)
    enter(portfolio, "sell", coin, "3", "9", 6, fee_asset=coin, fee_quantity=D("0.01"), fee=D("0.09"))
    report: Any = gains_of(portfolio, 2024)
    realized = sum(PositionFlow.objects.values_list("realized_usd", flat=True), D(0))
    assert report.total + report.income + report.funding + report.fees + report.dollars == realized
    assert report.dollars == 4


def test_each_amount_at_the_rate_of_its_own_moment(coin: Asset) -> None:
    bitcoin = AssetFactory(symbol="BTC")
    add_candles(bitcoin, [100], first=FIRST - DAY)
    add_candles(bitcoin, [200], first=FIRST + 9 * DAY)
    portfolio = PortfolioFactory(base_currency="BTC", lot_method="fifo")
    enter(portfolio, "buy", coin, "1", "10", 0)
    enter(portfolio, "sell", coin, "1", "30", 10)
    assert lines(portfolio, 2024) == [(1, D("0.1"), D("0.15"), D("0.05"), 10)]
    assert lines(portfolio, 2024, currency="USD") == [(1, 10, 30, 20, 10)]


def test_an_unknown_rate_leaves_the_sum_unknown(coin: Asset) -> None:
    """No rate, or one that is older than four days."""
    bitcoin = AssetFactory(symbol="BTC")
    add_candles(bitcoin, [100], first=FIRST - DAY)
    portfolio = PortfolioFactory(base_currency="BTC", lot_method="fifo")
    enter(portfolio, "buy", coin, "1", "10", 0)
    enter(portfolio, "sell", coin, "1", "30", 10)
    assert lines(portfolio, 2024) == [(1, D("0.1"), None, None, 10)]
    assert gains_of(portfolio, 2024).total is None
    assert lines(portfolio, 2024, currency="EUR") == [(1, None, None, None, 10)]


def test_what_rests_on_an_assumption_says_so(portfolio: Portfolio, coin: Asset) -> None:
    enter(portfolio, "sell", coin, "1", "30", 10, accepts_missing=True)
    report: Any = gains_of(portfolio, 2024)
    assert (report.total, report.assumptions) == (0, ("missing_acquisition",))
