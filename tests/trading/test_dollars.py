"""Which coins count as a dollar where no rate of theirs is known: one rule for entries, imports, days and values."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.models import Asset
from selection.compute.marks import counts_as_dollar
from selection.models import Portfolio, PortfolioDay, PositionFlow
from selection.selectors.valuation import latest_values
from selection.services import count_days
from system.exceptions import InvalidInput
from tests.factories import AssetFactory, PortfolioFactory, add_candles
from trading.models import TradeAction
from trading.services import record_trade, state_price
from trading.services.imports import preview_import
from trading.services.journal.keeping import rebuild_portfolio

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
D = Decimal
COINS = [("USDT", True), ("USDC", True), ("DAI", False), ("EURC", False), ("UST", False), ("usdt", False)]


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory()


def stablecoin(symbol: str) -> Asset:
    made: Asset = AssetFactory(symbol=symbol, asset_type="stablecoin", current_price=None)
    return made


def enter(portfolio: Portfolio, kind: str, asset: Asset, day: int = 0, **more: Any) -> TradeAction:
    return record_trade(portfolio, asset, action_type=kind, executed_at=FIRST + day * DAY, actor=portfolio.user, **more)


@pytest.mark.parametrize(("symbol", "counts"), COINS)
def test_entries_imports_days_and_values_say_the_same(portfolio: Portfolio, symbol: str, counts: bool) -> None:
    coin = stablecoin(symbol)
    mark = f"as_dollar:{coin.pk}"
    assert counts_as_dollar(symbol) is counts
    if counts:
        came = enter(portfolio, "deposit", coin, quantity=D(100))
        assert (came.asset_price, came.assumptions) == (D(1), [mark])
    else:
        with pytest.raises(InvalidInput, match="No price of") as refused:
            enter(portfolio, "deposit", coin, quantity=D(100))
        assert refused.value.field == "price"
        enter(portfolio, "deposit", coin, quantity=D(100), price=D("0.98"))
    count_days(portfolio, as_of=FIRST + DAY)
    day = PortfolioDay.objects.get()
    assert (day.value_usd, day.missing) == ((D(100), []) if counts else (None, [coin.pk]))
    (now,) = latest_values([portfolio.pk])[portfolio.pk].positions.values()
    assert (now.value, now.mark) == ((D(100), mark) if counts else (None, None))


@pytest.mark.parametrize(("symbol", "counts"), COINS[:3])
def test_what_was_paid_from_a_cash_position(symbol: str, counts: bool) -> None:
    coin, bitcoin = stablecoin(symbol), AssetFactory(symbol="BTC")
    portfolio = PortfolioFactory(cash_asset=coin)
    enter(portfolio, "deposit", coin, quantity=D(1000), price=D(1))
    if not counts:
        with pytest.raises(InvalidInput) as refused:
            enter(portfolio, "buy", bitcoin, 1, quantity=D(1), price=D(100))
        assert refused.value.field == "settlement_quantity"
        paid = {"settlement_asset": coin, "settlement_quantity": D(102)}
        enter(portfolio, "buy", bitcoin, 1, quantity=D(1), price=D(100), **paid)
        assert portfolio.positions.get(asset=coin).quantity == 898
        return
    enter(portfolio, "buy", bitcoin, 1, quantity=D(1), price=D(100))
    assert portfolio.positions.get(asset=coin).quantity == 900
    assert PositionFlow.objects.get(leg=2).assumptions == [f"as_dollar:{coin.pk}"]


def test_a_stated_price_goes_before_the_dollar() -> None:
    """A coin that lost its dollar: 125 of them were paid for 100."""
    coin, bitcoin = stablecoin("USDC"), AssetFactory(symbol="BTC")
    portfolio = PortfolioFactory(cash_asset=coin)
    enter(portfolio, "deposit", coin, quantity=D(1000), price=D(1))
    state_price(portfolio, coin, actor=portfolio.user, price=D("0.8"), priced_at=FIRST)
    bought = enter(portfolio, "buy", bitcoin, 1, quantity=D(1), price=D(100))
    assert (bought.settlement_quantity, bought.assumptions) == (D(125), [f"manual_price:{coin.pk}"])
    assert portfolio.positions.get(asset=coin).quantity == 875


DUES: list[tuple[str, dict[str, Any], str]] = [
    ("fee", {"fee": D(4)}, "-5"),
    ("withdrawal", {"quantity": D(1), "price": D(100), "fee": D(4)}, "-5"),
    ("income", {"quantity": D(1), "price": D(100), "fee": D(4)}, "-5"),
    ("funding", {"quantity": D(1), "price": D(12), "fee": D(4)}, "10"),
    ("funding", {"fee": D(4)}, "-5"),
]
"""Kinds of entries in Bitcoin, their amounts, and coins of the cash position that came or went at 0.80 dollars each."""


@pytest.mark.parametrize("has_rate", [True, False])
@pytest.mark.parametrize(("kind", "amounts", "coins"), DUES)
def test_dollars_are_paid_at_the_rate_of_the_cash_position(
    kind: str, amounts: dict[str, Any], coins: str, has_rate: bool
) -> None:
    """A coin that lost its dollar pays fees with more coins; where no rate is known it counts as one, marked."""
    coin, bitcoin = stablecoin("USDC"), AssetFactory(symbol="BTC")
    if has_rate:
        add_candles(coin, [D("0.8")] * 5, first=FIRST - DAY)
    portfolio = PortfolioFactory(cash_asset=coin)
    enter(portfolio, "deposit", coin, quantity=D(1000), price=D(1))
    enter(portfolio, "deposit", bitcoin, quantity=D(2), price=D(100))
    entry = enter(portfolio, kind, bitcoin, 2, **amounts)
    flow = PositionFlow.objects.get(position__asset=coin, action_id=entry.pk)
    dollars = D(coins) * D("0.8")
    expected = D(coins) if has_rate else dollars
    assert portfolio.positions.get(asset=coin).quantity == 1000 + expected
    assert (flow.quantity_change, flow.cash_flow_usd) == (expected, -dollars)
    assert flow.assumptions == ([] if has_rate else [f"as_dollar:{coin.pk}"])
    rebuild_portfolio(portfolio, actor=portfolio.user)
    assert portfolio.positions.get(asset=coin).quantity == 1000 + expected


def test_a_fee_in_coins_of_the_cash_position_takes_these() -> None:
    """As many as were named, whatever they are worth."""
    coin, bitcoin = stablecoin("USDC"), AssetFactory(symbol="BTC")
    add_candles(coin, [D("0.8")] * 5, first=FIRST - DAY)
    portfolio = PortfolioFactory(cash_asset=coin)
    enter(portfolio, "deposit", coin, quantity=D(1000), price=D(1))
    enter(portfolio, "deposit", bitcoin, quantity=D(2), price=D(100))
    paid = {"fee_asset": coin, "fee_quantity": D(5)}
    enter(portfolio, "withdrawal", bitcoin, 1, quantity=D(1), price=D(100), **paid)
    assert portfolio.positions.get(asset=coin).quantity == 995
    enter(portfolio, "funding", bitcoin, 2, quantity=D(1), price=D(12), **paid)
    assert portfolio.positions.get(asset=coin).quantity == 995 + 15 - 5
    assert not PositionFlow.objects.exclude(assumptions=[]).exists()


@pytest.mark.parametrize(("quote", "codes"), [("USDC", []), ("DAI", ["no_rate"])])
def test_a_trade_in_a_file(portfolio: Portfolio, quote: str, codes: list[str]) -> None:
    stablecoin(quote)
    add_candles(AssetFactory(symbol="BTC"), [50_000] * 5, first=FIRST)
    text = f"time,kind,symbol,quantity,price,currency\n2024-06-03T00:00:00Z,buy,BTC,1,100,{quote}\n"
    row = preview_import(portfolio, io.BytesIO(text.encode()), actor=portfolio.user, name="trades.csv")
    assert [fault["code"] for fault in row.errors] == codes
