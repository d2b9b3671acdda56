"""Carrying suggestions out on the lists that they concern."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from selection.choices import PositionType, SuggestionType
from selection.models import AISuggestion, Watchlist
from selection.selectors import Member, members
from selection.selectors.tiers import default_lists
from selection.services.history import set_members
from selection.services.watchlists import (
    add_to_watchlist,
    exchange,
    limit,
    lock_lists,
    remove_asset,
    set_weights,
    transfer,
)
from selection.services.watchlists.items import require_weights
from system.choices import LIVE
from system.exceptions import ConflictError, LimitExceeded


@dataclass(frozen=True)
class Move:
    """An asset leaves a list, joins one, or both."""

    asset: Asset
    source: Watchlist | None
    target: Watchlist | None


def apply_to_watchlist(
    suggestion: AISuggestion, *, acting_user: User, tier: str | None = None, at: datetime | None = None
) -> None:
    """Carry a suggestion out on the list that it concerns; in a replay on the replay's own copy.

    Raises:
        ConflictError: the asset is not where the suggestion says.
        LimitExceeded: the list is full.
        InvalidInput: the weights on a list would come to more than 1.
    """
    at = at or timezone.now()
    moves = moves_of(suggestion, tier, at)
    lists = {one.pk: one for move in moves for one in (move.source, move.target) if one is not None}
    lock_lists(lists.values() if lists else [suggestion.watchlist])
    if suggestion.suggestion_type == SuggestionType.REBALANCE:
        _weigh(suggestion, acting_user, at)
        return
    if suggestion.series != LIVE:
        _apply_to_copies(list(lists.values()), moves, at, suggestion.series)
        return
    first, *others = moves
    about = {"suggestion": suggestion.pk}
    if others and first.source is not None and first.target is not None:
        exchange(first.asset, others[0].asset, first.source, first.target, actor=acting_user, about=about, at=at)
    else:
        _move(suggestion, first, acting_user, at)


def _move(suggestion: AISuggestion, move: Move, actor: User, at: datetime) -> None:
    about = {"suggestion": suggestion.pk}
    if move.source is not None and move.target is not None:
        transfer(move.asset, move.source, move.target, actor=actor, about=about, at=at)
    elif move.source is not None:
        remove_asset(move.source, move.asset, actor=actor, about=about, at=at)
    elif move.target is not None:
        wanted, last = suggestion.target_position, move.target.entries.count() + 1
        add_to_watchlist(
            move.target,
            move.asset,
            actor=actor,
            position=wanted and min(wanted, last),
            at=at,
            notes=_("Suggestion %s") % suggestion.pk,
        )


def _weigh(suggestion: AISuggestion, actor: User, at: datetime) -> None:
    """Both weights of a shift at once: neither alone would leave the whole as it is."""
    if suggestion.target_weight is None:
        raise ConflictError(_("The suggestion names no weight."), field="target_weight")
    weights = {suggestion.asset: suggestion.target_weight}
    other = suggestion.reasoning.get("changes_weight_with")
    if other:
        weights[Asset.objects.get(pk=other["asset_id"])] = Decimal(str(other["wanted"]))
    if suggestion.series == LIVE:
        set_weights(suggestion.watchlist, weights, actor=actor, about={"suggestion": suggestion.pk}, at=at)
    else:
        _weigh_on_copy(suggestion.watchlist, weights, at, suggestion.series)


def moves_of(suggestion: AISuggestion, tier: str | None, at: datetime) -> list[Move]:
    """What leaves and joins which list; nothing for a rebalancing."""
    kind = suggestion.suggestion_type
    if kind == SuggestionType.REBALANCE:
        return []
    if kind == SuggestionType.REMOVE:
        return [Move(suggestion.asset, suggestion.watchlist, None)]
    target = _target(suggestion, tier, at)
    if kind == SuggestionType.ADD:
        return [Move(suggestion.asset, None, target)]
    moves = [Move(suggestion.asset, suggestion.watchlist, target)]
    other = suggestion.reasoning.get("changes_place_with")
    if kind == SuggestionType.TIER_CHANGE and other:
        moves.append(Move(Asset.objects.get(pk=other["asset_id"]), target, suggestion.watchlist))
    return moves


def _target(suggestion: AISuggestion, tier: str | None, at: datetime) -> Watchlist:
    wanted = tier or suggestion.target_tier
    lists = default_lists(None if suggestion.series == LIVE else at)
    found = lists.get(wanted) if wanted else suggestion.watchlist
    if found is None:
        raise ConflictError(_("There is no active list of %(tier)s.") % {"tier": wanted})
    return found


def _apply_to_copies(lists: Sequence[Watchlist], moves: Sequence[Move], at: datetime, series: str) -> None:
    """The copies that a replay keeps in the history of some lists. What moves keeps its weight, as on the lists."""
    before = {one.pk: members(one, at, series) for one in lists}
    weights = {
        (move.asset.pk, move.target.pk): member.weight
        for move in moves
        if move.source is not None and move.target is not None
        for member in before[move.source.pk]
        if (member.asset_id, member.position_type) == (move.asset.pk, PositionType.LONG)
    }
    for watchlist in lists:
        gone = {move.asset for move in moves if move.source == watchlist}
        come = {move.asset.pk: weights.get((move.asset.pk, watchlist.pk), Decimal(0))
                for move in moves if move.target == watchlist}  # fmt: skip
        _require_listed(watchlist, before[watchlist.pk], gone)
        left = {asset.pk for asset in gone} | come.keys()
        kept = [member for member in before[watchlist.pk] if member.asset_id not in left]
        joined = [Member(asset_id, PositionType.LONG.value, 0, weight) for asset_id, weight in come.items()]
        if come and len(kept) + len(joined) > limit(watchlist, at):
            raise LimitExceeded(_("%(list)s is full.") % {"list": watchlist.name}, code="watchlist_full")
        after = [replace(member, sort_order=place) for place, member in enumerate([*kept, *joined], 1)]
        require_weights(watchlist, _weight_of(before[watchlist.pk]), _weight_of(after))
        set_members(watchlist, after, at=at, actor=None, series=series)


def _weight_of(listed: Iterable[Member]) -> Decimal:
    return sum((member.weight for member in listed), Decimal(0))


def _weigh_on_copy(watchlist: Watchlist, weights: Mapping[Asset, Decimal], at: datetime, series: str) -> None:
    """The same shift of weights on the copy of a replay."""
    before = members(watchlist, at, series)
    _require_listed(watchlist, [one for one in before if one.position_type == PositionType.LONG], weights)
    wanted = {asset.pk: weight for asset, weight in weights.items()}
    after = [
        replace(one, weight=wanted[one.asset_id])
        if one.asset_id in wanted and one.position_type == PositionType.LONG
        else one
        for one in before
    ]
    require_weights(watchlist, _weight_of(before), _weight_of(after))
    set_members(watchlist, after, at=at, actor=None, series=series)


def _require_listed(watchlist: Watchlist, listed: Iterable[Member], assets: Iterable[Asset]) -> None:
    """
    Raises:
        ConflictError: one of the assets is not there.
    """
    there = {member.asset_id for member in listed}
    if missing := [asset.symbol for asset in assets if asset.pk not in there]:
        message = _("%(asset)s is not on %(list)s any more.")
        raise ConflictError(message % {"asset": ", ".join(sorted(missing)), "list": watchlist.name})
