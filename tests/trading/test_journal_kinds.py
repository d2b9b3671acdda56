"""Every kind of entry: what it does to positions, to cash and to the border of the portfolio."""

from typing import Any

import pytest

from assets.models import Asset
from selection.models import LotDisposal, Portfolio, PortfolioAsset, PositionFlow
from selection.services import land_positions
from system.exceptions import ConflictError, InvalidInput
from tests.factories import AssetFactory, PortfolioFactory, UserFactory, add_candles
from tests.trading.entering import DAY, FIRST, D, enter, held, sums
from trading.services import rebuild_portfolio, record_trade, reverse_entry, state_price, us_dollar

pytestmark = pytest.mark.django_db


class TestWithCash:
    @pytest.fixture
    def portfolio(self) -> Portfolio:
        return PortfolioFactory(lot_method="fifo", cash_asset=us_dollar())

    def test_only_deposits_and_withdrawals_cross_the_border(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "deposit", us_dollar(), "1000")
        enter(portfolio, "buy", bitcoin, "2", "100", 1, fee=D(3))
        enter(portfolio, "sell", bitcoin, "1", "150", 2, fee=D(2))
        enter(portfolio, "withdrawal", us_dollar(), "50", None, 3)
        assert held(portfolio) == {"USD": D(1000 - 203 + 148 - 50), "BTC": 1}
        assert sums(portfolio) == (D("46.5"), D(-950), D(950))
        kinds: Any = PositionFlow.objects.exclude(external_usd=0).values_list("kind", "external_usd")
        assert sorted(kinds) == [("deposit", 1000), ("withdrawal", -50)]

    def test_more_than_the_cash_is_refused(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "deposit", us_dollar(), "100")
        with pytest.raises(ConflictError, match=r"USD: on 2024-06-02 00:00 UTC 100 more leaves"):
            enter(portfolio, "buy", bitcoin, "2", "100", 1)
        enter(portfolio, "buy", bitcoin, "2", "100", 1, accepts_missing=True)
        assert held(portfolio) == {"BTC": 2}
        assert sums(portfolio)[2] == 200
        marked = PositionFlow.objects.filter(assumptions__contains="missing_acquisition")
        assert set(marked.values_list("leg", flat=True)) == {2, 12}

    def test_a_short_and_a_leveraged_position_are_settled(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "deposit", us_dollar(), "1000")
        enter(portfolio, "short", bitcoin, "1", "100", 1, fee=D(1))
        enter(portfolio, "cover", bitcoin, "1", "80", 2, fee=D(1))
        assert held(portfolio) == {"USD": 1018}
        enter(portfolio, "entry", bitcoin, "10", "100", 3, leverage=D(5))
        enter(portfolio, "funding", bitcoin, "0", "0", 4, leverage=D(5), fee=D(4))
        assert held(portfolio) == {"USD": 1018 - 200 - 4, "BTC": 10}
        enter(portfolio, "full_exit", bitcoin, "10", "103", 5, leverage=D(5))
        assert held(portfolio) == {"USD": 1018 - 4 + 30}
        assert sums(portfolio)[0] == 18 + 30 - 4

    def test_income_and_fees_in_dollars(self, portfolio: Portfolio) -> None:
        dollar = us_dollar()
        enter(portfolio, "deposit", dollar, "100")
        enter(portfolio, "income", dollar, "5", None, 1)
        enter(portfolio, "fee", dollar, fee=D(2), day=2)
        assert held(portfolio) == {"USD": 103}
        assert sums(portfolio) == (3, -100, 100)


