"""Which sectors the news are about."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from macro.models import NewsEvent
from sectors.models import Sector, SectorMapping
from sectors.services import ensure_sectors
from sectors.services.news import WORDS, tag_news
from tests.factories import AssetFactory, NewsEventFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def sectors() -> None:
    ensure_sectors()


def sector(name: str) -> Sector:
    return Sector.objects.get(name=name)


def news(title: str = "A headline", known_at: datetime = NOW, **more: object) -> NewsEvent:
    raw = {"known_at": known_at.isoformat(), "origin": more.pop("origin", "feed")}
    row: NewsEvent = NewsEventFactory(
        **{"title": title, "sector_ids": None, "raw_data": raw, "published_at": known_at} | more
    )
    return row


def tags(row: NewsEvent) -> set[str]:
    row.refresh_from_db()
    return set(Sector.objects.filter(pk__in=row.sector_ids or ()).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("DeFi lender pauses deposits", "DeFi"),
        ("Why decentralized finance needs oracles", "DeFi"),
        ("NFTs return to the auction houses", "NFT"),
        ("Play-to-earn games lose players", "Gaming"),
        ("Stablecoin bill moves ahead", "Stablecoins"),
        ("stable coins gain share", "Stablecoins"),
        ("Rollups cut costs on layer 2", "Layer 2"),
        ("Memecoins and AI tokens lead the week", "Meme AI"),
        ("Privacy coins delisted", "Privacy"),
        ("Tokenized treasuries pass a billion", "RWA"),
        ("Definite answers in a nifty market", ""),
        ("The infant industry grows", ""),
        ("Payments giant reports earnings", ""),
        ("Bitcoin rises", ""),
    ],
)
def test_words_of_a_sector(title: str, names: str) -> None:
    row = news(title)
    assert tag_news() == 1
    assert tags(row) == set(names.split()) or tags(row) == {names}


def test_every_word_is_of_a_sector_that_stands_from_the_beginning() -> None:
    assert set(WORDS) <= set(Sector.objects.values_list("coingecko_id", flat=True))


def test_a_sector_of_two_words_is_named_by_them_and_one_that_rests_by_nothing() -> None:
    for name in ("Liquid Staking", "Oil", "C++ (any)"):
        Sector.objects.create(coingecko_id=f"local:{name}", name=name, description="Of this test")
    Sector.objects.filter(name="NFT").update(is_active=False)
    row = news("LIQUID STAKING meets NFT, oil and C++ (any)")
    tag_news()
    assert tags(row) == {"Liquid Staking"}


def test_a_coin_stands_for_its_primary_sector_of_that_time() -> None:
    coin = AssetFactory()
    ended, begun, second = sector("DeFi"), sector("Gaming"), sector("AI")
    SectorMapping.objects.create(asset=coin, sector=ended, is_primary_sector=True, valid_to=NOW)
    SectorMapping.objects.create(asset=coin, sector=begun, is_primary_sector=True, valid_from=NOW)
    SectorMapping.objects.create(asset=coin, sector=second, is_primary_sector=False)
    rows = [news(known_at=moment, asset_ids=[coin.pk]) for moment in (NOW - DAY, NOW - timedelta(microseconds=1), NOW)]
    assert tag_news() == 3
    assert [tags(row) for row in rows] == [{"DeFi"}, {"DeFi"}, {"Gaming"}]


def test_an_asset_that_is_gone_has_no_sector() -> None:
    row = news(asset_ids=[999_999])
    tag_news()
    assert tags(row) == set()
    assert row.sector_ids == []


def test_what_has_its_sectors_keeps_them_but_for_files() -> None:
    """What a feed sent stays as it was known; a file may have come before the memberships."""
    coin = AssetFactory()
    fetched, recorded = news(asset_ids=[coin.pk]), news(asset_ids=[coin.pk], origin="file")
    assert tag_news() == 2
    SectorMapping.objects.create(asset=coin, sector=sector("DeFi"), is_primary_sector=True)
    assert tag_news() == 0
    assert tag_news(recorded=True) == 1
    assert (tags(fetched), tags(recorded)) == (set(), {"DeFi"})
    assert tag_news(recorded=True) == 0


def test_statements_do_not_grow_with_rows() -> None:
    counts = []
    for number in (1, 50):
        for _ in range(number):
            news("DeFi and NFTs")
        with CaptureQueriesContext(connection) as asked:
            assert tag_news() == number
        counts.append(len(asked))
    assert counts == [2, 2]
