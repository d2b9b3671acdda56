"""Changes of lists: order stays dense, limits hold, the past stays readable."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import UserActivity
from accounts.services import ensure_system_user
from selection.models import Watchlist, WatchlistAssetHistory
from selection.selectors import active_asset_ids, members
from selection.services import (
    add_to_watchlist,
    change_entry,
    ensure_default_watchlists,
    known_asset,
    move_in_watchlist,
    remove_from_watchlist,
    reorder_watchlist,
)
from selection.services.watchlists import fill_default_list
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.models import AuditLog
from tests.factories import AdminFactory, AssetFactory, EntryFactory, UserFactory, WatchlistFactory
from tests.selection.lists import faults, order, past, require_consistent, symbols, tier_lists, trail

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAST = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def tier1() -> Watchlist:
    return tier_lists()["tier1"]


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
        entry: Any = AuditLog.objects.latest("id")
        assert (AuditLog.objects.count() - before, entry.changed_by) == (1, admin)
        assert entry.old_values == {"entries": []}
        (added,) = entry.new_values["entries"]
        assert (added["symbol"], added["position"], added["added_by"]) == ("A", 1, admin.pk)
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

    def test_an_asset_and_a_tier_that_are_not_there(self, tier1: Watchlist) -> None:
        coin = AssetFactory()
        assert known_asset(coin.pk) == coin
        for wrong, code in ((coin.pk + 1, "unknown_asset"), (10**30, None), ("1", None), (True, None)):
            with pytest.raises(InvalidInput) as unknown:
                known_asset(wrong)
            assert (unknown.value.field, unknown.value.code) == ("asset_id", code)
        with pytest.raises(InvalidInput) as other:
            add_to_watchlist(tier1, coin, actor=AdminFactory(), tier="tier2")
        assert (other.value.field, other.value.code) == ("tier", "tier_mismatch")
        add_to_watchlist(tier1, coin, actor=AdminFactory(), tier="tier1")

    def test_a_removed_entry_is_gone_for_the_second_one(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        entry = add_to_watchlist(tier1, AssetFactory(), actor=admin)
        copy = tier1.entries.get()
        remove_from_watchlist(entry, actor=admin)
        with pytest.raises(ConflictError):
            remove_from_watchlist(copy, actor=admin)
        with pytest.raises(ConflictError):
            move_in_watchlist(copy, position=1, actor=admin)


class TestOrder:
    def test_by_naming_every_entry(self, tier1: Watchlist) -> None:
        admin, other = AdminFactory(), AdminFactory()
        a, b, c = (add_to_watchlist(tier1, AssetFactory(symbol=symbol), actor=admin) for symbol in "ABC")
        found = reorder_watchlist(tier1, [c.pk, b.pk, a.pk], actor=other)
        assert [entry.asset.symbol for entry in found] == symbols(tier1) == ["C", "B", "A"]
        by = {entry.asset.symbol: (entry.added_by, entry.last_modified_by) for entry in tier1.entries.all()}
        assert by == {"A": (admin, other), "B": (admin, admin), "C": (admin, other)}
        require_consistent(tier1)
        (last,) = trail()[-1:]
        assert [(said["symbol"], said["position"]) for said in last.old_values["entries"]] == [("A", 1), ("C", 3)]
        assert [(said["symbol"], said["position"]) for said in last.new_values["entries"]] == [("A", 3), ("C", 1)]

    def test_every_wrong_name_is_told(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        a, _b, _c = (add_to_watchlist(tier1, AssetFactory(symbol=symbol), actor=admin) for symbol in "ABC")
        foreign = EntryFactory()
        with pytest.raises(InvalidInput) as caught:
            reorder_watchlist(tier1, [a.pk, foreign.pk, a.pk, 10**30, True], actor=admin)
        assert faults(caught) == [
            ("entries.1", "foreign"),
            ("entries.2", "named_twice"),
            ("entries.3", "foreign"),
            ("entries.4", "foreign"),
            ("entries", "missing"),
        ]
        assert "Row 3" in str(caught.value)
        assert "B, C" in str(caught.value)
        assert symbols(tier1) == ["A", "B", "C"]

    def test_no_query_more_for_a_longer_list(self, tier1: Watchlist) -> None:
        admin, counts = AdminFactory(), []
        for _ in range(2):
            for _ in range(8):
                add_to_watchlist(tier1, AssetFactory(), actor=admin)
            backwards = list(tier1.entries.order_by("-sort_order").values_list("pk", flat=True))
            with CaptureQueriesContext(connection) as captured:
                reorder_watchlist(tier1, backwards, actor=admin)
            counts.append(len(captured))
        assert counts[0] == counts[1]

    def test_the_same_order_is_no_change(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        entries = [add_to_watchlist(tier1, AssetFactory(), actor=admin) for _ in range(2)]
        before = len(trail())
        reorder_watchlist(tier1, [entry.pk for entry in entries], actor=admin)
        move_in_watchlist(entries[0], position=1, actor=admin)
        change_entry(entries[0], actor=admin, changes={"weight": "0", "position": 1})
        assert len(trail()) == before


class TestContent:
    def test_what_an_entry_says_is_changed_with_before_and_after(self, tier1: Watchlist) -> None:
        admin, other = AdminFactory(), AdminFactory()
        entry = add_to_watchlist(tier1, AssetFactory(symbol="A"), actor=admin, weight="0.25")
        add_to_watchlist(tier1, AssetFactory(symbol="B"), actor=admin)
        changes = {"weight": Decimal("0.5"), "notes": "why", "position_type": "short", "position": 2}
        changed = change_entry(entry, actor=other, changes=changes)
        assert (changed.pk, changed.position_type, changed.weight, changed.notes) == (
            entry.pk,
            "short",
            Decimal("0.5"),
            "why",
        )
        assert (changed.sort_order, changed.added_by, changed.last_modified_by) == (2, admin, other)
        require_consistent(tier1)
        assert len(trail()) == 5  # two lists made, two entries added, one changed

    def test_a_paused_entry_keeps_its_place_and_is_no_member(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        a = add_to_watchlist(tier1, AssetFactory(symbol="A"), actor=admin, at=PAST)
        b = add_to_watchlist(tier1, AssetFactory(symbol="B"), actor=admin, at=PAST)
        change_entry(a, actor=admin, changes={"is_active": False}, at=PAST + DAY)
        assert (symbols(tier1), past(tier1)) == (["A", "B"], [(b.asset_id, "long")])
        change_entry(a, actor=admin, changes={"is_active": True}, at=PAST + 2 * DAY)
        seen = [len(past(tier1, PAST + days * DAY)) for days in (0, 1, 2)]
        assert seen == [2, 1, 2]
        require_consistent(tier1)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("weight", "1.0001"),
            ("weight", -1),
            ("weight", "NaN"),
            ("weight", "1e400"),
            ("weight", "0.00001"),
            ("weight", "much"),
            ("weight", None),
            ("weight", True),
            ("target_allocation", "2"),
            ("notes", 7),
            ("notes", "x" * 10_001),
            ("notes", "a\0b"),
            ("is_active", "yes"),
            ("position_type", "sideways"),
            ("position_type", ["long"]),
            ("position", 0),
            ("position", 9),
            ("position", 1.5),
            ("analysis_config", [1]),
            ("analysis_config", {"a": float("nan")}),
            ("added_by", 1),
        ],
    )
    def test_nonsense_names_its_field(self, tier1: Watchlist, field: str, value: Any) -> None:
        admin = AdminFactory()
        entry = add_to_watchlist(tier1, AssetFactory(), actor=admin)
        with pytest.raises(InvalidInput, match=field) as caught:
            change_entry(entry, actor=admin, changes={field: value})
        assert caught.value.field == field

    def test_weights_are_shares_of_one(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        add_to_watchlist(tier1, AssetFactory(), actor=admin, weight="0.7")
        paused = add_to_watchlist(tier1, AssetFactory(), actor=admin, weight="0.4", is_active=False)
        with pytest.raises(InvalidInput, match=r"1\.1") as caught:
            change_entry(paused, actor=admin, changes={"is_active": True})
        assert (caught.value.field, caught.value.code) == ("weight", "weights_exceed_one")
        change_entry(paused, actor=admin, changes={"is_active": True, "weight": "0.3"})

    def test_both_directions_of_one_asset(self, tier1: Watchlist) -> None:
        admin, coin = AdminFactory(), AssetFactory(symbol="A")
        add_to_watchlist(tier1, coin, actor=admin)
        short = add_to_watchlist(tier1, coin, actor=admin, position_type="short")
        assert symbols(tier1) == ["A", "A"]
        with pytest.raises(ConflictError, match="already"):
            change_entry(short, actor=admin, changes={"position_type": "long"})


class TestPast:
    def test_the_order_of_any_moment(self, tier1: Watchlist) -> None:
        admin = AdminFactory()
        entries = [add_to_watchlist(tier1, AssetFactory(), actor=admin, at=PAST) for _ in range(3)]
        a, b, c = (entry.asset_id for entry in entries)
        reorder_watchlist(tier1, [entries[i].pk for i in (2, 0, 1)], actor=admin, at=PAST + DAY)
        move_in_watchlist(entries[1], position=1, actor=admin, at=PAST + 2 * DAY)
        seen = [[asset_id for asset_id, _direction in past(tier1, PAST + days * DAY)] for days in range(3)]
        assert seen == [[a, b, c], [c, a, b], [b, c, a]]

    def test_a_change_dated_before_the_last_one_takes_effect_with_it(self, tier1: Watchlist) -> None:
        """Two reviewers read their clocks before either has the list: the past still says what the list says."""
        admin = AdminFactory()
        add_to_watchlist(tier1, AssetFactory(), actor=admin, at=PAST + DAY)
        add_to_watchlist(tier1, AssetFactory(), actor=admin, at=PAST)
        assert (len(past(tier1, PAST)), len(past(tier1, PAST + DAY))) == (0, 2)
        require_consistent(tier1)

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
