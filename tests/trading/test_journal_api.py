"""Journals through the API: entries are added and taken back, and what is said of them is changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assets.models import Asset
from selection.models import Portfolio, PortfolioAsset
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import AdminFactory, PortfolioFactory, SignalFactory, TradeActionFactory, UserFactory
from tests.trading.entering import D
from trading.models import TradeAction
from trading.services import record_trade

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def position(portfolio: Portfolio, bitcoin: Asset) -> PortfolioAsset:
    """Two coins, bought at a hundred."""
    entry = record_trade(
        portfolio, bitcoin, actor=portfolio.user, action_type="buy", quantity=D(2), price=D(100),
        executed_at=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    return entry.portfolio_asset


def add(position: PortfolioAsset, person: Any = None, **body: Any) -> Any:
    path = f"{API}portfolios/{position.portfolio_id}/assets/{position.pk}/actions"
    return client_of(person or position.portfolio.user).post(path, body, JSON)


def test_an_entry_moves_its_position(position: PortfolioAsset) -> None:
    signal = SignalFactory(asset=position.asset)
    made = add(
        position, action_type="partial_exit", asset_price="150", quantity="0.5", fees_paid="1", timeframe="1d",
        reason="hit_tp", ai_signal_id=signal.pk, confidence_level=7, venue="binance", notes="As planned.",
    )  # fmt: skip
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["action_type"], told["pnl_realized_usd"], told["confidence_level"]) == ("partial_exit", "24", 7)
    assert (told["ai_signal_id"], told["venue"], told["reason"]) == (signal.pk, "binance", "hit_tp")
    position.refresh_from_db()
    assert position.quantity == D("1.5")


def test_what_is_impossible_is_refused(position: PortfolioAsset) -> None:
    problem = refused(add(position, action_type="sell", asset_price="150", quantity="3"), 409)
    assert problem["errors"][0]["code"] == "quantity_exceeds_position"
    assert refused(add(position, action_type="buy", asset_price="-1", quantity="1"), 400)["errors"][0]["field"] == (
        "asset_price"
    )
    for name, value in (("ai_signal_id", 10**9), ("fee_asset_id", 10**9), ("action_type", "reversal"), ("side", "up")):
        body = {"action_type": "buy", "asset_price": "1", "quantity": "1"} | {name: value}
        assert name in [error["field"] for error in refused(add(position, **body), 400)["errors"]]


def test_what_is_said_may_change_and_money_may_not(position: PortfolioAsset) -> None:
    entry = TradeAction.objects.get()
    path, client = f"{API}trade-actions/{entry.pk}", client_of(position.portfolio.user)
    told = client.patch(path, {"emotion_state": "calm", "lesson_learned": "Wait."}, JSON).json()
    assert (told["emotion_state"], told["lesson_learned"], told["asset_price"]) == ("calm", "Wait.", "100")
    for name in ("asset_price", "quantity", "executed_at", "action_type"):
        assert refused(client.patch(path, {name: "1"}, JSON), 400)["errors"][0]["field"] == name
    assert refused(client.patch(path, {"stress_level": 11}, JSON), 400)["errors"][0]["field"] == "stress_level"
    refused(client_of(AdminFactory()).patch(path, {"notes": "mine"}, JSON), 403)
    assert client.get(path).json()["emotion_state"] == "calm"


def test_an_entry_is_taken_back_by_a_reversal(position: PortfolioAsset) -> None:
    entry = TradeAction.objects.get()
    client = client_of(position.portfolio.user)
    assert client.delete(f"{API}trade-actions/{entry.pk}").status_code == 204
    rows = answer(f"portfolios/{position.portfolio_id}/actions", position.portfolio.user)["results"]
    kinds = [row["action_type"] for row in rows]
    assert sorted(kinds) == ["buy", "reversal"]
    refused(client.delete(f"{API}trade-actions/{entry.pk}"), 409)


def test_what_is_somebody_elses_is_not_there(position: PortfolioAsset) -> None:
    entry, stranger = TradeAction.objects.get(), UserFactory()
    paths = [f"trade-actions/{entry.pk}", f"portfolios/{position.portfolio_id}/actions"]
    for path in [*paths, f"trade-actions/{entry.pk + 999}", f"portfolios/{position.portfolio_id + 999}/actions"]:
        refused(client_of(stranger).get(API + path), 404)
        refused(client_of().get(API + path), 401)
    refused(client_of(stranger).delete(API + paths[0]), 404)
    refused(client_of(stranger).patch(API + paths[0], {"notes": "mine"}, JSON), 404)
    refused(add(position, stranger, action_type="sell", asset_price="1", quantity="1"), 404)
    own = PortfolioFactory(user=stranger)
    path = f"{API}portfolios/{own.pk}/assets/{position.pk}/actions"
    refused(client_of(stranger).post(path, {"action_type": "sell", "quantity": "1"}, JSON), 404)
    for path in paths:
        assert client_of(AdminFactory()).get(API + path).status_code == 200


def test_filters(position: PortfolioAsset) -> None:
    user, path = position.portfolio.user, f"portfolios/{position.portfolio_id}/actions"
    sold = add(position, action_type="sell", asset_price="150", quantity="1", action_source="algorithm").json()
    every = {row["id"] for row in answer(path, user)["results"]}
    assert len(every) == 2
    for query in ({"action_type": "sell"}, {"action_source": "algorithm"}, {"from": sold["executed_at"]}):
        assert {row["id"] for row in answer(path, user, **query)["results"]} == {sold["id"]}
    assert {row["id"] for row in answer(path, user, position=position.pk)["results"]} == every
    refused(client_of(user).get(f"{API}{path}?action_type=lost"), 400)


def test_the_queries_do_not_grow(position: PortfolioAsset) -> None:
    client, path = client_of(position.portfolio.user), f"{API}portfolios/{position.portfolio_id}/actions?limit=100"
    few = queries(client, path)
    for count in (4, 45):
        TradeActionFactory.create_batch(count, portfolio_asset=position)
        assert queries(client, path) == few
