"""Suggestions for personal lists: only where the owner wants them, decided by nobody else, capped by the settings."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from assets.models import Asset
from assets.selectors import market_view
from selection.models import AISuggestion, Watchlist
from selection.selectors.suggestion_report import suggestion_report
from selection.selectors.visible import review_queue, visible_suggestions
from selection.services import change_watchlist, review_suggestion, score_suggestions, suggest
from selection.services.standings import ranked
from system.exceptions import InvalidInput, NotAllowed
from system.models import SystemConfigHistory
from system.services import change_setting
from tests.factories import AdminFactory, UserFactory, WatchlistFactory
from tests.factories.base import EPOCH
from tests.factories.lists import EntryFactory, ListedFactory
from tests.selection.ranked_market import AS_OF, DAY, RankedMarket, market, stored_layers, stored_market

__all__ = ["market", "stored_layers", "stored_market"]
pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def in_order(market: RankedMarket) -> list[Asset]:
    """The coins, the highest place first."""
    found = ranked(market_view("1d", AS_OF), market.run)
    return sorted(market.coins, key=lambda coin: -found.place(coin.pk))


def wanting(*coins: Asset, **columns: Any) -> Watchlist:
    """A personal list whose owner wants suggestions, with the coins on it since the beginning."""
    made: Watchlist = WatchlistFactory(**{"wants_suggestions": True} | columns)
    for place, coin in enumerate(coins, 1):
        put(made, coin, place)
    return made


def put(watchlist: Watchlist, coin: Asset, place: int, **columns: Any) -> None:
    ListedFactory(watchlist=watchlist, asset=coin, sort_order=place, valid_from=EPOCH,
                  position_type=columns.get("position_type", "long"), weight=columns.get("weight", 0))  # fmt: skip
    EntryFactory(watchlist=watchlist, asset=coin, sort_order=place, **columns)


def made(market: RankedMarket, watchlist: Watchlist) -> list[tuple[str, str]]:
    suggest(market.snapshot, run=market.run)
    rows = AISuggestion.objects.filter(watchlist=watchlist).order_by("pk")
    return [(row.suggestion_type, row.asset.symbol) for row in rows.select_related("asset")]


class TestWhatIsSuggested:
    def test_the_clearest_for_who_wants_them(self, market: RankedMarket, in_order: list[Asset]) -> None:
        """Of twelve coins on places 0 to 1 in even steps, three stand above 0.7 and three below 0.3."""
        best, second, third, *_middle, weak, weakest = in_order
        watchlist = wanting(third, weak, weakest)
        assert set(made(market, watchlist)) == {
            ("add", best.symbol), ("add", second.symbol), ("remove", weakest.symbol), ("remove", weak.symbol),
        }  # fmt: skip
        row = AISuggestion.objects.get(watchlist=watchlist, asset=best)
        assert (row.target_tier, row.expires_at) == (None, AS_OF + 7 * DAY)
        assert (row.context_data or {})["missing"]["target_tier"] == "it changes no tier"
        assert row.reasoning["percentiles"]

    def test_off_by_default_and_never_in_a_replay(self, market: RankedMarket, in_order: list[Asset]) -> None:
        off, on = WatchlistFactory(), wanting()
        put(off, in_order[-1], 1)
        with transaction.atomic():
            assert made(market, off) == []
            transaction.set_rollback(True)
        suggest(market.snapshot, run=market.run, series="replay-1")
        assert not AISuggestion.objects.filter(watchlist=on).exists()

    def test_again_makes_nothing_new(self, market: RankedMarket, in_order: list[Asset]) -> None:
        watchlist = wanting(in_order[-1])
        assert made(market, watchlist) == made(market, watchlist) != []

    def test_the_number_is_that_of_the_settings_of_the_moment(
        self, market: RankedMarket, in_order: list[Asset]
    ) -> None:
        change_setting("personal_suggestion_caps", {"per_kind": 1}, actor=AdminFactory())
        SystemConfigHistory.objects.filter(key="personal_suggestion_caps", valid_to=None).update(valid_from=AS_OF - DAY)
        SystemConfigHistory.objects.filter(key="personal_suggestion_caps").exclude(valid_to=None).delete()
        watchlist = wanting(*in_order[-3:])
        assert sorted(made(market, watchlist)) == [("add", in_order[0].symbol), ("remove", in_order[-1].symbol)]

    def test_a_full_list_gets_no_additions(self, market: RankedMarket, in_order: list[Asset]) -> None:
        watchlist = wanting(in_order[-1], max_assets=1)
        assert made(market, watchlist) == [("remove", in_order[-1].symbol)]

    def test_short_and_paused_ones_are_left_alone(self, market: RankedMarket, in_order: list[Asset]) -> None:
        watchlist = wanting()
        put(watchlist, in_order[-1], 1, position_type="short")
        EntryFactory(watchlist=watchlist, asset=in_order[0], sort_order=2, is_active=False)
        assert made(market, watchlist) == [("add", in_order[1].symbol), ("add", in_order[2].symbol)]

    def test_weights(self, market: RankedMarket, in_order: list[Asset]) -> None:
        """The weaker of two middling coins has all the weight."""
        watchlist = wanting()
        put(watchlist, in_order[3], 1)
        put(watchlist, in_order[6], 2, weight=D("0.8"))
        change_setting("ai_thresholds", {"suggestion_confidence_min": 0.6, "signal_confidence_min": 0.8},
                       actor=AdminFactory())  # fmt: skip
        SystemConfigHistory.objects.filter(key="ai_thresholds", valid_to=None).update(valid_from=AS_OF - DAY)
        SystemConfigHistory.objects.filter(key="ai_thresholds").exclude(valid_to=None).delete()
        assert ("rebalance", in_order[3].symbol) in made(market, watchlist)
        row = AISuggestion.objects.get(watchlist=watchlist, suggestion_type="rebalance")
        assert row.reasoning["changes_weight_with"]["asset_id"] == in_order[6].pk
        review_suggestion(row.pk, reviewer=owner_of(watchlist), decision="approve", at=AS_OF + DAY)
        held = dict(watchlist.entries.values_list("asset__symbol", "weight"))
        assert held[in_order[3].symbol] == row.target_weight
        assert sum(held.values()) == D("0.8")

    def test_an_owner_who_left_gets_none(self, market: RankedMarket) -> None:
        assert made(market, wanting(user=UserFactory(is_active=False))) == []

    def test_a_wish_of_today_was_none_before(self, market: RankedMarket) -> None:
        """And one of then counts, whatever is wished today."""
        new = wanting(wants_suggestions=False)
        old = wanting()
        for watchlist in (new, old):
            change_watchlist(
                watchlist, actor=owner_of(watchlist), changes={"wants_suggestions": not watchlist.wants_suggestions}
            )
        assert made(market, new) == []
        assert made(market, old) != []

    def test_its_queries_do_not_grow(self, market: RankedMarket, in_order: list[Asset]) -> None:
        def needed() -> int:
            with transaction.atomic(), CaptureQueriesContext(connection) as captured:
                suggest(market.snapshot, run=market.run)
                transaction.set_rollback(True)
            return len(captured)

        wanting(in_order[-1])
        needed()
        one = needed()
        for coin in in_order[-4:]:
            wanting(coin)
        assert needed() == one


def owner_of(watchlist: Watchlist) -> User:
    assert watchlist.user is not None
    return watchlist.user


class TestWhoDecides:
    def test_the_owner_and_nobody_else(self, market: RankedMarket, in_order: list[Asset]) -> None:
        watchlist = wanting(in_order[-1])
        made(market, watchlist)
        AISuggestion.objects.update(expires_at=None)
        row = AISuggestion.objects.get(watchlist=watchlist, suggestion_type="remove")
        owner = owner_of(watchlist)
        for stranger in (AdminFactory(), UserFactory()):
            with pytest.raises(NotAllowed):
                review_suggestion(row.pk, reviewer=stranger, decision="approve")
            assert not visible_suggestions(stranger).filter(pk=row.pk).exists()
        with pytest.raises(InvalidInput, match="no tier"):
            review_suggestion(row.pk, reviewer=owner, decision="approve", target_tier="tier1")
        assert visible_suggestions(owner).filter(pk=row.pk).exists()
        review_suggestion(row.pk, reviewer=owner, decision="approve")
        added = AISuggestion.objects.filter(watchlist=watchlist, suggestion_type="add").first()
        assert added is not None
        review_suggestion(added.pk, reviewer=owner, decision="approve")
        assert [entry.asset_id for entry in watchlist.entries.all()] == [added.asset_id]

    def test_it_is_in_no_queue_of_admins_and_not_in_the_report(
        self, market: RankedMarket, in_order: list[Asset]
    ) -> None:
        watchlist = wanting(in_order[-1])
        made(market, watchlist)
        AISuggestion.objects.update(expires_at=None)
        waiting = list(review_queue())
        assert waiting
        assert watchlist not in {row.watchlist for row in waiting}
        assert suggestion_report().groups["all"].made == len(waiting)

    def test_its_outcome_is_measured_like_any_other(self, market: RankedMarket, in_order: list[Asset]) -> None:
        watchlist = wanting(*in_order[-3:])
        made(market, watchlist)
        score_suggestions(AS_OF + 7 * DAY)
        assert all(row.success_score is not None for row in AISuggestion.objects.filter(watchlist=watchlist))
