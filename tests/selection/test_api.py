"""Lists, suggestions and portfolios through the API."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.choices import UserRole
from accounts.models import User
from accounts.services import ensure_system_user
from selection.models import AISuggestion, Portfolio, PositionFlow, SuggestionReview, Watchlist, WatchlistAsset
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import (
    EPOCH,
    AdminFactory,
    AssetFactory,
    DefaultListFactory,
    EntryFactory,
    PortfolioAnalysisFactory,
    PortfolioFactory,
    PositionFactory,
    RankingFactory,
    ReviewFactory,
    SuggestionFactory,
    UserFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db


def ids(path: str, user: User | None, **query: Any) -> list[int]:
    return [row["id"] for row in answer(path, user, **query)["results"]]


def test_default_lists_come_first_then_the_own_ones() -> None:
    user = UserFactory()
    own = WatchlistFactory(user=user, max_assets=7)
    tier2 = DefaultListFactory()
    tier1 = DefaultListFactory(tier="tier1", sort_order=-1)
    WatchlistFactory()
    WatchlistFactory(user=user, is_active=False)
    EntryFactory(watchlist=tier1)
    EntryFactory(watchlist=tier1, is_active=False)
    rows = answer("watchlists", user)["results"]
    assert [row["id"] for row in rows] == [tier1.pk, tier2.pk, own.pk]
    assert [(row["current_items"], row["max_items"]) for row in rows] == [(2, 20), (0, 100), (0, 7)]
    assert (rows[0]["type"], rows[0]["watchlist_type"], rows[0]["tier"]) == ("default", "default", "tier1")
    assert ids("watchlists", None) == [tier1.pk, tier2.pk]
    assert ids("watchlists", user, type="personal") == [own.pk]
    assert ids("watchlists", user, type="admin") == ids("watchlists", user, type="system") == [tier1.pk, tier2.pk]
    assert ids("watchlists", user, tier="tier2") == [tier2.pk]


def test_a_list_with_its_entries_in_order() -> None:
    watchlist = DefaultListFactory()
    second = EntryFactory(watchlist=watchlist, sort_order=2, asset=AssetFactory(current_price=None))
    first = EntryFactory(watchlist=watchlist, sort_order=1, notes="leader", weight=Decimal("0.4"))
    paused = EntryFactory(watchlist=watchlist, sort_order=3, is_active=False)
    RankingFactory(watchlist=watchlist, asset_scores=[{"asset_id": first.asset_id, "score": 0.1, "rank": 1}])
    score = {"asset_id": first.asset_id, "score": 0.9, "rank": 1, "confidence": 0.89, "risk_level": "low"}
    RankingFactory(watchlist=watchlist, asset_scores=[score], analysis_time=EPOCH + timedelta(days=999))
    RankingFactory(watchlist=watchlist, asset_scores=[], analysis_time=EPOCH + timedelta(days=1000), series="replay-1")
    body = answer(f"watchlists/{watchlist.pk}")
    assert body.keys() == {"id", "name", "type", "tier", "items"}
    assert [item["id"] for item in body["items"]] == [first.pk, second.pk, paused.pk]
    item = body["items"][0]
    assert item["added_at"].endswith("Z")
    assert {name: value for name, value in item.items() if name != "added_at"} == {
        "id": first.pk,
        "asset_id": first.asset_id,
        "crypto_id": first.asset_id,
        "symbol": first.asset.symbol,
        "name": first.asset.name,
        "position_type": "long",
        "position": 1,
        "weight": 0.4,
        "target_allocation": None,
        "is_active": True,
        "notes": "leader",
        "current_price": "100.5",
        "performance_24h": None,
        "ai_confidence": 0.89,
        "risk_level": "low",
        "last_analysis": "2027-02-25T00:00:00Z",
    }
    other = body["items"][1]
    assert (other["current_price"], other["ai_confidence"], other["last_analysis"]) == (None, None, None)
    assert ids(f"watchlists/{watchlist.pk}/items", None) == [first.pk, second.pk]
    assert ids(f"watchlists/{watchlist.pk}/items", None, active="false") == [paused.pk]


def test_rankings_of_a_list() -> None:
    watchlist, user = DefaultListFactory(), UserFactory()
    refused(client_of(user).get(f"{API}watchlists/{watchlist.pk}/analysis"), 404)
    older = RankingFactory(watchlist=watchlist, analysis_time=EPOCH)
    newer = RankingFactory(watchlist=watchlist, analysis_time=EPOCH + timedelta(days=1))
    assert answer(f"watchlists/{watchlist.pk}/analysis", user)["id"] == newer.pk
    assert ids(f"watchlists/{watchlist.pk}/analyses", user) == [newer.pk, older.pk]


def test_all_lists_at_a_glance() -> None:
    watchlist = WatchlistFactory(user=UserFactory(email="ada@example.org"))
    entries = [EntryFactory(watchlist=watchlist, weight=Decimal(weight)) for weight in ("0.2", "0.4")]
    empty = DefaultListFactory()
    rows = {row["id"]: row for row in answer("watchlists/summary", AdminFactory())["results"]}
    row = rows[watchlist.pk]
    assert (row["user_email"], row["asset_count"], row["paused_count"]) == ("ada@example.org", 2, 0)
    assert row["avg_asset_weight"] == pytest.approx(0.3)
    assert row["asset_symbols"] == ", ".join(entry.asset.symbol for entry in entries)
    assert (rows[empty.pk]["avg_asset_weight"], rows[empty.pk]["asset_symbols"]) == (None, "")
    admin = AdminFactory()
    assert ids("watchlists/summary", admin, type="default") == [empty.pk]
    assert ids("watchlists/summary", admin, user_id=watchlist.user_id) == [watchlist.pk]


@pytest.fixture
def tier2() -> Watchlist:
    ensure_system_user()
    return DefaultListFactory()


def test_an_owner_says_whether_a_list_gets_suggestions() -> None:
    """Nobody else does; what is left out stays."""
    watchlist, default = WatchlistFactory(), DefaultListFactory()
    owner, path = watchlist.user, f"{API}watchlists/{watchlist.pk}"

    def say(client: Client, body: dict[str, Any], path: str = path, version: str = "*") -> Any:
        return client.patch(
            path, body, content_type="application/json", headers={"If-Match": version} if version else {}
        )

    wish = {"wants_suggestions": True}
    assert [row["wants_suggestions"] for row in answer("watchlists", owner, type="personal")["results"]] == [False]
    refused(say(Client(), wish), 401)
    refused(say(client_of(UserFactory()), wish), 404)
    refused(say(client_with_token(owner, "read"), wish), 403)
    strange: tuple[dict[str, Any], ...] = (
        {"wants_suggestions": None}, wish | {"tier": "tier1"}, {"name": " "}, {"max_assets": 2**31}, {"max_assets": 26},
    )  # fmt: skip
    for body in strange:
        refused(say(client_of(owner), body), 400)
    of_admins = f"{API}watchlists/{default.pk}"
    refused(say(client_of(owner), {"name": "Mine"}, of_admins), 403)
    refused(say(client_with_token(AdminFactory(), "write"), {"name": "Mine"}, of_admins), 403)
    assert say(client_of(AdminFactory()), {"name": "First", "max_assets": 5}, of_admins).json()["max_items"] == 5
    refused(say(client_of(owner), wish, version=""), 428)
    read = client_of(owner).get(path).headers["ETag"]
    done = say(client_of(owner), wish, version=read)
    assert (done.status_code, done.json()["wants_suggestions"]) == (200, True)
    refused(say(client_of(owner), {"wants_suggestions": False}, version=read), 412)
    assert say(client_of(owner), wish, version=done.headers["ETag"]).status_code == 200
    watchlist.refresh_from_db()
    assert (watchlist.wants_suggestions, watchlist.states.count()) == (True, 1)
    assert say(client_of(owner), {}).json()["wants_suggestions"] is True
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    refused(say(strict, wish), 403)


def test_a_suggestion(tier2: Watchlist) -> None:
    suggestion = SuggestionFactory(watchlist=tier2, target_tier="tier2", expected_return=Decimal("12.5"))
    row = answer(f"suggestions/{suggestion.pk}", AdminFactory())
    assert (row["legacy_type"], row["suggestion_type"], row["target_tier"]) == ("add_tier2", "add", "tier2")
    assert row["reasoning"] == row["ai_reasoning"] == {"momentum_30d": 0.92}
    assert (row["confidence_score"], row["expected_return"], row["reviewed_by"]) == (0.71, 12.5, None)
    assert (row["watchlist_id"], row["asset_id"], row["crypto_id"]) == (tier2.pk, *[suggestion.asset_id] * 2)
    assert row["suggested_at"] == row["created_at"]
    assert (
        answer(f"suggestions/{SuggestionFactory(suggestion_type='remove').pk}", AdminFactory())["legacy_type"]
        == "remove"
    )


def test_filters_of_suggestions(tier2: Watchlist) -> None:
    admin, past = AdminFactory(), timezone.now() - timedelta(minutes=1)
    add = SuggestionFactory(watchlist=tier2, target_tier="tier2", ai_layer=2, confidence_score=Decimal("0.9"))
    lapsed = SuggestionFactory(suggestion_type="remove", expires_at=past)
    done = SuggestionFactory(status="rejected", reviewed_at=past)

    def found(**query: Any) -> set[int]:
        return set(ids("suggestions", admin, **query))

    assert found() == {add.pk, lapsed.pk, done.pk}
    assert found(status="pending") == {add.pk}
    assert found(status="expired") == {lapsed.pk}
    assert found(status="rejected") == {done.pk}
    assert answer(f"suggestions/{lapsed.pk}", admin)["status"] == "expired"
    assert found(layer="2") == found(layer="layer2") == found(suggestion_type="add_tier2") == {add.pk}
    assert found(suggestion_type="add_tier1") == set()
    assert found(suggestion_type="remove") == {lapsed.pk}
    assert found(watchlist=tier2.pk) == found(asset=add.asset_id) == found(confidence_min="0.8") == {add.pk}
    for query in ({"status": "new"}, {"layer": "0"}, {"suggestion_type": "buy"}, {"confidence_min": "2"}):
        refused(client_of(admin).get(API + "suggestions", query), 400)


def test_the_queue_is_ordered_by_urgency_then_confidence(tier2: Watchlist) -> None:
    admin, now = AdminFactory(), timezone.now()
    normal = SuggestionFactory(watchlist=tier2, confidence_score=Decimal("0.9"))
    urgent = SuggestionFactory(watchlist=tier2, priority="urgent", confidence_score=Decimal("0.7"))
    surer = SuggestionFactory(watchlist=tier2, priority="urgent", confidence_score=Decimal("0.8"))
    deferred = SuggestionFactory(watchlist=tier2, status="deferred", reviewed_at=now, priority="low")
    old = SuggestionFactory(watchlist=tier2)
    AISuggestion.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=4))
    SuggestionFactory(watchlist=tier2, expires_at=now - timedelta(minutes=1))
    SuggestionFactory(watchlist=tier2, status="rejected", reviewed_at=now)
    assert ids("suggestions/queue", admin) == [surer.pk, urgent.pk, normal.pk, deferred.pk]
    assert ids("suggestions/queue", admin, days=5, priority="normal") == [normal.pk, old.pk]


def test_results_and_reviews(tier2: Watchlist) -> None:
    admin = AdminFactory()
    suggestion = SuggestionFactory(watchlist=tier2)
    review = ReviewFactory(suggestion=suggestion, review_notes="wait", reviewer=admin)
    rows = answer("suggestions/performance", admin)
    assert [row["ai_layer"] for row in rows] == [1, 2, 3, 4]
    assert (rows[2]["total_suggestions"], rows[2]["open_count"], rows[2]["avg_confidence"]) == (1, 1, 0.71)
    assert rows[0]["avg_confidence"] is None
    row = answer(f"suggestions/{suggestion.pk}/reviews", admin)["results"][0]
    assert (row["id"], row["suggestion_id"], row["reviewer_id"], row["review_notes"]) == (
        review.pk,
        suggestion.pk,
        admin.pk,
        "wait",
    )


def decide(suggestion: AISuggestion, client: Any, **decision: Any) -> Any:
    return client.post(f"{API}suggestions/{suggestion.pk}/review", decision, content_type="application/json")


def test_an_approval_changes_the_list(tier2: Watchlist) -> None:
    admin, suggestion = AdminFactory(), SuggestionFactory(watchlist=tier2)
    given = {"review_notes": "Strong.", "review_criteria": {"momentum": "high"}, "target_tier": "tier2"}
    response = decide(suggestion, client_of(admin), decision="approve", **given)
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["suggestion"]["status"], body["suggestion"]["reviewed_by"]) == ("implemented", admin.pk)
    assert (body["review"]["decision"], body["review"]["reviewer_id"]) == ("approve", admin.pk)
    assert WatchlistAsset.objects.get().asset == suggestion.asset
    review = SuggestionReview.objects.get()
    assert (review.review_notes, review.review_criteria) == ("Strong.", {"momentum": "high"})


DEEP = "[" * 99 + "]" * 99


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        (r'{"a": "\u0000"}', "A text contains a character that cannot be stored."),
        (r'{"\u0000": 1}', "A text contains a character that cannot be stored."),
        (r'{"a": ["\ud800"]}', "A text contains a character that cannot be stored."),
        ('{"a": 1e999}', "A number is too large, or none."),
        ('{"a": [-1e30]}', "A number is too large, or none."),
        ('{"a": 9223372036854775808}', "A number is too large, or none."),
        (f'{{"a": [{DEEP}]}}', "Lists and objects may be nested 100 levels deep."),
        ("[]", 'Expected a dictionary of items but got type "list".'),
    ],
)
def test_criteria_that_cannot_be_stored(tier2: Watchlist, criteria: str, reason: str) -> None:
    suggestion = SuggestionFactory(watchlist=tier2)
    body = f'{{"decision": "approve", "review_criteria": {criteria}}}'
    address = f"{API}suggestions/{suggestion.pk}/review"
    response = client_of(AdminFactory()).post(address, body, content_type="application/json")
    (error,) = refused(response, 400)["errors"]
    assert (error["field"], error["detail"]) == ("review_criteria", reason)
    assert not SuggestionReview.objects.exists()


def test_criteria_at_the_limits_come_back(tier2: Watchlist) -> None:
    admin, suggestion = AdminFactory(), SuggestionFactory(watchlist=tier2)
    criteria = {"deep": json.loads(DEEP), "large": 2**63 - 1, "small": -1e-300, "text": "\U0001f4a9", "none": None}
    assert decide(suggestion, client_of(admin), decision="approve", review_criteria=criteria).status_code == 200
    assert answer(f"suggestions/{suggestion.pk}/reviews", admin)["results"][0]["review_criteria"] == criteria


def test_other_decisions(tier2: Watchlist) -> None:
    admin = client_of(AdminFactory())
    approved, rejected, deferred = (SuggestionFactory(watchlist=tier2) for _ in range(3))
    later = (timezone.now() + timedelta(days=2)).isoformat()
    assert decide(approved, admin, decision="approve", implement=False).json()["suggestion"]["status"] == "approved"
    assert decide(rejected, admin, decision="reject", review_notes="no").json()["suggestion"]["status"] == "rejected"
    assert decide(deferred, admin, decision="defer", deferred_until=later).json()["suggestion"]["status"] == "deferred"
    assert not WatchlistAsset.objects.exists()


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        ({}, "decision"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "reject"}, "review_notes"),
        ({"decision": "defer"}, "deferred_until"),
        ({"decision": "defer", "deferred_until": "2020-01-01T00:00:00Z"}, "deferred_until"),
        ({"decision": "approve", "target_tier": "tier9"}, "target_tier"),
        ({"decision": "approve", "implement": "perhaps"}, "implement"),
    ],
)
def test_a_wrong_decision_changes_nothing(tier2: Watchlist, decision: dict[str, Any], field: str) -> None:
    suggestion = SuggestionFactory(watchlist=tier2)
    problem = refused(decide(suggestion, client_of(AdminFactory()), **decision), 400)
    assert problem["errors"][0]["field"] == field
    suggestion.refresh_from_db()
    assert suggestion.status == "pending"
    assert not SuggestionReview.objects.exists()


def test_a_conflict_changes_nothing(tier2: Watchlist) -> None:
    admin = client_of(AdminFactory())
    suggestion = SuggestionFactory(watchlist=tier2)
    decide(suggestion, admin, decision="reject", review_notes="no")
    problem = refused(decide(suggestion, admin, decision="approve"), 409)
    assert problem["type"] == "urn:cryptopredict:problem:not-open"
    Watchlist.objects.update(max_assets=1)
    EntryFactory(watchlist=tier2)
    problem = refused(decide(SuggestionFactory(watchlist=tier2), admin, decision="approve"), 409)
    assert problem["type"] == "urn:cryptopredict:problem:watchlist-full"
    assert SuggestionReview.objects.count() == 1


def test_what_was_approved_is_carried_out_later(tier2: Watchlist) -> None:
    admin = AdminFactory()
    suggestion = SuggestionFactory(watchlist=tier2, target_tier="tier2")
    address = f"{API}suggestions/{suggestion.pk}/implement"
    assert refused(client_of(admin).post(address), 409)["type"] == "urn:cryptopredict:problem:not-approved"
    body = decide(suggestion, client_of(admin), decision="approve", implement=False).json()
    assert (body["suggestion"]["status"], WatchlistAsset.objects.count()) == ("approved", 0)
    refused(client_of(UserFactory()).post(address), 403)
    done = client_of(admin).post(address)
    assert (done.status_code, done.json()["status"]) == (200, "implemented")
    assert WatchlistAsset.objects.get().asset == suggestion.asset


def test_who_may_decide(tier2: Watchlist) -> None:
    owner, admin, guest = UserFactory(), AdminFactory(), UserFactory(role=UserRole.GUEST)
    own = SuggestionFactory(watchlist__user=owner)
    default = SuggestionFactory(watchlist=tier2)
    for client, suggestion, status in (
        (client_of(), own, 401),
        (client_of(UserFactory()), own, 404),
        (client_of(owner), default, 404),
        (client_of(admin), own, 403),
        (client_of(guest), SuggestionFactory(watchlist__user=guest), 403),
        (client_with_token(owner, "read"), own, 403),
        (client_with_token(admin, "read", "write"), default, 404),
        (client_with_token(admin, "admin"), default, 403),
    ):
        refused(decide(suggestion, client, decision="reject", review_notes="no"), status)
    assert not SuggestionReview.objects.exists()
    for client, suggestion in (
        (client_with_token(owner, "write"), own),
        (client_with_token(admin, "write", "admin"), default),
    ):
        assert decide(suggestion, client, decision="reject", review_notes="no").status_code == 200


def bought(portfolio: Portfolio, quantity: str, cost: str, **columns: Any) -> Any:
    """A position as the journal left it."""
    position = PositionFactory(portfolio=portfolio, quantity=Decimal(quantity), **columns)
    PositionFlow.objects.create(
        position=position,
        action_id=position.pk,
        occurred_at=EPOCH,
        quantity_change=Decimal(quantity),
        price=Decimal(1),
        cash_flow_usd=-Decimal(cost),
        cost_change_usd=Decimal(cost),
    )
    return position


def test_a_portfolio_at_the_latest_prices() -> None:
    portfolio = PortfolioFactory()
    long = bought(portfolio, "2", "160.000000000000000001", asset__current_price=Decimal("100.5"), sort_order=1)
    short = bought(portfolio, "1", "-50", asset_type="Short Position", asset__current_price=Decimal(40), sort_order=2)
    closed = PositionFactory(
        portfolio=portfolio, quantity=0, trade_status="closed", asset__current_price=None, sort_order=3
    )
    row = answer(f"portfolios/{portfolio.pk}", portfolio.user)
    assert (row["total_value"], row["positions"], row["user_id"]) == ("161", 2, portfolio.user_id)
    rows = answer(f"portfolios/{portfolio.pk}/assets", portfolio.user)["results"]
    assert [one["id"] for one in rows] == [long.pk, short.pk, closed.pk]
    figures = ("current_price", "current_value_usd", "unrealized_pnl_usd", "unrealized_pnl_pct", "weight_pct")
    assert [rows[0][name] for name in figures] == ["100.5", "201", "40.999999999999999999", 25.625, 124.8447]
    assert [rows[1][name] for name in figures] == ["40", "-40", "10", 20, -24.8447]
    assert [rows[2][name] for name in figures] == [None] * 5
    assert ids(f"portfolios/{portfolio.pk}/assets", portfolio.user, trade_status="closed") == [closed.pk]
    assert ids(f"portfolios/{portfolio.pk}/assets", portfolio.user, active="false") == []


def test_without_a_price_the_whole_is_unknown() -> None:
    portfolio = PortfolioFactory()
    bought(portfolio, "2", "160", asset__current_price=None)
    bought(portfolio, "1", "10", asset__current_price=Decimal(20))
    assert answer(f"portfolios/{portfolio.pk}", portfolio.user)["total_value"] is None
    rows = answer(f"portfolios/{portfolio.pk}/assets", portfolio.user)["results"]
    assert [(row["current_value_usd"], row["weight_pct"]) for row in rows] == [(None, None), ("20", None)]
    assert answer(f"portfolios/{PortfolioFactory(user=portfolio.user).pk}", portfolio.user)["total_value"] == "0"


def test_analyses_of_a_portfolio() -> None:
    portfolio = PortfolioFactory()
    refused(client_of(portfolio.user).get(f"{API}portfolios/{portfolio.pk}/analysis"), 404)
    older = PortfolioAnalysisFactory(portfolio=portfolio, analysis_time=EPOCH)
    newer = PortfolioAnalysisFactory(
        portfolio=portfolio, analysis_time=EPOCH + timedelta(days=1), total_portfolio_value_usd=Decimal("12450.5")
    )
    PortfolioAnalysisFactory(portfolio=portfolio, analysis_time=EPOCH + timedelta(days=2), series="replay-1")
    row = answer(f"portfolios/{portfolio.pk}/analysis", portfolio.user)
    assert (row["id"], row["total_portfolio_value_usd"]) == (newer.pk, "12450.5")
    assert ids(f"portfolios/{portfolio.pk}/analyses", portfolio.user) == [newer.pk, older.pk]


def test_a_deleted_portfolio_is_gone() -> None:
    portfolio = PortfolioFactory(is_active=False)
    assert ids("portfolios", portfolio.user) == []
    refused(client_of(portfolio.user).get(f"{API}portfolios/{portfolio.pk}"), 404)


def test_a_decision_with_a_misspelt_name_is_refused() -> None:
    suggestion = SuggestionFactory()
    body = {"decision": "approve", "review_note": "misspelt"}
    answer = client_of(AdminFactory()).post(f"{API}suggestions/{suggestion.pk}/review", body, "application/json")
    assert refused(answer, 400)["errors"][0]["field"] == "review_note"
