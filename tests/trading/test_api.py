"""Signals through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from assets.choices import Market
from system.models import AuditLog
from tests.doors import API, answer, client_of, refused
from tests.factories import AdminFactory, PortfolioAnalysisFactory, SignalFactory, UserFactory
from trading.selectors.chains import active_signals, signals_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory()


def test_a_signal_says_what_it_may_win_and_lose(user: User) -> None:
    long = SignalFactory(confidence_score=Decimal("0.6"))
    short = SignalFactory(
        signal_type="short",
        entry_price=Decimal(100),
        target_price=Decimal(80),
        stop_loss=Decimal(105),
        confidence_score=Decimal("0.5"),
    )
    bare = SignalFactory(target_price=None, confidence_score=Decimal("0.4"))
    rows = answer("signals", user)["results"]
    assert [row["id"] for row in rows] == [long.pk, short.pk, bare.pk]
    assert [(row["potential_return_pct"], row["max_loss_pct"]) for row in rows] == [(20, 10), (20, 5), (None, 10)]
    first = rows[0]
    assert (first["entry_price"], first["target_price"], first["stop_loss"]) == ("100", "120", "90")
    assert (first["asset_id"], first["crypto_id"], first["symbol"]) == (long.asset_id, long.asset_id, long.asset.symbol)
    assert (first["risk_reward_ratio"], first["confidence_score"], first["status"]) == (2, 0.6, "active")


def test_what_has_run_out_is_expired_whatever_the_sweep_did(user: User) -> None:
    past, ahead = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)
    running = SignalFactory(expires_at=ahead)
    lapsed = SignalFactory(expires_at=past)
    swept = SignalFactory(expires_at=past, status="expired")
    SignalFactory(status="cancelled")

    def shown(**query: Any) -> dict[int, str]:
        return {row["id"]: row["status"] for row in answer("signals", user, **query)["results"]}

    assert shown() == {running.pk: "active"}
    assert shown(status="expired") == {lapsed.pk: "expired", swept.pk: "expired"}
    assert len(shown(status="all")) == 4
    assert answer(f"signals/{lapsed.pk}", user)["signal_details"]["status"] == "expired"


def test_filters(user: User) -> None:
    long = SignalFactory(risk_level="low", confidence_score=Decimal("0.9"))
    short = SignalFactory(signal_type="short", target_price=Decimal(80), stop_loss=Decimal(110))

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in answer("signals", user, **query)["results"]]

    assert ids(signal_type="short") == [short.pk]
    assert ids(risk_level="low") == [long.pk]
    assert ids(asset=short.asset_id) == ids(crypto_id=short.asset_id) == [short.pk]
    assert ids(confidence_min="0.7") == [long.pk]
    assert ids(ordering="generated_at") == [long.pk, short.pk]
    assert ids(ordering="-potential_return_pct,confidence_score") == [short.pk, long.pk]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "open"},
        {"confidence_min": "1.5"},
        {"confidence_min": "NaN"},
        {"asset": "0"},
        {"ordering": "password"},
        {"risk_level": "none"},
    ],
)
def test_wrong_filters_are_refused(user: User, query: dict[str, str]) -> None:
    problem = refused(client_of(user).get(API + "signals", query), 400)
    assert problem["errors"][0]["field"] in query


def test_one_signal_with_its_reasons(user: User) -> None:
    signal = SignalFactory(
        ai_analysis={"key_factors": ["trend"], "probability_analysis": {"24h_target": 0.67}},
        market_context={"regime": "Bull"},
        invalidation_criteria=[{"condition": "4h close < 95"}],
        risk_management={"max_position_size_pct": 3.1},
    )
    body = answer(f"signals/{signal.pk}", user)
    assert body["signal_details"]["id"] == body["id"] == signal.pk
    assert body["ai_analysis"] == {
        "key_factors": ["trend"],
        "market_context": {"regime": "Bull"},
        "probability_analysis": {"24h_target": 0.67},
    }
    assert body["risk_assessment"] == {
        "invalidation_criteria": [{"condition": "4h close < 95"}],
        "risk_management": {"max_position_size_pct": 3.1},
    }
    bare = answer(f"signals/{SignalFactory(status='cancelled').pk}", user)
    assert bare["ai_analysis"] == {"key_factors": [], "market_context": {}, "probability_analysis": {}}


def test_signals_for_somebody_elses_portfolio_are_not_there(user: User) -> None:
    public = SignalFactory()
    own = SignalFactory(portfolio_analysis=PortfolioAnalysisFactory(portfolio__user=user))
    foreign = SignalFactory(portfolio_analysis=PortfolioAnalysisFactory())
    assert {row["id"] for row in answer("signals", user)["results"]} == {public.pk, own.pk}
    refused(client_of(user).get(API + f"signals/{foreign.pk}"), 404)
    assert client_of(user).get(API + f"signals/{own.pk}").status_code == 200
    assert {signal.pk for signal in active_signals(Market.REAL, user)} == {public.pk, own.pk}
    assert not signals_of(foreign.asset_id, user, 20)
    assert {signal.pk for signal in active_signals(Market.REAL, AnonymousUser())} == {public.pk}


@pytest.mark.parametrize("status", ["cancelled", "invalidated"])
def test_an_admin_withdraws_a_signal_and_its_levels_stay(status: str) -> None:
    signal, admin = SignalFactory(), AdminFactory()
    path = f"{API}signals/{signal.pk}"
    told = client_of(admin).patch(path, {"status": status, "reason": "structure broken"}, "application/json")
    assert told.status_code == 200, told.content
    assert (told.json()["status"], told.json()["entry_price"]) == (status, "100")
    signal.refresh_from_db()
    assert signal.withdrawn_at is not None
    assert signal.invalidated_at == (signal.withdrawn_at if status == "invalidated" else None)
    trace = AuditLog.objects.get(table_name="ai_trading_signals", record_id=signal.pk)
    assert (trace.changed_by, trace.new_values) == (admin, {"status": status, "reason": "structure broken"})
    again = refused(client_of(admin).patch(path, {"status": status}, "application/json"), 409)
    assert again["type"].endswith("not-active")
    refused(client_of(admin).delete(path), 409)


def test_withdrawing_is_for_admins_and_nothing_else_changes() -> None:
    signal, admin = SignalFactory(), client_of(AdminFactory())
    path = f"{API}signals/{signal.pk}"
    refused(client_of(UserFactory()).patch(path, {"status": "cancelled"}, "application/json"), 403)
    refused(client_of(UserFactory()).delete(path), 403)
    for body, field in (({"status": "executed"}, "status"), ({"status": "cancelled", "stop_loss": "1"}, "stop_loss")):
        problem = refused(admin.patch(path, body, "application/json"), 400)
        assert field in [error["field"] for error in problem["errors"]]
    replayed = SignalFactory(series="replay-1")
    refused(admin.delete(f"{API}signals/{replayed.pk}"), 404)
    assert admin.delete(f"{API}layer4/signals/{signal.pk}").status_code == 204
    assert admin.get(path).json()["signal_details"]["status"] == "cancelled"
