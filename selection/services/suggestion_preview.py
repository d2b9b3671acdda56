"""What an approval would make of the lists, without doing it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from selection.choices import SuggestionType
from selection.models import AISuggestion, Watchlist, WatchlistAsset
from selection.selectors.visible import capacity
from selection.services.applying import Move, moves_of
from system.exceptions import DomainError
from system.selectors.settings import setting


@dataclass(frozen=True)
class Line:
    """A line of a list as it would be.

    Attributes:
        place: from 1; None for one that leaves.
        weight_before, weight: 0-1; None before it joins and after it has left.
        change: ``joins``, ``leaves``, ``weight``, or nothing.
    """

    symbol: str
    place: int | None
    weight_before: Decimal | None
    weight: Decimal | None
    change: str = ""


@dataclass(frozen=True)
class ListPreview:
    """A list before and after. ``limit``: how many entries it may have."""

    watchlist: Watchlist
    lines: list[Line]
    count_before: int
    count: int
    limit: int

    @property
    def is_too_long(self) -> bool:
        """Whether it has no room."""
        return self.count > max(self.limit, self.count_before)


@dataclass(frozen=True)
class Preview:
    """All lists that would change, and why it cannot be carried out as things stand (empty: it can)."""

    lists: list[ListPreview]
    fault: str = ""


def preview(suggestion: AISuggestion, at: datetime) -> Preview:
    """What approving a suggestion for a live list would change.

    Args:
        suggestion: with its asset and list.
        at: the present.
    """
    try:
        moves = moves_of(suggestion, None, at)
    except DomainError as refusal:  # the list that it aims at is not in use, for one
        return Preview([], str(refusal))
    touched = {one.pk: one for move in moves for one in (move.source, move.target) if one is not None}
    lists = list(touched.values()) or [suggestion.watchlist]
    entries: dict[int, list[WatchlistAsset]] = {one.pk: [] for one in lists}
    for entry in WatchlistAsset.objects.filter(watchlist__in=lists).select_related("asset").order_by("sort_order"):
        entries[entry.watchlist_id].append(entry)
    limits = setting("watchlist_limits")
    weights = {
        (entry.asset_id, move.target.pk): entry.weight
        for move in moves
        if move.source is not None and move.target is not None
        for entry in entries[move.source.pk]
        if entry.asset_id == move.asset.pk
    }
    return Preview([_changed(one, entries[one.pk], moves, weights, suggestion, limits) for one in lists])


def _changed(
    watchlist: Watchlist,
    entries: list[WatchlistAsset],
    moves: list[Move],
    weights: dict[tuple[int, int], Decimal],
    suggestion: AISuggestion,
    limits: dict[str, int],
) -> ListPreview:
    leaving = {move.asset.pk for move in moves if move.source == watchlist}
    joining = [move.asset for move in moves if move.target == watchlist]
    shifted = _shifted(suggestion) if not moves else {}
    kept = [
        Line(
            entry.asset.symbol,
            None,
            entry.weight,
            shifted.get(entry.asset_id, entry.weight),
            "weight" if entry.asset_id in shifted else "",
        )
        for entry in entries
        if entry.asset_id not in leaving
    ]
    place = len(kept)
    if suggestion.suggestion_type == SuggestionType.ADD and suggestion.target_position:
        place = min(suggestion.target_position - 1, len(kept))
    joined = [
        Line(asset.symbol, None, None, weights.get((asset.pk, watchlist.pk), Decimal(0)), "joins") for asset in joining
    ]
    after = [*kept[:place], *joined, *kept[place:]]
    numbered = [
        Line(line.symbol, number, line.weight_before, line.weight, line.change) for number, line in enumerate(after, 1)
    ]
    gone = [
        Line(entry.asset.symbol, None, entry.weight, None, "leaves") for entry in entries if entry.asset_id in leaving
    ]
    return ListPreview(watchlist, numbered + gone, len(entries), len(after), capacity(watchlist, limits))


def _shifted(suggestion: AISuggestion) -> dict[int, Decimal]:
    """Weights that a rebalancing sets, by asset."""
    if suggestion.target_weight is None:
        return {}
    found = {suggestion.asset_id: suggestion.target_weight}
    other = suggestion.reasoning.get("changes_weight_with")
    if other:
        found[int(other["asset_id"])] = Decimal(str(other["wanted"]))
    return found
