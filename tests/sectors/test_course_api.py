"""What sectors did over a time, through the API: one, several beside each other, and all of them over time."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from sectors.models import Sector
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import (
    EPOCH,
    CrossSectorFactory,
    RotationFlowFactory,
    SectorAnalysisFactory,
    SectorFactory,
    SectorHistoryFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def analysed(name: str, **columns: Any) -> Sector:
    return SectorAnalysisFactory(sector=SectorFactory(name=name), analysis_time=EPOCH, **columns).sector


def fields(path: str, **query: Any) -> list[str]:
    return [error["field"] for error in refused(client_of().get(API + path, query), 400)["errors"]]


def test_how_a_sector_did() -> None:
    sector = analysed(
        "DeFi",
        performance_7d_pct=Decimal("15.2"),
        sector_market_cap=Decimal("89500000000.5"),
        sector_dominance_pct=Decimal("12.3"),
        analysis_data={"performance_metrics": {"members": 4}},
    )
    for days, cap, volume in ((0, 110, 50), (7, 100, 40), (1, 88, None)):
        SectorHistoryFactory(
            sector=sector,
            candle_time=EPOCH - days * DAY,
            market_cap=Decimal(cap),
            volume_24h=volume and Decimal(volume),
        )
    body = answer(f"sectors/{sector.pk}/performance")
    assert body == {
        "sector_id": sector.pk,
        "analysis_time": "2024-06-01T00:00:00Z",
        "total_market_cap": "89500000000.5",
        "total_volume": None,
        "dominance_percentage": 12.3,
        "momentum_score": None,
        "performance_24h": None,
        "performance_7d": 15.2,
        "performance_30d": None,
        "volume_change": 25,
        "market_cap_change": 10,
        "top_performers": [],
        "performance_metrics": {"members": 4},
    }
    day = answer(f"sectors/{sector.pk}/performance", timeframe="24h")
    assert (day["volume_change"], day["market_cap_change"]) == (None, 25)
    month = answer(f"sectors/{sector.pk}/performance", timeframe="30d")
    assert (month["volume_change"], month["market_cap_change"]) == (None, None)
    assert fields(f"sectors/{sector.pk}/performance", timeframe="1y") == ["timeframe"]
    refused(client_of().get(API + "sectors/999/performance"), 404)


def test_a_sector_that_nobody_has_analysed() -> None:
    body = answer(f"sectors/{SectorFactory().pk}/performance")
    assert (body["analysis_time"], body["performance_7d"], body["market_cap_change"]) == (None, None, None)


def test_the_series_of_a_sector() -> None:
    sector, today = SectorFactory(), timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for days in (1, 2, 40):
        SectorHistoryFactory(sector=sector, candle_time=today - days * DAY, market_cap=Decimal(days))
    SectorHistoryFactory(sector=sector, candle_time=today - DAY, timeframe="4h")
    body = answer(f"sectors/{sector.pk}/history")
    assert (body["sector_id"], body["timeframe"]) == (sector.pk, "1d")
    assert [point["market_cap"] for point in body["points"]] == ["2", "1"]
    assert body["points"][0].keys() == {"time", "market_cap", "volume_24h", "technical_indicators"}
    assert len(answer(f"sectors/{sector.pk}/history", days=100)["points"]) == 3
    assert fields(f"sectors/{sector.pk}/history", days=731) == ["days"]
    assert fields(f"sectors/{sector.pk}/history", days=300, timeframe="1h") == ["days"]
    assert fields(f"sectors/{sector.pk}/history", timeframe="1m") == ["timeframe"]


def test_sectors_beside_each_other() -> None:
    first = analysed("DeFi", performance_7d_pct=Decimal(5), volatility_score=Decimal("0.5"))
    second = analysed("AI", performance_7d_pct=Decimal(9), correlation_with_btc=Decimal("0.7"))
    bare = SectorFactory(name="Bare")
    ids = f"{first.pk},{second.pk},{bare.pk}"
    assert refused(client_of().get(API + "sectors/compare", {"sectors": ids}), 404)["type"].endswith("no-analysis-yet")
    matrix = {"DeFi": {"DeFi": 1.0, "AI": 0.72, "Meme": 0.1}, "AI": {"AI": 1.0, "DeFi": 0.72}, "Meme": {"DeFi": 0.1}}
    CrossSectorFactory(correlation_matrix=matrix)
    body = answer("sectors/compare", sectors=ids)
    assert body["timeframe"] == "7d"
    assert body["correlation_matrix"] == {"DeFi": {"DeFi": 1.0, "AI": 0.72}, "AI": {"DeFi": 0.72, "AI": 1.0}}
    assert [(row["name"], row["return_pct"], row["rank"]) for row in body["sectors"]] == [
        ("DeFi", 5, 2),
        ("AI", 9, 1),
        ("Bare", None, None),
    ]
    assert (body["sectors"][0]["volatility"], body["sectors"][1]["correlation_with_btc"]) == (0.5, 0.7)
    quarter = answer("sectors/compare", sectors=ids, timeframe="90d")
    assert [row["return_pct"] for row in quarter["sectors"]] == [None] * 3


@pytest.mark.parametrize("ids", ["", "1", "x,y", "1,1", "998,999", ",".join(map(str, range(1, 12)))])
def test_two_to_ten_known_sectors_are_compared(ids: str) -> None:
    assert fields("sectors/compare", sectors=ids) == ["sectors"]


def test_earlier_comparisons_are_live_and_newest_first() -> None:
    now = timezone.now()
    old, new = (CrossSectorFactory(analysis_time=now - days * DAY) for days in (9, 2))
    CrossSectorFactory(analysis_time=now - DAY, series="replay-1")
    CrossSectorFactory(analysis_time=now - 40 * DAY)
    flow = RotationFlowFactory(ai_cross_sector_analysis=new)
    rows = answer("sectors/rotation/history")["results"]
    assert [row["id"] for row in rows] == [new.pk, old.pk]
    assert rows[0]["flows"] == [
        {"from_sector_id": flow.from_sector_id, "to_sector_id": flow.to_sector_id, "score": 0.72}
    ]
    assert rows[1]["flows"] == []
    assert [row["id"] for row in answer("sectors/rotation/history", days=5)["results"]] == [new.pk]
    assert fields("sectors/rotation/history", days=0) == ["days"]
    assert fields("sectors/rotation/history", offset=1) == ["offset"]


def test_cost_does_not_grow_with_rows() -> None:
    counts: dict[str, list[int]] = {"rotation/history": [], "history": [], "performance": []}
    sector, today = analysed("DeFi"), timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    made = 0
    for wanted in (1, 5, 50):
        while made < wanted:
            made += 1
            RotationFlowFactory(ai_cross_sector_analysis__analysis_time=today - made * timedelta(hours=1))
            SectorHistoryFactory(sector=sector, candle_time=today - made * DAY)
            SectorAnalysisFactory(sector=sector, analysis_time=EPOCH + made * DAY)
        for path, found in counts.items():
            whole = path if "rotation" in path else f"{sector.pk}/{path}?days=100"
            found.append(queries(client_of(), f"{API}sectors/{whole}"))
    assert all(len(set(found)) == 1 for found in counts.values()), counts


def test_cost_does_not_grow_with_the_sectors_compared() -> None:
    CrossSectorFactory()
    ids = [analysed(f"S{number}").pk for number in range(10)]
    counts = {
        queries(client_of(), f"{API}sectors/compare?sectors={','.join(map(str, ids[:many]))}") for many in (2, 5, 10)
    }
    assert len(counts) == 1
