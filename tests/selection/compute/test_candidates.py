"""Which changes of the lists the scores speak for."""

from decimal import Decimal

import pytest

from selection.compute.candidates import candidates, rebalancings


def changes(
    places: dict[int, float], tier1: set[int], tier2: set[int], room: int | None = None
) -> set[tuple[str, int, float]]:
    found = candidates(places, tier1, tier2, room=room)
    return {(one.kind, one.asset_id, round(one.confidence, 6)) for one in found}


def test_every_kind() -> None:
    places = {1: 0.6, 2: 0.9, 3: 0.1, 4: 0.8}
    assert changes(places, {1}, {2, 3}) == {
        ("demote", 1, 0.4),
        ("promote", 2, 0.9),
        ("remove", 2, 0.1),
        ("remove", 3, 0.9),
        ("add", 4, 0.8),
    }


def test_where_tier_1_is_full_two_change_places() -> None:
    found = candidates({1: 0.6, 2: 0.9, 3: 0.1, 5: 0.3}, {1, 5}, {2, 3}, room=0)
    change = next(one for one in found if one.kind == "tier_change")
    assert (change.asset_id, change.other, change.target, change.rises) == (2, 5, "tier1", True)
    assert "promote" not in {one.kind for one in found}
    many = candidates({1: 0.2, 5: 0.1, 6: 0.7, 2: 0.9, 3: 0.6, 4: 0.3}, {1, 5, 6}, {2, 3, 4}, room=0)
    assert [(one.asset_id, one.other) for one in many if one.kind == "tier_change"] == [(2, 5), (3, 1)]
    assert {one.kind for one in candidates({1: 0.6, 2: 0.9}, {1}, {2}, room=1)} == {"demote", "promote", "remove"}
    assert not {one.kind for one in candidates({2: 0.9}, {1}, {2}, room=0)} & {"promote", "tier_change"}


def test_what_is_said_of_the_asset() -> None:
    found = candidates({1: 0.6, 2: 0.9, 3: 0.1, 4: 0.8}, {1}, {2, 3})
    assert {one.kind: one.rises for one in found} == {"demote": False, "promote": True, "remove": False, "add": True}


def test_nobody_rises_above_a_stronger_list() -> None:
    assert ("promote", 2, 0.7) not in changes({1: 0.8, 2: 0.7}, {1}, {2})
    assert ("promote", 2, 0.7) in changes({1: 0.8, 3: 0.5, 2: 0.7}, {1, 3}, {2})


def test_an_asset_without_score_is_left_alone() -> None:
    assert changes({1: float("nan"), 2: float("nan")}, {1}, set()) == set()


def test_the_clearest_comes_first() -> None:
    found = candidates({1: 0.95, 2: 0.02, 3: 0.7}, set(), {2})
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert found[0].asset_id == 2


class TestRebalancing:
    def test_by_hand(self) -> None:
        """Worths of 0.9/0.02 = 45, 0.1/0.02 = 5 and 0.5/0.05 = 10 share the 0.6 that they hold: 0.45, 0.05 and 0.1.
        The first lacks 0.25; the second, which has most too much, gives it 0.15."""
        spreads = {1: 0.02, 2: 0.02, 3: 0.05}
        found = rebalancings("tier1", {1: 0.9, 2: 0.1, 3: 0.5}, spreads, {1: 0.2, 2: 0.2, 3: 0.2}, gap=0.12)
        told = [(one.asset_id, one.rises, one.confidence, one.other) for one in found]
        assert told == [(1, True, 0.9, 2)]
        assert [found[0].weight, found[0].other_weight] == [pytest.approx(0.35), pytest.approx(0.05)]

    def test_each_shift_leaves_the_whole_as_it_is(self) -> None:
        """Also after its weights are rounded to the four decimals that are kept."""
        held = {number: Decimal("0.1428") for number in range(1, 8)}
        places = {number: number / 7.3 for number in held}
        spreads = {number: 0.013 + 0.0071 * (number % 3) for number in held}
        weights = {number: float(weight) for number, weight in held.items()}
        found = rebalancings("tier1", places, spreads, weights, gap=0.01)
        assert len(found) > 1
        for one in found:
            pair = [Decimal(str(round(value or 0, 4))) for value in (one.weight, one.other_weight)]
            assert sum(pair) == held[one.asset_id] + held[one.other or 0]

    def test_what_is_unknown_keeps_its_weight(self) -> None:
        assert rebalancings("tier1", {1: 0.9}, {}, {1: 0.5}, gap=0) == []
        assert rebalancings("tier1", {1: float("nan"), 2: 0.5}, {1: 1.0, 2: 1.0}, {1: 0.5, 2: 0.3}, gap=0.01) == []

    def test_a_list_without_weights_has_nothing_to_rebalance(self) -> None:
        assert rebalancings("tier1", {1: 0.9, 2: 0.1}, {1: 0.1, 2: 0.1}, {1: 0.0, 2: 0.0}, gap=0.01) == []
