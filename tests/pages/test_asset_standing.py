"""The asset against its sector, its forecasts with scores, its news, its gaps."""

from datetime import timedelta
from decimal import Decimal

import pytest

from assets.models import Asset
from tests.doors import client_of, queries
from tests.factories import (
    AssetFactory,
    AssetRankingFactory,
    GapFactory,
    NewsEventFactory,
    SectorFactory,
    SectorMappingFactory,
    add_candles,
)
from tests.pages import market as making
from tests.pages.html import page
from tests.pages.test_asset import card

pytestmark = pytest.mark.django_db


def sector_of_four() -> Asset:
    """A sector whose members changed by 1, 2, 4 and nothing known; the first is asked about."""
    sector = SectorFactory(name="Layer 1")
    for symbol, change in (("BTC", 1), ("ETH", 2), ("SOL", 4), ("ADA", None)):
        asset = AssetFactory(symbol=symbol, price_change_percentage_24h=None if change is None else Decimal(change))
        SectorMappingFactory(asset=asset, sector=sector, is_primary_sector=True)
    demo = AssetFactory(symbol="X-DEMO", price_change_percentage_24h=Decimal(99), data_source="demo")
    SectorMappingFactory(asset=demo, sector=sector)
    found: Asset = Asset.objects.get(symbol="BTC")
    return found


def test_changes_beside_the_median_of_the_sector() -> None:
    sector_of_four()
    shown = card(page("/assets/BTC"), "standing-title")
    assert shown.one("h2").text == "Against its sector: Layer 1"
    rows = {row[0]: row[1:] for row in shown.one("table").rows()}
    assert rows["24 h"] == ["+1.0 %", "+2.0 %", "−1.0 pp", "3 of 3"]
    assert rows["7 d"] == ["–", "–", "–", "–"]
    unknown = {row[0]: row[1:] for row in card(page("/assets/ADA"), "standing-title").one("table").rows()}
    assert unknown["24 h"] == ["–", "+2.0 %", "–", "–"]


def test_the_place_in_the_ranking_with_the_weights_of_its_factors() -> None:
    asset = sector_of_four()
    AssetRankingFactory(
        scores=[
            {"asset_id": asset.pk, "score": 0.4, "place": 0.81},
            {"asset_id": asset.pk + 1000, "score": 0.7, "place": 1.0},
            {"asset_id": asset.pk + 2000, "score": 0.1, "place": 0.1},
        ],
        asset_count=40,
        weights={"trend": 0.25, "momentum_30d": 0.75},
        is_estimated=True,
    )
    text = card(page("/assets/BTC"), "standing-title").text
    assert "Place 2 of 40; better than 81 % of all assets." in text
    assert "return of 30 days 75 % trend 25 %" in text
    assert "estimated from past weeks" in text
    assert "ranking of the market" not in card(page("/assets/ETH"), "standing-title").text


def test_without_a_sector_it_says_so() -> None:
    AssetFactory(symbol="BTC")
    assert "belongs to no sector" in card(page("/assets/BTC"), "standing-title").text


def test_forecasts_with_what_came_of_them() -> None:
    made = making.make_market()
    making.add_record(made, days=1)
    making.add_forecast(made)
    rows = card(page("/assets/BTC"), "listed-title").one("table").rows()
    assert len(rows) == 3
    assert rows[-1][1:] == ["24 h", "rises: 60.0 %", "60,000.00", "Brier 0.360 , naive 0.250"]
    assert {row[4] for row in rows[:2]} == {"–"}


def test_headlines_that_name_the_asset() -> None:
    asset = AssetFactory(symbol="BTC")
    NewsEventFactory(title="Halving <done>", asset_ids=[asset.pk], url="https://example.org/a", source="wire")
    NewsEventFactory(title="Elsewhere", asset_ids=[asset.pk + 1], url="https://example.org/b")
    NewsEventFactory(title="Trick", asset_ids=[asset.pk], url="javascript:alert(1)")
    shown = card(page("/assets/BTC"), "news-title")
    assert [(link.text, link.attributes["href"]) for link in shown.every("a")] == [
        ("Halving <done>", "https://example.org/a")
    ]
    assert "Trick" in shown.text
    assert "Elsewhere" not in shown.text


def test_without_news_it_says_why() -> None:
    AssetFactory(symbol="BTC")
    assert "no source of news is connected" in card(page("/assets/BTC"), "news-title").text


def test_gaps_found_repaired_and_confirmed() -> None:
    asset = AssetFactory(symbol="BTC")
    add_candles(asset, [1, 2], timeframe="1d", first=making.TODAY - timedelta(days=2))
    for number, status in enumerate(("open", "repaired", "repaired", "confirmed")):
        start = making.TODAY - timedelta(days=100 + 3 * number)
        GapFactory(
            asset=asset,
            timeframe="1d",
            starts_at=start,
            ends_at=start + timedelta(days=1),
            status=status,
            resolved_at=None if status == "open" else making.NOW,
        )
    GapFactory(asset=asset, timeframe="1h", status="repaired", resolved_at=making.NOW)
    shown = card(page("/assets/BTC"), "data-title")
    facts = {fact.one("dt").text: fact.one("dd").text for fact in shown.one("dl").every("div")}
    assert facts["Gaps repaired"] == "2"
    assert facts["Gaps confirmed: the source has no candle either"] == "1"
    told = [item.text for item in shown.one("ul").every("li")]
    assert len(told) == 2
    assert told[0].endswith("open, not fetched")


def test_more_members_forecasts_news_and_gaps_need_no_more_queries() -> None:
    made = making.make_market()
    add_candles(made.asset, range(1, 60), first=making.TODAY - timedelta(days=59))
    sector = SectorFactory()
    SectorMappingFactory(asset=made.asset, sector=sector, is_primary_sector=True)

    def add(number: int) -> None:
        SectorMappingFactory(asset=AssetFactory(symbol=f"A{number}"), sector=sector)
        making.add_forecast(made, 24 * number)
        NewsEventFactory(asset_ids=[made.asset.pk], url=f"https://example.org/{number}")
        start = making.TODAY - timedelta(days=100 + 3 * number)
        GapFactory(asset=made.asset, timeframe="1d", starts_at=start, ends_at=start + timedelta(days=1))

    add(1)
    one = queries(client_of(), "/assets/BTC")
    for number in range(2, 6):
        add(number)
    assert queries(client_of(), "/assets/BTC") == one
