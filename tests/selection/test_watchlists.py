"""Changes of lists: order stays dense, limits hold, the past stays readable."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from accounts.models import UserActivity
from accounts.services import ensure_system_user
from selection.models import Watchlist, WatchlistAssetHistory
from selection.selectors import active_asset_ids, members
from selection.services import (
    add_to_watchlist,
    ensure_default_watchlists,
    move_in_watchlist,
    remove_from_watchlist,
)
from selection.services.watchlists import fill_default_list
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.models import AuditLog
from tests.factories import AdminFactory, AssetFactory, UserFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAST = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def tier1() -> Watchlist:
    ensure_system_user()
    ensure_default_watchlists()
    return Watchlist.objects.get(tier="tier1")


def symbols(watchlist: Watchlist) -> list[str]:
    return list(watchlist.entries.order_by("sort_order").values_list("asset__symbol", flat=True))


def order(watchlist: Watchlist) -> list[int]:
    return list(watchlist.entries.order_by("sort_order").values_list("sort_order", flat=True))


class TestEntries:
    def test_add_place_move_remove(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        for symbol in "ABC":
            add_to_watchlist(tier1, AssetFactory(symbol=symbol), actor=admin)
        first = add_to_watchlist(tier1, AssetFactory(symbol="D"), actor=admin, position=1)
        assert symbols(tier1) == ["D", "A", "B", "C"]
        move_in_watchlist(first, position=3, actor=admin)
        assert symbols(tier1) == ["A", "B", "D", "C"]
        remove_from_watchlist(tier1.entries.get(asset__symbol="B"), actor=admin)
        assert symbols(tier1) == ["A", "D", "C"]
        assert order(tier1) == [1, 2, 3]

    def test_who_did_what_is_written_down(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        before = AuditLog.objects.count()
        add_to_watchlist(tier1, AssetFactory(symbol="A"), actor=admin)
        entry = AuditLog.objects.latest("id")
        assert (AuditLog.objects.count() - before, entry.changed_by) == (1, admin)
        assert entry.new_values == {"asset": "A", "position": 1}
        assert UserActivity.objects.filter(user=admin, activity_type="admin_action").count() == 1

    def test_only_admins_change_default_lists_and_owners_their_own(self, tier1: Watchlist) -> None:
        user, own = UserFactory(), WatchlistFactory()
        with pytest.raises(NotAllowed):
            add_to_watchlist(tier1, AssetFactory(), actor=user)
        with pytest.raises(NotAllowed):
            add_to_watchlist(own, AssetFactory(), actor=user)
        add_to_watchlist(own, AssetFactory(), actor=own.user)
        assert (len(symbols(tier1)), len(symbols(own))) == (0, 1)

    def test_limits_doubles_and_faults_change_nothing(self, tier1: Watchlist) -> None:
        admin, coin = AdminFactory(), AssetFactory()
        tier1.max_assets = 1
        tier1.save()
        with pytest.raises(InvalidInput):
            add_to_watchlist(tier1, AssetFactory(is_supported=False), actor=admin)
        with pytest.raises(InvalidInput):
            add_to_watchlist(tier1, coin, actor=admin, position=7)
        assert symbols(tier1) == []
        add_to_watchlist(tier1, coin, actor=admin)
        with pytest.raises(ConflictError):
            add_to_watchlist(tier1, coin, actor=admin)
        with pytest.raises(LimitExceeded):
            add_to_watchlist(tier1, AssetFactory(), actor=admin)
        assert symbols(tier1) == [coin.symbol]

    def test_a_removed_entry_is_gone_for_the_second_one(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        entry = add_to_watchlist(tier1, AssetFactory(), actor=admin)
        copy = tier1.entries.get()
        remove_from_watchlist(entry, actor=admin)
        with pytest.raises(ConflictError):
            remove_from_watchlist(copy, actor=admin)
        with pytest.raises(ConflictError):
            move_in_watchlist(copy, position=1, actor=admin)


class TestPast:
    def test_a_past_moment_sees_the_list_of_then(self, tier1: Watchlist) -> None:
        admin, first, second = AdminFactory(), AssetFactory(), AssetFactory()
        entry = add_to_watchlist(tier1, first, actor=admin, at=PAST)
        add_to_watchlist(tier1, second, actor=admin, at=PAST + 2 * DAY)
        remove_from_watchlist(entry, actor=admin, at=PAST + 4 * DAY)
        seen = [[m.asset_id for m in members(tier1, PAST + days * DAY)] for days in (-1, 0, 1, 2, 3, 4, 99)]
        one, two = first.pk, second.pk
        assert seen == [[], [one], [one], [one, two], [one, two], [two], [two]]
        assert active_asset_ids(PAST + 3 * DAY) == {one, two}

    def test_filling_the_past_ends_where_the_known_history_begins(self, tier1: Watchlist) -> None:
        admin, known, liquid = AdminFactory(), AssetFactory(), AssetFactory()
        add_to_watchlist(tier1, known, actor=admin, at=PAST + 10 * DAY)
        fill_default_list(tier1, [liquid], at=PAST)
        assert [m.asset_id for m in members(tier1, PAST + DAY)] == [liquid.pk]
        assert [m.asset_id for m in members(tier1, PAST + 11 * DAY)] == [known.pk]
        assert symbols(tier1) == [known.symbol]

    def test_a_replay_has_copies_of_its_own(self, tier1: Watchlist) -> None:
        fill_default_list(tier1, [AssetFactory()], at=PAST, series="replay-1")
        assert members(tier1, timezone.now()) == []
        assert len(members(tier1, PAST, "replay-1")) == 1
        assert symbols(tier1) == []

    def test_intervals_of_an_asset_never_overlap(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        assets = [AssetFactory() for _ in range(4)]
        for day, asset in enumerate(assets):
            add_to_watchlist(tier1, asset, actor=admin, at=PAST + day * DAY, position=1)
        remove_from_watchlist(tier1.entries.get(asset=assets[1]), actor=admin, at=PAST + 9 * DAY)
        for asset in assets:
            rows = list(WatchlistAssetHistory.objects.filter(asset=asset).order_by("valid_from"))
            for one, following in pairwise(rows):
                assert one.valid_to is not None
                assert one.valid_to <= following.valid_from


def test_default_lists_are_made_once() -> None:
    ensure_system_user()
    assert ensure_default_watchlists() == 2
    assert ensure_default_watchlists() == 0
