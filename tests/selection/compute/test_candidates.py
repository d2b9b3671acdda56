"""Which changes of the lists the scores speak for."""

from selection.compute.candidates import candidates


def changes(places: dict[int, float], tier1: set[int], tier2: set[int]) -> set[tuple[str, int, float]]:
    return {(one.kind, one.asset_id, round(one.confidence, 6)) for one in candidates(places, tier1, tier2)}


def test_every_kind() -> None:
    places = {1: 0.6, 2: 0.9, 3: 0.1, 4: 0.8}
    assert changes(places, {1}, {2, 3}) == {
        ("demote", 1, 0.4),
        ("promote", 2, 0.9),
        ("remove", 2, 0.1),
        ("remove", 3, 0.9),
        ("add", 4, 0.8),
    }


def test_nobody_rises_above_a_stronger_list() -> None:
    assert ("promote", 2, 0.7) not in changes({1: 0.8, 2: 0.7}, {1}, {2})
    assert ("promote", 2, 0.7) in changes({1: 0.8, 3: 0.5, 2: 0.7}, {1, 3}, {2})


def test_an_asset_without_score_is_left_alone() -> None:
    assert changes({1: float("nan"), 2: float("nan")}, {1}, set()) == set()


def test_the_clearest_comes_first() -> None:
    found = candidates({1: 0.95, 2: 0.02, 3: 0.7}, set(), {2})
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert found[0].asset_id == 2
