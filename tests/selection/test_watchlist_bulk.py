"""Many entries at once: merged or replaced, all of them or none."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User, UserActivity
from accounts.services import ensure_system_user
from assets.models import Asset
from selection.models import Watchlist
from selection.services import add_to_watchlist, bulk_update_watchlist_assets, create_watchlist, delete_watchlist
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from tests.factories import AssetFactory, UserFactory
from tests.selection.lists import faults, require_consistent, symbols, trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    ensure_system_user()
    return UserFactory()


@pytest.fixture
def coins() -> dict[str, Asset]:
    return {symbol: AssetFactory(symbol=symbol) for symbol in "ABCDE"}


@pytest.fixture
def four(user: User, coins: dict[str, Asset]) -> Watchlist:
    """A, B, C, D."""
    watchlist = create_watchlist("Mine", actor=user)
    for symbol in "ABCD":
        add_to_watchlist(watchlist, coins[symbol], actor=user, weight="0.1", notes=symbol)
    return watchlist


class TestMerging:
    @pytest.mark.parametrize(
        ("positions", "expected"),
        [
            ({"A": 2, "B": 1}, "BACD"),
            ({"D": 2}, "ADBC"),
            ({"D": 1, "C": 2}, "DACB"),
            ({"A": 99}, "BCDA"),
            ({"E": 1}, "EABCD"),
            ({"E": None}, "ABCDE"),
            ({"E": 3, "A": 5}, "BECDA"),
        ],
    )
    def test_positions(
        self, user: User, coins: dict[str, Asset], four: Watchlist, positions: dict[str, int | None], expected: str
    ) -> None:
        rows = [
            {"asset_id": coins[symbol].pk} | ({} if position is None else {"position": position})
            for symbol, position in positions.items()
        ]
        result = bulk_update_watchlist_assets(four, rows, actor=user)
        assert "".join(symbols(four)) == "".join(entry.asset.symbol for entry in result.entries) == expected
        require_consistent(four)

    def test_only_what_is_given_changes_and_who_did_it_is_told_once(
        self, user: User, coins: dict[str, Asset], four: Watchlist
    ) -> None:
        four.entries.filter(asset=coins["B"]).update(is_active=False)
        rows: list[dict[str, Any]] = [
            {"crypto_id": coins["B"].pk, "weight": "0.2"},
            {"asset_id": coins["E"].pk, "position": 1, "position_type": "short", "target_allocation": Decimal("0.3")},
            {"asset_id": coins["D"].pk, "is_active": False, "notes": None},
        ]
        before, told = len(trail()), UserActivity.objects.filter(action="bulk_update")
        result = bulk_update_watchlist_assets(four, rows, actor=user)
        assert (result.created, result.updated, result.removed) == (1, 2, 0)
        found = {entry.asset.symbol: entry for entry in result.entries}
        assert (found["B"].weight, found["B"].notes, found["B"].is_active) == (Decimal("0.2"), "B", True)
        assert (found["D"].weight, found["D"].notes, found["D"].is_active) == (Decimal("0.1"), None, False)
        assert (found["E"].position_type, found["E"].added_by, found["E"].sort_order) == ("short", user, 1)
        assert len(trail()) == before + 1
        assert told.get().details == {"asset_count": 3, "created": 1, "updated": 2, "removed": 0}
        require_consistent(four)

    def test_nothing_new_is_no_change(self, user: User, coins: dict[str, Asset], four: Watchlist) -> None:
        before = len(trail())
        for rows in ([], [{"asset_id": coins["A"].pk, "position": 1, "weight": "0.1000"}]):
            result = bulk_update_watchlist_assets(four, rows, actor=user)
            assert (result.created, result.updated, result.removed) == (0, 0, 0)
        assert len(trail()) == before


class TestReplacing:
    def test_what_is_not_named_leaves(self, user: User, coins: dict[str, Asset], four: Watchlist) -> None:
        kept = four.entries.get(asset=coins["C"])
        rows = [{"asset_id": coins["E"].pk}, {"asset_id": coins["C"].pk, "position": 1}, {"asset_id": coins["A"].pk}]
        result = bulk_update_watchlist_assets(four, rows, actor=user, mode="replace")
        assert symbols(four) == ["C", "E", "A"]
        assert (result.created, result.updated, result.removed) == (1, 2, 2)
        assert four.entries.get(asset=coins["C"]).pk == kept.pk
        require_consistent(four)

    def test_by_nothing_only_when_it_is_meant(self, user: User, four: Watchlist) -> None:
        with pytest.raises(InvalidInput) as caught:
            bulk_update_watchlist_assets(four, [], actor=user, mode="replace")
        assert (caught.value.field, len(symbols(four))) == ("confirm_empty", 4)
        assert bulk_update_watchlist_assets(four, [], actor=user, mode="replace", confirm_empty=True).removed == 4
        require_consistent(four)

    def test_no_other_way(self, user: User, four: Watchlist) -> None:
        with pytest.raises(InvalidInput) as caught:
            bulk_update_watchlist_assets(four, [], actor=user, mode="mend")
        assert caught.value.field == "mode"


class TestRefusals:
    def test_everything_that_is_wrong_is_told_together(
        self, user: User, coins: dict[str, Asset], four: Watchlist
    ) -> None:
        a, b = coins["A"].pk, coins["B"].pk
        hidden = AssetFactory(symbol="HIDDEN", is_supported=False).pk
        rows: list[Any] = [
            {"asset_id": a, "position": 1},
            {"asset_id": 10**9, "weight": 2},
            {"asset_id": hidden},
            {"asset_id": a, "weight": "1.5"},
            {"asset_id": b, "position": 1},
            {"asset_id": b, "position_type": "short", "position": 0},
            {"asset_id": 10**30},
            {"asset_id": a, "crypto_id": b},
            {"position": 2},
            "A",
            {"asset_id": coins["C"].pk, "wieght": 1, "notes": 7, "position": [1]},
            {"asset_id": {"$ne": 1}},
            {"asset_id": coins["D"].pk, "position_type": "sideways", "is_active": "no", "target_allocation": "x"},
        ]
        before = len(trail())
        with pytest.raises(InvalidInput) as caught:
            bulk_update_watchlist_assets(four, rows, actor=user)
        assert sorted(faults(caught), key=str) == sorted(
            [
                ("items.1.asset_id", "unknown_asset"),
                ("items.1.weight", None),
                ("items.2.asset_id", "unsupported_asset"),
                ("items.3.asset_id", "named_twice"),
                ("items.3.weight", None),
                ("items.4.position", "named_twice"),
                ("items.5.position", None),
                ("items.6.asset_id", None),
                ("items.7.asset_id", None),
                ("items.8.asset_id", None),
                ("items.9.asset_id", None),
                ("items.10.wieght", "unknown_field"),
                ("items.10.notes", None),
                ("items.10.position", None),
                ("items.11.asset_id", None),
                ("items.12.position_type", None),
                ("items.12.is_active", None),
                ("items.12.target_allocation", None),
            ],
            key=str,
        )
        assert all(str(fault).startswith("Row ") for fault in caught.value.faults)
        assert (symbols(four), len(trail())) == (["A", "B", "C", "D"], before)

    def test_too_many_rows(self, user: User, four: Watchlist) -> None:
        with pytest.raises(InvalidInput, match="501") as caught:
            bulk_update_watchlist_assets(four, [{"asset_id": 1}] * 501, actor=user)
        assert (caught.value.field, caught.value.code) == ("items", "too_many_rows")

    def test_weights_of_the_whole_list(self, user: User, coins: dict[str, Asset], four: Watchlist) -> None:
        with pytest.raises(InvalidInput, match=r"1\.1") as caught:
            bulk_update_watchlist_assets(four, [{"asset_id": coins["A"].pk, "weight": "0.8"}], actor=user)
        assert caught.value.code == "weights_exceed_one"
        rows: list[dict[str, Any]] = [
            {"asset_id": coins["A"].pk, "weight": "0.8"},
            {"asset_id": coins["B"].pk, "is_active": False},
        ]
        bulk_update_watchlist_assets(four, rows, actor=user)

    def test_a_full_list(self, user: User, coins: dict[str, Asset], four: Watchlist) -> None:
        Watchlist.objects.update(max_assets=4)
        rows: list[dict[str, Any]] = [{"asset_id": coins["E"].pk}, {"asset_id": coins["A"].pk, "notes": "changed"}]
        with pytest.raises(LimitExceeded) as caught:
            bulk_update_watchlist_assets(four, rows, actor=user)
        assert caught.value.code == "watchlist_full"
        assert four.entries.get(asset=coins["A"]).notes == "A"
        bulk_update_watchlist_assets(four, rows, actor=user, mode="replace")
        assert symbols(four) == ["E", "A"]

    def test_an_entry_whose_asset_is_not_supported_any_more_stays(
        self, user: User, coins: dict[str, Asset], four: Watchlist
    ) -> None:
        Asset.objects.filter(pk=coins["A"].pk).update(is_supported=False)
        bulk_update_watchlist_assets(four, [{"asset_id": coins["A"].pk, "position": 4}], actor=user)
        assert symbols(four) == ["B", "C", "A", "D"]

    def test_lists_of_others_and_deleted_ones(self, user: User, four: Watchlist) -> None:
        with pytest.raises(NotAllowed):
            bulk_update_watchlist_assets(four, [], actor=UserFactory())
        delete_watchlist(four, actor=user)
        with pytest.raises(ConflictError, match="deleted"):
            bulk_update_watchlist_assets(four, [], actor=user)
