"""The review queue in the admin."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import ensure_system_user
from selection.models import AISuggestion, SuggestionReview, Watchlist, WatchlistAsset
from system.models import AuditLog
from tests.doors import client_of
from tests.factories import AdminFactory, DefaultListFactory, EntryFactory, SuggestionFactory

pytestmark = pytest.mark.django_db

QUEUE = "/admin/selection/aisuggestion/"
PERCENTILES = {"momentum_7d": 0.5, "liquidity": 0.9234, "calm": 0.03, "trend": 0.99}
REASONING = {"percentiles": PERCENTILES, "place": 34 / 35, "among": 36}


@pytest.fixture
def admin() -> User:
    ensure_system_user()
    return AdminFactory()


@pytest.fixture
def client(admin: User) -> Client:
    return client_of(admin)


@pytest.fixture
def tier2() -> Watchlist:
    return DefaultListFactory()


def act(client: Client, action: str, *suggestions: AISuggestion, **given: Any) -> Any:
    chosen = [suggestion.pk for suggestion in suggestions]
    return client.post(QUEUE, {"action": action, "_selected_action": chosen} | given, follow=True)


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)] or [
        str(message) for message in response.context["messages"]
    ]


def test_the_queue_shows_what_waits_the_most_urgent_first(client: Client, tier2: Watchlist) -> None:
    now = timezone.now()
    normal = SuggestionFactory(watchlist=tier2, reasoning=REASONING)
    urgent = SuggestionFactory(watchlist=tier2, priority="urgent")
    SuggestionFactory(watchlist=tier2, expires_at=now - timedelta(minutes=1))
    done = SuggestionFactory(watchlist=tier2, status="rejected", reviewed_at=now)
    SuggestionFactory(watchlist=tier2, series="replay-1")
    page = client.get(QUEUE)
    assert [row.pk for row in page.context["cl"].result_list] == [urgent.pk, normal.pk]
    content = page.content.decode()
    assert "rank 2 of 36: trend 99\xa0%, liquidity 92\xa0%, return of 7 days 50\xa0%" in content
    assert "6\xa0days" in content
    assert [row.pk for row in client.get(QUEUE, {"state": "rejected"}).context["cl"].result_list] == [done.pk]
    assert client.get(QUEUE, {"state": "all"}).context["cl"].result_count == 4


def test_what_is_to_leave_is_explained_by_its_weakest_factors(client: Client, tier2: Watchlist) -> None:
    SuggestionFactory(watchlist=tier2, suggestion_type="remove", reasoning=REASONING | {"place": 0})
    SuggestionFactory(watchlist=tier2, reasoning={})
    content = client.get(QUEUE).content.decode()
    assert "rank 36 of 36: calmness 3\xa0%, return of 7 days 50\xa0%, liquidity 92\xa0%" in content


def test_a_factor_of_former_rankings_is_told_by_its_key(client: Client, tier2: Watchlist) -> None:
    SuggestionFactory(watchlist=tier2, reasoning=REASONING | {"percentiles": PERCENTILES | {"value_of_old": 1.0}})
    assert "rank 2 of 36: value_of_old 100\xa0%" in client.get(QUEUE).content.decode()


def test_approving_changes_the_list_and_says_so(client: Client, admin: User, tier2: Watchlist) -> None:
    first, second = SuggestionFactory(watchlist=tier2), SuggestionFactory(watchlist=tier2)
    response = act(client, "approve", first, second)
    assert said(response) == [f"{one}: approved and carried out." for one in (first, second)]
    assert {entry.asset_id for entry in WatchlistAsset.objects.all()} == {first.asset_id, second.asset_id}
    first.refresh_from_db()
    assert (first.status, first.reviewed_by) == ("implemented", admin)
    assert AuditLog.objects.filter(table_name="ai_suggestions", changed_by=admin).count() == 2


def test_one_that_cannot_be_done_does_not_hold_up_the_others(client: Client, tier2: Watchlist) -> None:
    Watchlist.objects.update(max_assets=2)
    there = EntryFactory(watchlist=tier2)
    known = SuggestionFactory(watchlist=tier2, asset=there.asset)
    fits, full = SuggestionFactory(watchlist=tier2), SuggestionFactory(watchlist=tier2)
    response = act(client, "approve", known, fits, full)
    assert said(response) == [
        f"{known}: {known.asset} is on this list already.",
        f"{fits}: approved and carried out.",
        f"{full}: {tier2.name} is full (2 assets).",
    ]
    assert SuggestionReview.objects.count() == 1


def test_rejecting_asks_for_a_reason(client: Client, tier2: Watchlist) -> None:
    suggestion = SuggestionFactory(watchlist=tier2)
    page = act(client, "reject", suggestion)
    assert b'name="notes"' in page.content
    assert not SuggestionReview.objects.exists()
    again = act(client, "reject", suggestion, confirmed="yes", notes=" ")
    assert b"This field is required" in again.content
    done = act(client, "reject", suggestion, confirmed="yes", notes="Too thin.")
    assert said(done) == [f"{suggestion}: rejected."]
    assert SuggestionReview.objects.get().review_notes == "Too thin."


def test_deferring_asks_for_a_date(client: Client, tier2: Watchlist) -> None:
    suggestion = SuggestionFactory(watchlist=tier2, expires_at=datetime(2099, 2, 1, tzinfo=UTC))
    assert b'type="datetime-local"' in act(client, "defer", suggestion).content
    past = act(client, "defer", suggestion, confirmed="yes", defer_until="2020-01-01T10:00")
    assert said(past) == [f"{suggestion}: A deferral needs a date that lies ahead."]
    late = act(client, "defer", suggestion, confirmed="yes", defer_until="2099-02-01T00:00")
    assert said(late) == [f"{suggestion}: It lapses before that, on 2099-02-01 00:00 UTC."]
    done = act(client, "defer", suggestion, confirmed="yes", defer_until="2099-01-01T10:00")
    assert said(done) == [f"{suggestion}: deferred."]
    suggestion.refresh_from_db()
    assert (suggestion.status, f"{suggestion.deferred_until:%Y-%m-%d %H:%M %Z}") == ("deferred", "2099-01-01 10:00 UTC")


def test_a_deferred_one_comes_back_at_its_date(client: Client, tier2: Watchlist) -> None:
    now = timezone.now()
    decided = {"watchlist": tier2, "status": "deferred", "reviewed_at": now - timedelta(days=2)}
    later = SuggestionFactory(**decided, deferred_until=now + timedelta(days=1))
    due = SuggestionFactory(**decided, deferred_until=now - timedelta(minutes=1))
    assert [row.pk for row in client.get(QUEUE).context["cl"].result_list] == [due.pk]
    listed = client.get("/api/v1/suggestions/queue").json()["results"]
    assert [row["id"] for row in listed] == [due.pk]
    shown = client.get(QUEUE, {"state": "deferred"}).context["cl"].result_list
    assert {row.pk for row in shown} == {later.pk, due.pk}


def test_what_has_left_the_queue_meanwhile_gets_its_message(client: Client, tier2: Watchlist) -> None:
    suggestion = SuggestionFactory(watchlist=tier2)
    act(client, "reject", suggestion, confirmed="yes", notes="no")
    other = client_of(AdminFactory())
    assert "This suggestion is rejected already; decided by" in said(act(other, "approve", suggestion))[0]
    assert not WatchlistAsset.objects.exists()


def test_a_personal_list_is_for_its_owner(client: Client) -> None:
    suggestion = SuggestionFactory()
    assert "You do not decide" in said(act(client, "approve", suggestion))[0]


@pytest.mark.parametrize("word", ["approve", "reject", "defer"])
@pytest.mark.parametrize("number", ["abc", "0", "999999", "9" * 30, "%00", "٣"])
def test_a_suggestion_that_there_is_not(client: Client, tier2: Watchlist, word: str, number: str) -> None:
    assert client.get(f"{QUEUE}{number}/{word}/").status_code == 404
    assert client.post(f"{QUEUE}{number}/{word}/", {"notes": "no"}).status_code == 404


def test_what_is_ticked_is_a_row(client: Client, tier2: Watchlist) -> None:
    suggestion = SuggestionFactory(watchlist=tier2)
    for odd in ("abc", "9" * 30, "\x00"):
        form = {"action": "approve", "_selected_action": [suggestion.pk, odd]}
        assert client.post(QUEUE, form).status_code == 404
    suggestion.refresh_from_db()
    assert suggestion.status == "pending"


@pytest.mark.parametrize(
    ("word", "given", "status"),
    [
        ("approve", {}, "implemented"),
        ("reject", {"notes": "no"}, "rejected"),
        ("defer", {"defer_until": "2099-01-01T10:00"}, "deferred"),
    ],
)
def test_decisions_on_the_page_of_one(
    client: Client, tier2: Watchlist, word: str, given: dict[str, str], status: str
) -> None:
    suggestion = SuggestionFactory(watchlist=tier2, expires_at=datetime(2099, 2, 1, tzinfo=UTC))
    page = client.get(reverse("admin:selection_aisuggestion_change", args=[suggestion.pk]))
    address = reverse(f"admin:selection_aisuggestion_{word}_this", args=[suggestion.pk])
    assert address in page.content.decode()
    assert client.get(address).status_code == 200
    suggestion.refresh_from_db()
    assert suggestion.status == "pending"
    assert client.post(address, given).status_code == 302
    suggestion.refresh_from_db()
    assert suggestion.status == status
    assert client_of().post(address, given, follow=True).redirect_chain[-1][0].startswith("/login")


def test_what_was_approved_is_carried_out_from_its_page(client: Client, tier2: Watchlist) -> None:
    """The link asks; only the answer changes the list."""
    now = timezone.now()
    one = SuggestionFactory(watchlist=tier2, target_tier="tier2", status="approved", reviewed_at=now)
    address = reverse("admin:selection_aisuggestion_implement_this", args=[one.pk])
    assert client.get(address).status_code == 200
    assert not WatchlistAsset.objects.exists()
    assert client.post(address).status_code == 302
    one.refresh_from_db()
    assert (one.status, WatchlistAsset.objects.get().asset) == ("implemented", one.asset)


def test_what_came_of_it_is_shown(client: Client, tier2: Watchlist) -> None:
    SuggestionFactory(
        watchlist=tier2, status="rejected", reviewed_at=timezone.now(), actual_return=12.5, success_score=0.75
    )
    assert "12.5\xa0%, 0.75" in client.get(QUEUE, {"state": "all"}).content.decode().replace("&nbsp;", "\xa0")
