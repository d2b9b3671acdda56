"""Carrying suggestions out on the lists that they concern."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from selection.choices import PositionType, SuggestionType
from selection.models import AISuggestion, Watchlist
from selection.selectors import members
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
    """
    at = at or timezone.now()
    moves = _moves(suggestion, tier, at)
    lists = {one.pk: one for move in moves for one in (move.source, move.target) if one is not None}
    lock_lists(lists.values() if lists else [suggestion.watchlist])
    if suggestion.series != LIVE:
        for watchlist in lists.values():
            _apply_to_copy(watchlist, moves, at, suggestion.series)
        return
    if suggestion.suggestion_type == SuggestionType.REBALANCE:
        _weigh(suggestion, acting_user, at)
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
        add_to_watchlist(move.target, move.asset, actor=actor, at=at, notes=_("Suggestion %s") % suggestion.pk)


def _weigh(suggestion: AISuggestion, actor: User, at: datetime) -> None:
    """Both weights of a shift at once: neither alone would leave the whole as it is."""
    if suggestion.target_weight is None:
        raise ConflictError(_("The suggestion names no weight."), field="target_weight")
    weights = {suggestion.asset: suggestion.target_weight}
    other = suggestion.reasoning.get("changes_weight_with")
    if other:
        weights[Asset.objects.get(pk=other["asset_id"])] = Decimal(str(other["wanted"]))
    set_weights(suggestion.watchlist, weights, actor=actor, about={"suggestion": suggestion.pk}, at=at)


def _moves(suggestion: AISuggestion, tier: str | None, at: datetime) -> list[Move]:
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


def _apply_to_copy(watchlist: Watchlist, moves: list[Move], at: datetime, series: str) -> None:
    """The copy of one list that a replay keeps in its history. Weights have no history: a rebalancing changes none."""
    gone = {move.asset.pk for move in moves if move.source == watchlist}
    come = [move.asset for move in moves if move.target == watchlist]
    before = [(m.asset_id, m.position_type) for m in members(watchlist, at, series)]
    missing = gone - {asset_id for asset_id, _kind in before}
    if missing:
        symbols = ", ".join(Asset.objects.filter(pk__in=missing).values_list("symbol", flat=True))
        raise ConflictError(_("%(asset)s is not on %(list)s any more.") % {"asset": symbols, "list": watchlist.name})
    kept = [row for row in before if row[0] not in gone and row[0] not in {asset.pk for asset in come}]
    after = [*kept, *((asset.pk, PositionType.LONG.value) for asset in come)]
    if come and len(after) > limit(watchlist, at):
        raise LimitExceeded(_("%(list)s is full.") % {"list": watchlist.name}, code="watchlist_full")
    places = [(asset_id, kind, place) for place, (asset_id, kind) in enumerate(after, 1)]
    set_members(watchlist, places, at=at, actor=None, series=series)
