"""Dashboards through the API: the market for everybody, and one's own."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from cryptopredict.measuring import measure_health
from selection.models import Portfolio, PortfolioDay
from system.models import BackgroundTask
from tests.doors import API, answer, client_of, client_with_token, queries, refused
from tests.factories import (
    EPOCH,
    AdminFactory,
    AssetFactory,
    CrossSectorFactory,
    DefaultListFactory,
    EntryFactory,
    FlowFactory,
    MetricsSnapshotFactory,
    ModelJobFactory,
    NotificationFactory,
    PortfolioAnalysisFactory,
    PortfolioFactory,
    PositionFactory,
    RankingFactory,
    RecommendationFactory,
    RegimeFactory,
    SectorAnalysisFactory,
    SignalFactory,
    SuggestionFactory,
    UserActivityFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PROVEN = {"is_proven": True}
OPEN = ("layers", "mobile/quick-stats", "mobile/layer-cards")
GUARDED = ("", "/casual", "/professional", "/mobile/signal-cards")


@pytest.fixture(autouse=True)
def _real_market() -> None:
    AssetFactory(symbol="BTC", data_source="binance")


def look(at: Any = EPOCH, **columns: Any) -> Any:
    return MetricsSnapshotFactory(snapshot_time=at, data_source="aggregated", **columns)


def test_before_anything_is_known() -> None:
    cards = answer("dashboard/layers")
    assert [(card["layer"], card["status"], card["confidence"], card["indicator_dots"]) for card in cards] == [
        (number, "no_data", None, 0) for number in (1, 2, 3, 4)
    ]
    stats = answer("dashboard/mobile/quick-stats")
    assert stats == dict.fromkeys(stats) | {"active_signals": 0}
    body = answer("dashboard/casual", UserFactory())
    assert body["market"] == {"mood": None, "confidence": None, "sentence": None}
    assert (body["top_assets"], body["top_signals"], body["tips"]) == ([], [], [])


def test_four_layers() -> None:
    RegimeFactory(regime_confidence=Decimal("0.87"), metrics_snapshot=look())
    ranking = [{"sector": "AI", "return_7d": 3.0, "rank": 2}, {"sector": "DeFi", "return_7d": 15.0, "rank": 1}]
    CrossSectorFactory(rotation_probability=Decimal("0.72"), sector_performance_ranking=ranking)
    first = DefaultListFactory(tier="tier1")
    EntryFactory(watchlist=first)
    EntryFactory(watchlist=first, is_active=False)
    RankingFactory(watchlist=first, ai_confidence_score=Decimal("0.81"))
    SignalFactory(asset__data_source="binance", confidence_score=Decimal("0.7"), ai_analysis=PROVEN)
    SignalFactory(asset__data_source="binance", confidence_score=Decimal("0.5"))
    SignalFactory(asset__data_source="binance", portfolio_analysis=PortfolioAnalysisFactory())
    cards = answer("dashboard/layers")
    assert [(card["status"], card["confidence"], card["indicator_dots"]) for card in cards] == [
        ("bullish", 0.87, 4),
        ("rotating", 0.72, 3),
        ("active", 0.81, 4),
        ("signals_ready", pytest.approx(0.6), 3),
    ]
    assert [card["key_metric"] for card in cards] == ["Bull 87%", "DeFi +15.0%", "1 active", "2 signals"]
    phone = answer("dashboard/mobile/layer-cards")
    assert phone == [{name: value for name, value in card.items() if name != "indicator_dots"} for card in cards]


def test_a_market_that_stands_still_and_signals_without_a_proof() -> None:
    CrossSectorFactory(rotation_probability=Decimal("0.2"))
    SignalFactory(asset__data_source="binance")
    cards = answer("dashboard/layers")
    assert (cards[1]["status"], cards[1]["confidence"], cards[1]["key_metric"]) == ("steady", 0.8, None)
    assert cards[3]["status"] == "unproven"


def test_few_figures() -> None:
    look(EPOCH - DAY, btc_price_usd=Decimal(50000))
    newest = look(btc_price_usd=Decimal(51200), fear_greed_index=Decimal(72))
    RegimeFactory(metrics_snapshot=newest)
    SignalFactory(asset__data_source="binance", metrics_snapshot=newest)
    assert answer("dashboard/mobile/quick-stats") == {
        "regime": "bull",
        "fear_greed_index": 72,
        "btc_price": "51200",
        "btc_change_24h": pytest.approx(2.4),
        "active_signals": 1,
        "portfolio_value": None,
        "daily_pnl_percentage": None,
        "unread_notifications": None,
    }
    reader = UserFactory()
    NotificationFactory(user=reader, sent_at=timezone.now())
    own = answer("dashboard/mobile/quick-stats", reader)
    assert (own["portfolio_value"], own["unread_notifications"]) == ("0", 1)


def portfolio(user: User, *, then: str | None = "90") -> Portfolio:
    """Two coins bought at 80, worth 100 each now; ``then`` each at yesterday's end."""
    held, now = PortfolioFactory(user=user), timezone.now()
    position = PositionFactory(portfolio=held, asset__current_price=Decimal(100), quantity=Decimal(2))
    FlowFactory(
        position=position,
        quantity_change=Decimal(2),
        cost_change_usd=Decimal(160),
        cash_flow_usd=Decimal(-160),
        occurred_at=now - 9 * DAY,
    )
    if then is not None:
        worth = 2 * Decimal(then)
        PortfolioDay.objects.create(
            portfolio=held, day=now.date() - DAY, value_usd=worth, unrealized_usd=worth - 160, computed_at=now
        )
    return held


