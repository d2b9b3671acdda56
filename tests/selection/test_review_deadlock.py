"""Two reviewers who move assets between the same lists in opposite directions follow one another."""

import threading
from contextlib import suppress
from typing import Any

import pytest

from accounts.services import ensure_system_user
from selection.models import Watchlist
from selection.services import add_to_watchlist, ensure_default_watchlists, review_suggestion, reviews
from tests.factories import AdminFactory, AssetFactory, SuggestionFactory
from tests.selection.test_admin_review_race import at_once

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_a_promotion_and_a_demotion_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has left its first list before either comes to its second one, if nothing keeps them apart."""
    ensure_system_user()
    ensure_default_watchlists()
    lists = {str(one.tier): one for one in Watchlist.objects.all()}
    first, second = AssetFactory(symbol="FIRST"), AssetFactory(symbol="SECOND")
    add_to_watchlist(lists["tier1"], first, actor=AdminFactory())
    add_to_watchlist(lists["tier2"], second, actor=AdminFactory())
    moves = [
        SuggestionFactory(watchlist=lists["tier1"], asset=first, suggestion_type="demote", target_tier="tier2"),
        SuggestionFactory(watchlist=lists["tier2"], asset=second, suggestion_type="promote", target_tier="tier1"),
    ]
    meeting, remove = threading.Barrier(2), reviews.remove_from_watchlist

    def removed_together(*args: Any, **options: Any) -> None:
        remove(*args, **options)
        with suppress(threading.BrokenBarrierError):  # alone, where the other one waits for the lists
            meeting.wait(1)

    monkeypatch.setattr(reviews, "remove_from_watchlist", removed_together)
    people = [AdminFactory(), AdminFactory()]
    said = at_once(
        [
            lambda one=one, who=who: review_suggestion(one.pk, reviewer=who, decision="approve").decision
            for one, who in zip(moves, people, strict=True)
        ]
    )
    assert said == ["approve", "approve"]
    assert [lists[tier].entries.get().asset.symbol for tier in ("tier1", "tier2")] == ["SECOND", "FIRST"]