class TestStablecoins:
    def test_the_rate_of_the_moment(self, tether: Asset, bitcoin: Asset) -> None:
        portfolio = PortfolioFactory(cash_asset=tether)
        add_candles(tether, [D("0.98"), D("1.25")], first=FIRST - DAY)
        enter(portfolio, "deposit", tether, "1000")
        enter(portfolio, "buy", bitcoin, "1", "100", 1)
        assert held(portfolio) == {"USDT": 920, "BTC": 1}
        flow: Any = PositionFlow.objects.get(leg=2)
        assert (flow.price, flow.assumptions, flow.cash_flow_usd) == (D("1.25"), [], 100)
        # 80 of 1000 that cost 980
        assert flow.realized_usd == 100 - D("78.4")

    def test_without_a_rate_it_counts_as_a_dollar_and_says_so(self, tether: Asset, bitcoin: Asset) -> None:
        portfolio = PortfolioFactory(cash_asset=tether)
        enter(portfolio, "deposit", tether, "1000")
        enter(portfolio, "buy", bitcoin, "1", "100", 1)
        assert held(portfolio) == {"USDT": 900, "BTC": 1}
        assert PositionFlow.objects.get(leg=2).assumptions == [f"as_dollar:{tether.pk}"]

    def test_the_coins_that_were_paid(self, tether: Asset, bitcoin: Asset) -> None:
        portfolio = PortfolioFactory(cash_asset=tether)
        enter(portfolio, "deposit", tether, "1000")
        paid = {"settlement_asset": tether, "settlement_quantity": D(101), "fee_asset": tether, "fee_quantity": D(1)}
        enter(portfolio, "buy", bitcoin, "1", "100", 1, fee=D("0.99"), **paid)
        assert held(portfolio) == {"USDT": 898, "BTC": 1}
        assert portfolio.positions.get(asset=bitcoin).entry_price == D("100.99")


class TestFees:
    def test_in_the_traded_coin_fewer_are_received(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "1", "100", fee_asset=bitcoin, fee_quantity=D("0.01"), fee=D(1))
        position: Any = portfolio.positions.get()
        assert (position.quantity, position.lots.get().cost_usd) == (D("0.99"), 100)
        assert position.flows.get().cash_flow_usd == -100

    def test_in_a_third_coin_disposes_of_that_coin(self, portfolio: Portfolio, bitcoin: Asset, binance: Asset) -> None:
        enter(portfolio, "buy", binance, "1", "200")
        add_candles(binance, [300], first=FIRST)
        enter(portfolio, "buy", bitcoin, "1", "100", 1, fee_asset=binance, fee_quantity=D("0.1"))
        assert held(portfolio) == {"BNB": D("0.9"), "BTC": 1}
        gone: Any = LotDisposal.objects.get()
        assert (gone.kind, gone.proceeds_usd, gone.cost_usd) == ("fee", 30, 20)
        assert portfolio.positions.get(asset=bitcoin).entry_price == 130
        assert sums(portfolio) == (10, -300, 300)

    def test_of_a_coin_without_a_price_are_refused(self, portfolio: Portfolio, bitcoin: Asset, binance: Asset) -> None:
        enter(portfolio, "buy", binance, "1", "200")
        with pytest.raises(InvalidInput, match="No price of BNB is known on 2024-06-02") as error:
            enter(portfolio, "buy", bitcoin, "1", "100", 1, fee_asset=binance, fee_quantity=D("0.1"))
        assert error.value.field == "fee"

    def test_by_themselves_in_coins_are_fees(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "1", "100", fee=D(3))
        enter(portfolio, "fee", bitcoin, "0.1", "150", 1)
        fees: Any = PositionFlow.objects.order_by("occurred_at", "leg").values_list("fee_usd", "realized_usd")
        assert list(fees) == [(3, 0), (15, -15), (0, D("4.7"))]


