"""Which changes of the tier lists, and of the weights on them, the scores speak for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

STEPS = 10_000
"""Weights are kept to four decimals; a shift is a whole number of such steps."""

PERSONAL = ""
"""Tier of a personal list."""


@dataclass(frozen=True)
class Candidate:
    """A possible change of a list.

    Attributes:
        kind: add, remove, promote, demote, tier_change or rebalance.
        tier: list that it concerns: where the asset is now, for an addition where it would come to; empty for a
            personal list.
        target: list that it would come to; None where it does not move or leaves.
        asset_id: the asset.
        confidence: how clear the score is, 0-1: the percentile for a rise, what is left to 1 for a fall.
        rises: whether the asset is said to do better than the others of its list.
        other: for a change of places the asset that moves the other way, for a rebalancing that which gives.
        weight: for a rebalancing: the weight that it should have, 0-1.
        other_weight: for a rebalancing: what is left to the other, 0-1.
    """

    kind: str
    tier: str
    target: str | None
    asset_id: int
    confidence: float
    rises: bool
    other: int | None = None
    weight: float | None = None
    other_weight: float | None = None


def candidates(
    places: Mapping[int, float], tier1: set[int], tier2: set[int], *, room: int | None = None
) -> list[Candidate]:
    """Every change of membership that the scores could speak for, clearest first.

    An asset outside the lists may join tier 2; one of tier 2 may leave, or rise to tier 1, if it stands above the
    weakest there; where tier 1 is full the strongest change places with the weakest. One of tier 1 may fall to tier 2.

    Args:
        places: percentile of each scored asset, 0-1; NaN has none.
        tier1, tier2: members of the lists.
        room: free places on tier 1; None = enough.
    """
    known = _known(places)
    weakest = sorted((place, asset_id) for asset_id, place in known.items() if asset_id in tier1)
    floor = weakest[0][0] if weakest else 0.0
    is_full = room is not None and room <= 0
    found = _exchanges(known, [asset_id for _place, asset_id in weakest], tier2) if is_full else []
    for asset_id, place in known.items():
        if asset_id in tier1:
            found.append(Candidate("demote", "tier1", "tier2", asset_id, 1 - place, rises=False))
        elif asset_id in tier2:
            if place > floor and not is_full:
                found.append(Candidate("promote", "tier2", "tier1", asset_id, place, rises=True))
            found.append(Candidate("remove", "tier2", None, asset_id, 1 - place, rises=False))
        else:
            found.append(Candidate("add", "tier2", "tier2", asset_id, place, rises=True))
    return clearest_first(found)


def _exchanges(known: Mapping[int, float], weakest: list[int], tier2: set[int]) -> list[Candidate]:
    """The strongest of tier 2 with the weakest of tier 1, the next with the next, while the first stands above."""
    strongest = sorted((one for one in known if one in tier2), key=lambda one: (-known[one], one))
    return [
        Candidate("tier_change", "tier2", "tier1", riser, known[riser], rises=True, other=faller)
        for riser, faller in zip(strongest, weakest, strict=False)
        if known[riser] > known[faller]
    ]


def personal_candidates(
    places: Mapping[int, float], held: set[int], taken: set[int], *, has_room: bool
) -> list[Candidate]:
    """Every change of membership of a personal list that the scores could speak for, clearest first: an asset outside
    may join it while it has room, one that is held long may leave.

    Args:
        places: percentile of each scored asset, 0-1; NaN has none.
        held: assets that are on it as long ones.
        taken: all that have an entry, short and paused ones too: nothing is suggested to join twice.
        has_room: whether one more fits.
    """
    found = []
    for asset_id, place in _known(places).items():
        if asset_id in held:
            found.append(Candidate("remove", PERSONAL, None, asset_id, 1 - place, rises=False))
        elif asset_id not in taken and has_room:
            found.append(Candidate("add", PERSONAL, None, asset_id, place, rises=True))
    return clearest_first(found)


def rebalancings(
    tier: str, places: Mapping[int, float], spreads: Mapping[int, float], weights: Mapping[int, float], *, gap: float
) -> list[Candidate]:
    """Shifts of weight on a list on which weights are kept, from one asset to another: each should weigh in proportion
    to its place and against its volatility, all of them together what they are together now. The one that lacks most
    is paired with the one that has most too much, the next with the next; each shift leaves the whole as it is, so
    that each can be decided by itself.

    Args:
        tier: of the list.
        places: percentile of each scored asset, 0-1.
        spreads: volatility of each asset, above 0.
        weights: of the members, 0-1; a list without any has nothing to rebalance.
        gap: least shift that is worth a change, 0-1.
    """
    known = _known(places)
    worth = {
        asset_id: known[asset_id] / spreads[asset_id]
        for asset_id in weights
        if asset_id in known and np.isfinite(spreads.get(asset_id, np.nan)) and spreads[asset_id] > 0
    }
    whole, held = sum(worth.values()), sum(weights[asset_id] for asset_id in worth)
    if not whole or not held:
        return []
    lacks = {asset_id: held * value / whole - weights[asset_id] for asset_id, value in worth.items()}
    risers = sorted((one for one in lacks if lacks[one] > 0), key=lambda one: (-lacks[one], one))
    fallers = sorted((one for one in lacks if lacks[one] < 0), key=lambda one: (lacks[one], one))
    found = []
    for riser, faller in zip(risers, fallers, strict=False):
        shift = int(min(lacks[riser], -lacks[faller]) * STEPS) / STEPS
        if shift > 0 and shift >= gap:
            after = {"weight": weights[riser] + shift, "other_weight": weights[faller] - shift}
            one = Candidate("rebalance", tier, None, riser, known[riser], rises=True, other=faller, **after)
            found.append(one)
    return clearest_first(found)


def clearest_first(found: list[Candidate]) -> list[Candidate]:
    """In the order in which they are suggested."""
    return sorted(found, key=lambda candidate: (-candidate.confidence, candidate.asset_id, candidate.kind))


def _known(places: Mapping[int, float]) -> dict[int, float]:
    return {asset_id: place for asset_id, place in places.items() if np.isfinite(place)}
