"""Two reviewers who move assets between the same lists in opposite directions follow one another."""

import threading

import pytest
from django.db import connection, transaction

from accounts.services import ensure_system_user
from selection.models import AISuggestion, Watchlist
from selection.services import add_to_watchlist, ensure_default_watchlists, review_suggestion
from tests.factories import AdminFactory, AssetFactory, SuggestionFactory
from tests.locks import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_a_promotion_and_a_demotion_at_once() -> None:
    """Each would have locked its first list and wait for the other's, if locks were taken in the order of the move."""
    ensure_system_user()
    ensure_default_watchlists()
    lists = {str(one.tier): one for one in Watchlist.objects.all()}
    assert lists["tier1"].pk < lists["tier2"].pk
    first, second = AssetFactory(symbol="FIRST"), AssetFactory(symbol="SECOND")
    add_to_watchlist(lists["tier1"], first, actor=AdminFactory())
    add_to_watchlist(lists["tier2"], second, actor=AdminFactory())
    moves = [
        SuggestionFactory(watchlist=lists["tier1"], asset=first, suggestion_type="demote", target_tier="tier2"),
        SuggestionFactory(watchlist=lists["tier2"], asset=second, suggestion_type="promote", target_tier="tier1"),
    ]
    said: list[str] = []
    reviewers = [threading.Thread(target=approve, args=(one, said)) for one in moves]
    with transaction.atomic():
        Watchlist.objects.select_for_update().get(pk=lists["tier1"].pk)
        for waiting, reviewer in enumerate(reviewers, 1):
            reviewer.start()
            wait_for_locks(waiting)
    for reviewer in reviewers:
        reviewer.join(60)
    assert said == ["approve", "approve"]
    assert [lists[tier].entries.get().asset.symbol for tier in ("tier1", "tier2")] == ["SECOND", "FIRST"]


def approve(suggestion: AISuggestion, said: list[str]) -> None:
    try:
        said.append(review_suggestion(suggestion.pk, reviewer=AdminFactory(), decision="approve").decision)
    finally:
        connection.close()
