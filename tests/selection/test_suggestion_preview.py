"""What the preview of an approval says is what the approval does; and what came of suggestions alike."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.services import ensure_system_user
from selection.models import AISuggestion, SuggestionOutcome, Watchlist
from selection.selectors.similar_suggestions import similar_suggestions
from selection.services import ensure_default_watchlists, review_suggestion
from selection.services.suggestion_preview import Preview, preview
from tests.factories import AdminFactory, AssetFactory, EntryFactory, SuggestionFactory, WatchlistFactory
from tests.selection.lists import symbols

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def lists() -> dict[str, Watchlist]:
    """Tier 1 has A and B, tier 2 has C and D."""
    ensure_system_user()
    ensure_default_watchlists()
    found = {str(watchlist.tier): watchlist for watchlist in Watchlist.objects.all()}
    for tier, names in (("tier1", "AB"), ("tier2", "CD")):
        for place, name in enumerate(names, 1):
            asset = AssetFactory(symbol=name)
            EntryFactory(watchlist=found[tier], asset=asset, sort_order=place, weight=Decimal("0.2"))
    return found


def suggested(lists: dict[str, Watchlist], kind: str) -> AISuggestion:
    """One of each kind."""
    listed = {entry.asset.symbol: entry.asset for one in lists.values() for entry in one.entries.all()}
    rows: dict[str, dict[str, Any]] = {
        "add": {"watchlist": lists["tier1"], "asset": AssetFactory(symbol="E"), "target_position": 2},
        "remove": {"watchlist": lists["tier2"], "asset": listed["C"]},
        "promote": {"watchlist": lists["tier2"], "asset": listed["C"], "target_tier": "tier1"},
        "demote": {"watchlist": lists["tier1"], "asset": listed["A"], "target_tier": "tier2"},
        "tier_change": {
            "watchlist": lists["tier2"],
            "asset": listed["D"],
            "target_tier": "tier1",
            "reasoning": {"changes_place_with": {"asset_id": listed["A"].pk}},
        },
        "rebalance": {
            "watchlist": lists["tier2"],
            "asset": listed["C"],
            "target_weight": Decimal("0.25"),
            "reasoning": {"changes_weight_with": {"asset_id": listed["D"].pk, "wanted": 0.15}},
        },
    }
    row: AISuggestion = SuggestionFactory(suggestion_type=kind, **rows[kind])
    return row


@pytest.mark.parametrize("kind", ["add", "remove", "promote", "demote", "tier_change", "rebalance"])
def test_the_preview_says_what_the_approval_does(lists: dict[str, Watchlist], kind: str) -> None:
    suggestion = suggested(lists, kind)
    before = {watchlist.pk: symbols(watchlist) for watchlist in lists.values()}
    told = preview(suggestion, timezone.now())
    assert {watchlist.pk: symbols(watchlist) for watchlist in lists.values()} == before, "it only looks"
    review_suggestion(suggestion.pk, reviewer=AdminFactory(), decision="approve")
    after = {watchlist.pk: symbols(watchlist) for watchlist in lists.values()}
    weights = {
        (watchlist.pk, entry.asset.symbol): entry.weight
        for watchlist in lists.values()
        for entry in watchlist.entries.all()
    }
    changed = {key for key in before if before[key] != after[key]} or {suggestion.watchlist_id}
    assert {one.watchlist.pk for one in told.lists} == changed
    for one in told.lists:
        staying = [line for line in one.lines if line.place is not None]
        assert [line.symbol for line in staying] == after[one.watchlist.pk]
        assert [line.weight for line in staying] == [weights[one.watchlist.pk, line.symbol] for line in staying]
        assert (one.count_before, one.count) == (len(before[one.watchlist.pk]), len(after[one.watchlist.pk]))
        came = {line.symbol for line in one.lines if line.change == "joins"}
        assert came == set(after[one.watchlist.pk]) - set(before[one.watchlist.pk])
        gone = {line.symbol for line in one.lines if line.change == "leaves"}
        assert gone == set(before[one.watchlist.pk]) - set(after[one.watchlist.pk])
    assert told.fault == ""


def test_a_list_that_is_full_and_one_that_is_gone_are_told(lists: dict[str, Watchlist]) -> None:
    suggestion = suggested(lists, "promote")
    Watchlist.objects.filter(pk=lists["tier1"].pk).update(max_assets=2)
    told = {one.watchlist.tier: one for one in preview(suggestion, timezone.now()).lists}
    assert (told["tier1"].is_too_long, told["tier1"].count, told["tier1"].limit) == (True, 3, 2)
    assert told["tier2"].is_too_long is False
    Watchlist.objects.filter(pk=lists["tier1"].pk).update(is_active=False)
    assert preview(suggestion, timezone.now()) == Preview([], "There is no active list of tier1.")


def outcome(suggestion: AISuggestion, excess: str | None) -> None:
    SuggestionOutcome.objects.create(
        suggestion_id=suggestion.pk,
        suggestion_type=suggestion.suggestion_type,
        direction=1,
        started_at=NOW - timedelta(days=8),
        ended_at=NOW - timedelta(days=1),
        timeframe="1d",
        excess_return=None if excess is None else Decimal(excess),
        unresolved_reason="no_candle" if excess is None else None,
        scored_at=NOW,
    )


def test_alike_are_those_of_the_same_kind_for_the_same_list() -> None:
    watchlist = WatchlistFactory()
    itself = SuggestionFactory(watchlist=watchlist)
    decided = {"reviewed_at": NOW, "implemented_at": NOW}
    for status, excess in (
        ("implemented", "2"), ("approved", "-1"), ("implemented", "4"), ("rejected", "3"), ("rejected", None),
        ("expired", None),
    ):  # fmt: skip
        row = SuggestionFactory(watchlist=watchlist, status=status, **({} if status == "expired" else decided))
        outcome(row, excess)
    outcome(SuggestionFactory(watchlist=watchlist, suggestion_type="remove", status="expired"), "9")
    outcome(SuggestionFactory(watchlist=watchlist, status="expired", series="replay"), "9")
    outcome(SuggestionFactory(status="expired"), "9")
    told = [(one.name, one.made, one.scored, one.right, one.excess) for one in similar_suggestions(itself)]
    assert told == [("accepted", 3, 3, 2, 2.0), ("rejected", 2, 1, 1, 3.0), ("expired", 1, 0, 0, None)]
