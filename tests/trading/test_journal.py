"""The journal: trades are entered once, positions follow from them, and a wrong entry changes nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from selection.models import Portfolio, PortfolioAsset, PositionFlow
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from tests.factories import AssetFactory, PortfolioFactory, UserFactory
from trading.models import TradeAction
from trading.services import record_trade

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
D = Decimal


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory()


def trade(portfolio: Portfolio, kind: str, quantity: str, price: str, **more: Any) -> TradeAction:
    asset = more.pop("asset", None) or AssetFactory._meta.model.objects.first() or AssetFactory()
    values: dict[str, Any] = {"actor": portfolio.user, "executed_at": FIRST} | more
    return record_trade(portfolio, asset, action_type=kind, quantity=D(quantity), price=D(price), **values)


def test_a_position_follows_from_its_trades(portfolio: Portfolio) -> None:
    trade(portfolio, "buy", "2", "100", fee=D(1))
    trade(portfolio, "sell", "1", "150", fee=D(2), executed_at=FIRST + DAY)
    position = portfolio.positions.get()
    assert (position.quantity, position.entry_price, position.pnl_realized_usd) == (D(1), D("100.5"), D("47.5"))
    assert (position.exit_price, position.trade_status) == (D(150), "open")
    assert [flow.cash_flow_usd for flow in position.flows.order_by("occurred_at")] == [D(-201), D(148)]
    trade(portfolio, "sell", "1", "90", executed_at=FIRST + 2 * DAY)
    position.refresh_from_db()
    assert (position.quantity, position.trade_status, position.pnl_realized_usd) == (D(0), "closed", D(37))


def test_the_exit_price_has_all_its_digits(portfolio: Portfolio) -> None:
    price = "12345678901234567890.000000000000000002"
    trade(portfolio, "buy", "2", price)
    trade(portfolio, "sell", "2", price, executed_at=FIRST + DAY)
    assert portfolio.positions.get().exit_price == D(price)


def test_an_entry_for_the_past_is_put_in_its_place(portfolio: Portfolio) -> None:
    trade(portfolio, "buy", "1", "100", executed_at=FIRST + 2 * DAY)
    trade(portfolio, "sell", "1", "120", executed_at=FIRST + 3 * DAY)
    trade(portfolio, "buy", "1", "50", executed_at=FIRST)
    assert portfolio.positions.get().pnl_realized_usd == D(45)


def test_long_and_short_are_apart(portfolio: Portfolio) -> None:
    trade(portfolio, "buy", "1", "100")
    trade(portfolio, "short", "1", "100")
    trade(portfolio, "cover", "1", "80", executed_at=FIRST + DAY)
    profits = {p.asset_type: p.pnl_realized_usd for p in portfolio.positions.all()}
    assert profits == {"Crypto Asset": 0, "Short Position": 20}


def test_more_than_is_held_is_refused_whole(portfolio: Portfolio) -> None:
    trade(portfolio, "buy", "1", "100")
    before = list(PositionFlow.objects.values())
    with pytest.raises(ConflictError, match=r"2024-06-02 00:00 UTC 0\.5 more leaves"):
        trade(portfolio, "sell", "1.5", "100", executed_at=FIRST + DAY)
    with pytest.raises(ConflictError):
        trade(portfolio, "sell", "1", "100", executed_at=FIRST - DAY)
    assert TradeAction.objects.count() == 1
    assert list(PositionFlow.objects.values()) == before


def test_a_key_counts_once(portfolio: Portfolio) -> None:
    first = trade(portfolio, "buy", "1", "100", client_key="a-1")
    assert trade(portfolio, "buy", "1", "100", client_key="a-1") == first
    with pytest.raises(ConflictError) as error:
        trade(portfolio, "buy", "2", "100", client_key="a-1")
    assert error.value.field == "client_key"
    assert portfolio.positions.get().quantity == 1


@pytest.mark.parametrize(
    "change",
    [
        {"fee": D("0.5")},
        {"executed_at": FIRST + DAY},
        {"notes": "another one"},
        {"kind": "short"},
        {"price": "101"},
    ],
)
def test_another_trade_under_the_same_key_is_refused(portfolio: Portfolio, change: dict[str, Any]) -> None:
    trade(portfolio, "buy", "1", "100", client_key="a-1")
    more = dict(change)
    with pytest.raises(ConflictError) as error:
        trade(portfolio, more.pop("kind", "buy"), "1", more.pop("price", "100"), client_key="a-1", **more)
    assert error.value.field == "client_key"
    assert (TradeAction.objects.count(), portfolio.positions.count()) == (1, 1)


def test_the_same_key_for_another_asset_is_refused(portfolio: Portfolio) -> None:
    trade(portfolio, "buy", "1", "100", client_key="a-1")
    with pytest.raises(ConflictError):
        trade(portfolio, "buy", "1", "100", client_key="a-1", asset=AssetFactory())
    trade(PortfolioFactory(), "buy", "1", "100", client_key="a-1")
    assert TradeAction.objects.count() == 2


def test_trades_without_a_key_are_many(portfolio: Portfolio) -> None:
    for key in (None, "", ""):
        trade(portfolio, "buy", "1", "100", client_key=key)
    assert portfolio.positions.get().quantity == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": D(0)}, "quantity"),
        ({"quantity": D("NaN")}, "quantity"),
        ({"price": D(-1)}, "price"),
        ({"fee": D(-1)}, "fee"),
        ({"action_type": "gift"}, "action_type"),
        ({"executed_at": datetime(2024, 6, 1)}, "executed_at"),  # noqa: DTZ001
        ({"executed_at": timezone.now() + DAY}, "executed_at"),
        ({"quantity": D("1e20")}, "quantity"),
        ({"price": D("1e20")}, "price"),
        ({"fee": D("1e20")}, "fee"),
        ({"quantity": D("1.0000000000000000001")}, "quantity"),
        ({"price": D("1e-19")}, "price"),
        ({"fee": D("1e-19")}, "fee"),
        ({"quantity": D("1e12"), "price": D("1e12")}, "quantity"),
        ({"quantity": D("1e400")}, "quantity"),
        ({"price": D("1e400")}, "price"),
        ({"price": D("Infinity")}, "price"),
        ({"price": D("-NaN")}, "price"),
        ({"price": D(0)}, "price"),
        ({"quantity": None}, "quantity"),
        ({"price": None}, "price"),
        ({"quantity": D("1e-400")}, "quantity"),
        ({"action_type": "reversal"}, "action_type"),
        ({"action_type": "modify_sl"}, "stop_loss"),
        ({"action_type": "fee", "quantity": None}, "fee"),
        ({"side": "up"}, "side"),
        ({"side": "short"}, "side"),
        ({"leverage": D(0)}, "leverage"),
        ({"leverage": D("1.005")}, "leverage"),
        ({"action_type": "deposit", "leverage": D(2)}, "position"),
        ({"fee_quantity": D(1)}, "fee_quantity"),
        ({"settlement_quantity": D(1)}, "settlement_asset"),
        ({"matches_row": 0}, "matches"),
        ({"remarks": {"quantity": D(1)}}, "quantity"),
    ],
)
def test_nonsense_names_its_field(portfolio: Portfolio, change: dict[str, Any], field: str) -> None:
    values: dict[str, Any] = {
        "actor": portfolio.user, "action_type": "buy", "quantity": D(1), "price": D(1), "executed_at": FIRST,
    } | change  # fmt: skip
    with pytest.raises(InvalidInput) as error:
        record_trade(portfolio, AssetFactory(), **values)
    assert error.value.field == field
    assert not TradeAction.objects.exists()
    assert not PortfolioAsset.objects.exists()


def test_the_largest_trade_that_the_columns_hold(portfolio: Portfolio) -> None:
    """Idle zeros behind the 18th place are no further places."""
    trade(portfolio, "buy", "1.0000000000000000000000", "99999999999999999999.999999999999999999")
    position = portfolio.positions.get()
    assert (position.quantity, position.entry_price) == (D(1), D("99999999999999999999.999999999999999999"))


def test_only_the_owner_enters_trades(portfolio: Portfolio) -> None:
    with pytest.raises(NotAllowed):
        trade(portfolio, "buy", "1", "100", actor=UserFactory())


def test_entries_are_written_once(portfolio: Portfolio) -> None:
    trade(portfolio, "buy", "1", "100")
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        TradeAction.objects.update(quantity=5)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        TradeAction.objects.all().delete()
