"""What is forecast, advised and told of one asset through the API."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from assets.models import Asset
from sectors.selectors.indexes import SOURCE, index_key
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import (
    EPOCH,
    AdminFactory,
    AssetFactory,
    AssetRankingFactory,
    NewsEventFactory,
    PortfolioAnalysisFactory,
    PredictionFactory,
    SectorMappingFactory,
    SignalFactory,
    UserFactory,
    add_candles,
)
from tests.factories.base import clock_at
from trading.compute.recommendation import recommendation

pytestmark = pytest.mark.django_db
PROVEN = {"is_proven": True}
SHORT = {"signal_type": "short", "target_price": Decimal(80), "stop_loss": Decimal(110)}
GUARDED = ("signals", "predictions", "analysis")


@pytest.mark.parametrize("path", GUARDED)
def test_visitors_are_asked_who_they_are(path: str) -> None:
    refused(client_of().get(f"{API}assets/{AssetFactory().pk}/{path}"), 401)


@pytest.mark.parametrize("path", [*GUARDED, "news"])
def test_what_is_not_shown_is_not_there(path: str) -> None:
    hidden = AssetFactory(is_active=False)
    client = client_of(UserFactory())
    assert [refused(client.get(f"{API}assets/{pk}/{path}"), 404)["detail"] for pk in (hidden.pk, 999_999)]
    assert answer(f"assets/{hidden.pk}/{path}", AdminFactory()) is not None


def test_signals_of_an_asset() -> None:
    asset, reader = AssetFactory(), UserFactory()
    mine = SignalFactory(asset=asset)
    SignalFactory()
    SignalFactory(asset=asset, series="replay-1")
    ended = SignalFactory(asset=asset, status="executed")
    late = SignalFactory(asset=asset, **SHORT, expires_at=timezone.now() - timedelta(hours=1))
    others = SignalFactory(asset=asset, time_horizon_hours=24, portfolio_analysis=PortfolioAnalysisFactory())

    def ids(user: Any, **query: Any) -> set[int]:
        return {row["id"] for row in answer(f"assets/{asset.pk}/signals", user, **query)["results"]}

    assert ids(reader) == {mine.pk}
    assert ids(reader, status="executed") == {ended.pk}
    assert ids(reader, status="expired") == {late.pk}
    assert ids(reader, status="all") == {mine.pk, ended.pk, late.pk}
    assert ids(AdminFactory()) == {mine.pk, others.pk}
    problem = refused(client_of(reader).get(f"{API}assets/{asset.pk}/signals", {"status": "open"}), 400)
    assert [error["field"] for error in problem["errors"]] == ["status"]


def test_forecasts_of_an_asset() -> None:
    asset, reader = AssetFactory(), UserFactory()
    first = PredictionFactory(asset=asset, layer_source=1)
    own = PredictionFactory(asset=asset, layer_source=3, user=reader)
    PredictionFactory(asset=asset, user=UserFactory())
    PredictionFactory()

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in answer(f"assets/{asset.pk}/predictions", reader, **query)["results"]]

    assert ids() == [own.pk, first.pk]
    assert ids(layer="layer1") == [first.pk]
    assert ids(is_realized="true") == []
    for wrong in ({"layer": "5"}, {"is_realized": "perhaps"}):
        problem = refused(client_of(reader).get(f"{API}assets/{asset.pk}/predictions", wrong), 400)
        assert [error["field"] for error in problem["errors"]] == list(wrong)


def test_news_on_an_asset() -> None:
    asset, now = AssetFactory(), timezone.now()
    new, old = (
        NewsEventFactory(asset_ids=[asset.pk], published_at=now - timedelta(days=days), raw_data={"secret": 1})
        for days in (1, 9)
    )
    NewsEventFactory(asset_ids=[asset.pk + 1], published_at=now)
    rows = answer(f"assets/{asset.pk}/news")["results"]
    assert [row["id"] for row in rows] == [new.pk]
    assert "raw_data" not in rows[0]
    assert [row["id"] for row in answer(f"assets/{asset.pk}/news", days=30)["results"]] == [new.pk, old.pk]
    problem = refused(client_of().get(f"{API}assets/{asset.pk}/news", {"days": 0}), 400)
    assert [error["field"] for error in problem["errors"]] == ["days"]


def test_nothing_is_said_of_what_nobody_analysed() -> None:
    asset = AssetFactory(price_change_percentage_24h=Decimal("3.1"))
    body = answer(f"assets/{asset.pk}/analysis", UserFactory())
    assert body == {
        "asset_id": asset.pk,
        "symbol": asset.symbol,
        "current_analysis": {
            "ai_confidence": None,
            "risk_level": None,
            "technical_indicators": {},
            "sentiment_score": None,
            "sector_correlation": None,
        },
        "performance_metrics": {
            "change_24h_pct": 3.1,
            "change_7d_pct": None,
            "change_30d_pct": None,
            "score": None,
            "expected_return_pct": None,
            "long_signals": 0,
            "short_signals": 0,
        },
        "recommendation": None,
        "analysis_time": None,
    }


def ranked(asset: Asset, **columns: Any) -> None:
    own = {"asset_id": asset.pk, "place": 0.9, "risk_level": "medium", "probability_up": 0.4, "expected_return_pct": -1}
    AssetRankingFactory(scores=[{"asset_id": asset.pk + 1, "place": 0.1}, own], **columns)


def test_all_that_is_known_of_an_asset() -> None:
    now = EPOCH + timedelta(days=40)
    with clock_at(now):
        all_is_known(now)


def all_is_known(now: datetime) -> None:
    asset = AssetFactory(data_source="binance")
    ranked(asset)
    sector = SectorMappingFactory(asset=asset, is_primary_sector=True).sector
    index = AssetFactory(asset_type="index", is_supported=False, external_ids={SOURCE: index_key(sector)})
    first = now - timedelta(days=31)
    closes = [100 + day % 5 for day in range(31)]
    add_candles(asset, closes, first=first, technical_indicators={"RSI": {"14": 56.2}})
    add_candles(index, [2 * close for close in closes], first=first)
    NewsEventFactory(asset_ids=[asset.pk], published_at=now - timedelta(hours=1), sentiment_score=Decimal("0.5"))
    SignalFactory(asset=asset, ai_analysis=PROVEN)
    SignalFactory(asset=asset, **SHORT)
    body = answer(f"assets/{asset.pk}/analysis", UserFactory())
    found = body["current_analysis"]
    assert (found["ai_confidence"], found["risk_level"], found["sentiment_score"]) == (0.6, "medium", 0.5)
    assert found["technical_indicators"] == {"RSI": {"14": 56.2}}
    assert found["sector_correlation"] == pytest.approx(1)
    figures = body["performance_metrics"]
    assert (figures["score"], figures["long_signals"], figures["short_signals"]) == (0.9, 1, 0)
    assert body["recommendation"] == "strong_buy"
    assert body["analysis_time"]


def test_a_signal_for_somebody_else_recommends_nothing() -> None:
    asset = AssetFactory()
    SignalFactory(asset=asset, ai_analysis=PROVEN, portfolio_analysis=PortfolioAnalysisFactory())
    assert answer(f"assets/{asset.pk}/analysis", UserFactory())["recommendation"] is None


def test_the_word_for_an_asset() -> None:
    words = {
        (None, 0, 0): None,
        (0.5, 0, 0): "hold",
        (0.8, 0, 0): "buy",
        (0.2, 0, 0): "sell",
        (0.9, 1, 0): "strong_buy",
        (0.1, 0, 2): "strong_sell",
        (0.9, 0, 1): "hold",
        (0.9, 1, 1): "buy",
        (None, 3, 0): "buy",
        (None, 0, 1): "sell",
    }
    assert {known: recommendation(*known) for known in words} == words
    for wrong in ((1.1, 0, 0), (0.5, -1, 0), (0.5, 0, -1)):
        with pytest.raises(ValueError, match="a place lies"):
            recommendation(*wrong)


def test_cost_does_not_grow_with_rows() -> None:
    asset, reader, now = AssetFactory(), UserFactory(), timezone.now()
    SectorMappingFactory(asset=asset, is_primary_sector=True)
    ranked(asset)
    counts: dict[str, list[int]] = {path: [] for path in (*GUARDED, "news")}
    made = 0
    for wanted in (1, 5, 50):
        while made < wanted:
            made += 1
            SignalFactory(asset=asset, status="executed")
            PredictionFactory(asset=asset)
            NewsEventFactory(asset_ids=[asset.pk], published_at=now, sentiment_score=Decimal("0.1"))
        for path, found in counts.items():
            found.append(
                queries(client_of(reader), f"{API}assets/{asset.pk}/{path}{'?status=all' * (path == 'signals')}")
            )
    assert all(len(set(found)) == 1 for found in counts.values()), counts