def test_a_token_for_the_market_shows_nothing_of_its_owner() -> None:
    own = PortfolioAnalysisFactory()
    reader = own.portfolio.user
    NotificationFactory(user=reader, sent_at=timezone.now())
    SignalFactory(asset__data_source="binance", portfolio_analysis=own)
    market, whole = client_with_token(reader, "market:read"), client_with_token(reader, "read")
    for path in GUARDED:
        refused(market.get(f"{API}dashboard{path}"), 403)
        assert whole.get(f"{API}dashboard{path}").status_code == 200
    for path in OPEN:
        visitor = client_of().get(f"{API}dashboard/{path}").json()
        assert market.get(f"{API}dashboard/{path}").json() == visitor
        assert whole.get(f"{API}dashboard/{path}").json() != visitor
    parts = ("market:read", "account:read", "portfolio:read", "signals:read")
    assert client_with_token(reader, *parts).get(API + "dashboard").status_code == 200


def test_what_a_person_sees_first() -> None:
    reader = UserFactory()
    portfolio(reader)
    PortfolioFactory(user=reader)
    body = answer("dashboard", reader)
    assert body["user_profile"]["email"] == reader.email
    assert "password" not in body["user_profile"]
    assert body["portfolio_summary"] == {
        "total_value": "200",
        "daily_pnl": "20",
        "daily_pnl_percentage": pytest.approx(100 * 20 / 180),
    }
    assert body["ai_status"] == {"all_online": None, "active_models": 0, "processing_rate": None}
    market = body["market_overview"]
    assert market == dict.fromkeys(market) | {"is_demo": False}
    assert (body["active_signals"], body["notifications"]) == (0, 0)


def test_a_day_that_nobody_counted_has_no_profit() -> None:
    reader = UserFactory()
    portfolio(reader, then=None)
    found = answer("dashboard", reader)["portfolio_summary"]
    assert found == {"total_value": "200", "daily_pnl": None, "daily_pnl_percentage": None}


