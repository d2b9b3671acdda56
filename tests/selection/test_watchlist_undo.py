"""The last change of a list is taken back by who made it, as a new change; and done again."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User, UserActivity
from assets.models import Asset
from selection.models import Watchlist, WatchlistAsset
from selection.services import (
    add_to_watchlist,
    bulk_update_watchlist_assets,
    change_entry,
    change_watchlist,
    curate_default_lists,
    demote,
    move_in_watchlist,
    promote,
    remove_from_watchlist,
    reorder_watchlist,
    undo_last_change,
)
from selection.services.watchlists import fill_default_list
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from tests.factories import AdminFactory, AssetFactory, UserFactory
from tests.factories.base import EPOCH
from tests.selection.lists import require_consistent, tier_lists, trail

pytestmark = pytest.mark.django_db
CONTENT = (
    "asset__symbol",
    "position_type",
    "sort_order",
    "weight",
    "target_allocation",
    "notes",
    "is_active",
    "added_by",
)


@pytest.fixture
def admin() -> User:
    return AdminFactory()


@pytest.fixture
def tiers(admin: User) -> dict[str, Watchlist]:
    """Tier 1: A, B; tier 2: C, D, E."""
    lists = tier_lists()
    for tier, letters in (("tier1", "AB"), ("tier2", "CDE")):
        for symbol in letters:
            add_to_watchlist(lists[tier], AssetFactory(symbol=symbol), actor=admin, notes=symbol, weight="0.2")
    return lists


def state(tiers: dict[str, Watchlist]) -> list[Any]:
    """All that both lists say."""
    found: list[Any] = []
    for watchlist in tiers.values():
        watchlist.refresh_from_db()
        require_consistent(watchlist)
        found.append((watchlist.name, watchlist.max_assets, watchlist.description))
        found.append(list(watchlist.entries.order_by("sort_order").values_list(*CONTENT)))
    return found


def of(tiers: dict[str, Watchlist], symbol: str) -> WatchlistAsset:
    return WatchlistAsset.objects.get(asset__symbol=symbol)


Deed = Callable[[dict[str, Watchlist], User], Any]
CHANGES: dict[str, Deed] = {
    "add": lambda t, who: add_to_watchlist(t["tier2"], AssetFactory(symbol="X"), actor=who, position=1),
    "remove": lambda t, who: remove_from_watchlist(of(t, "C"), actor=who),
    "move": lambda t, who: move_in_watchlist(of(t, "E"), position=1, actor=who),
    "reorder": lambda t, who: reorder_watchlist(t["tier2"], [of(t, s).pk for s in "ECD"], actor=who),
    "say": lambda t, who: change_entry(of(t, "D"), actor=who, changes={"weight": "0.1", "notes": None}),
    "turn": lambda t, who: change_entry(of(t, "D"), actor=who, changes={"position_type": "short", "position": 3}),
    "pause": lambda t, who: change_entry(of(t, "D"), actor=who, changes={"is_active": False}),
    "replace": lambda t, who: bulk_update_watchlist_assets(
        t["tier2"], [{"asset_id": of(t, "E").asset_id, "weight": "0.9"}], actor=who, mode="replace"
    ),
    "promote": lambda t, who: promote(of(t, "D"), actor=who, position=1),
    "demote": lambda t, who: demote(of(t, "A"), actor=who),
    "curate": lambda t, who: curate_default_lists(
        "promote_to_tier1", [of(t, "C").asset_id, of(t, "E").asset_id], actor=who
    ),
    "describe": lambda t, who: change_watchlist(
        t["tier2"], actor=who, changes={"name": "New", "max_assets": 9, "description": "d"}
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_every_change_is_taken_back_and_done_again(tiers: dict[str, Watchlist], admin: User, kind: str) -> None:
    other = AdminFactory()
    before = state(tiers)
    CHANGES[kind](tiers, other)
    after = state(tiers)
    assert after != before
    rows, told = len(trail()), UserActivity.objects.filter(user=other).count()
    undone: Any = undo_last_change(tiers["tier2"], actor=other)
    assert state(tiers) == before
    assert (undone.changed_by, undone.new_values["undoes"]) == (other, trail()[-2].pk)
    assert (len(trail()), UserActivity.objects.filter(user=other).count()) == (rows + 1, told + 1)
    redone: Any = undo_last_change(tiers["tier2"], actor=other)
    assert state(tiers) == after
    assert [one.details.partition(":")[0] for one in (undone, redone)] == ["undo", "redo"]
    undo_last_change(tiers["tier2"], actor=other)
    assert state(tiers) == before


class TestRefusals:
    def test_somebody_elses_change(self, tiers: dict[str, Watchlist], admin: User) -> None:
        ada = AdminFactory(first_name="Ada", last_name="L")
        move_in_watchlist(of(tiers, "E"), position=1, actor=admin)
        move_in_watchlist(of(tiers, "E"), position=2, actor=ada)
        before = state(tiers)
        with pytest.raises(NotAllowed, match="Ada L") as caught:
            undo_last_change(tiers["tier2"], actor=admin)
        assert (caught.value.code, state(tiers)) == ("not_your_change", before)

    def test_a_change_of_two_lists_of_which_one_has_changed_since(
        self, tiers: dict[str, Watchlist], admin: User
    ) -> None:
        ada = AdminFactory(first_name="Ada", last_name="L")
        promote(of(tiers, "C"), actor=admin)
        remove_from_watchlist(of(tiers, "A"), actor=ada)
        with pytest.raises(ConflictError, match="Ada L has changed Admin Tier 1 since") as caught:
            undo_last_change(tiers["tier2"], actor=admin)
        assert caught.value.code == "changed_since"

    def test_another_change_than_the_one_seen(self, tiers: dict[str, Watchlist], admin: User) -> None:
        seen = trail()[-1]
        move_in_watchlist(of(tiers, "E"), position=1, actor=admin)
        with pytest.raises(ConflictError, match="since"):
            undo_last_change(tiers["tier2"], actor=admin, change_id=seen.pk)
        undo_last_change(tiers["tier2"], actor=admin, change_id=trail()[-1].pk)

    def test_nothing_has_been_done(self, admin: User) -> None:
        with pytest.raises(ConflictError) as caught:
            undo_last_change(tier_lists()["tier1"], actor=admin)
        assert caught.value.code == "nothing_to_undo"

    def test_what_the_system_did_is_not_a_persons_to_take_back(self, admin: User) -> None:
        tier1 = tier_lists()["tier1"]
        fill_default_list(tier1, [AssetFactory()], at=EPOCH)
        with pytest.raises(NotAllowed, match="the system"):
            undo_last_change(tier1, actor=admin)
        undo_last_change(tier1, actor=User.objects.system())
        require_consistent(tier1)

    def test_not_a_curator_any_more(self, tiers: dict[str, Watchlist]) -> None:
        with pytest.raises(NotAllowed, match="Only admins"):
            undo_last_change(tiers["tier1"], actor=UserFactory())

    def test_a_list_that_does_not_look_as_it_was_left(self, tiers: dict[str, Watchlist], admin: User) -> None:
        move_in_watchlist(of(tiers, "E"), position=1, actor=admin)
        of(tiers, "E").asset.delete()
        with pytest.raises(ConflictError) as caught:
            undo_last_change(tiers["tier2"], actor=admin)
        assert caught.value.code == "changed_since"

    def test_an_asset_that_is_not_supported_any_more_or_gone(self, tiers: dict[str, Watchlist], admin: User) -> None:
        coin = of(tiers, "C").asset
        remove_from_watchlist(of(tiers, "C"), actor=admin)
        Asset.objects.filter(pk=coin.pk).update(is_supported=False)
        with pytest.raises(InvalidInput, match="C is not supported"):
            undo_last_change(tiers["tier2"], actor=admin)
        coin.delete()
        with pytest.raises(ConflictError, match="C does not exist any more"):
            undo_last_change(tiers["tier2"], actor=admin)

    def test_a_limit_that_was_lowered(self, tiers: dict[str, Watchlist], admin: User) -> None:
        remove_from_watchlist(of(tiers, "C"), actor=admin)
        Watchlist.objects.filter(tier="tier2").update(max_assets=2)
        with pytest.raises(LimitExceeded, match="2 assets"):
            undo_last_change(tiers["tier2"], actor=admin)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_who_had_added_an_entry_and_left_is_replaced_by_who_brings_it_back(
    tiers: dict[str, Watchlist], admin: User
) -> None:
    """People are erased by the owner's role."""
    gone = AdminFactory()
    entry = add_to_watchlist(tiers["tier2"], AssetFactory(symbol="X"), actor=gone)
    remove_from_watchlist(entry, actor=admin)
    User.objects.using("owner").get(pk=gone.pk).delete()
    undo_last_change(tiers["tier2"], actor=admin)
    assert of(tiers, "X").added_by == admin
