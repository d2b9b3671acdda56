"""Snapshots and regimes through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.doors import API, answer, client_of, refused
from tests.factories import EPOCH, AIModelFactory, AssetFactory, MetricsSnapshotFactory, RegimeFactory

pytestmark = pytest.mark.django_db


def test_a_snapshot_has_money_as_strings_and_scores_as_numbers() -> None:
    row = MetricsSnapshotFactory(
        btc_price_usd=Decimal("67234.5"),
        total_market_cap=Decimal("2450000000000.01"),
        gold=Decimal("2331.40"),
        sma_200=Decimal("50123.12345678"),
        fear_greed_index=Decimal("72.00"),
        btc_dominance=Decimal("52.30"),
        data_quality_flags={"missing_sources": ["news"]},
    )
    body = answer(f"macro/snapshots/{row.pk}")
    assert body["btc_price_usd"] == "67234.5"
    assert body["total_market_cap"] == "2450000000000.01"
    assert (body["gold"], body["sma_200"]) == ("2331.4", "50123.12345678")
    assert (body["fear_greed_index"], body["btc_dominance"]) == (72, 52.3)
    assert (body["vix_index"], body["has_anomalies"]) == (None, False)
    assert body["data_quality_flags"] == {"missing_sources": ["news"]}
    assert answer("macro/snapshots/latest", timeframe="1d")["id"] == row.pk
    problem = refused(client_of().get(API + "macro/snapshots/latest"), 404)
    assert problem["type"] == "urn:cryptopredict:problem:no-data"


def test_snapshots_by_timeframe_and_period() -> None:
    days = [MetricsSnapshotFactory(snapshot_time=EPOCH + timedelta(days=n)) for n in range(4)]
    hour = MetricsSnapshotFactory(timeframe="1h")

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in answer("macro/snapshots", **query)["results"]]

    assert ids() == [hour.pk]
    assert ids(timeframe="1d") == [row.pk for row in reversed(days)]
    period = {"from": "2024-06-02T00:00:00Z", "to": "2024-06-04T00:00:00Z"}
    assert ids(timeframe="1d", **period) == [days[2].pk, days[1].pk]
    refused(client_of().get(API + "macro/snapshots", {"timeframe": "1M"}), 400)
    refused(client_of().get(API + "macro/snapshots", {"from": "soon"}), 400)


def test_the_present_regime_in_short() -> None:
    RegimeFactory(analysis_time=EPOCH)
    newest = RegimeFactory(
        analysis_time=EPOCH + timedelta(days=1),
        current_regime="Accumulation",
        regime_confidence=Decimal("0.62"),
        predicted_regime="Bull",
        regime_transition_prob=Decimal("0.35"),
        trend_strength_score=Decimal("0.73"),
        regime_duration_days=23,
    )
    RegimeFactory(analysis_time=EPOCH + timedelta(days=2), series="replay-1")
    RegimeFactory(analysis_time=EPOCH + timedelta(days=2), data_source="backtest")
    assert answer("macro/regime") == {
        "regime": "accumulation",
        "confidence": 0.62,
        "risk_level": None,
        "trend_strength": 0.73,
        "recommended_exposure": None,
        "predicted_regime": "bull",
        "transition_probability": 0.35,
        "regime_duration_days": 23,
        "regime_duration_estimate_hours": None,
        "recommended_strategy": None,
        "analysis_id": newest.pk,
        "last_updated": "2024-06-02T00:00:00Z",
    }
    refused(client_of().get(API + "macro/regime", {"timeframe": "1h"}), 404)
    refused(client_of().get(API + "macro/regime", {"timeframe": "15m"}), 400)


def test_regimes_by_kind_of_run_and_word() -> None:
    live, backtest = RegimeFactory(current_regime="Bear"), RegimeFactory(data_source="backtest")
    assert [row["id"] for row in answer("macro/regimes")["results"]] == [live.pk]
    assert [row["id"] for row in answer("macro/regimes", data_source="backtest")["results"]] == [backtest.pk]
    assert [row["id"] for row in answer("macro/regimes", regime="Bear")["results"]] == [live.pk]
    assert answer("macro/regimes", regime="Bull")["results"] == []
    assert answer("macro/regimes", timeframe="1h")["results"] == []
    row = answer(f"macro/regimes/{live.pk}")
    assert (row["metrics_snapshot_id"], row["ai_model_id"], row["run_id"]) == (
        live.metrics_snapshot_id,
        live.ai_model_id,
        None,
    )


def test_the_history_has_one_point_per_moment_up_to_the_newest() -> None:
    for day in range(5):
        snapshot = MetricsSnapshotFactory(snapshot_time=EPOCH + timedelta(days=day), btc_price_usd=Decimal(100 + day))
        RegimeFactory(metrics_snapshot=snapshot)
    other = RegimeFactory(metrics_snapshot=snapshot, ai_model=AIModelFactory(), current_regime="Bear")
    points = answer("macro/history", days=3)
    assert [point["btc_price"] for point in points] == ["102", "103", "104"]
    assert points[0] == {
        "time": "2024-06-03T00:00:00Z",
        "regime": "bull",
        "confidence": 0.62,
        "btc_price": "102",
        "fear_greed_index": None,
        "btc_dominance": None,
        "total_market_cap": None,
    }
    assert points[-1]["regime"] == other.current_regime.lower()
    assert answer("macro/history", interval="1h") == []
    for days in ("0", "366", "x"):
        refused(client_of().get(API + "macro/history", {"days": days}), 400)


def test_before_there_is_a_real_market_the_demo_market_is_told() -> None:
    """As the pages show it; its analyses are marked as simulated."""
    demo = RegimeFactory(data_source="simulation", current_regime="Bull")
    AssetFactory(data_source="demo")
    assert answer("macro/regime", timeframe="1d")["regime"] == "bull"
    assert len(answer("macro/history", interval="1d")) == 1
    AssetFactory(data_source="binance")
    refused(client_of().get(API + "macro/regime", {"timeframe": "1d"}), 404)
    assert demo.pk
