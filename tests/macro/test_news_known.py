"""What was known of the news at a moment."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from assets.choices import Market
from assets.services import register_asset
from macro.compute.news_items import NewsItem, SentItem, check_items
from macro.models import NewsEvent
from macro.selectors.news import NewsMood, news_mood
from macro.services.news import store_fetched_news, store_recorded_news
from tests.factories import NewsEventFactory

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


def fetched(title: str, known: datetime, age: timedelta = timedelta()) -> None:
    store_fetched_news(items(SentItem(1, "desk", title, known - age), now=known), now=known)


class TestMoodAtAMoment:
    def test_nothing_known_is_no_mood(self) -> None:
        assert news_mood(NOW) is None

    def test_by_hand(self) -> None:
        btc = register_asset("BTC", data_source="binance")
        NewsEventFactory(
            published_at=NOW - HOUR,
            sentiment_score="0.5",
            importance="low",
            asset_ids=[btc.pk],
            raw_data=known(NOW - HOUR / 2),
        )
        NewsEventFactory(
            published_at=NOW - 3 * HOUR, sentiment_score="-0.3", importance="high", raw_data=known(NOW - 2 * HOUR)
        )
        found = news_mood(NOW)
        assert found is not None
        assert (found.count, found.newest) == (2, NOW - HOUR / 2)
        assert found.mean == pytest.approx((0.5 - 0.9) / 4, abs=1e-12)
        assert found.dispersion == pytest.approx((1 / 4 * 0.6**2 + 3 / 4 * 0.2**2) ** 0.5, abs=1e-12)
        assert {key: (mood.count, mood.mean) for key, mood in found.by_asset.items()} == {btc.pk: (1, 0.5)}
        assert {hour: mood.mean for hour, mood in found.by_hour.items()} == {NOW - 3 * HOUR: -0.3, NOW - HOUR: 0.5}
        assert news_mood(NOW, hours=1) is not None
        assert news_mood(NOW, hours=1).count == 1  # type: ignore[union-attr]

    def test_what_is_fetched_late_is_known_from_then_on(self) -> None:
        fetched("Bitcoin soars", NOW, age=5 * HOUR)
        assert news_mood(NOW - HOUR) is None
        assert news_mood(NOW - timedelta(microseconds=1)) is None
        assert news_mood(NOW) is not None
        assert news_mood(NOW + 24 * HOUR - timedelta(microseconds=1)) is not None
        assert news_mood(NOW + 24 * HOUR) is None

    def test_what_was_old_when_it_was_fetched_moves_no_mood(self) -> None:
        fetched("Bitcoin soars", NOW, age=24 * HOUR)
        fetched("Ether soars", NOW, age=24 * HOUR + timedelta(seconds=1))
        found = news_mood(NOW)
        assert found is not None
        assert found.count == 1

    def test_times_of_files_may_be_of_any_zone(self) -> None:
        store_recorded_news(items(item("Bitcoin soars", age=HOUR)))
        assert news_mood(NOW + 11 * HOUR - timedelta(microseconds=1)) is None
        assert news_mood(NOW + 11 * HOUR) is not None

    def test_what_people_write_in_is_known_since_they_did(self) -> None:
        row = NewsEventFactory(published_at=timezone.now() - HOUR, sentiment_score="0.5", raw_data={})
        assert news_mood(row.created_at - timedelta(microseconds=1)) is None
        assert news_mood(row.created_at) is not None

    def test_texts_without_a_sentiment_do_not_count(self) -> None:
        store_fetched_news(items(item("Bitcoin steigt")), language="de", now=NOW)
        assert news_mood(NOW) is None

    def test_the_demo_market_has_no_news(self) -> None:
        fetched("Bitcoin soars", NOW)
        assert news_mood(NOW, market=Market.DEMO) is None

    def test_a_replay_reads_what_the_live_runs_read(self) -> None:
        """Hour by hour items come, some late, some again, some retitled; later all hours are read once more."""
        chance = np.random.default_rng(7)
        live: dict[datetime, NewsMood | None] = {}
        for hour in range(30):
            as_of = NOW + hour * HOUR
            sent = [
                SentItem(
                    place,
                    "desk",
                    f"{chance.choice(['Bitcoin soars', 'Bitcoin crashes'])} {number}",
                    as_of - timedelta(minutes=int(chance.integers(1, 900))),
                    f"https://desk.example/{number}",
                )
                for place, number in enumerate(chance.integers(0, 40, size=3).tolist())
            ]
            store_fetched_news(items(*sent, now=as_of), now=as_of + timedelta(minutes=5))
            live[as_of] = news_mood(as_of)
            if hour == 10:
                register_asset("BTC", data_source="binance")
        assert {as_of: news_mood(as_of) for as_of in live} == live
        assert sum(mood is not None and bool(mood.by_asset) for mood in live.values()) > 10

    @pytest.mark.parametrize("cuts", [10, pytest.param(200, marks=pytest.mark.full)])
    def test_what_comes_later_changes_nothing(self, cuts: int) -> None:
        """At random moments: equal with everything later deleted, and with noise in its place."""
        chance = np.random.default_rng(4)
        register_asset("BTC", data_source="binance")
        words = ("Bitcoin soars", "Bitcoin crashes", "Exchange hacked", "Fund approved", "A quiet day")
        for number in range(60):
            known_at = moment(chance)
            age = timedelta(minutes=int(chance.choice([1, 30, 600, 2000])))
            sent = SentItem(1, "desk", f"{chance.choice(words)} {number}", known_at - age)
            store_fetched_news(items(sent, now=known_at), now=known_at)
        seen = 0
        for _ in range(cuts):
            as_of, hours = moment(chance), int(chance.choice([1, 4, 24]))
            before = news_mood(as_of, hours)
            seen += before is not None
            for change in (delete_after, noise_after):
                point = transaction.savepoint()
                change(as_of)
                assert news_mood(as_of, hours) == before
                transaction.savepoint_rollback(point)
        assert seen > cuts / 2


def moment(chance: np.random.Generator) -> datetime:
    """Somewhere in three days and a half."""
    return NOW + timedelta(minutes=chance.uniform(0, 5000))


def known(moment: datetime) -> dict[str, str]:
    return {"known_at": moment.isoformat()}


def later(as_of: datetime) -> QuerySet[NewsEvent]:
    return NewsEvent.objects.annotate(known=KT("raw_data__known_at")).filter(known__gt=as_of.isoformat())


def delete_after(as_of: datetime) -> None:
    later(as_of).delete()


def noise_after(as_of: datetime) -> None:
    """What became known later says something else; and more becomes known."""
    later(as_of).update(sentiment_score="-1", importance="critical", asset_ids=[1, 2, 3])
    for place in range(5):
        known_at = as_of + timedelta(minutes=place) + timedelta(microseconds=1)
        raw = {"known_at": known_at.isoformat(), "story": f"noise {place}"}
        NewsEventFactory(published_at=as_of - HOUR, sentiment_score="-0.9", asset_ids=[1], raw_data=raw)
