"""Daily values of what a real journal gives: money is conserved to the last digit on every day."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.models import Asset
from selection.compute.portfolio_days import Day
from selection.models import Portfolio
from selection.selectors.explain import FIGURES, explain
from selection.selectors.performance import performance
from selection.selectors.portfolio_days import counted_days
from selection.services import count_days, forget_values
from tests.factories import AssetFactory, PortfolioFactory, add_candles
from tests.factories.base import EPOCH
from trading.models import TradeAction
from trading.services import NewEntry, correct_entry, record_trade, record_trades, us_dollar

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
D = Decimal
LAST = 12
BITCOIN = ["100", "104", "110", "118", "120", "101", "52", "55.5", "57", "57", "61.123456789", "60"]
ETHER = ["10", "11", "9.5", "12", "13", "12.5", "11", "11.5", "14", "13.7", "13", "12.987654321"]


def moment(day: int, hours: int = 12) -> datetime:
    return EPOCH + day * DAY + timedelta(hours=hours)


@pytest.fixture(params=["without cash", "with cash"])
def portfolio(request: pytest.FixtureRequest) -> Portfolio:
    """Purchases, sales, a short, a leveraged position, income, a fee in a third coin and a swap."""
    made = PortfolioFactory(cash_asset=us_dollar() if request.param == "with cash" else None)
    bitcoin, ether = (AssetFactory(symbol=symbol) for symbol in ("BTC", "ETH"))
    for asset, closes in ((bitcoin, BITCOIN), (ether, ETHER)):
        add_candles(asset, map(Decimal, [closes[0], *closes]), first=EPOCH - DAY)

    def entry(
        day: int, kind: str, asset: Asset, quantity: str, price: str | None = None, hours: int = 12, **more: Any
    ) -> NewEntry:
        cost = None if price is None else D(price)
        return NewEntry(asset, kind, moment(day, hours), quantity=D(quantity), price=cost, **more)

    entries = [
        entry(0, "buy", bitcoin, "1.5", "99.123456789", fee=D("0.37")),
        entry(1, "buy", ether, "20", "10.7", fee=D("0.1")),
        entry(2, "short", bitcoin, "0.5", "109"),
        entry(2, "buy", ether, "30", "10", leverage=D(3), hours=15),
        entry(3, "income", ether, "0.123456789"),
        entry(4, "sell", bitcoin, "0.4", "121", fee_asset=ether, fee_quantity=D("0.05")),
        entry(5, "cover", bitcoin, "0.2", "102", fee=D("0.2")),
        entry(6, "buy", ether, "2", "11.1", settlement_asset=bitcoin, settlement_quantity=D("0.2")),
        entry(8, "sell", ether, "3.3", "13.9", fee=D("0.33")),
        entry(9, "cover", bitcoin, "0.3", "57"),
    ]
    if made.cash_asset is not None:
        entries.insert(0, entry(0, "deposit", made.cash_asset, "5000", hours=1))
        entries.append(entry(10, "withdrawal", made.cash_asset, "123.45"))
    record_trades(made, entries, actor=made.user)
    return made


def looked_at(portfolio: Portfolio) -> list[Day]:
    count_days(portfolio, as_of=EPOCH + LAST * DAY)
    return counted_days(portfolio)


def test_money_is_conserved_on_every_day(portfolio: Portfolio) -> None:
    external = D(0)
    days = looked_at(portfolio)
    assert len(days) == LAST
    for day in days:
        external += day.external or D(0)
        assert day.value is not None
        assert (day.realized or D(0)) + (day.unrealized or 0) == day.value - external, date.fromordinal(day.day)
        assert day.assumptions == ()


@pytest.mark.parametrize("currency", ["BTC", "EUR"])
def test_money_is_conserved_in_another_currency(portfolio: Portfolio, currency: str) -> None:
    rates = [f"1.{number}" for number in range(10, 10 + LAST + 1)]
    add_candles(AssetFactory(symbol="EUR"), map(Decimal, rates), first=EPOCH - DAY)
    looked_at(portfolio)
    in_dollars = performance(portfolio).period.days
    portfolio.base_currency = currency
    portfolio.save()
    rate = map(Decimal, BITCOIN if currency == "BTC" else rates[1:])
    external = D(0)
    for day, dollars, per_unit in zip(performance(portfolio).period.days, in_dollars, rate, strict=True):
        external += day.external or D(0)
        assert day.value is not None
        assert dollars.value is not None
        assert abs(day.value - dollars.value / per_unit) < D("1e-17")
        difference = (day.realized or D(0)) + (day.unrealized or D(0)) - (day.value - external)
        assert abs(difference) < D("1e-16"), date.fromordinal(day.day)  # divisions by a rate have 18 places


def test_an_entry_of_the_past_leaves_no_trace_of_the_days_before(portfolio: Portfolio) -> None:
    looked_at(portfolio)
    asset = portfolio.positions.filter(asset__symbol="ETH").first()
    assert asset is not None
    bought: dict[str, Any] = {"action_type": "buy", "quantity": D(1), "price": D(11), "executed_at": moment(3)}
    record_trade(portfolio, asset.asset, actor=portfolio.user, **bought)
    found = looked_at(portfolio)
    forget_values(portfolio, since=EPOCH)
    assert looked_at(portfolio) == found


def test_every_figure_is_known_and_explained(portfolio: Portfolio) -> None:
    looked_at(portfolio)
    ratios = {"volatility", "sharpe", "sortino", "calmar"}  # twelve days are too few
    for figure in FIGURES:
        found = explain(portfolio, figure)
        assert (found.value is None) == (figure in ratios), (figure, found.reason)
    worth = explain(portfolio, "value").value
    unrealized, invested = explain(portfolio, "unrealized").value, D(0)
    for one in explain(portfolio, "value").inputs:
        invested += D(one.value or 0) if one.name == "tied" else D(0)
    assert isinstance(unrealized, D)
    assert worth == invested + unrealized


def test_a_correction_takes_its_place_among_entries_of_one_moment() -> None:
    """One is held at a cost of 50; at one moment one is bought at 100, which is corrected later, and one is sold."""
    portfolio = PortfolioFactory()
    asset = AssetFactory()
    add_candles(asset, [D(100)] * 13, first=EPOCH - DAY)
    kinds = [("buy", 0, 50), ("buy", 1, 90), ("sell", 1, 100)]
    entries = [NewEntry(asset, kind, moment(day), quantity=D(1), price=D(price)) for kind, day, price in kinds]
    record_trades(portfolio, entries, actor=portfolio.user)
    correct_entry(TradeAction.objects.order_by("id")[1], actor=portfolio.user, price=D(100))
    last = looked_at(portfolio)[-1]
    assert (last.invested, last.unrealized, last.realized) == (D(75), D(25), D(25))
    portfolio.base_currency = "EUR"
    portfolio.save()
    add_candles(AssetFactory(symbol="EUR"), [D(2)] * 13, first=EPOCH - DAY)
    last = performance(portfolio).period.days[-1]
    assert (last.invested, last.unrealized, last.realized) == (D("37.5"), D("12.5"), D("12.5"))
