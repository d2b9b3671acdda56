"""Admins enter suggestions by hand; they are reviewed and carried out like those of the program."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import ensure_system_user
from selection.models import AISuggestion, Watchlist
from selection.services import score_suggestions
from system.models import AuditLog, OutboxEvent
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import AdminFactory, AssetFactory, DefaultListFactory, EntryFactory, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory())


@pytest.fixture
def tiers() -> dict[str, Watchlist]:
    ensure_system_user()
    return {tier: DefaultListFactory(tier=tier) for tier in ("tier1", "tier2")}


def wish(watchlist: Watchlist, **more: Any) -> dict[str, Any]:
    given = {"watchlist_id": watchlist.pk, "suggestion_type": "add", "confidence_score": 0.9, "reasoning": {"why": "x"}}
    return given | ({} if {"asset_id", "crypto_id"} & more.keys() else {"asset_id": AssetFactory().pk}) | more


def enter(client: Client, given: dict[str, Any], **headers: str) -> Any:
    return client.post(API + "suggestions", given, "application/json", headers=headers)


def kind(response: Any, status: int) -> str:
    return str(refused(response, status)["type"]).rpartition(":")[2]


def fields(response: Any) -> list[str]:
    return [error["field"] for error in refused(response, 400)["errors"]]


def test_only_admins_enter(tiers: dict[str, Watchlist]) -> None:
    given = wish(tiers["tier1"])
    refused(enter(client_of(), given), 401)
    for client in (client_of(UserFactory()), client_with_token(AdminFactory(), "read", "write")):
        refused(enter(client, given), 403)
    assert not AISuggestion.objects.exists()


def test_it_waits_in_the_queue_and_is_carried_out(admin: Client, tiers: dict[str, Watchlist]) -> None:
    EntryFactory(watchlist=tiers["tier2"])
    given = wish(tiers["tier2"], suggestion_type="add_tier2", reasoning={"why": "a listing"}, target_position=1)
    made = enter(admin, given)
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["status"], body["ai_layer"], body["target_tier"], body["legacy_type"]) == (
        "pending", 3, "tier2", "add_tier2",
    )  # fmt: skip
    assert (body["priority"], body["reasoning"], body["expected_return"]) == ("high", {"why": "a listing"}, None)
    row = AISuggestion.objects.get()
    assert (row.run, row.ai_model, row.series) == (None, None, "live")
    assert set((row.context_data or {})["missing"]) == {"expected_return", "risk_score", "target_weight"}
    assert [one["id"] for one in answer("suggestions/queue", AdminFactory())["results"]] == [row.pk]
    assert AuditLog.objects.filter(table_name="ai_suggestions", record_id=row.pk, operation="INSERT").count() == 1
    assert OutboxEvent.objects.filter(topic="suggestion.created").count() == 1
    decided = admin.post(f"{API}suggestions/{row.pk}/review", {"decision": "approve"}, "application/json")
    assert decided.status_code == 200, decided.content
    assert tiers["tier2"].entries.get(sort_order=1).asset_id == row.asset_id


def test_it_is_scored_by_the_day_it_was_entered_on(admin: Client, tiers: dict[str, Watchlist]) -> None:
    assert enter(admin, wish(tiers["tier1"])).status_code == 201
    found = score_suggestions(timezone.now() + timedelta(days=9))
    assert (found.scored, found.unresolved) == (0, 1)  # there are no candles, and that is kept


@pytest.mark.parametrize(
    ("suggestion", "tier", "more", "target"),
    [
        ("remove", "tier1", {}, None),
        ("promote", "tier2", {}, "tier1"),
        ("demote", "tier1", {"target_tier": "tier2"}, "tier2"),
        ("tier_change", "tier1", {"target_tier": "tier2"}, "tier2"),
        ("rebalance", "tier1", {"target_weight": 0.25}, None),
    ],
)
def test_each_kind(
    admin: Client, tiers: dict[str, Watchlist], suggestion: str, tier: str, more: dict[str, Any], target: str | None
) -> None:
    entry = EntryFactory(watchlist=tiers[tier])
    given = wish(tiers[tier], asset_id=entry.asset_id, suggestion_type=suggestion) | more
    made = enter(admin, given)
    assert made.status_code == 201, made.content
    assert made.json()["target_tier"] == target
    assert kind(enter(admin, given), 409) == "already-open"
    absent = given | {"asset_id": AssetFactory().pk}
    assert kind(enter(admin, absent), 409) == "not-listed"


def test_an_asset_that_is_listed_does_not_join(admin: Client, tiers: dict[str, Watchlist]) -> None:
    entry = EntryFactory(watchlist=tiers["tier1"])
    for tier in tiers.values():
        assert kind(enter(admin, wish(tier, asset_id=entry.asset_id)), 409) == "already-listed"


def test_a_personal_list_takes_what_its_owner_wants(admin: Client) -> None:
    own = WatchlistFactory(wants_suggestions=False)
    assert kind(enter(admin, wish(own)), 409) == "suggestions-unwanted"
    Watchlist.objects.update(wants_suggestions=True)
    made = enter(admin, wish(own, crypto_id=AssetFactory().pk))
    assert made.status_code == 201, made.content
    assert [one["id"] for one in answer("suggestions", own.user)["results"]] == [made.json()["id"]]
    assert OutboxEvent.objects.get(topic="suggestion.created").user == own.user, "the owner decides, so the owner hears"
    assert fields(enter(admin, wish(own, suggestion_type="promote"))) == ["suggestion_type"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"watchlist_id": 987654321}, "watchlist_id"),
        ({"asset_id": 987654321}, "asset_id"),
        ({"crypto_id": 1, "asset_id": 2}, "asset_id"),
        ({"suggestion_type": "sell"}, "suggestion_type"),
        ({"suggestion_type": "demote"}, "suggestion_type"),
        ({"suggestion_type": "tier_change", "target_tier": "tier2"}, "target_tier"),
        ({"suggestion_type": "rebalance"}, "target_weight"),
        ({"target_weight": 0.5}, "target_weight"),
        ({"suggestion_type": "remove", "target_position": 1}, "target_position"),
        ({"suggestion_type": "add_tier1", "target_tier": "tier2"}, "target_tier"),
        ({"target_tier": "tier1"}, "target_tier"),
        ({"confidence_score": 0.01}, "confidence_score"),
        ({"confidence_score": 1.01}, "confidence_score"),
        ({"confidence_score": "NaN"}, "confidence_score"),
        ({"ai_layer": 5}, "ai_layer"),
        ({"risk_score": -1}, "risk_score"),
        ({"expected_return": 12345.6}, "expected_return"),
        ({"expires_at": "2024-01-01T00:00:00Z"}, "expires_at"),
        ({"reasoning": {"changes_place_with": {"asset_id": 1}}}, "reasoning.changes_place_with"),
        ({"context_data": {"candle_time": "x"}}, "context_data.candle_time"),
        ({"reasoning": []}, "reasoning"),
        ({"reasoning": {}}, "reasoning"),
        ({"status": "approved"}, "status"),
        ({"horizon_hours": 1}, "horizon_hours"),
    ],
)
def test_what_makes_no_sense_is_named(
    admin: Client, tiers: dict[str, Watchlist], more: dict[str, Any], field: str
) -> None:
    assert fields(enter(admin, wish(tiers["tier2"], **more))) == [field]
    assert not AISuggestion.objects.exists()


def test_one_that_is_sent_twice_is_entered_once(admin: Client, tiers: dict[str, Watchlist]) -> None:
    given = wish(tiers["tier1"])
    first, second = (enter(admin, given, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, first.content) == (201, second.content)