class TestCoinsForCoins:
    def test_the_coin_paid_with_leaves_its_position(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        ether = AssetFactory(symbol="ETH")
        enter(portfolio, "buy", bitcoin, "1", "100")
        enter(portfolio, "buy", ether, "10", "12", 1, settlement_asset=bitcoin, settlement_quantity=D("0.75"))
        assert held(portfolio) == {"BTC": D("0.25"), "ETH": 10}
        gone: Any = LotDisposal.objects.get()
        assert (gone.proceeds_usd, gone.cost_usd, gone.quantity) == (120, 75, D("0.75"))
        assert sums(portfolio) == (45, -100, 100)

    def test_how_many_is_looked_up(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        ether = AssetFactory(symbol="ETH")
        add_candles(ether, [2500], first=FIRST)
        enter(portfolio, "buy", bitcoin, "1", "100")
        sold = enter(portfolio, "sell", bitcoin, "1", "60000", 1, settlement_asset=ether)
        assert (sold.settlement_quantity, sold.looked_up) == (24, ["settlement_quantity"])
        assert held(portfolio) == {"ETH": 24}

    @pytest.mark.parametrize(
        ("kind", "more", "field"),
        [
            ("sell", {}, "settlement_quantity"),
            ("entry", {"leverage": D(3)}, "settlement_quantity"),
            ("funding", {}, "settlement_asset"),
            ("deposit", {}, "settlement_asset"),
        ],
    )
    def test_how_many_must_be_known(
        self, portfolio: Portfolio, bitcoin: Asset, kind: str, more: dict[str, Any], field: str
    ) -> None:
        ether = AssetFactory(symbol="ETH")
        enter(portfolio, "buy", bitcoin, "1", "100")
        with pytest.raises(InvalidInput) as error:
            enter(portfolio, kind, bitcoin, "1", "60000", 1, settlement_asset=ether, **more)
        assert error.value.field == field


class TestMoves:
    def test_a_transfer_between_own_venues(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "2", "100")
        out = enter(portfolio, "transfer_out", bitcoin, "2", None, 1, external_id="0xa", venue="binance")
        assert held(portfolio) == {}
        back = enter(portfolio, "transfer_in", bitcoin, "1.9", None, 2, external_id="0xa", venue="ledger")
        assert (back.matches, held(portfolio)) == (out, {"BTC": D("1.9")})
        lot: Any = portfolio.positions.get().lots.get()
        assert (lot.acquired_at, lot.quantity, lot.cost_usd) == (FIRST, D("1.9"), 200)
        assert sums(portfolio) == (0, -200, 200)
        reverse_entry(back, actor=portfolio.user)
        assert held(portfolio) == {"BTC": 2}

    @pytest.fixture(autouse=True)
    def price(self, bitcoin: Asset) -> None:
        add_candles(bitcoin, [120] * 5, first=FIRST - DAY)

    def test_coins_that_leave_the_portfolio_leave_at_their_worth(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "2", "100")
        enter(portfolio, "transfer_out", bitcoin, "1", None, 1)
        assert sums(portfolio) == (20, -80, 80)
        assert LotDisposal.objects.get().kind == "transfer"

    def test_a_token_migration_keeps_cost_and_date(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        new = AssetFactory(symbol="NEW")
        enter(portfolio, "buy", bitcoin, "2", "100")
        out = enter(portfolio, "transfer_out", bitcoin, "2", "0", 1)
        enter(portfolio, "transfer_in", new, "2000", "0", 1, matches=out)
        assert held(portfolio) == {"NEW": 2000}
        lot: Any = portfolio.positions.get(asset=new).lots.get()
        assert (lot.acquired_at, lot.cost_usd) == (FIRST, 200)
        assert set(PositionFlow.objects.filter(kind="split").values_list("realized_usd", flat=True)) == {D(0)}
        enter(portfolio, "buy", bitcoin, "3", "50", -1)  # before: FIFO carries these over instead
        assert portfolio.positions.get(asset=new).lots.get().cost_usd == 100

    def test_a_token_migration_is_taken_back_from_either_half(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        new = AssetFactory(symbol="NEW")
        enter(portfolio, "buy", bitcoin, "2", "100")
        for half in range(2):
            out = enter(portfolio, "transfer_out", bitcoin, "2", "0", 1)
            arrived = enter(portfolio, "transfer_in", new, "2000", "0", 1, matches=out)
            reverse_entry((out, arrived)[half], actor=portfolio.user)
            assert held(portfolio) == {"BTC": 2}
            assert rebuild_portfolio(portfolio, actor=portfolio.user) is None

    def test_more_cannot_arrive_than_was_sent(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "2", "100")
        out = enter(portfolio, "transfer_out", bitcoin, "1", None, 1)
        with pytest.raises(ConflictError, match="More arrives"):
            enter(portfolio, "transfer_in", bitcoin, "1.5", None, 2, matches=out)

    def test_a_split(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "2", "100")
        enter(portfolio, "split", bitcoin, "10", None, 1)
        enter(portfolio, "sell", bitcoin, "5", "12", 2)
        assert held(portfolio) == {"BTC": 15}
        assert LotDisposal.objects.get().cost_usd == 50


class TestWorth:
    def test_income_at_the_price_of_the_moment(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        add_candles(bitcoin, [90, 110], first=FIRST - 2 * DAY)
        enter(portfolio, "income", bitcoin, "2")
        flow: Any = PositionFlow.objects.get()
        assert (flow.income_usd, flow.realized_usd, flow.cost_change_usd, flow.external_usd) == (220, 220, 220, 0)

    @pytest.mark.parametrize(("days", "is_known"), [(4, True), (5, False)])
    def test_a_price_older_than_four_days_is_unknown(
        self, portfolio: Portfolio, bitcoin: Asset, days: int, is_known: bool
    ) -> None:
        add_candles(bitcoin, [90], first=FIRST - (days + 1) * DAY)
        if is_known:
            enter(portfolio, "income", bitcoin, "2")
        else:
            with pytest.raises(InvalidInput) as error:
                enter(portfolio, "income", bitcoin, "2")
            assert error.value.field == "price"

    def test_a_stated_price_is_marked(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        state_price(portfolio, bitcoin, actor=portfolio.user, price=D(7), priced_at=FIRST - 60 * DAY)
        state_price(portfolio, bitcoin, actor=portfolio.user, price=D(9), priced_at=FIRST + DAY)
        enter(portfolio, "income", bitcoin, "2")
        flow: Any = PositionFlow.objects.get()
        assert (flow.income_usd, flow.assumptions) == (14, [f"manual_price:{bitcoin.pk}"])
        with pytest.raises(ConflictError):
            state_price(portfolio, bitcoin, actor=portfolio.user, price=D(7), priced_at=FIRST + DAY)


def test_a_full_exit_takes_what_is_held(portfolio: Portfolio, bitcoin: Asset) -> None:
    enter(portfolio, "buy", bitcoin, "1.5", "10")
    found = record_trade(
        portfolio, bitcoin, actor=portfolio.user, action_type="full_exit", price=D(20), executed_at=FIRST + DAY
    )
    assert (found.quantity, held(portfolio)) == (D("1.5"), {})


def test_nothing_is_landed_for_others(portfolio: Portfolio) -> None:
    assert land_positions([], [], {}, actor=UserFactory()).changed_from is None
    assert not PortfolioAsset.objects.exists()


def test_a_fee_of_a_short_in_its_own_coin_is_paid_from_the_coins_that_are_owned(
    portfolio: Portfolio, bitcoin: Asset
) -> None:
    enter(portfolio, "buy", bitcoin, "1", "100")
    fee = {"fee_asset": bitcoin, "fee_quantity": D("0.1"), "fee": D(10)}
    enter(portfolio, "short", bitcoin, "2", "100", 1, **fee)
    quantities = dict(portfolio.positions.values_list("asset_type", "quantity"))
    assert quantities == {"Crypto Asset": D("0.9"), "Short Position": 2}
    assert sums(portfolio) == (0, 100, -100)
    with pytest.raises(InvalidInput, match="owned"):
        enter(portfolio, "fee", bitcoin, "1", "100", 2, side="short")
