"""News by the API: read by everybody; entered, corrected and withdrawn by admins, without changing the past."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assets.choices import Market
from assets.models import Asset
from assets.services import register_asset
from macro.compute.news_items import SentItem, check_items
from macro.models import NewsEvent
from macro.selectors.news import news_mood
from macro.services.news import store_fetched_news
from sectors.selectors.news import sector_attention
from system.models import AuditLog
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import AdminFactory, NewsEventFactory, SectorFactory, SectorMappingFactory, UserFactory

pytestmark = pytest.mark.django_db
GIVEN = {"source": "desk", "title": "Bitcoin soars to a record"}
HOUR = timedelta(hours=1)


def send(client: Client, method: str, path: str = "macro/news", data: Any = None, **headers: str) -> Any:
    return getattr(client, method)(
        API + path, data, content_type="application/json", headers={"If-Match": "*"} | headers
    )


def about() -> dict[str, Any]:
    """What is kept of the only item for the product's own use."""
    return NewsEvent.objects.get().raw_data or {}


def kind(response: Any, status: int) -> str:
    return str(refused(response, status)["type"]).rpartition(":")[2]


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory())


@pytest.fixture
def bitcoin() -> Asset:
    return register_asset("BTC", name="Bitcoin", data_source="binance")


def fetched(title: str, **more: Any) -> NewsEvent:
    """A headline that a feed has sent."""
    item = SentItem(1, "feed", title, timezone.now() - HOUR, **more)
    store_fetched_news(check_items([item], timezone.now()).sound)
    return NewsEvent.objects.get(title=title)


class TestReading:
    def test_the_news_of_the_last_days_newest_first(self) -> None:
        now = timezone.now()
        old = NewsEventFactory(published_at=now - timedelta(days=8))
        sector = SectorFactory()
        first = NewsEventFactory(published_at=now - HOUR, sector_ids=[sector.pk], importance="high", title="Coins rise")
        second = NewsEventFactory(published_at=now - 2 * HOUR, asset_ids=[5])
        gone = NewsEventFactory(published_at=now - 3 * HOUR, withdrawn_at=now)

        def ids(**query: Any) -> list[int]:
            return [row["id"] for row in answer("macro/news", **query)["results"]]

        assert ids() == [first.pk, second.pk]
        assert ids(days=30) == [first.pk, second.pk, old.pk]
        assert ids(asset=5) == [second.pk]
        assert ids(sector=sector.pk) == ids(importance="high") == ids(search="rise coins") == [first.pk]
        one = answer(f"macro/news/{old.pk}")
        assert (one["title"], one["asset_ids"]) == (old.title, [])
        assert not {"raw_data", "withdrawn_at"} & one.keys()
        refused(client_of().get(f"{API}macro/news/{gone.pk}"), 404)
        for query in ({"importance": "huge"}, {"asset": "x"}, {"days": 0}):
            refused(client_of().get(f"{API}macro/news", query), 400)

    def test_who_knows_an_item_is_not_sent_it_again(self) -> None:
        path = f"{API}macro/news/{NewsEventFactory().pk}"
        etag = client_of().get(path)["ETag"]
        assert client_of().get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(("method", "path"), [("post", ""), ("patch", "/{pk}"), ("delete", "/{pk}")])
def test_only_admins_write(method: str, path: str) -> None:
    item = NewsEventFactory()
    where, given = f"macro/news{path.format(pk=item.pk)}", GIVEN if method == "post" else {"importance": "high"}
    refused(send(client_of(), method, where, given), 401)
    for client in (client_of(UserFactory()), client_with_token(AdminFactory(), "read", "write")):
        refused(send(client, method, where, given), 403)
    if path:
        refused(send(client_of(AdminFactory()), method, "macro/news/987654321", given), 404)
    assert not AuditLog.objects.filter(table_name="news_events").exists()


