"""Lists themselves: made, described, limited, ordered, copied, deleted, and brought back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User, UserActivity
from accounts.services import ensure_system_user
from assets.choices import Market
from selection.models import Watchlist, WatchlistStateHistory
from selection.selectors import active_asset_ids, lists_with_members
from selection.selectors.summaries import summaries, summaries_of
from selection.services import (
    add_to_watchlist,
    change_entry,
    change_watchlist,
    create_default_watchlist,
    create_watchlist,
    default_lists,
    delete_watchlist,
    duplicate_watchlist,
    get_user_ai_context,
    order_watchlists,
    undo_last_change,
)
from selection.services.watchlists import awaits_members, limit
from system.exceptions import ConflictError, DomainError, InvalidInput, LimitExceeded, NotAllowed
from system.models import AuditLog
from system.services import change_setting, setting
from tests.factories import AdminFactory, AssetFactory, EntryFactory, UserFactory, WatchlistFactory
from tests.selection.lists import faults, past, require_consistent, symbols, tier_lists, trail
from tests.selection.test_admin_review_race import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAST = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def user() -> User:
    ensure_system_user()
    return UserFactory()


def limits(**changes: int) -> None:
    change_setting("watchlist_limits", setting("watchlist_limits") | changes, actor=None)


class TestMaking:
    def test_a_personal_list(self, user: User) -> None:
        first = create_watchlist("  Mine ", actor=user, description="", is_public=True)
        second = create_watchlist("Other", actor=user, max_assets=7)
        assert (first.name, first.user, first.watchlist_type, first.tier) == ("Mine", user, "personal", None)
        assert (first.description, first.is_public, first.sort_order, second.sort_order) == (None, True, 1, 2)
        (made, _second) = trail()
        assert (made.operation, made.changed_by, made.new_values["name"]) == ("INSERT", user, "Mine")
        told = UserActivity.objects.filter(entity_id=first.pk)
        assert [(one.activity_type, one.action, one.entity_type) for one in told] == [
            ("add_watchlist", "create", "watchlist")
        ]

    def test_a_name_is_taken_among_the_active_lists_of_one_person(self, user: User) -> None:
        first = create_watchlist("Mine", actor=user)
        with pytest.raises(ConflictError, match="Mine") as caught:
            create_watchlist(" Mine", actor=user)
        assert (caught.value.field, caught.value.code) == ("name", "name_taken")
        create_watchlist("Mine", actor=UserFactory())
        delete_watchlist(first, actor=user)
        create_watchlist("Mine", actor=user)
        with pytest.raises(ConflictError, match="Mine"):
            undo_last_change(first, actor=user)

    def test_as_many_as_the_settings_allow(self, user: User) -> None:
        limits(personal_lists_max=2)
        lists = [create_watchlist(name, actor=user) for name in "AB"]
        with pytest.raises(LimitExceeded, match="2 lists") as caught:
            create_watchlist("C", actor=user)
        assert caught.value.code == "too_many_lists"
        delete_watchlist(lists[0], actor=user)
        create_watchlist("C", actor=user)
        with pytest.raises(LimitExceeded):
            undo_last_change(lists[0], actor=user)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "  "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"name": "a\0"}, "name"),
            ({"name": 7}, "name"),
            ({"description": 7}, "description"),
            ({"max_assets": 0}, "max_assets"),
            ({"max_assets": 26}, "max_assets"),
            ({"max_assets": 2**31}, "max_assets"),
            ({"max_assets": True}, "max_assets"),
            ({"is_public": "no"}, "is_public"),
            ({"sort_order": -1}, "sort_order"),
            ({"configuration": []}, "configuration"),
            ({"user": 1}, "user"),
            ({"is_active": False}, "is_active"),
        ],
    )
    def test_nonsense_names_its_field(self, user: User, values: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            create_watchlist(**({"name": "Mine"} | values), actor=user)
        assert caught.value.field == field
        watchlist = create_watchlist("Mine", actor=user)
        with pytest.raises(InvalidInput) as caught:
            change_watchlist(watchlist, actor=user, changes=values)
        assert caught.value.field == field
        assert (Watchlist.objects.get().name, len(trail())) == ("Mine", 1)

    def test_for_somebody_else_only_by_admins(self, user: User) -> None:
        with pytest.raises(NotAllowed):
            create_watchlist("Theirs", actor=UserFactory(), owner=user)
        assert create_watchlist("Theirs", actor=AdminFactory(), owner=user, max_assets=500).user == user

    def test_default_lists_are_made_by_admins_one_per_tier(self, user: User) -> None:
        with pytest.raises(NotAllowed) as refused:
            create_default_watchlist("One", "tier1", actor=user)
        assert refused.value.code == "admin_only"
        with pytest.raises(NotAllowed):
            create_default_watchlist("One", "tier1", actor=AdminFactory(is_active=False))
        made = create_default_watchlist(" One ", "tier1", actor=AdminFactory(), description="best")
        assert (made.name, made.user, made.tier) == ("One", None, "tier1")
        activity = UserActivity.objects.get()
        assert (activity.activity_type, activity.action) == ("admin_action", "create")
        assert activity.details == {"type": "default", "name": "One", "tier": "tier1"}
        with pytest.raises(ConflictError) as taken:
            create_default_watchlist("Two", "tier1", actor=AdminFactory())
        assert taken.value.code == "default_list_exists"
        with pytest.raises(InvalidInput) as wrong:
            create_default_watchlist("Two", "tier9", actor=AdminFactory())
        assert (wrong.value.field, len(trail()), UserActivity.objects.count()) == ("tier", 1, 1)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_many_lists_made_at_once_no_more_than_allowed_are() -> None:
    ensure_system_user()
    limits(personal_lists_max=2)
    person = UserFactory()

    def make(number: int) -> str:
        try:
            return create_watchlist(f"List {number}", actor=person).name
        except LimitExceeded as refusal:
            return str(refusal.code)

    made = at_once([partial(make, number) for number in range(5)])
    assert sorted(one == "too_many_lists" for one in made) == [False, False, True, True, True]
    assert [one.sort_order for one in Watchlist.objects.order_by("sort_order")] == [1, 2]


class TestChanging:
    def test_leaves_before_and_after_once(self, user: User) -> None:
        watchlist = create_watchlist("Mine", actor=user)
        changed = change_watchlist(
            watchlist, actor=user, changes={"name": "Ours", "description": "", "is_public": False}
        )
        assert changed.name == "Ours"
        last = trail()[-1]
        assert (last.old_values, last.new_values) == ({"name": "Mine"}, {"name": "Ours"})
        change_watchlist(watchlist, actor=user, changes={"name": " Ours"})
        assert len(trail()) == 2

    def test_only_ones_own(self, user: User) -> None:
        watchlist, other = create_watchlist("Mine", actor=user), UserFactory()
        for deed in (
            lambda: change_watchlist(watchlist, actor=other, changes={"name": "Ha"}),
            lambda: delete_watchlist(watchlist, actor=other),
            lambda: duplicate_watchlist(watchlist, actor=other, name="Ha"),
            lambda: order_watchlists(user, [watchlist.pk], actor=other),
        ):
            with pytest.raises(NotAllowed):
                deed()
        assert change_watchlist(watchlist, actor=AdminFactory(), changes={"name": "Ha"}).name == "Ha"

    def test_a_limit_below_what_is_there(self, user: User) -> None:
        watchlist = create_watchlist("Mine", actor=user)
        for _ in range(2):
            add_to_watchlist(watchlist, AssetFactory(), actor=user)
        with pytest.raises(ConflictError) as caught:
            change_watchlist(watchlist, actor=user, changes={"max_assets": 1})
        assert caught.value.field == "max_assets"
        change_watchlist(watchlist, actor=user, changes={"max_assets": 2})
        with pytest.raises(LimitExceeded):
            add_to_watchlist(watchlist, AssetFactory(), actor=user)

    def test_a_past_moment_reads_the_limit_of_then(self) -> None:
        tier1, admin = tier_lists()["tier1"], AdminFactory()
        moments = [timezone.now()]
        for most in (5, 7, None):
            change_watchlist(tier1, actor=admin, changes={"max_assets": most})
            moments.append(timezone.now())
        tier1.refresh_from_db()
        assert [limit(tier1, moment) for moment in moments] == [20, 5, 7, 20]
        assert limit(tier1, PAST) == 20
        rows = WatchlistStateHistory.objects.order_by("valid_to")
        assert [(row.max_assets, row.is_active, row.changed_by) for row in rows] == [
            (None, True, admin),
            (5, True, admin),
            (7, True, admin),
        ]
        assert [row.valid_to for row in rows][:-1] == [row.valid_from for row in rows][1:]

    def test_lists_that_the_settings_have_overtaken_may_be_shortened(self, user: User) -> None:
        watchlist = create_watchlist("Mine", actor=user)
        entries = [add_to_watchlist(watchlist, AssetFactory(), actor=user) for _ in range(3)]
        limits(personal_max=1)
        change_entry(entries[0], actor=user, changes={"position": 3})
        with pytest.raises(LimitExceeded, match="1 assets"):
            add_to_watchlist(watchlist, AssetFactory(), actor=user)


class TestDeleting:
    def test_softly_and_back(self, user: User) -> None:
        watchlist = create_watchlist("Mine", actor=user)
        entry = add_to_watchlist(watchlist, AssetFactory(), actor=user, at=PAST)
        delete_watchlist(watchlist, actor=user)
        assert (past(watchlist), len(past(watchlist, PAST)), watchlist.entries.count()) == ([], 1, 1)
        assert active_asset_ids(timezone.now()) == set()
        assert (lists_with_members(timezone.now()), lists_with_members(PAST)) == ([], [watchlist])
        for deed in (
            lambda: add_to_watchlist(watchlist, AssetFactory(), actor=user),
            lambda: change_watchlist(watchlist, actor=user, changes={"name": "x"}),
            lambda: delete_watchlist(watchlist, actor=user),
            lambda: duplicate_watchlist(watchlist, actor=user, name="x"),
        ):
            with pytest.raises(ConflictError, match="Mine has been deleted") as caught:
                deed()
            assert caught.value.code == "list_deleted"
        undo_last_change(watchlist, actor=user)
        watchlist.refresh_from_db()
        assert (watchlist.is_active, symbols(watchlist)) == (True, [entry.asset.symbol])
        require_consistent(watchlist)

    def test_default_lists_by_admins(self, user: User) -> None:
        tier1 = tier_lists()["tier1"]
        with pytest.raises(NotAllowed):
            delete_watchlist(tier1, actor=user)
        admin = AdminFactory()
        before = timezone.now()
        delete_watchlist(tier1, actor=admin)
        new = create_default_watchlist("New", "tier1", actor=admin)
        with pytest.raises(ConflictError, match="active default list"):
            undo_last_change(tier1, actor=admin)
        found = [default_lists(moment)["tier1"] for moment in (PAST, before, timezone.now(), None)]
        assert found == [tier1, tier1, new, new]
        tier1.refresh_from_db()
        assert [awaits_members(one, Market.REAL, at=before) for one in (tier1, new)] == [False, True]


class TestCopies:
    def test_a_list_with_all_that_it_says(self, user: User) -> None:
        source = create_watchlist("Mine", actor=user, description="d")
        add_to_watchlist(source, AssetFactory(symbol="A"), actor=user, weight="0.5", notes="n")
        add_to_watchlist(source, AssetFactory(symbol="B"), actor=user, position_type="short", is_active=False)
        copy = duplicate_watchlist(source, actor=user, name="Copy")
        rows = copy.entries.order_by("sort_order").values_list("asset__symbol", "position_type", "weight", "is_active")
        assert list(rows) == [("A", "long", Decimal("0.5"), True), ("B", "short", Decimal(0), False)]
        assert (copy.user, copy.description, copy.sort_order) == (user, "d", 2)
        assert (trail()[-1].operation, trail()[-1].new_values["entries"]) == ("INSERT", ["A", "B"])
        require_consistent(copy)

    def test_of_a_default_list_within_ones_own_limit(self, user: User) -> None:
        tier1, admin = tier_lists()["tier1"], AdminFactory()
        for _ in range(3):
            add_to_watchlist(tier1, AssetFactory(), actor=admin)
        assert symbols(duplicate_watchlist(tier1, actor=user, name="Copy")) == symbols(tier1)
        limits(personal_max=2)
        with pytest.raises(LimitExceeded, match="2 assets"):
            duplicate_watchlist(tier1, actor=user, name="Another")
        with pytest.raises(ConflictError, match="Copy"):
            duplicate_watchlist(tier1, actor=user, name="Copy")
        assert Watchlist.objects.filter(user=user).count() == 1


class TestOrderOfLists:
    def test_every_one_is_named_once(self, user: User) -> None:
        a, b, c = (create_watchlist(name, actor=user) for name in "ABC")
        assert [one.name for one in order_watchlists(user, [c.pk, a.pk, b.pk], actor=user)] == ["C", "A", "B"]
        assert [one.name for one in summaries_of(user)] == ["C", "A", "B"]
        audit = AuditLog.objects.filter(table_name="users")
        order_watchlists(user, [c.pk, a.pk, b.pk], actor=user)
        assert [(one.old_values, one.new_values) for one in audit] == [
            ({"watchlists": [a.pk, b.pk, c.pk]}, {"watchlists": [c.pk, a.pk, b.pk]})
        ]

    def test_every_wrong_name_is_told(self, user: User) -> None:
        a, b = (create_watchlist(name, actor=user) for name in "AB")
        with pytest.raises(DomainError) as caught:
            order_watchlists(user, [b.pk, WatchlistFactory().pk, b.pk], actor=user)
        assert faults(caught) == [
            ("watchlists.1", "foreign"),
            ("watchlists.2", "named_twice"),
            ("watchlists", "missing"),
        ]
        assert [one.pk for one in summaries_of(user)] == [a.pk, b.pk]


class TestReading:
    def test_summaries(self, user: User) -> None:
        mine = create_watchlist("Mine", actor=user)
        coin = AssetFactory(symbol="A")
        add_to_watchlist(mine, coin, actor=user, weight="0.25")
        add_to_watchlist(mine, coin, actor=user, weight="0.5", position_type="short")
        add_to_watchlist(mine, AssetFactory(symbol="P"), actor=user, is_active=False)
        empty = WatchlistFactory()
        (own,) = summaries_of(user)
        assert (own.asset_count, own.paused_count, own.asset_symbols) == (2, 1, "A, A")
        assert (own.avg_asset_weight, own.total_weight) == (Decimal("0.375"), Decimal("0.75"))
        assert "user_email" in own.get_deferred_fields()
        delete_watchlist(mine, actor=user)
        assert list(summaries_of(user)) == []
        found = {one.pk: one for one in summaries()}
        assert (found[mine.pk].is_active, found[mine.pk].user_email) == (False, user.email)
        assert (found[empty.pk].asset_count, found[empty.pk].asset_symbols) == (0, None)

    def test_context_of_the_analyses(self, user: User) -> None:
        tier1 = tier_lists()["tier1"]
        coin = AssetFactory(symbol="A")
        add_to_watchlist(tier1, coin, actor=AdminFactory(), weight="0.6")
        EntryFactory(watchlist=tier1, asset=AssetFactory(is_active=False))
        EntryFactory(watchlist=tier1, is_active=False)
        default = get_user_ai_context(user)
        assert [(one["watchlist_type"], one["tier"], one["asset_count"]) for one in default] == [
            ("default", "tier1", 1),
            ("default", "tier2", 0),
        ]
        assert default[0]["assets"] == [
            {
                "asset_id": coin.pk,
                "crypto_id": coin.pk,
                "symbol": "A",
                "position_type": "long",
                "position": 1,
                "weight": Decimal("0.6"),
            }
        ]
        own = create_watchlist("Mine", actor=user)
        assert get_user_ai_context(user) == [
            {"watchlist_id": own.pk, "watchlist_type": "personal", "tier": None, "asset_count": 0, "assets": []}
        ]
        delete_watchlist(own, actor=user)
        assert get_user_ai_context(user) == default
