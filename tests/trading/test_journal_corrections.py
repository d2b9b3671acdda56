"""Corrections of entries, and another way of keeping a journal: the history is derived anew."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from assets.models import Asset
from selection.models import Portfolio, PositionFlow
from system.exceptions import ConflictError, InvalidInput
from tests.factories import AssetFactory, PortfolioFactory, add_candles
from tests.trading.entering import DAY, FIRST, D, enter, held, sums
from trading.models import TradeAction
from trading.services import change_keeping, correct_entry, record_trade, reverse_entry, state_price, us_dollar

pytestmark = pytest.mark.django_db


class TestCorrections:
    def test_an_old_entry_may_be_taken_back(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        wrong = enter(portfolio, "buy", bitcoin, "1", "10")
        enter(portfolio, "buy", bitcoin, "1", "20", 1)
        enter(portfolio, "sell", bitcoin, "1", "50", 2)
        assert portfolio.positions.get().pnl_realized_usd == 40
        reverse_entry(wrong, actor=portfolio.user)
        assert portfolio.positions.get().pnl_realized_usd == 30
        with pytest.raises(ConflictError, match="already") as error:
            reverse_entry(wrong, actor=portfolio.user)
        assert error.value.code == "reversed_already"

    def test_not_if_what_remains_is_impossible(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        only = enter(portfolio, "buy", bitcoin, "1", "10")
        enter(portfolio, "sell", bitcoin, "1", "50", 2)
        with pytest.raises(ConflictError, match=r"BTC: on 2024-06-03 00:00 UTC 1 more leaves") as error:
            reverse_entry(only, actor=portfolio.user)
        assert error.value.code == "impossible_history"
        assert TradeAction.objects.count() == 2

    def test_a_correction_takes_the_place_of_what_it_corrects(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        """Both trades are of one moment: the correction, entered last, comes first."""
        wrong = enter(portfolio, "buy", bitcoin, "1", "10", client_key="k")
        enter(portfolio, "sell", bitcoin, "1", "50")
        right = correct_entry(wrong, actor=portfolio.user, price=D(20))
        again: Any = correct_entry(right, actor=portfolio.user, quantity=D(2))
        assert portfolio.positions.get().pnl_realized_usd == 30
        assert (again.corrects, again.quantity, again.asset_price, held(portfolio)) == (right, 2, 20, {"BTC": 1})
        wrong.refresh_from_db()
        assert (wrong.asset_price, wrong.client_key) == (10, "k")

    def test_another_coin_than_was_entered(self, portfolio: Portfolio, bitcoin: Asset, binance: Asset) -> None:
        wrong = enter(portfolio, "buy", bitcoin, "1", "10")
        correct_entry(wrong, actor=portfolio.user, asset=binance)
        assert held(portfolio) == {"BNB": 1}

    def test_what_was_paid_follows_the_correction(self, bitcoin: Asset, tether: Asset) -> None:
        portfolio = PortfolioFactory(cash_asset=tether)
        add_candles(tether, [D("1.25")] * 3, first=FIRST - DAY)
        enter(portfolio, "deposit", tether, "1000")
        bought = enter(portfolio, "buy", bitcoin, "1", "100")
        assert (bought.settlement_quantity, bought.looked_up) == (80, ["settlement_asset", "settlement_quantity"])
        bought = correct_entry(bought, actor=portfolio.user, quantity=D(2))
        assert held(portfolio) == {"USDT": 840, "BTC": 2}
        bought = correct_entry(bought, actor=portfolio.user, price=D(50), notes="half")
        assert held(portfolio) == {"USDT": 920, "BTC": 2}
        stated = correct_entry(bought, actor=portfolio.user, settlement_asset=tether, settlement_quantity=D(90))
        assert (held(portfolio)["USDT"], stated.looked_up) == (910, [])
        stated = correct_entry(stated, actor=portfolio.user, fee=D(0), notes="what was stated stays")
        assert held(portfolio)["USDT"] == 910
        correct_entry(stated, actor=portfolio.user, quantity=D(4))
        assert held(portfolio)["USDT"] == 840

    def test_the_worth_of_a_fee_follows_the_correction(
        self, portfolio: Portfolio, bitcoin: Asset, binance: Asset
    ) -> None:
        enter(portfolio, "buy", binance, "1", "200")
        add_candles(binance, [300, 400], first=FIRST)
        bought = enter(portfolio, "buy", bitcoin, "1", "100", 1, fee_asset=binance, fee_quantity=D("0.1"))
        bought = correct_entry(bought, actor=portfolio.user, fee_quantity=D("0.2"))
        assert bought.fees_paid == 60
        bought = correct_entry(bought, actor=portfolio.user, executed_at=FIRST + 2 * DAY)
        assert bought.fees_paid == 80
        assert correct_entry(bought, actor=portfolio.user, fee=D(7), fee_quantity=D("0.1")).fees_paid == 7

    def test_the_price_and_its_mark_follow_the_correction(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        stated: dict[str, Any] = {"actor": portfolio.user, "priced_at": FIRST}
        state_price(portfolio, bitcoin, price=D(7), **stated)
        came: Any = enter(portfolio, "deposit", bitcoin, "1")
        came = correct_entry(came, actor=portfolio.user, notes="only words")
        assert (came.asset_price, came.assumptions) == (7, [f"manual_price:{bitcoin.pk}"])
        add_candles(bitcoin, [9], first=FIRST + DAY)
        came = correct_entry(came, actor=portfolio.user, executed_at=FIRST + 2 * DAY)
        assert (came.asset_price, came.assumptions, came.looked_up) == (9, [], ["price"])
        came = correct_entry(came, actor=portfolio.user, executed_at=FIRST, quantity=D(2))
        assert (came.asset_price, came.assumptions) == (7, [f"manual_price:{bitcoin.pk}"])
        assert correct_entry(came, actor=portfolio.user, price=D(8)).assumptions == []

    def test_a_full_exit_that_is_corrected_still_takes_all(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "1.5", "10")
        leave: dict[str, Any] = {"actor": portfolio.user, "action_type": "full_exit", "executed_at": FIRST + DAY}
        left = record_trade(portfolio, bitcoin, price=D(20), **leave)
        assert correct_entry(left, actor=portfolio.user, price=D(30)).quantity == D("1.5")

    def test_the_flows_know_the_place_within_their_moment(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        wrong = enter(portfolio, "buy", bitcoin, "1", "10")
        sold = enter(portfolio, "sell", bitcoin, "1", "50")
        right = correct_entry(correct_entry(wrong, actor=portfolio.user, price=D(20)), actor=portfolio.user, fee=D(1))
        places = PositionFlow.objects.order_by("occurred_at", "place", "leg").values_list("action_id", "place")
        assert list(places) == [(right.pk, wrong.pk), (sold.pk, sold.pk)]

    def test_flows_from_before_get_the_same_places(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        add_candles(bitcoin, [10] * 3, first=FIRST - DAY)
        wrong = enter(portfolio, "buy", bitcoin, "3", "10")
        correct_entry(correct_entry(wrong, actor=portfolio.user, price=D(20)), actor=portfolio.user, fee=D(1))
        for asset, quantity in ((AssetFactory(symbol="NEW"), "2000"), (bitcoin, "0.5")):
            out = enter(portfolio, "transfer_out", bitcoin, "1", None, 1)
            enter(portfolio, "transfer_in", asset, quantity, None, 1, matches=out)
        derived = list(PositionFlow.objects.order_by("action_id", "leg").values_list("action_id", "leg", "place"))
        PositionFlow.objects.update(place=0)
        migration: Any = import_module("selection.migrations.0009_flow_places")
        with connection.cursor() as cursor:
            for statement in (migration.OF_ENTRIES, migration.OF_CORRECTIONS, migration.OF_ARRIVALS):
                cursor.execute(statement)
        flows = PositionFlow.objects.order_by("action_id", "leg")
        assert list(flows.values_list("action_id", "leg", "place")) == derived
        assert len({place for _action, _leg, place in derived}) == 3

    def test_a_stop_is_that_of_the_last_entry_in_force(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "1", "10")
        enter(portfolio, "modify_sl", bitcoin, stop_loss=D(8), day=1)
        last = enter(portfolio, "modify_sl", bitcoin, stop_loss=D(9), day=2)
        enter(portfolio, "modify_tp", bitcoin, take_profit=D(20), day=2)
        position: Any = portfolio.positions.get()
        assert (position.stop_loss_price, position.take_profit_price) == (9, 20)
        reverse_entry(last, actor=portfolio.user)
        position.refresh_from_db()
        assert position.stop_loss_price == 8

    def test_a_level_of_what_was_sold_is_not_that_of_what_is_bought_later(
        self, portfolio: Portfolio, bitcoin: Asset
    ) -> None:
        enter(portfolio, "buy", bitcoin, "1", "10")
        enter(portfolio, "modify_sl", bitcoin, stop_loss=D(8), day=1)
        enter(portfolio, "modify_tp", bitcoin, take_profit=D(20), day=1)
        sold = enter(portfolio, "sell", bitcoin, "1", "21", day=2)
        position: Any = portfolio.positions.get()
        assert (position.stop_loss_price, position.take_profit_price) == (8, 20), "as it ended"
        enter(portfolio, "modify_sl", bitcoin, stop_loss=D(30), day=3)
        enter(portfolio, "buy", bitcoin, "1", "40", day=4)
        position.refresh_from_db()
        assert (position.stop_loss_price, position.take_profit_price) == (30, None)
        reverse_entry(sold, actor=portfolio.user)
        position.refresh_from_db()
        assert (position.stop_loss_price, position.take_profit_price) == (30, 20), "all was one holding"

    def test_a_level_that_is_set_as_coins_are_bought_again_counts(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        enter(portfolio, "buy", bitcoin, "1", "10")
        enter(portfolio, "modify_sl", bitcoin, stop_loss=D(8))
        enter(portfolio, "sell", bitcoin, "1", "21")
        enter(portfolio, "buy", bitcoin, "1", "40")
        assert portfolio.positions.get().stop_loss_price is None
        enter(portfolio, "modify_sl", bitcoin, stop_loss=D(30))
        assert portfolio.positions.get().stop_loss_price == 30


class TestKeeping:
    def test_another_method_derives_the_history_anew(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        for price in ("10", "30", "20"):
            enter(portfolio, "buy", bitcoin, "1", price)
        sale = enter(portfolio, "sell", bitcoin, "1", "50", 1)
        gains = {}
        for method in ("fifo", "lifo", "hifo", "average"):
            change_keeping(portfolio, actor=portfolio.user, lot_method=method)
            sale.refresh_from_db()
            gains[method] = sale.pnl_realized_usd
        assert gains == {"fifo": 40, "lifo": 30, "hifo": 20, "average": 30}

    def test_cash_may_be_tracked_from_now_on(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        dollar = us_dollar()
        enter(portfolio, "buy", bitcoin, "1", "10")
        with pytest.raises(ConflictError, match="USD"):
            change_keeping(portfolio, actor=portfolio.user, cash_asset=dollar)
        portfolio.refresh_from_db()
        assert portfolio.cash_asset is None
        enter(portfolio, "deposit", dollar, "100", None, -1)
        change_keeping(portfolio, actor=portfolio.user, cash_asset=dollar)
        assert held(portfolio) == {"BTC": 1, "USD": 90}
        assert sums(portfolio)[2] == 100
        change_keeping(portfolio, actor=portfolio.user, cash_asset=None)
        assert (held(portfolio), sums(portfolio)[2]) == ({"BTC": 1, "USD": 100}, 110)

    @pytest.mark.parametrize("change", [{"lot_method": "lucky"}, {"base_currency": "XXX"}, {"name": "x"}])
    def test_settings_that_there_are_not(self, portfolio: Portfolio, change: dict[str, str]) -> None:
        with pytest.raises(InvalidInput) as error:
            change_keeping(portfolio, actor=portfolio.user, **change)
        assert error.value.field == next(iter(change))

    def test_a_coin_is_no_cash(self, portfolio: Portfolio, bitcoin: Asset) -> None:
        with pytest.raises(InvalidInput):
            change_keeping(portfolio, actor=portfolio.user, cash_asset=bitcoin)
