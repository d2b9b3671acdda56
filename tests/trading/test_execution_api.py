"""Executing by the API: thin doors to the same services."""

from typing import Any

import pytest
from django.test import Client

from accounts.choices import UserRole
from tests.doors import API, client_of, client_with_token, queries, refused
from tests.factories import AdminFactory, ExecutionFactory, PortfolioFactory, UserFactory
from tests.trading.executing import D, execute, funded, limit, signal
from trading.models import SignalExecution

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(API + path, body, "application/json", headers=headers)


def test_a_signal_is_executed_once_per_key() -> None:
    portfolio, one = funded(), signal()
    client = client_of(portfolio.user)
    body = {"position_size": "1000", "execution_price": "100", "portfolio_id": portfolio.pk, "risk_confirmation": True}
    answer = post(client, f"signals/{one.pk}/execute", body, **{"Idempotency-Key": "a"})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["status"], told["position_size"], told["signal_id"]) == ("filled", "1000", one.pk)
    assert told["trade_action_id"] is not None
    assert not {"client_key", "request_hash"} & told.keys()
    again = post(client, f"signals/{one.pk}/execute", body, **{"Idempotency-Key": "a"})
    assert (again.status_code, again.json()["id"]) == (201, told["id"])
    other = post(client, f"signals/{one.pk}/execute", body | {"position_size": "1"}, **{"Idempotency-Key": "a"})
    assert refused(other, 422)["type"].endswith("key-in-use")
    old = post(client, f"layer4/signals/{one.pk}/execute", body, **{"Idempotency-Key": "a"})
    assert old.json()["id"] == told["id"]


def test_a_refusal_names_rule_limit_and_value() -> None:
    portfolio = funded(max_asset_pct=5, max_open_positions=1)
    execute(signal(), portfolio, position_size=D(10))
    body = {"position_size": "1000", "execution_price": "100", "portfolio_id": portfolio.pk, "risk_confirmation": True}
    problem = refused(post(client_of(portfolio.user), f"signals/{signal().pk}/execute", body), 422)
    assert problem["type"].endswith("risk-limit")
    assert {(error["field"], error["code"]) for error in problem["errors"]} == {
        ("portfolio_id", "max_open_positions"),
        ("position_size", "max_asset_pct"),
    }
    assert "max_asset_pct would be 10; your limit is 5." in [error["detail"] for error in problem["errors"]]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"risk_confirmation": False}, 400, "risk_confirmation"),
        ({"position_size": "NaN"}, 400, "position_size"),
        ({"position_size": "1e400"}, 400, "position_size"),
        ({"position_size": -1}, 400, "position_size"),
        ({"position_size": 0}, 400, "position_size"),
        ({"execution_price": "0"}, 400, "execution_price"),
        ({"execution_price": "80"}, 400, "stop_loss"),
        ({"target_price": "90"}, 400, "target_price"),
        ({"leverage": "0"}, 400, "leverage"),
        ({"sieze": 1}, 400, "sieze"),
        ({"portfolio_id": 10**30}, 400, "portfolio_id"),
    ],
)
def test_bad_input_names_its_field(change: dict[str, Any], status: int, field: str) -> None:
    portfolio = funded()
    body = {"position_size": "1000", "execution_price": "100", "portfolio_id": portfolio.pk, "risk_confirmation": True}
    problem = refused(post(client_of(portfolio.user), f"signals/{signal().pk}/execute", body | change), status)
    assert field in [error["field"] for error in problem["errors"]]
    assert SignalExecution.objects.count() == 0


def test_a_foreign_portfolio_is_not_there() -> None:
    body = {"position_size": "10", "execution_price": "100", "portfolio_id": funded().pk, "risk_confirmation": True}
    for person in (UserFactory(), AdminFactory()):
        refused(post(client_of(person), f"signals/{signal().pk}/execute", body), 404)


def test_every_refusal_names_the_input_as_the_api_does() -> None:
    portfolio, one = funded(), signal()
    client = client_of(portfolio.user)
    body = {"position_size": "1000", "execution_price": "100", "portfolio_id": portfolio.pk, "risk_confirmation": True}
    one.asset.current_price = None
    one.asset.save()
    unknown = refused(post(client, f"signals/{one.pk}/execute", body), 409)
    assert [error["field"] for error in unknown["errors"]] == ["execution_price"]
    plan = post(client, f"signals/{signal().pk}/execute", {"position_size": "1000", "risk_confirmation": True}).json()
    fill = {"status": "filled", "execution_price": "100"}
    nameless = refused(client.patch(API + f"signals/executions/{plan['id']}", fill, "application/json"), 400)
    assert [error["field"] for error in nameless["errors"]] == ["portfolio_id"]
    limit(portfolio.user, max_open_positions=0)
    named = fill | {"portfolio_id": portfolio.pk}
    full = refused(client.patch(API + f"signals/executions/{plan['id']}", named, "application/json"), 422)
    assert [error["field"] for error in full["errors"]] == ["portfolio_id"]


def test_a_key_that_is_too_long_is_named() -> None:
    portfolio = funded()
    body = {"position_size": "1000", "risk_confirmation": True}
    headers = {"Idempotency-Key": "k" * 101}
    problem = refused(post(client_of(portfolio.user), f"signals/{signal().pk}/execute", body, **headers), 400)
    assert [error["field"] for error in problem["errors"]] == ["Idempotency-Key"]


