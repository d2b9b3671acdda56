"""Changes that could be suggested, each with the list that it is of; those of personal lists, for their owners."""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.selectors import MarketView
from selection.compute.candidates import (
    PERSONAL,
    Candidate,
    clearest_first,
    personal_candidates,
    rebalancings,
)
from selection.models import Watchlist
from selection.selectors.personal_lists import lists_that_want_suggestions
from selection.services.standings import Ranked
from selection.services.suggestion_rows import spreads
from system.services import setting


@dataclass(frozen=True)
class Change:
    """A possible change of a list; ``weight_now`` of the asset on it, where weights are kept."""

    candidate: Candidate
    watchlist: Watchlist
    weight_now: float | None = None

    @property
    def key(self) -> tuple[int, int, str]:
        """List, asset and kind: what is not said twice."""
        return (self.watchlist.pk, self.candidate.asset_id, self.candidate.kind)


@dataclass(frozen=True)
class Group:
    """Changes that are chosen from together.

    Attributes:
        considered: how many the scores could speak for.
        changes: those of lists that are there, clearest first.
        most: how many of a kind are suggested.
    """

    considered: int
    changes: Sequence[Change]
    most: int


def of_personal_lists(view: MarketView, found: Ranked) -> list[Group]:
    """For each personal list whose owner wants suggestions every change that the scores could speak for."""
    places = {asset_id: found.place(asset_id) for asset_id in found.asset_ids}
    most = setting("personal_suggestion_caps", view.as_of)["per_kind"]
    gap = setting("suggestion_rebalancing", view.as_of)["least_gap"]
    volatility, groups = spreads(found), []
    for one in lists_that_want_suggestions(view.as_of, view.market):
        moves = personal_candidates(places, one.held, one.taken, has_room=one.has_room)
        shifts = rebalancings(PERSONAL, places, volatility, one.weights, gap=gap)
        changes = [
            Change(candidate, one.watchlist, one.weights.get(candidate.asset_id))
            for candidate in clearest_first([*moves, *shifts])
        ]
        groups.append(Group(len(changes), changes, most))
    return groups


def capped(found: Sequence[Change], per_kind: int) -> list[Change]:
    """The first of each kind; one asset has a part in one change only."""
    counts: dict[str, int] = {}
    seen: set[int] = set()
    chosen = []
    for change in found:
        one = change.candidate
        taking_part = {one.asset_id} if one.other is None else {one.asset_id, one.other}
        if not taking_part & seen and counts.get(one.kind, 0) < per_kind:
            counts[one.kind] = counts.get(one.kind, 0) + 1
            seen |= taking_part
            chosen.append(change)
    return chosen
