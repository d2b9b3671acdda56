"""News from checked items to rows, and from rows to lists."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.choices import DEMO_SOURCE
from assets.providers.text_files import UnreadableFile
from assets.services import Stored, register_asset
from macro.compute.news_items import NewsItem, SentItem, check_items
from macro.models import NewsEvent
from macro.selectors.news import NewsFilter, named_assets, shown_news
from macro.selectors.news_names import tracked_coins
from macro.services.news import SAME_STORY, StoredNews, store_fetched_news, store_recorded_news
from macro.services.news_collection import record_news
from tests.factories import AssetFactory, NewsEventFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEADER = "published_at,source,title,url"


def items(*sent: SentItem, now: datetime = NOW) -> Iterable[NewsItem]:
    checked = check_items(sent, now)
    assert not checked.faults
    return checked.sound


def item(title: str, age: timedelta = HOUR, line: int = 1, **more: Any) -> SentItem:
    return SentItem(line, more.pop("source", "desk"), title, NOW - age, **more)


def rows() -> list[Any]:
    return list(NewsEvent.objects.order_by("pk").values())


class TestStoring:
    def test_a_row_tells_what_the_headline_names_and_how_it_sounds(self) -> None:
        btc = register_asset("BTC", data_source="binance")
        store_fetched_news(items(item("Bitcoin crashes as exchange halts withdrawals")), now=NOW)
        row = NewsEvent.objects.get()
        assert row.asset_ids == [btc.pk]
        assert (row.sentiment_label, row.category, row.importance) == ("bearish", "exchange", "critical")
        assert row.sentiment_score is not None
        assert row.sentiment_score < -0.5
        assert row.sector_ids is None
        assert row.raw_data == {
            "known_at": NOW.isoformat(),
            "story": "bitcoin crashes as exchange halts withdrawals",
            "origin": "feed",
            "scored_with": "vader-3.3.2+markets-1",
            "missing": dict.fromkeys(("external_id", "summary", "url"), "the source gives none"),
        }

    def test_the_same_items_again_change_nothing(self) -> None:
        sent = [item("One", url="https://x.example/1"), item("Two", external_id="2"), item("Three")]
        assert store_fetched_news(items(*sent), now=NOW) == StoredNews(Stored(new=3))
        before = rows()
        assert store_fetched_news(items(*sent), now=NOW + HOUR) == StoredNews(Stored(equal=3))
        assert rows() == before

    @pytest.mark.parametrize(
        "again",
        [
            item("Another title", url="http://www.desk.example/a/?utm_source=feed#top"),
            item("Another title", external_id="id-1"),
            item("Another title", external_id="id-1", url="https://desk.example/moved"),
        ],
    )
    def test_the_same_page_or_id_is_the_same_item_and_stays_as_it_was_known(self, again: SentItem) -> None:
        store_fetched_news(items(item("A title", url="https://desk.example/a", external_id="id-1")), now=NOW)
        before = rows()
        assert store_fetched_news(items(again), now=NOW + HOUR).stored == Stored(equal=1)
        assert rows() == before

    def test_one_story_of_two_sources_is_stored_once_the_earlier_counts(self) -> None:
        done = store_fetched_news(
            items(
                item("Bitcoin’s “$73,000” record", line=1, age=HOUR, source="late", url="https://late.example/1"),
                item("bitcoins $73|000 record", line=2, age=2 * HOUR, source="early", url="https://early.example/1"),
            ),
            now=NOW,
        )
        assert done.stored == Stored(new=1)
        assert done.repeated == ((1, "early told it at 2024-06-01 10:00 UTC"),)
        again = store_fetched_news(items(item("Bitcoin's $73,000 record", source="third")), now=NOW)
        assert (again.stored, len(again.repeated)) == (Stored(), 1)

    def test_a_headline_that_comes_back_later_is_another_story(self) -> None:
        store_recorded_news(items(item("Five things to know", age=SAME_STORY + 2 * HOUR)))
        assert store_recorded_news(items(item("Five things to know", age=HOUR))).stored == Stored(new=1)
        assert store_recorded_news(items(item("Five things to know", age=4 * HOUR, source="x"))).stored == Stored()

    def test_the_same_item_twice_in_one_batch(self) -> None:
        sent = [item("One", url="https://x.example/1"), item("Uno", line=2, url="https://x.example/1?utm_id=1")]
        done = store_fetched_news(items(*sent), now=NOW)
        assert (done.stored, done.repeated) == (Stored(new=1), ((2, "it stands here twice"),))

    def test_what_a_feed_sent_stays_as_it_was_known_though_coins_come(self) -> None:
        """A live run has seen it so; a replay must see the same."""
        store_fetched_news(items(item("Solana soars")), now=NOW)
        register_asset("SOL", data_source="binance")
        assert store_fetched_news(items(item("Solana soars")), now=NOW + HOUR).stored == Stored(equal=1)
        assert NewsEvent.objects.get().asset_ids == []

    def test_what_a_file_holds_is_judged_anew_when_coins_come(self) -> None:
        store_recorded_news(items(item("Solana soars")))
        sol = register_asset("SOL", data_source="binance")
        assert store_recorded_news(items(item("Solana soars"))).stored == Stored(changed=1)
        assert NewsEvent.objects.get().asset_ids == [sol.pk]
        assert store_recorded_news(items(item("Solana soars"))).stored == Stored(equal=1)

    def test_nothing_to_store_asks_nothing(self) -> None:
        with CaptureQueriesContext(connection) as asked:
            assert store_fetched_news([]) == StoredNews()
        assert len(asked) == 0

    def test_statements_do_not_grow_with_items(self) -> None:
        counts = []
        for number in (5, 200):
            sent = items(*(item(f"Story {number} {place}", line=place) for place in range(number)))
            with CaptureQueriesContext(connection) as asked:
                assert store_fetched_news(sent, now=NOW).stored.new == number
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_names_of_perpetuals_and_of_the_demo_market_are_not_looked_for(self) -> None:
        spot = AssetFactory(symbol="ETH", name="Ethereum", asset_type="crypto", data_source="binance")
        AssetFactory(symbol="ETH-PERP", name="Ethereum", asset_type="crypto", data_source="binance")
        AssetFactory(symbol="BTC", name="Bitcoin", asset_type="crypto", data_source=DEMO_SOURCE)
        AssetFactory(symbol="GOLD", name="Gold", asset_type="macro", data_source="file")
        assert [(coin.key, coin.symbol) for coin in tracked_coins()] == [(spot.pk, "ETH")]


class TestFiles:
    def test_a_file_and_the_same_again(self, tmp_path: Path) -> None:
        lines = [
            "2022-05-12T20:00:00Z,CoinDesk,Terra halts its chain,https://a.example/1",
            "2022-05-12T21:00:00Z,CoinDesk,,https://a.example/2",
            "yesterday,CoinDesk,Some title,https://a.example/3",
            r"2022-05-13T00:00:00Z,Crypto News!,Ground lost \x93 report\xa0,",
            "2099-01-01T00:00:00Z,CoinDesk,Too early,https://a.example/4",
            "2022-05-13T01:00:00Z,CoinDesk",
        ]
        file = tmp_path / "headlines-2022-05.csv"
        file.write_text("\n".join([HEADER, *lines, ""]))
        done, rejects = record_news(file, timezone.now())
        assert done.stored == Stored(new=2)
        assert [(reject.line, reject.file) for reject in rejects] == [
            (7, file.name), (3, file.name), (4, file.name), (6, file.name),
        ]  # fmt: skip
        assert list(NewsEvent.objects.order_by("published_at").values_list("source", "title", "url")) == [
            ("coindesk", "Terra halts its chain", "https://a.example/1"),
            ("crypto_news", "Ground lost report", None),
        ]
        before = rows()
        assert record_news(file, timezone.now())[0].stored == Stored(equal=2)
        assert rows() == before

    def test_a_file_without_titles_cannot_be_used(self, tmp_path: Path) -> None:
        file = tmp_path / "headlines-x.csv"
        file.write_text("published_at,text\n2022-05-12T20:00:00Z,x\n")
        with pytest.raises(UnreadableFile, match="title"):
            record_news(file, timezone.now())

    @pytest.mark.full
    def test_the_recorded_headlines(self, shared: Path) -> None:
        """28 lines without a title, six pieces of headlines that run over two lines; 5 stories told twice."""
        folder, now = shared / "data/news", timezone.now()
        found = [record_news(file, now) for file in sorted(folder.glob("headlines-*.csv.gz"))]
        assert sum(done.stored.new for done, _ in found) == 8117
        assert [len(rejects) for _, rejects in found] == [28, 6]
        again = [record_news(file, now)[0].stored for file in sorted(folder.glob("headlines-*.csv.gz"))]
        assert sum(stored.new + stored.changed for stored in again) == 0


class TestShown:
    @pytest.fixture(autouse=True)
    def some(self) -> None:
        for place in range(6):
            NewsEventFactory(
                title=f"Story {place} of {'ether' if place % 2 else 'Bitcoin'}",
                published_at=NOW - place * HOUR,
                asset_ids=[1] if place < 3 else [1, 2],
                sector_ids=[7] if place == 5 else None,
                importance="high" if place == 1 else "low",
                sentiment_label="bearish" if place == 4 else "bullish",
            )

    @pytest.mark.parametrize(
        ("wanted", "places"),
        [
            (NewsFilter(), [0, 1, 2, 3, 4, 5]),
            (NewsFilter(asset=2), [3, 4, 5]),
            (NewsFilter(asset=9), []),
            (NewsFilter(sector=7), [5]),
            (NewsFilter(importance="high"), [1]),
            (NewsFilter(sentiment="bearish"), [4]),
            (NewsFilter(since=NOW - 2 * HOUR, until=NOW), [1, 2]),
            (NewsFilter(search="ETHER story"), [1, 3, 5]),
            (NewsFilter(search="100%_"), []),
            (NewsFilter(asset=1, search="bitcoin", since=NOW - 3 * HOUR), [0, 2]),
        ],
    )
    def test_the_newest_first_and_only_what_is_wanted(self, wanted: NewsFilter, places: list[int]) -> None:
        assert [int(row.title.split()[1]) for row in shown_news(wanted)] == places

    def test_rows_and_their_coins_take_two_queries_however_many_they_are(self) -> None:
        assets = [AssetFactory(), AssetFactory()]
        NewsEvent.objects.update(asset_ids=[asset.pk for asset in assets])
        for limit in (1, 6):
            with CaptureQueriesContext(connection) as asked:
                page = list(shown_news()[:limit])
                named = named_assets(page)
                assert [(row.title, [named[key].symbol for key in row.asset_ids or ()]) for row in page]
            assert len(asked) == 2
