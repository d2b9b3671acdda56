"""Headlines among the files of an import: after coins and sectors, whatever the order of the files."""

from pathlib import Path

import pytest

from assets.models import Asset
from macro.models import NewsEvent
from sectors.models import Sector
from sectors.services import ensure_sectors
from tests.cryptopredict.test_import_market import HEADER, SOUND, run, write

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
COLUMNS = "published_at,source,title,url"
LINES = [
    "2024-01-02T10:00:00Z,Desk,Chainlink (LINK) soars,https://desk.example/1",
    "2024-01-02T11:00:00Z,Other,“Chainlink” (LINK) soars!,https://other.example/1",
    "2024-01-03T10:00:00Z,Desk,NFTs near a new low,https://desk.example/2",
]
CATEGORIES = ["coin_name,category,rank_in_category", "Chainlink,defi,1"]


def test_news_name_the_coins_and_sectors_of_the_same_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure_sectors()
    write(tmp_path / "news/headlines-2024-01.csv.gz", [COLUMNS, *LINES])
    write(tmp_path / "spot/LINKUSDT-1d.csv", [HEADER, *SOUND])
    write(tmp_path / "sectors/coin-categories-2024-05.csv", CATEGORIES)
    assert run(tmp_path) == 0
    printed = capsys.readouterr()
    assert "news: 2 new, 0 changed, 0 as before" in printed.out
    assert "skipped: headlines-2024-01.csv.gz line 3: desk told it at 2024-01-02 10:00 UTC" in printed.err
    named = {row.title: (row.asset_ids, row.sector_ids) for row in NewsEvent.objects.all()}
    link, places = Asset.objects.get(symbol="LINK"), dict(Sector.objects.values_list("name", "pk"))
    assert named == {
        "Chainlink (LINK) soars": ([link.pk], [places["DeFi"]]),
        "NFTs near a new low": ([], [places["NFT"]]),
    }
    before = list(NewsEvent.objects.order_by("pk").values())
    assert run(tmp_path) == 0
    assert "news: 0 new, 0 changed, 2 as before" in capsys.readouterr().out
    assert list(NewsEvent.objects.order_by("pk").values()) == before


def test_coins_and_sectors_that_come_later_are_named_when_the_news_come_again(tmp_path: Path) -> None:
    ensure_sectors()
    file = write(tmp_path / "news/headlines-2024-01.csv", [COLUMNS, LINES[0]])
    assert run(file) == 0
    assert NewsEvent.objects.get().asset_ids == []
    spot = write(tmp_path / "spot/LINKUSDT-1d.csv", [HEADER, *SOUND])
    assert run(spot, file) == 0
    assert NewsEvent.objects.get().asset_ids == [Asset.objects.get(symbol="LINK").pk]
    assert NewsEvent.objects.get().sector_ids == []
    assert run(write(tmp_path / "sectors/coin-categories-2024-05.csv", CATEGORIES)) == 0
    assert NewsEvent.objects.get().sector_ids == [Sector.objects.get(name="DeFi").pk]


def test_a_file_without_a_title_in_it_is_refused_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "headlines-x.csv", [COLUMNS, "2024-01-02T10:00:00Z,Desk,,https://desk.example/1"])
    assert run(file) == 2
    assert "headlines-x.csv line 2: it has no title" in capsys.readouterr().err
