"""Reviews: a person decides, once, and the list changes with the decision or not at all."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import UserActivity
from accounts.services import ensure_system_user
from selection.models import AISuggestion, SuggestionReview, Watchlist
from selection.services import add_to_watchlist, ensure_default_watchlists, expire_suggestions, review_suggestion
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.models import OutboxEvent
from tests.factories import AdminFactory, AssetFactory, SuggestionFactory, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def lists() -> dict[str, Watchlist]:
    ensure_system_user()
    ensure_default_watchlists()
    return {str(watchlist.tier): watchlist for watchlist in Watchlist.objects.all()}


def symbols(watchlist: Watchlist) -> list[str]:
    return list(watchlist.entries.order_by("sort_order").values_list("asset__symbol", flat=True))


class TestApproving:
    @pytest.mark.parametrize(
        ("kind", "source", "target"),
        [
            ("add", None, "tier2"),
            ("remove", "tier2", None),
            ("promote", "tier2", "tier1"),
            ("demote", "tier1", "tier2"),
        ],
    )
    def test_every_kind_changes_its_lists(
        self, lists: dict[str, Watchlist], kind: str, source: str | None, target: str | None
    ) -> None:
        admin, asset = AdminFactory(), AssetFactory()
        if source:
            add_to_watchlist(lists[source], asset, actor=admin)
        where = lists[source or target or ""]
        one = SuggestionFactory(watchlist=where, asset=asset, suggestion_type=kind, target_tier=target)
        review = review_suggestion(one.pk, reviewer=admin, decision="approve", notes="clear")
        one.refresh_from_db()
        assert (one.status, one.reviewed_by, one.implemented_at) == ("implemented", admin, review.reviewed_at)
        assert {tier: asset.symbol in symbols(lists[tier]) for tier in lists} == {
            tier: tier == target for tier in lists
        }
        assert OutboxEvent.objects.filter(topic="suggestion.reviewed").count() == 1
        assert UserActivity.objects.get(activity_type="ai_interaction").entity_type == "suggestion"

    def test_another_tier_than_the_suggested_one(self, lists: dict[str, Watchlist]) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"], target_tier="tier2")
        review_suggestion(one.pk, reviewer=AdminFactory(), decision="approve", target_tier="tier1")
        assert symbols(lists["tier1"]) == [one.asset.symbol]

    def test_without_carrying_out(self, lists: dict[str, Watchlist]) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"])
        review_suggestion(one.pk, reviewer=AdminFactory(), decision="approve", implement=False)
        one.refresh_from_db()
        assert (one.status, one.implemented_at, symbols(lists["tier2"])) == ("approved", None, [])

    def test_a_full_list_refuses_and_nothing_is_half_done(self, lists: dict[str, Watchlist]) -> None:
        admin = AdminFactory()
        Watchlist.objects.filter(tier="tier1").update(max_assets=1)
        add_to_watchlist(lists["tier1"], AssetFactory(), actor=admin)
        coin = AssetFactory()
        add_to_watchlist(lists["tier2"], coin, actor=admin)
        one = SuggestionFactory(watchlist=lists["tier2"], asset=coin, suggestion_type="promote", target_tier="tier1")
        with pytest.raises(LimitExceeded):
            review_suggestion(one.pk, reviewer=admin, decision="approve")
        one.refresh_from_db()
        assert (one.status, symbols(lists["tier2"])) == ("pending", [coin.symbol])
        assert not SuggestionReview.objects.exists()

    def test_a_list_that_has_changed_since(self, lists: dict[str, Watchlist]) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"], suggestion_type="remove")
        with pytest.raises(ConflictError, match="any more"):
            review_suggestion(one.pk, reviewer=AdminFactory(), decision="approve")


class TestDeciding:
    def test_once(self, lists: dict[str, Watchlist]) -> None:
        admin, other = AdminFactory(first_name="Ada", last_name="L"), AdminFactory()
        one = SuggestionFactory(watchlist=lists["tier2"])
        review_suggestion(one.pk, reviewer=admin, decision="reject", notes="too early")
        with pytest.raises(ConflictError, match="Ada L"):
            review_suggestion(one.pk, reviewer=other, decision="approve")
        assert (symbols(lists["tier2"]), SuggestionReview.objects.count()) == ([], 1)

    def test_a_deferred_one_can_still_be_decided(self, lists: dict[str, Watchlist]) -> None:
        admin, one = AdminFactory(), SuggestionFactory(watchlist=lists["tier2"])
        until = timezone.now() + DAY
        review_suggestion(one.pk, reviewer=admin, decision="defer", defer_until=until)
        one.refresh_from_db()
        assert (one.status, one.deferred_until) == ("deferred", until)
        review_suggestion(one.pk, reviewer=admin, decision="approve")
        assert symbols(lists["tier2"]) == [one.asset.symbol]

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({"decision": "perhaps"}, "decision"),
            ({"decision": "reject", "notes": "  "}, "notes"),
            ({"decision": "defer"}, "defer_until"),
            ({"decision": "approve", "target_tier": "tier9"}, "target_tier"),
        ],
    )
    def test_nonsense_names_its_field(self, lists: dict[str, Watchlist], wanted: dict[str, Any], field: str) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"])
        with pytest.raises(InvalidInput) as error:
            review_suggestion(one.pk, reviewer=AdminFactory(), **wanted)
        assert error.value.field == field

    def test_lapsed_ones_are_over(self, lists: dict[str, Watchlist]) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"], expires_at=timezone.now() - DAY)
        with pytest.raises(ConflictError, match="lapsed"):
            review_suggestion(one.pk, reviewer=AdminFactory(), decision="approve")
        assert expire_suggestions(timezone.now()) == 1
        assert AISuggestion.objects.get().status == "expired"

    def test_whose_decision_it_is(self, lists: dict[str, Watchlist]) -> None:
        mine = WatchlistFactory()
        for_all = SuggestionFactory(watchlist=lists["tier2"])
        personal = SuggestionFactory(watchlist=mine, target_tier=None)
        with pytest.raises(NotAllowed):
            review_suggestion(for_all.pk, reviewer=UserFactory(), decision="approve")
        with pytest.raises(NotAllowed):
            review_suggestion(personal.pk, reviewer=AdminFactory(), decision="approve")
        review_suggestion(personal.pk, reviewer=mine.user, decision="approve")
        assert symbols(mine) == [personal.asset.symbol]
        assert OutboxEvent.objects.get().user == mine.user  # nobody else hears of it

    def test_a_replay_is_decided_by_its_script_only(self, lists: dict[str, Watchlist]) -> None:
        one = SuggestionFactory(watchlist=lists["tier2"], series="replay-1")
        with pytest.raises(NotAllowed):
            review_suggestion(one.pk, reviewer=AdminFactory(), decision="approve")
        review_suggestion(one.pk, reviewer=ensure_system_user(), decision="approve")
        assert symbols(lists["tier2"]) == []
        assert not OutboxEvent.objects.exists()
