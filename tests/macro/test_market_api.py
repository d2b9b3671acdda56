"""Sentiment, dominance, values from outside and the forecast of the regime through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from macro.compute.regime.transitions import left_within
from macro.models import MetricsSnapshot
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import EPOCH, AssetFactory, MetricsSnapshotFactory, RegimeFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _real_market() -> None:
    AssetFactory(data_source="binance")


def take(**columns: Any) -> MetricsSnapshot:
    return MetricsSnapshotFactory(**{"data_source": "aggregated", "snapshot_time": EPOCH} | columns)


def test_the_mood_of_the_newest_snapshot_of_the_shown_market() -> None:
    refused(client_of().get(API + "macro/sentiment"), 404)
    take(fear_greed_index=Decimal(10))
    take(
        snapshot_time=EPOCH + timedelta(hours=1),
        timeframe="1h",
        fear_greed_index=Decimal(72),
        composite_sentiment=Decimal("0.68"),
        funding_rate_btc=Decimal("0.0001"),
        extended_metrics={
            "sentiment_metrics": {"news_sentiment": {"score": 0.2, "articles": 134, "dispersion": 0.1}},
            "derivatives_metrics": {"funding_rate_eth": 0.00012},
        },
        data_quality_flags={
            "missing": {"google_trends_score": "no source", "gold": "no source"},
            "missing_extended": {"sentiment_metrics.social_sentiment": "no source"},
        },
    )
    take(snapshot_time=EPOCH + DAY, timeframe="1h", data_source="demo", fear_greed_index=Decimal(1))
    assert answer("macro/sentiment") == {
        "fear_greed_index": 72,
        "composite_sentiment": 0.68,
        "funding_rates": {"btc": 0.0001, "eth": 0.00012},
        "social_sentiment": None,
        "news_sentiment": {"score": 0.2, "articles": 134},
        "google_trends_score": None,
        "missing": {"google_trends_score": "no source", "social_sentiment": "no source"},
        "last_updated": "2024-06-01T01:00:00Z",
    }


def test_a_mood_that_nobody_knows_is_null() -> None:
    take(extended_metrics=None)
    body = answer("macro/sentiment")
    assert (body["fear_greed_index"], body["funding_rates"]) == (None, {"btc": None, "eth": None})
    assert body["news_sentiment"] == {"score": None, "articles": None}
    assert body["missing"] == dict.fromkeys(
        ("fear_greed_index", "composite_sentiment", "funding_rates.btc", "funding_rates.eth", "social_sentiment",
         "news_sentiment", "google_trends_score"),
        "not known",
    )  # fmt: skip


def test_dominance_and_its_changes() -> None:
    take(snapshot_time=EPOCH - DAY, btc_dominance=Decimal("52.00"))
    take(
        btc_dominance=Decimal("52.30"),
        eth_dominance=Decimal("18.7"),
        altcoin_dominance=Decimal("23.8"),
        total_market_cap=Decimal("2450000000000.10"),
    )
    body = answer("macro/dominance")
    assert (body["btc_dominance"], body["eth_dominance"], body["alt_dominance"]) == (52.3, 18.7, 23.8)
    assert (body["total_market_cap"], body["total_volume"]) == ("2450000000000.1", None)
    changes = body["dominance_changes"]
    assert (changes["btc_24h"], changes["btc_7d"], changes["eth_24h"]) == (0.3, None, None)
    assert body["last_updated"] == "2024-06-01T00:00:00Z"


def test_values_from_outside() -> None:
    """Each says from when it is; one that nobody knows why not, and one that was fresh then that it is old by now."""
    assert answer("macro/indicators") == []
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    seen, old = (today - days * DAY for days in (1, 9))
    vix = {"value": 15.0, "change_pct": -2.5, "observed_at": seen.isoformat(), "unit": "points"}
    rate = {"value": 4.2, "change_points": 0.1, "observed_at": old.isoformat()}
    flags = {"missing_extended": {"macro_metrics.DXY": "stale: last value of 2024-01-05"}}
    take(extended_metrics={"macro_metrics": {"VIX": vix, "US10Y": rate, "DXY": None}}, data_quality_flags=flags)
    dollar, yields, fear = answer("macro/indicators")
    assert fear == {
        "indicator_name": "VIX",
        "value": 15.0,
        "change_pct": -2.5,
        "timeframe": "1d",
        "metadata": {"unit": "points"},
        "timestamp": f"{seen:%Y-%m-%d}T00:00:00Z",
    }
    assert (yields["indicator_name"], yields["value"], yields["change_pct"]) == ("US10Y", 4.2, None)
    assert yields["metadata"] == {"change_points": 0.1, "stale": f"last value of {old:%Y-%m-%d}"}
    assert (dollar["indicator_name"], dollar["value"], dollar["timestamp"]) == ("DXY", None, None)
    assert dollar["metadata"] == {"missing": "stale: last value of 2024-01-05"}
    found = answer("macro/indicators", names="vix, dxy,nothing")
    assert [row["indicator_name"] for row in found] == ["VIX", "DXY"]
    assert answer("macro/indicators", timeframe="1h") == []
    problem = refused(client_of().get(API + "macro/indicators", {"timeframe": "1M"}), 400)
    assert [error["field"] for error in problem["errors"]] == ["timeframe"]


def forecastable(**columns: Any) -> None:
    followers = {"Bear": 0.75, "Sideways": 0.25}
    given = {"regime_duration_estimate": 240, "analysis_data": {"forecast": {"at_next_change": followers}}}
    RegimeFactory(analysis_time=EPOCH, **given | columns)


def test_the_state_to_be_expected() -> None:
    """Ten days left, so a tenth of the chance goes each day: 0.9 ** 7 = 0.478, 0.9 ** 30 = 0.042."""
    problem = refused(client_of().get(API + "macro/regime-forecast"), 404)
    assert problem["type"].endswith("no-analysis-yet")
    signals = {"divergence_signals": [{"code": "rsi", "of": "BTC"}], "transition_probability": 0.1}
    forecastable(transition_indicators=signals)
    week = answer("macro/regime-forecast")
    assert (week["horizon"], week["current_regime"], week["predicted_regime"]) == ("7d", "bull", "bull")
    assert week["transition_probability"] == pytest.approx(1 - 0.9**7)
    assert week["confidence"] == pytest.approx(0.9**7)
    assert (week["expected_remaining_hours"], week["last_updated"]) == (240, "2024-06-01T00:00:00Z")
    assert week["indicators"] == {
        "divergence_signals": [{"code": "rsi", "of": "BTC"}],
        "structural_signals": [],
        "sentiment_signals": [],
    }
    month = answer("macro/regime-forecast", horizon="30d")
    assert (month["predicted_regime"], month["confidence"]) == ("bear", pytest.approx(0.75 * (1 - 0.9**30)))


def test_nothing_is_expected_before_a_change_was_seen() -> None:
    forecastable(regime_duration_estimate=None)
    body = answer("macro/regime-forecast")
    assert [body[name] for name in ("predicted_regime", "transition_probability", "confidence")] == [None] * 3


@pytest.mark.parametrize("horizon", ["0d", "31d", "7", "1w", "-1d"])
def test_a_horizon_is_some_days(horizon: str) -> None:
    problem = refused(client_of().get(API + "macro/regime-forecast", {"horizon": horizon}), 400)
    assert [error["field"] for error in problem["errors"]] == ["horizon"]


def test_the_chance_that_a_state_has_ended() -> None:
    assert [left_within(2, 0), left_within(2, 1), left_within(2, 2)] == [0, 0.5, 0.75]
    assert left_within(0.5, 1) == 1
    for remaining, candles in ((0, 1), (1, -1)):
        with pytest.raises(ValueError, match="lies ahead"):
            left_within(remaining, candles)


@pytest.mark.parametrize("path", ["sentiment", "dominance", "indicators", "regime-forecast"])
def test_cost_does_not_grow(path: str) -> None:
    counts: list[int] = []
    for rows in (1, 4, 45):  # 1, 5 and 50 in all
        for number in range(rows):
            take(snapshot_time=EPOCH + (len(counts) * 50 + number) * DAY, extended_metrics={"macro_metrics": {}})
            RegimeFactory(metrics_snapshot__snapshot_time=EPOCH + (500 + len(counts) * 50 + number) * DAY)
        counts.append(queries(client_of(), f"{API}macro/{path}"))
    assert counts == [counts[0]] * 3