def test_paper_is_not_executed_into() -> None:
    portfolio = funded()
    type(portfolio).objects.update(is_paper=True)
    body = {"position_size": "1000", "execution_price": "100", "portfolio_id": portfolio.pk, "risk_confirmation": True}
    problem = refused(post(client_of(portfolio.user), f"signals/{signal().pk}/execute", body), 409)
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [("portfolio_id", "paper_portfolio")]


def test_who_may_execute() -> None:
    one = signal()
    body = {"position_size": "10", "risk_confirmation": True}
    refused(post(client_of(), f"signals/{one.pk}/execute", body), 401)
    refused(post(client_of(UserFactory(role=UserRole.GUEST)), f"signals/{one.pk}/execute", body), 403)
    refused(post(client_with_token(UserFactory(), "read"), f"signals/{one.pk}/execute", body), 403)
    assert post(client_with_token(UserFactory(), "read", "write"), f"signals/{one.pk}/execute", body).status_code == 201


def test_a_plan_is_filled_and_cancelled() -> None:
    portfolio, one = funded(), signal()
    client = client_of(portfolio.user)
    plan = post(client, f"signals/{one.pk}/execute", {"position_size": "1000", "risk_confirmation": True}).json()
    assert plan["status"] == "pending"
    path = API + f"signals/executions/{plan['id']}"
    part = {"status": "partially_filled", "execution_price": "100", "quantity": "4", "portfolio_id": portfolio.pk}
    part["execution_details"] = {"order": "B-17"}
    told = client.patch(path, part, "application/json").json()
    assert (told["status"], told["execution_details"]["stated"]) == ("partially_filled", {"order": "B-17"})
    assert "execution_price" in str(refused(client.patch(path, {"status": "filled"}, "application/json"), 400))
    assert client.patch(path, {"status": "cancelled"}, "application/json").json()["status"] == "cancelled"
    problem = refused(client.patch(path, {"status": "cancelled"}, "application/json"), 409)
    assert problem["type"].endswith("already-final")
    stranger = client_of(UserFactory())
    refused(stranger.get(path), 404)
    refused(stranger.patch(path, {"status": "cancelled"}, "application/json"), 404)


def test_lists_of_executions() -> None:
    person, admin = UserFactory(), AdminFactory()
    mine = ExecutionFactory(user=person)
    foreign = ExecutionFactory(signal=mine.signal)
    one = client_of(person)
    assert [row["id"] for row in one.get(API + "signals/executions").json()["results"]] == [mine.pk]
    assert one.get(API + f"signals/executions?user_id={foreign.user_id}").json()["results"] == []
    theirs = client_of(admin).get(API + f"signals/executions?user_id={foreign.user_id}").json()["results"]
    assert [row["id"] for row in theirs] == [foreign.pk]
    assert client_of(admin).get(API + "signals/executions").json()["results"] == []
    assert one.get(API + "signals/executions?status=filled").json()["results"] == []
    of_signal = client_of(admin).get(API + f"signals/{mine.signal_id}/executions").json()["results"]
    assert {row["id"] for row in of_signal} == {mine.pk, foreign.pk}
    refused(one.get(API + f"signals/{mine.signal_id}/executions"), 403)
    few = queries(one, API + "signals/executions")
    for _ in range(4):
        ExecutionFactory(user=person)
    assert queries(one, API + "signals/executions") == few


def test_limits() -> None:
    person = UserFactory()
    client, path = client_of(person), API + "users/me/risk-profile"
    told = client.get(path).json()
    assert (told["max_position_size"], told["max_portfolio_risk"], told["risk_rules"]) == ("1000", 0.02, {})
    body = {"max_position_size": "500", "max_portfolio_risk": 0.01, "risk_rules": {"max_leverage": 2}}
    assert client.put(path, body, "application/json").json()["risk_rules"] == {"max_leverage": 2}
    refused(client.put(path, {"max_position_size": "500"}, "application/json"), 400)
    assert client.patch(path, {"max_position_size": None}, "application/json").json()["max_position_size"] is None
    problem = refused(client.patch(path, {"risk_rules": {"max_leverage": 0}}, "application/json"), 400)
    assert problem["errors"][0]["field"] == "risk_rules.max_leverage"
    assert refused(client.patch(path, {"risk_rules": {"max_loss": 1}}, "application/json"), 400)
    refused(client.patch(path, {"current_exposure": {}}, "application/json"), 400)
    theirs = API + f"users/{person.pk}/risk-profile"
    assert client.get(theirs).json()["max_portfolio_risk"] == 0.01
    assert client_of(AdminFactory()).get(theirs).status_code == 200
    refused(client_of(UserFactory()).get(theirs), 404)
    refused(client_of(UserFactory()).get(API + "users/999999/risk-profile"), 404)
    assert client.get(API + f"user/{person.pk}/risk-profile").json()["user_id"] == person.pk


def test_the_exposure_of_a_profile_is_that_of_now() -> None:
    portfolio = funded()
    limit(portfolio.user)
    execute(signal(), portfolio)
    told = client_of(portfolio.user).get(API + "users/me/risk-profile").json()
    assert D(told["current_exposure"]["total_usd"]) == 1000


def test_statistics_of_the_journal() -> None:
    portfolio = PortfolioFactory()
    told = client_of(portfolio.user).get(API + "trade-actions/statistics").json()
    assert (told["trades"], told["win_rate"], told["average_pnl_usd"]) == (0, None, None)
    refused(client_of(portfolio.user).get(API + "trade-actions/statistics?days=0"), 400)
    refused(client_of().get(API + "trade-actions/statistics"), 401)