class TestEntering:
    def test_what_is_left_out_is_made_of_the_headline(self, admin: Client, bitcoin: Asset) -> None:
        sector = SectorMappingFactory(asset=bitcoin, is_primary_sector=True).sector
        made = send(admin, "post", data=GIVEN)
        assert made.status_code == 201, made.content
        body = made.json()
        assert (body["asset_ids"], body["sector_ids"]) == ([bitcoin.pk], [sector.pk])
        assert (body["sentiment_label"], body["language"]) == ("bullish", "en")
        assert 0 < body["sentiment_score"] <= 1
        assert (body["summary"], body["url"], body["external_id"]) == (None, None, None)
        row = NewsEvent.objects.get()
        assert set(about()["missing"]) == {"summary", "url", "external_id"}
        assert made["ETag"] == admin.get(f"{API}macro/news/{row.pk}")["ETag"].partition(".")[0] + '"'
        assert (AuditLog.objects.get(table_name="news_events").new_values or {})["title"] == GIVEN["title"]

    def test_what_a_person_says_stands(self, admin: Client, bitcoin: Asset) -> None:
        sector = SectorFactory()
        said = {
            "sentiment_score": -0.5, "importance": "critical", "asset_ids": [bitcoin.pk], "sector_ids": [sector.pk],
            "category": "security", "url": "HTTPS://News.example/a?utm_source=x", "summary": "All of it.",
            "published_at": "2024-06-01T00:00:00Z", "external_id": "7", "language": "fa",
        }  # fmt: skip
        body = send(admin, "post", data=GIVEN | said).json()
        assert (body["sentiment_score"], body["sentiment_label"]) == (-0.5, "bearish")
        assert {name: body[name] for name in said if name not in {"sentiment_score", "url"}} == {
            name: value for name, value in said.items() if name not in {"sentiment_score", "url"}
        }
        assert body["url"] == "https://news.example/a"
        assert about()["scored_with"] == "a person"

    def test_another_language_has_no_mood_unless_somebody_says_it(self, admin: Client) -> None:
        body = send(admin, "post", data={"source": "desk", "title": "Bitcoin steigt", "language": "de"}).json()
        assert (body["sentiment_score"], body["sentiment_label"]) == (None, None)
        assert set(about()["missing"]) >= {"sentiment_score", "sentiment_label"}

    def test_a_label_alone_has_no_score(self, admin: Client) -> None:
        body = send(admin, "post", data=GIVEN | {"sentiment_label": "bearish"}).json()
        assert (body["sentiment_score"], body["sentiment_label"]) == (None, "bearish")
        assert about()["missing"]["sentiment_score"] == "a person has given none"

    def test_a_story_is_told_once(self, admin: Client) -> None:
        fetched("Exchange halts withdrawals", url="https://news.example/b", external_id="b")
        for given in (
            {"title": "Exchange halts withdrawals"},
            {"title": "Other words", "url": "http://www.news.example/b/"},
            {"title": "Other words", "source": "feed", "external_id": "b"},
        ):
            assert kind(send(admin, "post", data=GIVEN | given), 409) == "news-known"
        assert NewsEvent.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", "–––"),
            ("title", "x" * 501),
            ("source", ""),
            ("url", "javascript:alert(1)"),
            ("url", "https://localhost/x"),
            ("published_at", "2999-01-01T00:00:00Z"),
            ("published_at", "1999-01-01T00:00:00Z"),
            ("published_at", "yesterday"),
            ("importance", "huge"),
            ("sentiment_score", 1.1),
            ("sentiment_score", "NaN"),
            ("sentiment_label", "happy"),
            ("asset_ids", [987654321]),
            ("asset_ids", "1"),
            ("sector_ids", [987654321]),
            ("language", "English"),
            ("raw_data", {}),
            ("withdrawn_at", None),
        ],
    )
    def test_a_bad_value_is_named(self, admin: Client, field: str, value: Any) -> None:
        problem = refused(send(admin, "post", data=GIVEN | {field: value}), 400)
        assert [error["field"] for error in problem["errors"]] == [field]
        assert not NewsEvent.objects.exists()

    def test_a_label_fits_its_score(self, admin: Client) -> None:
        problem = refused(send(admin, "post", data=GIVEN | {"sentiment_score": 0.9, "sentiment_label": "bearish"}), 400)
        assert [error["field"] for error in problem["errors"]] == ["sentiment_label"]

    def test_an_item_that_is_sent_twice_is_entered_once(self, admin: Client) -> None:
        first, second = (send(admin, "post", data=GIVEN, **{"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status_code, first.content) == (201, second.content)
        assert NewsEvent.objects.count() == 1


class TestCorrecting:
    def test_a_correction_holds_from_now_on(self, admin: Client, bitcoin: Asset) -> None:
        item, before = fetched("Bitcoin soars to a record"), timezone.now()
        then = news_mood(before)
        path, sector = f"macro/news/{item.pk}", SectorFactory()
        assert refused(admin.patch(API + path, {"importance": "low"}, "application/json"), 428)
        read = admin.get(API + path)
        said = {"sentiment_score": -1, "asset_ids": [], "sector_ids": [sector.pk], "importance": "low"}
        changed = send(admin, "patch", path, said, **{"If-Match": read["ETag"]})
        assert changed.status_code == 200, changed.content
        body = changed.json()
        assert (body["sentiment_score"], body["sentiment_label"], body["asset_ids"]) == (-1, "bearish", [])
        refused(send(admin, "patch", path, {"importance": "high"}, **{"If-Match": read["ETag"]}), 412)
        now = timezone.now()
        found = news_mood(now)
        assert then is not None
        assert found is not None
        assert (found.mean, set(found.by_asset)) == (-1, set())
        assert (then.mean > 0, set(then.by_asset)) == (True, {bitcoin.pk})
        assert news_mood(before) == then
        assert {one: told.headlines for one, told in (sector_attention(now, Market.REAL) or {}).items()} == {
            sector.pk: 1
        }
        assert sector_attention(before, Market.REAL) is None
        row = AuditLog.objects.get(table_name="news_events")
        assert (row.operation, (row.new_values or {})["sentiment_label"]) == ("UPDATE", "bearish")

    def test_each_of_two_corrections_is_remembered(self, admin: Client) -> None:
        item = fetched("Quiet day")
        moods = []
        for score in (-1, 1):
            send(admin, "patch", f"macro/news/{item.pk}", {"sentiment_score": score})
            moods.append((timezone.now(), score))
        assert [getattr(news_mood(moment), "mean", None) for moment, _ in moods] == [score for _, score in moods]

    def test_equal_values_change_nothing(self, admin: Client) -> None:
        item = fetched("Quiet day")
        before = NewsEvent.objects.values().get()
        answered = send(admin, "patch", f"macro/news/{item.pk}", {"importance": item.importance, "title": item.title})
        assert answered.status_code == 200
        assert NewsEvent.objects.values().get() == before
        assert not AuditLog.objects.filter(table_name="news_events").exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [("title", "Other"), ("source", "other"), ("url", "https://a.example/x"), ("summary", "No."),
         ("published_at", "2024-01-01T00:00:00Z"), ("language", "fa"), ("external_id", "9")],
    )  # fmt: skip
    def test_what_a_source_has_sent_stays(self, admin: Client, field: str, value: str) -> None:
        item = fetched("Quiet day")
        response = send(admin, "patch", f"macro/news/{item.pk}", {field: value})
        assert kind(response, 409) == "sent-by-source"
        assert response.json()["errors"][0]["field"] == field

    def test_an_item_of_the_own_hand_is_rewritten_and_looked_at_anew(self, admin: Client, bitcoin: Asset) -> None:
        pk = send(admin, "post", data={"source": "desk", "title": "Quiet day", "importance": "high"}).json()["id"]
        body = send(admin, "patch", f"macro/news/{pk}", {"title": "Bitcoin soars to a record"}).json()
        assert (body["asset_ids"], body["sentiment_label"], body["importance"]) == ([bitcoin.pk], "bullish", "high")
        response = send(admin, "patch", f"macro/news/{pk}", {"published_at": "2024-01-01T00:00:00Z"})
        assert kind(response, 409) == "time-stays"
        other = fetched("Other news", url="https://a.example/x")
        assert kind(send(admin, "patch", f"macro/news/{pk}", {"url": other.url}), 409) == "news-known"

    def test_what_a_person_said_survives_the_file_that_comes_again(self, admin: Client, bitcoin: Asset) -> None:
        from macro.services.news import store_recorded_news
        from sectors.services.news import tag_news

        items = check_items([SentItem(1, "f", "Bitcoin soars", timezone.now() - HOUR)], timezone.now()).sound
        store_recorded_news(items)
        item, sector = NewsEvent.objects.get(), SectorFactory()
        send(admin, "patch", f"macro/news/{item.pk}", {"asset_ids": [], "sector_ids": [sector.pk], "importance": "low"})
        bitcoin.name = "Other"
        store_recorded_news(items)
        tag_news(recorded=True)
        item.refresh_from_db()
        assert (item.asset_ids, item.sector_ids, item.importance) == ([], [sector.pk], "low")


class TestWithdrawing:
    def test_what_is_withdrawn_is_gone_from_now_on_and_does_not_come_back(self, admin: Client) -> None:
        item, before = fetched("Bitcoin soars to a record", url="https://a.example/x"), timezone.now()
        then = news_mood(before)
        path = f"macro/news/{item.pk}"
        refused(admin.delete(API + path), 428)
        assert send(admin, "delete", path).status_code == 204
        refused(send(admin, "delete", path), 404)
        assert news_mood(timezone.now()) is None
        assert news_mood(before) == then
        fetched("Bitcoin soars to a record", url="https://a.example/x")
        assert answer("macro/news")["results"] == []
        assert AuditLog.objects.get(table_name="news_events").operation == "DELETE"

    def test_what_was_written_by_hand_may_be_entered_again(self, admin: Client) -> None:
        given = GIVEN | {"url": "https://a.example/x", "external_id": "1"}
        first = send(admin, "post", data=given).json()["id"]
        assert send(admin, "delete", f"macro/news/{first}").status_code == 204
        assert send(admin, "post", data=given).status_code == 201
