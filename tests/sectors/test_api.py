"""Sectors, rotation and the forecast record through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from aimodels.models import Prediction
from tests.doors import API, answer, client_of, refused
from tests.factories import (
    EPOCH,
    AIModelFactory,
    AssetFactory,
    CrossSectorFactory,
    PredictionFactory,
    RotationFlowFactory,
    SectorAnalysisFactory,
    SectorFactory,
    SectorMappingFactory,
    UserFactory,
    scored_direction,
)

pytestmark = pytest.mark.django_db


def analysed(name: str, momentum: str, **columns: Any) -> int:
    """A sector with an older and a newest analysis."""
    sector = SectorFactory(name=name)
    SectorAnalysisFactory(sector=sector, analysis_time=EPOCH, momentum_score=Decimal("-0.9"))
    SectorAnalysisFactory(
        sector=sector, analysis_time=EPOCH + timedelta(days=1), momentum_score=Decimal(momentum), **columns
    )
    SectorAnalysisFactory(sector=sector, analysis_time=EPOCH + timedelta(days=2), series="replay-1")
    return sector.pk


def test_the_place_and_the_momentum_make_the_status() -> None:
    for name, momentum in (("DeFi", "0.5"), ("AI", "-0.5"), ("Meme", "0.5"), ("NFT", "-0.5"), ("New", "0.5")):
        analysed(name, momentum)
    ranking = [{"sector": name, "return_7d": 0, "rank": n} for n, name in enumerate(("DeFi", "AI", "Meme", "NFT"), 1)]
    CrossSectorFactory(sector_performance_ranking=list(reversed(ranking)), series="replay-1")
    CrossSectorFactory(sector_performance_ranking=ranking)
    rows = {row["name"]: row["status"] for row in answer("sectors")["results"]}
    assert rows == {"DeFi": "leading", "AI": "weakening", "Meme": "improving", "NFT": "declining", "New": None}


def test_sectors_with_their_newest_figures() -> None:
    first = analysed("DeFi", "0.75", performance_24h_pct=Decimal("8.5"), sector_dominance_pct=Decimal("12.3"))
    bare = SectorFactory(name="Bare", market_cap=Decimal(5), is_active=False)
    body = answer("sectors")
    assert body["count"] == 1
    row = body["results"][0]
    assert (row["id"], row["performance_24h"], row["dominance"], row["momentum_score"]) == (first, 8.5, 12.3, 0.75)
    assert (row["performance_7d"], row["market_cap"], row["status"]) == (None, None, None)
    row = answer("sectors", is_active="false")["results"][0]
    assert (row["id"], row["market_cap"], row["performance_24h"]) == (bare.pk, "5", None)
    refused(client_of().get(API + "sectors", {"is_active": "maybe"}), 400)


def test_one_sector() -> None:
    best = [{"asset_id": 17, "symbol": "UNI", "return_pct": 12.1}]
    sector = analysed(
        "DeFi", "0.1", top_performers=best, ai_sector_outlook="Bullish", analysis_data={"performance_metrics": {"n": 3}}
    )
    body = answer(f"sectors/{sector}")
    assert (body["top_performers"], body["outlook"], body["performance_metrics"]) == (best, "Bullish", {"n": 3})
    assert (body["last_updated"], body["total_market_cap"]) == ("2024-06-02T00:00:00Z", None)
    bare = answer(f"sectors/{SectorFactory().pk}")
    assert (bare["top_performers"], bare["outlook"], bare["performance_metrics"], bare["last_updated"]) == (
        [],
        None,
        {},
        None,
    )


def test_members_of_a_sector() -> None:
    sector = SectorFactory()
    big = SectorMappingFactory(
        sector=sector,
        asset=AssetFactory(market_cap_rank=1, price_change_percentage_24h=Decimal("3.1")),
        is_primary_sector=True,
    )
    small = SectorMappingFactory(sector=sector, asset=AssetFactory(market_cap_rank=9), weight=Decimal("0.5"))
    SectorMappingFactory(sector=sector, valid_to=EPOCH)
    SectorMappingFactory(sector=sector, asset=AssetFactory(is_supported=False))
    rows = answer(f"sectors/{sector.pk}/assets")["results"]
    assert [row["mapping_id"] for row in rows] == [big.pk, small.pk]
    assert rows[0] == {
        "mapping_id": big.pk,
        "asset_id": big.asset_id,
        "crypto_id": big.asset_id,
        "symbol": big.asset.symbol,
        "name": big.asset.name,
        "current_price": "100.5",
        "performance_24h": 3.1,
        "is_primary_sector": True,
        "weight": 1.0,
    }
    primary = answer(f"sectors/{sector.pk}/assets", primary_only="true")["results"]
    assert [row["mapping_id"] for row in primary] == [big.pk]


def test_analyses_of_a_sector_are_live_and_newest_first() -> None:
    sector = analysed("DeFi", "0.5", timeframe="1d")
    rows = answer(f"sectors/{sector}/analyses", UserFactory())["results"]
    assert [row["analysis_time"] for row in rows] == ["2024-06-02T00:00:00Z", "2024-06-01T00:00:00Z"]
    assert len(answer(f"sectors/{sector}/analyses", UserFactory(), timeframe="1d")["results"]) == 1
    assert len(answer(f"sectors/{sector}/analyses", UserFactory(), to="2024-06-02T00:00:00Z")["results"]) == 1


def test_rotation() -> None:
    refused(client_of().get(API + "sectors/rotation"), 404)
    CrossSectorFactory(analysis_time=EPOCH)
    newest = CrossSectorFactory(
        analysis_time=EPOCH + timedelta(days=1),
        rotation_probability=Decimal("0.72"),
        leading_sectors=["DeFi"],
        sector_rotation_flows={"DeFi→AI": 0.72},
        ai_market_outlook="Bullish",
        ai_confidence_score=Decimal("0.8"),
    )
    flow = RotationFlowFactory(ai_cross_sector_analysis=newest)
    assert answer("sectors/rotation") == {
        "rotation_probability": 0.72,
        "leading_sectors": ["DeFi"],
        "declining_sectors": [],
        "flow_directions": {"DeFi→AI": 0.72},
        "flows": [{"from_sector_id": flow.from_sector_id, "to_sector_id": flow.to_sector_id, "score": 0.72}],
        "recommended_allocation": {},
        "market_outlook": "Bullish",
        "confidence": 0.8,
        "last_updated": "2024-06-02T00:00:00Z",
    }


def scored(chance: float, rose: bool, **columns: Any) -> Prediction:
    """A direction forecast whose outcome is known."""
    told: dict[str, Any] = {"input_price": Decimal(100), "evaluated_at": EPOCH + timedelta(days=400)} | columns
    return scored_direction(chance, Decimal(110 if rose else 90), **told)


def test_the_record_of_nothing_says_so() -> None:
    assert answer("predictions/record") == {
        "series": "live",
        "n": 0,
        "scored": 0,
        "hit_rate": None,
        "brier": None,
        "brier_baseline": None,
        "skill": None,
        "skill_interval": None,
        "ece": None,
        "coverage_90": None,
        "reliability": [],
        "by": {},
    }


def test_the_record_counts_what_the_system_forecast_live() -> None:
    model = AIModelFactory(name="asset_rules")
    scored(0.62, True, ai_model=model)
    scored(0.62, False, ai_model=model)
    scored(1.0, True, ai_model=model, prediction_horizon=168)
    PredictionFactory(ai_model=model)
    scored(0.9, False, user=UserFactory())
    scored(0.9, False, series="replay-1")
    body = answer("predictions/record")
    assert (body["n"], body["scored"]) == (4, 3)
    assert body["hit_rate"] == pytest.approx(2 / 3)
    assert body["brier"] == pytest.approx((0.38**2 + 0.62**2 + 0) / 3)
    assert body["brier_baseline"] == pytest.approx(0.25)
    assert body["skill"] == pytest.approx(1 - body["brier"] / 0.25)
    assert (body["skill_interval"], body["ece"]) == (None, None)
    assert body["reliability"] == [
        {"bin": 0.625, "forecast": 0.62, "observed": 0.5, "n": 2},
        {"bin": 0.975, "forecast": 1.0, "observed": 1.0, "n": 1},
    ]
    assert {hours: part["scored"] for hours, part in body["by"].items()} == {"24": 2, "168": 1}


def test_parts_of_the_record() -> None:
    inside, outside = AssetFactory(), AssetFactory()
    sector = SectorMappingFactory(asset=inside).sector
    scored(0.7, True, asset=inside, market_conditions="Bull")
    scored(0.7, True, asset=outside, market_conditions="Bear", prediction_horizon=168)

    def n(**query: Any) -> int:
        body = answer("predictions/record", **query)
        assert sum(part["n"] for part in body["reliability"]) == body["scored"]
        return body["scored"]

    assert (n(), n(sector=sector.pk), n(sector=987654), n(regime="Bear"), n(horizon=24)) == (2, 1, 0, 1, 1)
    assert (n(model="nobody"), n(**{"from": "2100-01-01"}), n(to="2100-01-01")) == (0, 0, 2)
    refused(client_of().get(API + "predictions/record", {"regime": "Sunny"}), 400)