def test_only_admins_see_what_others_see() -> None:
    reader, other = UserFactory(), UserFactory()
    problem = refused(client_of(reader).get(f"{API}dashboard?user_id={other.pk}"), 403)
    assert [error["field"] for error in problem["errors"]] == ["user_id"]
    assert answer("dashboard", reader, user_id=reader.pk)["user_profile"]["id"] == reader.pk
    assert answer("dashboard", AdminFactory(), user_id=other.pk)["user_profile"]["id"] == other.pk
    refused(client_of(AdminFactory()).get(f"{API}dashboard?user_id=999999"), 404)
    refused(client_of(reader).get(f"{API}dashboard?user_id=x"), 400)


@pytest.mark.parametrize("path", GUARDED)
def test_visitors_are_asked_who_they_are(path: str) -> None:
    refused(client_of().get(f"{API}dashboard{path}"), 401)


def test_plain_words() -> None:
    reader = UserFactory()
    RegimeFactory(metrics_snapshot=look(), current_regime="Bear")
    first = DefaultListFactory(tier="tier1")
    second, best = AssetFactory(), AssetFactory(current_price=Decimal("12.5"))
    scores = [{"asset_id": second.pk, "score": 0.4, "rank": 2}, {"asset_id": best.pk, "score": 0.9, "rank": 1}]
    RankingFactory(watchlist=first, asset_scores=scores)
    proven = SignalFactory(asset__data_source="binance", ai_analysis=PROVEN)
    SignalFactory(asset__data_source="binance")
    NotificationFactory(user=reader, title="Look", message="At this.", sent_at=timezone.now())
    body = answer("dashboard/casual", reader)
    assert (body["market"]["mood"], body["market"]["confidence"]) == ("bearish", 0.62)
    assert [row["asset_id"] for row in body["top_assets"]] == [best.pk, second.pk]
    assert body["top_assets"][0] == {
        "asset_id": best.pk,
        "symbol": best.symbol,
        "name": best.name,
        "current_price": "12.5",
        "score": 0.9,
    }
    assert [row["id"] for row in body["top_signals"]] == [proven.pk]
    assert body["portfolio"] == {"total_value": "0", "daily_pnl": "0"}
    assert body["tips"] == [{"title": "Look", "message": "At this."}]


def test_signals_as_cards() -> None:
    reader = UserFactory()
    low, high = (
        SignalFactory(asset__data_source="binance", confidence_score=Decimal(score), expires_at=None)
        for score in ("0.5", "0.9")
    )
    SignalFactory(asset__data_source="binance", portfolio_analysis=PortfolioAnalysisFactory())
    rows = answer("dashboard/mobile/signal-cards", reader)
    assert [row["id"] for row in rows] == [high.pk, low.pk]
    assert rows[0] == {
        "id": high.pk,
        "symbol": high.asset.symbol,
        "signal_type": "long",
        "confidence": 0.9,
        "entry_price": "100",
        "target_price": "120",
        "stop_loss": "90",
        "potential_return_pct": 20,
        "risk_level": None,
        "expires_at": None,
    }
    assert len(answer("dashboard/mobile/signal-cards", reader, limit=1)) == 1
    for limit in ("0", "51", "x"):
        problem = refused(client_of(reader).get(f"{API}dashboard/mobile/signal-cards", {"limit": limit}), 400)
        assert [error["field"] for error in problem["errors"]] == ["limit"]


