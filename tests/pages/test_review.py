"""The review of suggestions: what is shown, what a decision does, and what somebody else was quicker with."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services import ensure_system_user
from selection.models import AISuggestion, SuggestionReview, Watchlist
from selection.services import ensure_default_watchlists, review_suggestion
from tests.doors import client_of
from tests.factories import AdminFactory, AssetFactory, EntryFactory, SuggestionFactory, UserFactory, add_candles
from tests.pages import market as making
from tests.pages.html import Element, read
from tests.selection.lists import symbols

pytestmark = pytest.mark.django_db
REASONING = {
    "percentiles": {"trend": 0.92, "momentum_7d": 0.61},
    "values": {"trend": 1.4},
    "weights": {"trend": 0.3, "momentum_7d": 0.2},
    "place": 0.9,
    "among": 41,
}


@pytest.fixture
def admin() -> User:
    ensure_system_user()
    ensure_default_watchlists()
    user: User = AdminFactory()
    return user


def suggest(symbol: str, confidence: str = "0.71", **columns: Any) -> AISuggestion:
    asset = AssetFactory(symbol=symbol)
    add_candles(asset, list(range(100, 130)), first=making.TODAY - timedelta(days=30))
    row: AISuggestion = SuggestionFactory(
        asset=asset,
        watchlist=Watchlist.objects.get(tier="tier1"),
        confidence_score=confidence,
        reasoning=REASONING,
        **columns,
    )
    return row


def shown(user: User, **query: Any) -> Element:
    response = client_of(user).get("/review", query)
    assert response.status_code == 200
    return read(response)


def test_the_clearest_is_looked_at_first_with_all_that_a_decision_needs(admin: User) -> None:
    suggest("AAA", "0.5")
    one = suggest("BBB", "0.9")
    EntryFactory(watchlist=one.watchlist, asset=AssetFactory(symbol="OLD"), sort_order=1)
    page = shown(admin)
    assert [link.one("bdi").text for link in page.one("ol", cls="review-list").every("a")] == ["BBB", "AAA"]
    assert page.one("h2", id="chosen-title").text.startswith("add BBB")
    facts = page.every("dl", cls="review-facts")[0]
    assert "0.90" in facts.text
    assert "5 of 41" in facts.text
    lines = [item.text for item in page.one("ol", cls="review-lines").every("li")]
    assert lines == ["1 OLD", "2 BBB + joins"]
    factors = page.one("details", id="evidence").every("tbody")[0].every("tr")
    told = [row.text.replace("\u202f", "").replace(" %", "%") for row in factors]
    assert told == ["trend 92% 1.400 30%", "return of 7 days 61% – 20%"]
    assert page.every("figure", id="graph-price")
    assert not page.every("p", cls="form-error")


def test_decisions_change_the_list_and_go_on_to_the_next(admin: User) -> None:
    first, second, third = (suggest(name, value) for name, value in (("AAA", "0.9"), ("BBB", "0.8"), ("CCC", "0.7")))
    client = client_of(admin)
    answer = client.post(f"/review/{first.pk}", {"decision": "approve"})
    assert answer["Location"] == f"/review?at={second.pk}"
    assert symbols(first.watchlist) == ["AAA"]
    answer = client.post(f"/review/{second.pk}", {"decision": "reject", "notes": "too thin", "sort": "clearness"})
    assert answer["Location"] == f"/review?sort=clearness&at={third.pk}"
    later = timezone.now() + timedelta(days=2)
    answer = client.post(f"/review/{third.pk}", {"decision": "defer", "defer_until": f"{later:%Y-%m-%dT%H:%M}"})
    assert answer["Location"] == "/review"
    said = SuggestionReview.objects.order_by("pk").values_list("decision", "review_notes", "reviewer")
    assert list(said) == [("approve", None, admin.pk), ("reject", "too thin", admin.pk), ("defer", None, admin.pk)]
    assert "Nothing waits for a decision" in read(client.get("/review")).text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"decision": "reject", "notes": " "}, "A rejection needs a reason."),
        ({"decision": "defer"}, "A deferral needs a date that lies ahead."),
        ({"decision": "defer", "defer_until": "2020-01-01T00:00"}, "A deferral needs a date that lies ahead."),
        ({"decision": "maybe"}, "Select a valid choice. maybe is not one of the available choices."),
    ],
)
def test_what_a_decision_lacks_is_said_and_nothing_is_decided(
    admin: User, given: dict[str, str], sentence: str
) -> None:
    one = suggest("AAA")
    client = client_of(admin)
    assert client.post(f"/review/{one.pk}", given)["Location"] == f"/review?at={one.pk}"
    assert sentence in read(client.get("/review")).text
    assert not SuggestionReview.objects.exists()


def test_who_is_slower_is_told_who_was_quicker(admin: User) -> None:
    one, other = suggest("AAA"), suggest("BBB", "0.5")
    quick = AdminFactory(first_name="Ada", last_name="Lovelace")
    review_suggestion(one.pk, reviewer=quick, decision="reject", notes="no")
    client = client_of(admin)
    assert client.post(f"/review/{one.pk}", {"decision": "approve"})["Location"] == f"/review?at={one.pk}"
    page = read(client.get(f"/review?at={one.pk}"))
    assert "This suggestion is rejected already; decided by Ada Lovelace." in page.text
    banner = page.one("article", cls="review-chosen").one("p", cls="form-error")
    assert "Already decided: reject" in banner.text
    assert banner.one("a").attributes["href"] == f"/review?at={other.pk}"
    assert not page.every("form", data_key_form="a")


def test_an_approval_is_taken_back_as_a_new_change(admin: User) -> None:
    one = suggest("AAA")
    client = client_of(admin)
    client.post(f"/review/{one.pk}", {"decision": "approve"})
    assert symbols(one.watchlist) == ["AAA"]
    page = read(client.get("/review"))
    assert "Last approval:" in page.one("form", data_key_form="u").text
    client.post("/review/back")
    assert symbols(one.watchlist) == []
    page = read(client.get("/review"))
    assert "taken back. The decision stays in the record." in page.text
    assert not page.every("form", data_key_form="u")
    client.post("/review/back")
    assert "There is nothing to take back." in read(client.get("/review")).text


def test_many_are_decided_each_by_itself(admin: User) -> None:
    rows = [suggest(name) for name in ("AAA", "BBB", "CCC")]
    review_suggestion(rows[1].pk, reviewer=AdminFactory(), decision="reject", notes="no")
    client = client_of(admin)
    client.post("/review/decide", {"decision": "approve", "ticked": [row.pk for row in rows]})
    assert symbols(rows[0].watchlist) == ["AAA", "CCC"]
    text = read(client.get("/review")).text
    assert "Decided: 2 of 3." in text
    assert "This suggestion is rejected already" in text
    client.post("/review/decide", {"decision": "approve"})
    assert "Tick the suggestions first." in read(client.get("/review")).text


def test_it_goes_on_where_somebody_left(admin: User) -> None:
    suggest("AAA", "0.9")
    left = suggest("BBB", "0.5")
    client = client_of(admin)
    client.get(f"/review?at={left.pk}")
    assert "BBB" in read(client.get("/review")).one("h2", id="chosen-title").text
    assert "AAA" in read(client.get("/review?at=99999999")).one("h2", id="chosen-title").text, "there is no such one"


def test_the_queue_is_filtered_and_ordered(admin: User) -> None:
    listed = suggest("AAA", "0.6")
    suggest("BBB", "0.5", suggestion_type="remove", expires_at=timezone.now() + timedelta(hours=2))

    def names(**query: str) -> list[str]:
        return [link.one("bdi").text for link in shown(admin, **query).one("ol", cls="review-list").every("a")]

    assert names() == ["AAA", "BBB"]
    assert names(kind="remove") == ["BBB"]
    assert names(sort="expiry") == ["BBB", "AAA"]
    assert names(kind="nonsense", sort="nonsense") == ["AAA", "BBB"]
    assert shown(admin, at=listed.pk, kind="remove").one("h2", id="chosen-title").text.startswith("add AAA")


def test_only_admins_find_it(admin: User) -> None:
    one = suggest("AAA")
    reader = client_of(UserFactory())
    assert reader.get("/review").status_code == 404
    assert reader.post(f"/review/{one.pk}", {"decision": "approve"}).status_code == 404
    assert client_of().get("/review")["Location"] == "/login?next=/review"
    assert AISuggestion.objects.get().status == "pending"
    personal = SuggestionFactory()
    assert client_of(admin).post(f"/review/{personal.pk}", {"decision": "approve"}).status_code == 404
    assert client_of(admin).get(f"/review/{one.pk}").status_code == 405


def test_a_long_queue_costs_no_more_queries(admin: User) -> None:
    client = client_of(admin)
    counts = []
    for names in (["AAA"], [f"Q{number}" for number in range(5)]):
        for name in names:
            suggest(name)
        client.get("/review")
        with CaptureQueriesContext(connection) as counted:
            assert client.get("/review").status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1]
    assert counts[0] <= 45
