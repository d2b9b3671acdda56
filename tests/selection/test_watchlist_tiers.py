"""Assets rise and fall between the tier lists, alone or many at once."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User, UserActivity
from selection.models import Watchlist
from selection.services import add_to_watchlist, curate_default_lists, delete_watchlist, demote, promote, transfer
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from tests.factories import AdminFactory, AssetFactory, EntryFactory, UserFactory
from tests.selection.lists import faults, require_consistent, symbols, tier_lists, trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiers() -> dict[str, Watchlist]:
    """Tier 1: A, B; tier 2: C, D, E."""
    lists, admin = tier_lists(), AdminFactory()
    for tier, letters in (("tier1", "AB"), ("tier2", "CDE")):
        for symbol in letters:
            add_to_watchlist(lists[tier], AssetFactory(symbol=symbol), actor=admin)
    return lists


@pytest.fixture
def admin() -> User:
    return AdminFactory()


def entry(tiers: dict[str, Watchlist], symbol: str) -> Any:
    for watchlist in tiers.values():
        found = watchlist.entries.filter(asset__symbol=symbol).first()
        if found:
            return found
    raise LookupError(symbol)


def both(tiers: dict[str, Watchlist]) -> tuple[str, str]:
    for watchlist in tiers.values():
        require_consistent(watchlist)
    return "".join(symbols(tiers["tier1"])), "".join(symbols(tiers["tier2"]))


class TestOne:
    def test_rises_with_all_that_its_entry_says(self, tiers: dict[str, Watchlist], admin: User) -> None:
        tiers["tier2"].entries.filter(asset__symbol="D").update(weight="0.5", notes="strong", position_type="short")
        before = len(trail()), UserActivity.objects.filter(user=admin).count()
        risen = promote(entry(tiers, "D"), actor=admin, position=1)
        assert both(tiers) == ("DAB", "CE")
        assert (risen.weight, risen.notes, risen.position_type, risen.added_by) == (
            Decimal("0.5"),
            "strong",
            "short",
            admin,
        )
        assert (len(trail()), UserActivity.objects.filter(user=admin).count()) == (before[0] + 1, before[1] + 1)
        sides = {(said["watchlist_id"], said["symbol"]) for said in trail()[-1].old_values["entries"]}
        ids = {tier: one.pk for tier, one in tiers.items()}
        assert sides == {(ids["tier2"], "D"), (ids["tier2"], "E"), (ids["tier1"], "A"), (ids["tier1"], "B")}

    def test_falls_to_the_end(self, tiers: dict[str, Watchlist], admin: User) -> None:
        demote(entry(tiers, "A"), actor=admin)
        assert both(tiers) == ("B", "CDEA")

    def test_not_beyond_the_limit(self, tiers: dict[str, Watchlist], admin: User) -> None:
        Watchlist.objects.filter(tier="tier1").update(max_assets=2)
        before = len(trail())
        with pytest.raises(LimitExceeded, match="Admin Tier 1 is full") as caught:
            promote(entry(tiers, "C"), actor=admin)
        assert caught.value.code == "watchlist_full"
        assert (both(tiers), len(trail())) == (("AB", "CDE"), before)

    def test_what_cannot_rise(self, tiers: dict[str, Watchlist], admin: User) -> None:
        with pytest.raises(InvalidInput) as caught:
            promote(entry(tiers, "A"), actor=admin)
        assert (caught.value.field, caught.value.code) == ("entry", "tier_mismatch")
        with pytest.raises(InvalidInput, match="tier 2"):
            promote(EntryFactory(), actor=admin)
        with pytest.raises(InvalidInput, match="position"):
            promote(entry(tiers, "C"), actor=admin, position=9)
        with pytest.raises(NotAllowed):
            promote(entry(tiers, "C"), actor=UserFactory())
        twice = entry(tiers, "C")
        promote(twice, actor=admin)
        with pytest.raises(ConflictError) as gone:
            promote(twice, actor=admin)
        assert gone.value.code == "entry_gone"
        add_to_watchlist(tiers["tier2"], entry(tiers, "A").asset, actor=admin)
        with pytest.raises(ConflictError) as there:
            promote(tiers["tier2"].entries.get(asset__symbol="A"), actor=admin)
        assert there.value.code == "already_listed"
        delete_watchlist(tiers["tier1"], actor=admin)
        with pytest.raises(ConflictError, match="no active list of tier 1"):
            promote(entry(tiers, "D"), actor=admin)

    def test_weights_of_the_list_that_it_reaches(self, tiers: dict[str, Watchlist], admin: User) -> None:
        for symbol in "AC":
            tiers["tier1" if symbol == "A" else "tier2"].entries.filter(asset__symbol=symbol).update(weight="0.6")
        with pytest.raises(InvalidInput, match=r"Admin Tier 1 would come to 1\.2"):
            promote(entry(tiers, "C"), actor=admin)

    def test_transfer_takes_both_directions(self, tiers: dict[str, Watchlist], admin: User) -> None:
        coin = entry(tiers, "D").asset
        add_to_watchlist(tiers["tier2"], coin, actor=admin, position_type="short")
        transfer(coin, tiers["tier2"], tiers["tier1"], actor=admin, about={"suggestion": 7})
        assert both(tiers) == ("ABDD", "CE")
        assert trail()[-1].new_values["suggestion"] == 7
        with pytest.raises(ConflictError, match="D is not on Admin Tier 2 any more"):
            transfer(coin, tiers["tier2"], tiers["tier1"], actor=admin)


class TestMany:
    @pytest.mark.parametrize(
        ("action", "named", "expected", "skipped"),
        [
            ("promote_to_tier1", "CAE", ("ABCE", "D"), {"A": "already_in_tier1"}),
            ("demote_to_tier2", "AC", ("B", "CDEA"), {"C": "already_in_tier2"}),
            ("add_tier1", "FA", ("ABF", "CDE"), {"A": "already_in_tier1"}),
            ("add_tier2", "F", ("AB", "CDEF"), {}),
            ("remove", "AFD", ("B", "CE"), {"F": "not_listed"}),
        ],
    )
    def test_actions(
        self,
        tiers: dict[str, Watchlist],
        admin: User,
        action: str,
        named: str,
        expected: tuple[str, str],
        skipped: dict[str, str],
    ) -> None:
        assets = {symbol: entry(tiers, symbol).asset for symbol in "ABCDE"} | {"F": AssetFactory(symbol="F")}
        before = len(trail())
        result = curate_default_lists(action, [assets[symbol].pk for symbol in named], actor=admin, notes="reviewed")
        assert both(tiers) == expected
        assert result.processed == len(named) - len(skipped)
        assert {one.asset_id: one.reason for one in result.skipped} == {assets[s].pk: why for s, why in skipped.items()}
        assert (len(trail()), trail()[-1].new_values["review_notes"]) == (before + 1, "reviewed")

    def test_pause_and_resume(self, tiers: dict[str, Watchlist], admin: User) -> None:
        named = [entry(tiers, symbol).asset_id for symbol in "AC"]
        assert curate_default_lists("pause", named, actor=admin).processed == 2
        assert both(tiers) == ("AB", "CDE")
        assert not entry(tiers, "C").is_active
        again = curate_default_lists("pause", named, actor=admin)
        assert ([one.reason for one in again.skipped], again.processed) == (["already_paused"] * 2, 0)
        assert curate_default_lists("resume", named, actor=admin).processed == 2

    def test_all_or_nothing_and_every_fault_told(self, tiers: dict[str, Watchlist], admin: User) -> None:
        c = entry(tiers, "C").asset_id
        stranger = AssetFactory(symbol="X")
        before = len(trail())
        with pytest.raises(InvalidInput) as unknown:
            curate_default_lists("promote_to_tier1", [c, 10**9, c, -1, "x"], actor=admin)  # type: ignore[list-item]
        assert faults(unknown) == [
            ("asset_ids.3", None),
            ("asset_ids.4", None),
            ("asset_ids.1", "unknown_asset"),
            ("asset_ids.2", "named_twice"),
        ]
        with pytest.raises(InvalidInput, match="Row 2: X is not on these lists") as absent:
            curate_default_lists("promote_to_tier1", [c, stranger.pk], actor=admin)
        assert faults(absent) == [("asset_ids.1", "not_listed")]
        hidden = AssetFactory(is_supported=False)
        with pytest.raises(InvalidInput) as unsupported:
            curate_default_lists("add_tier2", [stranger.pk, hidden.pk], actor=admin)
        assert faults(unsupported) == [("asset_ids.1", "unsupported_asset")]
        Watchlist.objects.filter(tier="tier1").update(max_assets=3)
        with pytest.raises(LimitExceeded):
            curate_default_lists("promote_to_tier1", [c, entry(tiers, "D").asset_id], actor=admin)
        assert (both(tiers), len(trail())) == (("AB", "CDE"), before)

    @pytest.mark.usefixtures("tiers")
    def test_by_admins_and_of_known_kinds(self, admin: User) -> None:
        with pytest.raises(NotAllowed):
            curate_default_lists("remove", [], actor=UserFactory())
        with pytest.raises(InvalidInput) as caught:
            curate_default_lists("burn", [], actor=admin)
        assert caught.value.field == "action"
        with pytest.raises(InvalidInput) as many:
            curate_default_lists("remove", [1] * 501, actor=admin)
        assert many.value.code == "too_many_rows"
