"""Coins by venue: what the journal says of each, adding up to the positions, with nothing hidden."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assets.models import Asset
from selection.compute.lots import EXACT
from selection.models import Portfolio
from selection.selectors.valuation import latest_values
from system.exceptions import ConflictError, InvalidInput
from tests.doors import client_of, queries
from tests.factories import AdminFactory, AssetFactory, PortfolioFactory
from tests.trading.compute.ledgers import ASSET_OF, METHODS, ledgers
from tests.trading.test_journal_rebuild import as_entered
from trading.compute.entries import Entry
from trading.compute.venues import Move, balances, in_parts
from trading.models import TradeAction
from trading.selectors.venues import holdings_by_venue
from trading.services import record_trade, record_trades, reverse_entry, us_dollar

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
D = Decimal


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory()


@pytest.fixture
def coin() -> Asset:
    return AssetFactory(symbol="BTC", current_price=D(50))


def enter(portfolio: Portfolio, asset: Asset, kind: str, day: int, quantity: int | str, **more: Any) -> TradeAction:
    values: dict[str, Any] = {"actor": portfolio.user, "executed_at": FIRST + day * DAY, "price": D(10)} | more
    return record_trade(portfolio, asset, action_type=kind, quantity=D(quantity), **values)


def held(portfolio: Portfolio) -> list[tuple[Any, ...]]:
    return [(one.venue, one.position.asset.symbol, one.quantity, one.value) for one in holdings_by_venue(portfolio)]


@pytest.mark.django_db
class TestVenues:
    def test_a_transfer_moves_coins_less_what_the_way_cost(self, portfolio: Portfolio, coin: Asset) -> None:
        enter(portfolio, coin, "buy", 0, 5, venue="kraken")
        fee: dict[str, Any] = {"fee_asset": coin, "fee_quantity": D("0.1"), "fee": D(1)}
        sent = enter(portfolio, coin, "transfer_out", 1, 2, venue="kraken", **fee)
        enter(portfolio, coin, "transfer_in", 1, "1.9", venue="wallet", matches=sent)
        assert held(portfolio) == [
            ("kraken", "BTC", D("2.9"), D("145.0")),
            ("wallet", "BTC", D("1.9"), D("95.0")),
        ]
        assert portfolio.positions.get().quantity == D("4.8")

    def test_what_was_taken_back_is_nowhere(self, portfolio: Portfolio, coin: Asset) -> None:
        enter(portfolio, coin, "buy", 0, 5, venue="kraken")
        reverse_entry(enter(portfolio, coin, "buy", 1, 3, venue="wallet"), actor=portfolio.user)
        assert held(portfolio) == [("kraken", "BTC", D(5), D(250))]

    def test_without_a_venue_last(self, portfolio: Portfolio, coin: Asset) -> None:
        enter(portfolio, coin, "buy", 0, 5)
        enter(portfolio, coin, "buy", 0, 1, venue="kraken")
        assert held(portfolio) == [("kraken", "BTC", D(1), D(50)), (None, "BTC", D(5), D(250))]

    def test_more_left_than_came_is_told(self, portfolio: Portfolio, coin: Asset) -> None:
        enter(portfolio, coin, "buy", 0, 5, venue="kraken")
        enter(portfolio, coin, "sell", 1, 2, venue="binance")
        found = holdings_by_venue(portfolio)
        assert [(one.venue, one.quantity, one.is_negative) for one in found] == [
            ("binance", D(-2), True),
            ("kraken", D(5), False),
        ]

    def test_a_split_is_of_the_coins_wherever_they_are(self, portfolio: Portfolio, coin: Asset) -> None:
        enter(portfolio, coin, "buy", 0, 1, venue="kraken")
        enter(portfolio, coin, "buy", 0, 2, venue="wallet")
        enter(portfolio, coin, "split", 1, "2.5")
        assert [(venue, quantity) for venue, _coin, quantity, _worth in held(portfolio)] == [
            ("kraken", D("2.5")),
            ("wallet", D("5.0")),
        ]

    def test_a_migration_leaves_one_coin_and_arrives_as_the_other(self, portfolio: Portfolio, coin: Asset) -> None:
        new = AssetFactory(symbol="NEW", current_price=None)
        enter(portfolio, coin, "buy", 0, 5, venue="kraken")
        sent = enter(portfolio, coin, "transfer_out", 1, 5, venue="kraken")
        enter(portfolio, new, "transfer_in", 1, 500, venue="wallet", matches=sent)
        assert held(portfolio) == [("wallet", "NEW", D(500), None)]

    def test_a_fee_in_a_third_coin_and_cash_leave_the_venue_of_the_trade(self, coin: Asset) -> None:
        cash = us_dollar()
        portfolio = PortfolioFactory(cash_asset=cash)
        bnb = AssetFactory(symbol="BNB", current_price=D(5))
        enter(portfolio, cash, "deposit", 0, 1000, price=None, venue="kraken")
        enter(portfolio, bnb, "buy", 1, 3, venue="kraken")
        enter(portfolio, coin, "buy", 2, 5, venue="kraken", fee_asset=bnb, fee_quantity=D(1), fee=D(5))
        assert {(venue, symbol): quantity for venue, symbol, quantity, _worth in held(portfolio)} == {
            ("kraken", "USD"): D(920), ("kraken", "BNB"): D(2), ("kraken", "BTC"): D(5),
        }  # fmt: skip

    def test_the_queries_do_not_grow_with_the_journal(self, portfolio: Portfolio, coin: Asset) -> None:
        enter(portfolio, coin, "buy", 0, 5, venue="kraken")
        page = f"{reverse('admin:trading_tradeaction_venues')}?portfolio={portfolio.pk}"
        admin = client_of(AdminFactory())
        one = queries(admin, page)
        for day in range(1, 6):
            enter(portfolio, AssetFactory(), "buy", day, 5, venue=f"venue {day}")
        assert queries(admin, page) == one

    def test_the_page(self, portfolio: Portfolio, coin: Asset) -> None:
        enter(portfolio, coin, "buy", 0, 5, venue="kraken")
        enter(portfolio, coin, "sell", 1, 2)
        admin, page = client_of(AdminFactory()), reverse("admin:trading_tradeaction_venues")
        assert portfolio.name in admin.get(page).content.decode()
        answer = admin.post(page, {"portfolio": portfolio.pk}, follow=True)
        text = answer.content.decode()
        for words in ("kraken", "no venue", "more left than came", "250", "-100"):
            assert words in text
        assert admin.get(page, {"portfolio": "0"}).status_code == 404
        assert client_of(portfolio.user).get(page).status_code in (302, 403)

    def test_the_page_of_an_empty_portfolio(self, portfolio: Portfolio) -> None:
        page = reverse("admin:trading_tradeaction_venues")
        assert "Nothing is held." in client_of(AdminFactory()).get(page, {"portfolio": portfolio.pk}).content.decode()


VENUES = st.sampled_from([None, "", "kraken", "binance", "wallet"])


class TestSums(TestCase):
    @settings(
        max_examples=25,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        ledgers(most=10),
        st.sampled_from(METHODS),
        st.sampled_from([None, 1, 2]),
        st.lists(VENUES, min_size=1, max_size=7),
        st.randoms(use_true_random=False),
    )
    def test_they_are_the_positions(
        self, ledger: list[Entry], method: str, cash: int | None, venues: list[str | None], dice: random.Random
    ) -> None:
        assets: dict[int, Any] = {1: us_dollar(), 2: AssetFactory(symbol="USDT", asset_type="stablecoin")}
        for key in set(ASSET_OF.values()) - assets.keys():
            assets[key] = AssetFactory(symbol=f"COIN{key}", current_price=D(dice.randrange(1, 10**9)) / 10**5)
        portfolio = PortfolioFactory(lot_method=method, cash_asset=assets.get(cash or 0))
        written: dict[int, TradeAction] = {}
        for place, entry in enumerate(ledger):
            if entry.matches is not None and entry.matches not in written:
                continue
            new = as_entered(entry, assets, written, venue=venues[place % len(venues)])
            try:
                with transaction.atomic():
                    written[entry.id] = record_trades(portfolio, [new], actor=portfolio.user).actions[0]
            except (ConflictError, InvalidInput):
                continue
        found = holdings_by_venue(portfolio)
        values = latest_values([portfolio.pk])[portfolio.pk].positions
        with localcontext(EXACT):
            for position in portfolio.positions.all():
                mine = [one for one in found if one.position.pk == position.pk]
                assert sum(one.quantity for one in mine) == position.quantity
                worth = values[position.pk].value
                if worth is not None and position.quantity:
                    assert sum(one.value or D(0) for one in mine) == worth


def test_parts_add_up_whatever_is_divided() -> None:
    parts = in_parts(D(1), {"a": D(1), "b": D(1), None: D(1)})
    assert sum(parts.values()) == 1
    assert min(parts.values()) == D("0.333333333333333333")
    assert in_parts(D(1), {"a": D(2), "b": D(-2)}) == {}


def test_coins_that_moved_within_a_position() -> None:
    moves = [Move(1, D(3), "a"), Move(1, D("-0.5"), "b", arrived=D("1.5"), sent_from="a"), Move(1, D("-1.5"), "b")]
    assert balances(moves) == {1: {"a": D(1)}}
