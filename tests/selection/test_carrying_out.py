"""Carrying out: later, many at once, changes of places and of weights; on a list or on a replay's copy of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.services import ensure_system_user
from assets.models import Asset
from selection.models import AISuggestion, SuggestionReview, Watchlist, WatchlistAsset
from selection.selectors import members
from selection.services import (
    add_to_watchlist,
    ensure_default_watchlists,
    implement_suggestion,
    review_suggestion,
    review_suggestions,
    undo_last_change,
)
from selection.services.watchlists.items import CONTENT
from system.exceptions import ConflictError, LimitExceeded, NotAllowed
from tests.factories import AdminFactory, AssetFactory, ListedFactory, SuggestionFactory, UserFactory
from tests.selection.lists import symbols, trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def lists() -> dict[str, Watchlist]:
    ensure_system_user()
    ensure_default_watchlists()
    return {str(watchlist.tier): watchlist for watchlist in Watchlist.objects.all()}


def said(watchlist: Watchlist) -> list[Any]:
    """What a list says of its assets, in order."""
    return list(watchlist.entries.order_by("sort_order").values_list("asset", "position_type", *CONTENT))


def change_of_places(lists: dict[str, Watchlist], riser: Asset, faller: Asset, **columns: Any) -> AISuggestion:
    row: AISuggestion = SuggestionFactory(
        watchlist=lists["tier2"],
        asset=riser,
        suggestion_type="tier_change",
        target_tier="tier1",
        reasoning={"changes_place_with": {"asset_id": faller.pk}},
        **columns,
    )
    return row


class TestLater:
    def test_what_was_approved_is_carried_out(self, lists: dict[str, Watchlist]) -> None:
        admin, other = AdminFactory(), AdminFactory()
        one = SuggestionFactory(watchlist=lists["tier2"], target_tier="tier2")
        review_suggestion(one.pk, reviewer=admin, decision="approve", implement=False, target_tier="tier1")
        done = implement_suggestion(one.pk, actor=other)
        assert (done.status, symbols(lists["tier1"])) == ("implemented", [one.asset.symbol])
        assert done.implemented_at is not None
        with pytest.raises(ConflictError, match="Only an approved"):
            implement_suggestion(one.pk, actor=admin)

    def test_only_what_was_approved_and_by_who_decides(self, lists: dict[str, Watchlist]) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"])
        with pytest.raises(NotAllowed):
            implement_suggestion(one.pk, actor=UserFactory())
        with pytest.raises(ConflictError) as error:
            implement_suggestion(one.pk, actor=AdminFactory())
        assert error.value.code == "not_approved"

    def test_a_full_list_leaves_it_approved(self, lists: dict[str, Watchlist]) -> None:
        admin = AdminFactory()
        Watchlist.objects.filter(tier="tier2").update(max_assets=1)
        one = SuggestionFactory(watchlist=lists["tier2"], target_tier="tier2")
        review_suggestion(one.pk, reviewer=admin, decision="approve", implement=False)
        add_to_watchlist(lists["tier2"], AssetFactory(), actor=admin)
        with pytest.raises(LimitExceeded):
            implement_suggestion(one.pk, actor=admin)
        one.refresh_from_db()
        assert (one.status, one.implemented_at) == ("approved", None)


def test_many_at_once_each_by_itself(lists: dict[str, Watchlist]) -> None:
    """A full list, one that is gone and one that somebody decided: refused with the reason; the others are done."""
    admin = AdminFactory()
    Watchlist.objects.filter(tier="tier2").update(max_assets=1)
    first, second, decided = (SuggestionFactory(watchlist=lists["tier2"], target_tier="tier2") for _ in range(3))
    lapsed = SuggestionFactory(watchlist=lists["tier2"], expires_at=timezone.now() - timedelta(days=1))
    review_suggestion(decided.pk, reviewer=admin, decision="reject", notes="no")
    asked = [first.pk, second.pk, 0, decided.pk, lapsed.pk]
    done = review_suggestions(asked, reviewer=admin, decision="approve", notes="yes")
    assert [one.suggestion_id for one in done] == asked
    assert [one.review is not None for one in done] == [True, False, False, False, False]
    assert [type(one.refusal).__name__ for one in done] == ["NoneType", "LimitExceeded", *["ConflictError"] * 3]
    assert symbols(lists["tier2"]) == [first.asset.symbol]
    assert SuggestionReview.objects.count() == 2


class TestChangesOfPlaces:
    def test_both_move_though_both_lists_are_full(self, lists: dict[str, Watchlist]) -> None:
        admin, riser, faller = AdminFactory(), AssetFactory(), AssetFactory()
        Watchlist.objects.update(max_assets=1)
        add_to_watchlist(lists["tier1"], faller, actor=admin)
        add_to_watchlist(lists["tier2"], riser, actor=admin)
        one = change_of_places(lists, riser, faller)
        review_suggestion(one.pk, reviewer=admin, decision="approve")
        assert (symbols(lists["tier1"]), symbols(lists["tier2"])) == ([riser.symbol], [faller.symbol])

    def test_it_is_one_change_that_keeps_what_the_entries_say(self, lists: dict[str, Watchlist]) -> None:
        """The riser is watched long and short, with a weight and paused; taken back, all is as it was."""
        admin, riser, faller = AdminFactory(), AssetFactory(), AssetFactory()
        Watchlist.objects.update(max_assets=2)
        says: dict[str, Any] = {"weight": Decimal("0.4"), "target_allocation": Decimal("0.3"), "is_active": False,
                                "analysis_config": {"horizon": 7}, "notes": "mine"}  # fmt: skip
        add_to_watchlist(lists["tier1"], faller, actor=admin, weight=Decimal("0.6"))
        add_to_watchlist(lists["tier2"], riser, actor=admin, **says)
        add_to_watchlist(lists["tier2"], riser, actor=admin, position_type="short")
        before, changes = {tier: said(one) for tier, one in lists.items()}, len(trail())
        one = change_of_places(lists, riser, faller)
        review_suggestion(one.pk, reviewer=admin, decision="approve")
        assert {tier: said(one) for tier, one in lists.items()} == {"tier1": before["tier2"], "tier2": before["tier1"]}
        assert [row.new_values["suggestion"] for row in trail()[changes:]] == [one.pk]
        undo_last_change(lists["tier1"], actor=admin)
        assert {tier: said(one) for tier, one in lists.items()} == before

    def test_where_the_other_has_gone_nothing_moves(self, lists: dict[str, Watchlist]) -> None:
        admin, riser, faller = AdminFactory(), AssetFactory(), AssetFactory()
        add_to_watchlist(lists["tier2"], riser, actor=admin)
        one = change_of_places(lists, riser, faller)
        with pytest.raises(ConflictError, match="any more"):
            review_suggestion(one.pk, reviewer=admin, decision="approve")
        assert (symbols(lists["tier1"]), symbols(lists["tier2"])) == ([], [riser.symbol])

    def test_in_a_replay_on_its_copies(self, lists: dict[str, Watchlist]) -> None:
        Watchlist.objects.update(max_assets=1)
        riser, faller, at = AssetFactory(), AssetFactory(), timezone.now()
        begun = at - timedelta(days=3)
        for tier, asset in (("tier1", faller), ("tier2", riser)):
            ListedFactory(watchlist=lists[tier], asset=asset, valid_from=begun, series="replay-1")
        one = change_of_places(lists, riser, faller, series="replay-1")
        review_suggestion(one.pk, reviewer=ensure_system_user(), decision="approve", at=at)
        found = {tier: [m.asset_id for m in members(lists[tier], at, "replay-1")] for tier in lists}
        assert found == {"tier1": [riser.pk], "tier2": [faller.pk]}
        before = {tier: [m.asset_id for m in members(lists[tier], begun, "replay-1")] for tier in lists}
        assert before == {"tier1": [faller.pk], "tier2": [riser.pk]}
        assert symbols(lists["tier1"]) == []

    def test_a_copy_that_has_changed_refuses(self, lists: dict[str, Watchlist]) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"], suggestion_type="remove", series="replay-1")
        with pytest.raises(ConflictError, match="any more"):
            review_suggestion(one.pk, reviewer=ensure_system_user(), decision="approve")


def test_a_weight_is_set(lists: dict[str, Watchlist]) -> None:
    admin, asset = AdminFactory(), AssetFactory()
    add_to_watchlist(lists["tier2"], asset, actor=admin)
    one = SuggestionFactory(
        watchlist=lists["tier2"], asset=asset, suggestion_type="rebalance", target_weight=Decimal("0.25")
    )
    review_suggestion(one.pk, reviewer=admin, decision="approve")
    entry = WatchlistAsset.objects.get(asset=asset)
    assert (entry.weight, entry.last_modified_by) == (Decimal("0.25"), admin)


def test_shifts_of_weight_are_approved_one_by_one(lists: dict[str, Watchlist]) -> None:
    """The list is full of weight: a half and a half become 0.7 and 0.3."""
    admin, riser, faller = AdminFactory(), AssetFactory(), AssetFactory()
    for asset in (riser, faller):
        add_to_watchlist(lists["tier2"], asset, actor=admin, weight=Decimal("0.5"))
    one = SuggestionFactory(
        watchlist=lists["tier2"],
        asset=riser,
        suggestion_type="rebalance",
        target_weight=Decimal("0.7"),
        reasoning={"changes_weight_with": {"asset_id": faller.pk, "wanted": 0.3}},
    )
    changes = len(trail())
    review_suggestion(one.pk, reviewer=admin, decision="approve")
    weights = dict(WatchlistAsset.objects.values_list("asset", "weight"))
    assert (weights, len(trail()) - changes) == ({riser.pk: Decimal("0.7"), faller.pk: Decimal("0.3")}, 1)


def test_a_removal_leaves_no_direction(lists: dict[str, Watchlist]) -> None:
    admin, asset = AdminFactory(), AssetFactory()
    for direction in ("long", "short"):
        add_to_watchlist(lists["tier2"], asset, actor=admin, position_type=direction)
    one = SuggestionFactory(watchlist=lists["tier2"], asset=asset, suggestion_type="remove", target_tier=None)
    review_suggestion(one.pk, reviewer=admin, decision="approve")
    assert symbols(lists["tier2"]) == []
    undo_last_change(lists["tier2"], actor=admin)
    assert symbols(lists["tier2"]) == [asset.symbol] * 2
