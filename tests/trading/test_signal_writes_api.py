"""Signals that admins enter by hand, and how signals did, through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assets.models import Asset
from system.models import AuditLog, OutboxEvent
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import (
    AdminFactory,
    AIModelFactory,
    AssetFactory,
    MetricsSnapshotFactory,
    PipelineRunFactory,
    PortfolioAnalysisFactory,
    SignalFactory,
    SignalOutcomeFactory,
    UserFactory,
)
from trading.choices import SignalEnding
from trading.models import AITradingSignal
from trading.selectors.followed import unended

pytestmark = pytest.mark.django_db
URL = f"{API}signals"
HOUR = timedelta(hours=1)


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory(email="ada@example.org"))


@pytest.fixture
def asset() -> Asset:
    MetricsSnapshotFactory(timeframe="4h", snapshot_time=timezone.now() - HOUR)
    made: Asset = AssetFactory()
    return made


def enter(client: Client, asset: Asset, **given: Any) -> Any:
    body = {
        "asset_id": asset.pk,
        "signal_type": "long",
        "confidence_score": 0.55,
        "entry_price": "100",
        "target_price": "120.5",
        "stop_loss": "90",
        "time_horizon_hours": 72,
    } | given
    return client.post(URL, {name: value for name, value in body.items() if value is not ...}, "application/json")


def test_an_admin_enters_a_plan(admin: Client, asset: Asset) -> None:
    answer = enter(admin, asset, market_context={"regime": "Bull"}, ai_analysis={"key_factors": ["breakout"]})
    assert answer.status_code == 201, answer.content
    body, row = answer.json(), AITradingSignal.objects.get()
    assert (body["id"], body["target_price"], body["risk_reward_ratio"]) == (row.pk, "120.5", 2.05)
    assert (body["potential_return_pct"], body["max_loss_pct"], body["status"]) == (20.5, 10, "active")
    assert (row.generated_by and row.generated_by.email, row.run, row.series) == ("ada@example.org", None, "live")
    assert str(row.ai_model) == "signals_by_hand 1.0.0"
    assert ((row.risk_management or {})["max_position_size_pct"], row.signal_quality) == (0, "low")
    assert (row.ai_analysis or {})["is_proven"] is False
    assert row.expires_at is not None
    assert abs(row.expires_at - timezone.now() - 72 * HOUR) < HOUR
    (line,) = AuditLog.objects.filter(table_name="ai_trading_signals", record_id=row.pk)
    assert (line.operation, (line.new_values or {})["signal_type"]) == ("INSERT", "long")
    assert OutboxEvent.objects.get(topic="signal.created").payload == {"signal_id": row.pk}
    followed = unended("4h", timezone.now() + HOUR, "live")
    assert followed.ids.tolist() == [row.pk], "it is followed as every signal"
    assert refused(enter(admin, asset), 409)["type"].endswith("signal-active")
    assert enter(admin, asset, signal_type="short", target_price="80", stop_loss="105").status_code == 201


def test_who_may_and_what_is_refused(admin: Client, asset: Asset) -> None:
    refused(enter(client_of(), asset), 401)
    refused(enter(client_of(UserFactory()), asset), 403)
    for given, field in (
        ({"stop_loss": "101"}, "stop_loss"),
        ({"target_price": "99"}, "target_price"),
        ({"target_price": "101"}, "target_price"),
        ({"entry_price": "0"}, "entry_price"),
        ({"confidence_score": 1.2}, "confidence_score"),
        ({"time_horizon_hours": 5}, "time_horizon_hours"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"signal_quality": "high"}, "signal_quality"),
        ({"status": "executed"}, "status"),
        ({"asset_id": ...}, "asset_id"),
        ({"ai_analysis": {"is_proven": True}}, "ai_analysis"),
        ({"risk_management": {}}, "risk_management"),
    ):
        assert [one["field"] for one in refused(enter(admin, asset, **given), 400)["errors"]] == [field]
    refused(enter(admin, asset, asset_id=987654321), 404)
    refused(enter(admin, asset, time_horizon_hours=24), 404)
    assert not AITradingSignal.objects.exists()


def ended(place: int, outcome: SignalEnding, net: str | None, **columns: Any) -> AITradingSignal:
    """A signal of the last days that ended after eight hours."""
    as_of = timezone.now() - (place + 12) * HOUR
    signal: AITradingSignal = SignalFactory(
        run=PipelineRunFactory(as_of=as_of, timeframe="4h"), status="executed", **columns
    )
    numbers: dict[str, Any] = (
        {"net_r_multiple": Decimal(net), "net_return_pct": 10 * Decimal(net)}
        if net is not None
        else dict.fromkeys(("r_multiple", "net_r_multiple", "fill_price", "filled_at", "exit_price", "return_pct",
                            "net_return_pct"))
    )  # fmt: skip
    SignalOutcomeFactory(
        signal=signal, outcome=outcome, ended_at=as_of + 8 * HOUR, timeframe="4h",
        targets_reached=int(outcome == SignalEnding.TARGET), **numbers,
    )  # fmt: skip
    return signal


def test_how_signals_did() -> None:
    model = AIModelFactory(name="timing_rules", version="9")
    shared: dict[str, Any] = {"ai_model": model, "metrics_snapshot": MetricsSnapshotFactory(), "risk_level": "medium"}
    bull = {"market_context": {"regime": "Bull"}, "sector_context": {"sector": "Layer 1"}}
    for place in range(3):
        ended(place, SignalEnding.TARGET, "1.5", confidence_score=Decimal("0.62"), **bull, **shared)
    ended(3, SignalEnding.STOP, "-1.5", **shared)
    ended(4, SignalEnding.NEVER_FILLED, None, **shared)
    ended(24 * 20, SignalEnding.STOP, "-1", **shared)
    SignalFactory(**shared, run=PipelineRunFactory(as_of=timezone.now()))
    other = ended(5, SignalEnding.STOP, "-1", metrics_snapshot=shared["metrics_snapshot"], risk_level=None)
    ended(6, SignalEnding.TARGET, "1", series="replay-1", metrics_snapshot=shared["metrics_snapshot"])
    own = PortfolioAnalysisFactory(metrics_snapshot=shared["metrics_snapshot"])
    ended(7, SignalEnding.TARGET, "1.5", portfolio_analysis=own, **shared)  # of somebody's own portfolio
    user = UserFactory()
    body = answer("signals/performance", user, timeframe="7d", model="timing_rules")
    assert (body["total_signals"], body["decided_signals"], body["successful_signals"]) == (6, 5, 3)
    assert body["success_rate"] == 0.5
    assert body["average_return"] == pytest.approx((3 * 15 - 15) / 4 / 100)
    assert body["best_performing_model"] is None, "five signals prove nothing"
    assert body["whole"]["n"] == 5
    assert body["whole"]["success_rate"] == 0.75
    low, high = body["whole"]["success_interval"]
    assert 0.2 < low < 0.75 < high < 1
    assert body["performance_by_regime"]["Bull"]["n"] == body["performance_by_sector"]["Layer 1"]["filled"] == 3
    assert body["performance_by_regime"]["unknown"]["n"] == 2
    assert body["performance_by_confidence"].keys() == {"0.5", "0.6"}
    assert body["performance_by_model"].keys() == {"timing_rules 9"}
    assert body["performance_by_risk_level"]["medium"]["net_r"] == pytest.approx(0.75)
    assert answer("signals/performance", user, timeframe="7d")["decided_signals"] == 6
    assert answer("signals/performance", user)["decided_signals"] == 7
    assert answer("signals/performance", user, model=other.ai_model_id)["total_signals"] == 1
    assert answer("layer4/performance", user) == answer("signals/performance", user)


def test_nothing_is_invented_of_nothing() -> None:
    client = client_of(UserFactory())
    body = client.get(f"{URL}/performance").json()
    assert (body["total_signals"], body["success_rate"], body["average_return"], body["whole"]) == (0, None, None, None)
    assert body["performance_by_model"] == {}
    refused(client_of().get(f"{URL}/performance"), 401)
    for query in ({"timeframe": "8d"}, {"model": "nobody"}, {"model": "9" * 30}):
        assert refused(client.get(f"{URL}/performance", query), 400)["errors"][0]["field"] in query


def test_the_queries_do_not_grow() -> None:
    client = client_of(UserFactory())
    snapshot = MetricsSnapshotFactory()
    ended(0, SignalEnding.TARGET, "1", metrics_snapshot=snapshot)
    one = queries(client, f"{URL}/performance")
    for place in range(1, 4):
        ended(place, SignalEnding.STOP, "-1", metrics_snapshot=snapshot)
    assert queries(client, f"{URL}/performance") == one
