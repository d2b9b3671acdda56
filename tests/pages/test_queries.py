"""How often every page asks the database: as often for many rows as for few, and never more than its budget."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from sectors.models import Sector
from selection.models import Portfolio, Watchlist
from selection.services import add_to_watchlist
from tests.doors import client_of
from tests.factories import (
    AdminFactory,
    GapFactory,
    NewsEventFactory,
    SignalTrackFactory,
    SuggestionFactory,
    WatchlistFactory,
)
from tests.pages import alerts, every, holding, messages
from tests.pages import market as making
from tests.pages import sectors as sectoring

BUDGET = 60
"""Queries of a page at most; fifty of a millisecond each are a sixth of the time that a page may take."""


def more(market: making.Market, reader: User, number: int) -> None:
    """One more of everything that pages list."""
    name = f"MORE{number}"
    coin = holding.coin(name, "90", [80 + day for day in range(120)])
    making.add_sector(market, f"Sector {name}", 5 + number)
    sector = Sector.objects.get(name=f"Sector {name}")
    sectoring.add_forecast(sectoring.index_of(sector, [50 + day for day in range(40)]))
    making.add_signal(market, asset=coin)
    making.add_signal(market, asset=market.asset, signal_type="short", entry_price=None, time_horizon_hours=number)
    SignalTrackFactory(signal=making.add_signal(market, asset=coin, time_horizon_hours=1000 + number))
    making.add_suggestion(market, asset=coin)
    SuggestionFactory(watchlist_id=every.LIST, asset=coin)
    making.add_forecast(market, asset=coin)
    making.add_record(market, days=2, asset=coin)
    alerts.add_every(market, reader)
    messages.add_messages(market, reader)
    messages.add_logins(market, reader)
    making.add_backtest(reader, name=name)
    GapFactory(asset=coin)
    NewsEventFactory(asset_ids=[coin.pk, market.asset.pk], published_at=making.NOW - timedelta(hours=number))
    WatchlistFactory(user=reader, name=name)
    add_to_watchlist(Watchlist.objects.get(pk=every.LIST), coin, actor=reader)
    portfolio = Portfolio.objects.get(pk=holding.NUMBER)
    holding.enter(portfolio, "buy", coin, "3", "80", 9)
    holding.enter(portfolio, "sell", coin, "1", "85", 8)


def asked(clients: dict[str, Client]) -> dict[str, int]:
    """Queries by page, once the daily values are counted, which the first look after a change does."""
    clients["reader"].get(f"/portfolios/{holding.NUMBER}")
    counts = {}
    for one in every.EVERY:
        with CaptureQueriesContext(connection) as captured:
            assert clients[one.who].get(one.path).status_code == one.status
        counts[one.path] = len(captured)
    return counts


@pytest.mark.django_db
def test_no_page_asks_more_often_for_more_rows_or_above_its_budget() -> None:
    made, reader = every.market(), every.UserFactory()
    for one in every.EVERY:
        one.make(made, reader)
    clients = {"visitor": client_of(), "reader": client_of(reader), "admin": client_of(AdminFactory())}
    more(made, reader, 1)
    few = asked(clients)
    for number in range(2, 4):
        more(made, reader, number)
    many = asked(clients)
    assert {path: (few[path], many[path]) for path in few if many[path] > few[path]} == {}
    assert {path: count for path, count in many.items() if count > BUDGET} == {}
