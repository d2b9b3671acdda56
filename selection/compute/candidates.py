"""Which changes of the tier lists the scores speak for."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Candidate:
    """A possible change of a list.

    Attributes:
        kind: add, remove, promote or demote.
        tier: list that it concerns: where the asset is now, for an addition where it would come to.
        target: list that it would come to; None for a removal.
        asset_id: the asset.
        confidence: how clear the score is, 0-1: the percentile for a rise, what is left to 1 for a fall.
    """

    kind: str
    tier: str
    target: str | None
    asset_id: int
    confidence: float


def candidates(places: dict[int, float], tier1: set[int], tier2: set[int]) -> list[Candidate]:
    """Every change that the scores could speak for, clearest first.

    An asset outside the lists may join tier 2; one of tier 2 may rise to tier 1, if it stands above the weakest there,
    or leave; one of tier 1 may fall to tier 2.

    Args:
        places: percentile of each scored asset, 0-1; NaN has none.
        tier1, tier2: members of the lists.
    """
    known = {asset_id: place for asset_id, place in places.items() if np.isfinite(place)}
    weakest = min((known[asset_id] for asset_id in tier1 if asset_id in known), default=0.0)
    found = []
    for asset_id, place in known.items():
        if asset_id in tier1:
            found.append(Candidate("demote", "tier1", "tier2", asset_id, 1 - place))
        elif asset_id in tier2:
            if place > weakest:
                found.append(Candidate("promote", "tier2", "tier1", asset_id, place))
            found.append(Candidate("remove", "tier2", None, asset_id, 1 - place))
        else:
            found.append(Candidate("add", "tier2", "tier2", asset_id, place))
    return sorted(found, key=lambda candidate: (-candidate.confidence, candidate.asset_id, candidate.kind))