def test_all_layers_in_detail() -> None:
    reader, stranger = UserFactory(), UserFactory()
    empty = answer("dashboard/professional", reader)
    assert empty["macro"] == {"regime": None, "snapshot": None}
    assert (empty["sectors"], empty["signals"], empty["recommendations"], empty["rotation"]) == ([], [], [], None)
    regime = RegimeFactory(metrics_snapshot=look())
    weak, strong = (SectorAnalysisFactory(momentum_score=Decimal(score)) for score in ("-0.4", "0.6"))
    first = DefaultListFactory(tier="tier1")
    RankingFactory(watchlist=first, analysis_time=timezone.now() - DAY)
    ranking = RankingFactory(watchlist=first, analysis_time=timezone.now())
    signal = SignalFactory(asset__data_source="binance")
    own = portfolio(reader)
    analysis = PortfolioAnalysisFactory(portfolio=own)
    portfolio(stranger)
    advice = RecommendationFactory(user=reader)
    RecommendationFactory(user=reader, expires_at=timezone.now() - DAY)
    RecommendationFactory(user=stranger)
    found = answer("dashboard/professional", reader)
    assert (found["macro"]["regime"]["id"], found["macro"]["snapshot"]["id"]) == (regime.pk, regime.metrics_snapshot_id)
    assert [row["id"] for row in found["sectors"]] == [strong.sector_id, weak.sector_id]
    assert [(row["watchlist"]["id"], row["analysis"]["id"]) for row in found["watchlists"]] == [(first.pk, ranking.pk)]
    assert [row["id"] for row in found["signals"]] == [signal.pk]
    assert found["portfolio"]["together"]["total_value"] == "200"
    assert [(row["portfolio"]["id"], row["analysis"]["id"]) for row in found["portfolio"]["portfolios"]] == [
        (own.pk, analysis.pk)
    ]
    assert [row["id"] for row in found["recommendations"]] == [advice.pk]
    assert found["risk"]["user_id"] == reader.pk


def test_the_product_for_admins() -> None:
    admin = AdminFactory()
    refused(client_of().get(f"{API}dashboard/admin"), 401)
    refused(client_of(UserFactory()).get(f"{API}dashboard/admin"), 403)
    refused(client_with_token(admin, "market:read", "market:admin").get(f"{API}dashboard/admin"), 403)
    assert answer("dashboard/admin", admin)["system"] is None
    UserActivityFactory(user=admin)
    watchlist = DefaultListFactory()
    SuggestionFactory(watchlist=watchlist)
    SuggestionFactory(watchlist=watchlist, status="approved", reviewed_by=admin, reviewed_at=timezone.now())
    BackgroundTask.objects.create(task_name="x", task_type="y", status="failed", completed_at=timezone.now())
    ModelJobFactory(job_status="pending")
    measure_health(timezone.now())
    found = answer("dashboard/admin", admin)
    assert found["users"] == {"total": User.objects.filter(is_active=True).count(), "active_24h": 1, "new_7d": 2}
    assert found["models"]["training"] == 0
    assert found["suggestions"]["pending"] == 1
    assert sum(row["total_suggestions"] for row in found["suggestions"]["performance"]) == 2
    assert found["jobs"] == {"running": 0, "pending": 1, "failed_24h": 1}
    assert found["backup"]["age_seconds"] is None
    assert found["backup"]["reason"]
    assert found["recent_activities"][0]["user_email"] == admin.email
    assert found["system"]["data_pipeline_status"]["providers"]
    assert [row["name"] for row in found["system"]["error_logs"]] == ["x"]
    status = answer("dashboard", UserFactory())["ai_status"]
    assert (status["all_online"], status["processing_rate"]) == (False, "0.00/min")


def test_cost_does_not_grow_with_rows() -> None:
    reader, now = UserFactory(), timezone.now()
    RegimeFactory(metrics_snapshot=look())
    first = DefaultListFactory(tier="tier1")
    counts: dict[str, list[int]] = {path: [] for path in (*(f"/{path}" for path in OPEN), *GUARDED, "/admin")}
    admin = AdminFactory()
    made = 0
    for wanted in (1, 5, 50):
        while made < wanted:
            made += 1
            SignalFactory(asset__data_source="binance", ai_analysis=PROVEN)
            EntryFactory(watchlist=first)
            NotificationFactory(user=reader, sent_at=now)
            portfolio(reader)
            RecommendationFactory(user=reader)
            SectorAnalysisFactory()
            UserActivityFactory()
        counts["/admin"].append(queries(client_of(admin), f"{API}dashboard/admin"))
        for path in (path for path in counts if path != "/admin"):
            counts[path].append(queries(client_of(reader), f"{API}dashboard{path}"))
    assert all(len(set(found)) == 1 for found in counts.values()), counts
