"""Suggestions: changes of lists that the scores speak for, for a person to decide."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from aimodels.services import model_in_force
from assets.choices import DEMO_SOURCE, Market
from assets.models import Asset
from assets.selectors import MarketView, market_view
from macro.compute.snapshot import most_liquid
from macro.models import MetricsSnapshot
from selection.choices import PositionType, SuggestionStatus, Tier
from selection.compute.candidates import Candidate, candidates, clearest_first, rebalancings
from selection.models import AISuggestion, Watchlist
from selection.rules import ASSET_RULES
from selection.selectors import Member, members
from selection.selectors.tiers import default_lists
from selection.services.personal_suggestions import Change, Group, capped, of_personal_lists
from selection.services.standings import MONTH, Ranked, ranked
from selection.services.suggestion_events import CREATED, EXPIRED, announce_suggestions
from selection.services.suggestion_rows import Ground, evidence_of, spreads, suggestion_row
from selection.services.watchlists import awaits_members, begin_copy, fill_default_list, limit, lock_lists
from system.choices import LIVE
from system.models import PipelineRun
from system.services import land, setting

OPEN = (SuggestionStatus.PENDING, SuggestionStatus.DEFERRED)


@dataclass
class Suggested:
    """What suggesting did.

    Attributes:
        candidates: changes that the scores could speak for.
        above_threshold: of them, those with enough confidence.
        rows: suggestions of this run, those of an earlier pass of the same run included.
        created: rows written now.
    """

    candidates: int = 0
    above_threshold: int = 0
    created: int = 0
    rows: list[AISuggestion] = field(default_factory=list)


@transaction.atomic
def fill_empty_lists(snapshot: MetricsSnapshot, *, series: str = LIVE) -> int:
    """Fill the default lists that await members with the most liquid assets of the snapshot's market, up to the limits
    of that moment. A replay takes copies of those that had members then first.

    Returns:
        How many lists were filled.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    if not _awaiting(default_lists(view.as_of), view, series):
        return 0
    lock_lists(default_lists(view.as_of).values())
    lists = default_lists(view.as_of)
    if series != LIVE:
        for watchlist in lists.values():
            begin_copy(watchlist, at=view.as_of, series=series)
    awaiting = _awaiting(lists, view, series)  # asked again under the lock: another run may have been faster
    taken = {m.asset_id for tier in lists if tier not in awaiting for m in members(lists[tier], view.as_of, series)}
    free = [asset_id for asset_id in _by_liquidity(view) if asset_id not in taken]
    assets, filled = Asset.objects.in_bulk(free), 0
    for watchlist in awaiting.values():
        most = limit(watchlist, view.as_of)
        chosen, free = free[:most], free[most:]
        if chosen:
            fill_default_list(watchlist, [assets[asset_id] for asset_id in chosen], at=view.as_of, series=series)
            filled += 1
    return filled


def _awaiting(lists: dict[str, Watchlist], view: MarketView, series: str) -> dict[str, Watchlist]:
    return {
        tier: watchlist
        for tier, watchlist in lists.items()
        if awaits_members(watchlist, view.market, at=view.as_of, series=series)
    }


def _by_liquidity(view: MarketView) -> list[int]:
    """Free assets, the most traded first."""
    panel = view.panel.take(view.universe.free)
    order = most_liquid(panel.close, panel.volume, len(panel.asset_ids), days=view.bars(MONTH))
    return [int(asset_id) for asset_id in panel.asset_ids[order]]


@transaction.atomic
def suggest(snapshot: MetricsSnapshot, *, run: PipelineRun, series: str = LIVE) -> Suggested:
    """Suggest changes of the tier lists, and of the personal lists whose owners want that. The same run again suggests
    nothing new.

    Nothing is suggested below the configured confidence, beyond the configured number of a kind, again before the last
    one of its kind has lapsed, or for a list of the other market. A replay has copies of the tier lists only.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    found, threshold = ranked(view, run), setting("ai_thresholds", view.as_of)["suggestion_confidence_min"]
    lifetime = timedelta(days=setting("suggestion_expiry_days", view.as_of)["days"])
    own = _own(run)
    recent = _recent(run, series, view.as_of, lifetime) - own
    groups = [_of_tiers(view, found, series)]
    if series == LIVE:
        groups += of_personal_lists(view, found)
    told = Suggested()
    changes: list[Change] = []
    for group in groups:
        clear = [one for one in group.changes if one.candidate.confidence >= threshold]
        told.candidates += group.considered
        told.above_threshold += len(clear)
        changes += capped([one for one in clear if one.key not in recent], group.most)
    evidence = evidence_of(snapshot, run, series, [one.candidate.asset_id for one in changes])
    ground = Ground(view, found, model_in_force(ASSET_RULES, view.as_of), evidence, lifetime, threshold)
    rows = [
        suggestion_row(one.candidate, one.watchlist, ground, one.weight_now) | {"run": run, "series": series}
        for one in changes
    ]
    landed = land(AISuggestion, rows, key=("run", "watchlist", "asset", "suggestion_type"), written_once=True)
    told.created, told.rows = landed.created, landed.rows
    if series == LIVE:
        new = [row for row in landed.rows if (row.watchlist_id, row.asset_id, row.suggestion_type) not in own]
        announce_suggestions(CREATED, [row.pk for row in new])
    return told


def _of_tiers(view: MarketView, found: Ranked, series: str) -> Group:
    """Every change of the tier lists that the scores could speak for."""
    lists = default_lists(view.as_of)
    listed = {tier: members(lists[tier], view.as_of, series) for tier in lists}
    on_list = {tier: {member.asset_id for member in there} for tier, there in listed.items()}
    lists = {tier: watchlist for tier, watchlist in lists.items() if _is_of(view.market, on_list[tier])}
    weights = {tier: _weights(listed[tier]) for tier in lists}
    possible = _possible(view, found, lists, on_list, weights)
    changes = [
        Change(one, lists[one.tier], weights.get(one.tier, {}).get(one.asset_id))
        for one in possible
        if one.tier in lists and (one.target is None or one.target in lists)
    ]
    return Group(len(possible), changes, setting("suggestion_caps", view.as_of)["per_kind"])


def _possible(
    view: MarketView,
    found: Ranked,
    lists: dict[str, Watchlist],
    on_list: dict[str, set[int]],
    weights: dict[str, dict[int, float]],
) -> list[Candidate]:
    """Every change that the scores could speak for, clearest first."""
    places = {asset_id: found.place(asset_id) for asset_id in found.asset_ids}
    first = lists.get(Tier.TIER1)
    room = limit(first, view.as_of) - len(on_list[Tier.TIER1]) if first else None
    moves = candidates(places, on_list.get(Tier.TIER1, set()), on_list.get(Tier.TIER2, set()), room=room)
    gap = setting("suggestion_rebalancing", view.as_of)["least_gap"]
    changes = [
        one for tier, held in weights.items() for one in rebalancings(tier, places, spreads(found), held, gap=gap)
    ]
    return clearest_first([*moves, *changes])


def _weights(listed: Sequence[Member]) -> dict[int, float]:
    """Weights of what a list watches to rise, 0-1."""
    return {one.asset_id: float(one.weight) for one in listed if one.position_type == PositionType.LONG}


def _is_of(market: Market, asset_ids: set[int]) -> bool:
    """Whether a list with these members takes assets of a market: it is empty, or all demo, or not."""
    if not asset_ids:
        return True
    is_demo = not Asset.objects.filter(pk__in=asset_ids).exclude(data_source=DEMO_SOURCE).exists()
    return is_demo == (market == Market.DEMO)


def _recent(run: PipelineRun, series: str, as_of: datetime, lifetime: timedelta) -> set[tuple[int, int, str]]:
    """What other runs have suggested so recently that it is not said again, and what is open whenever it was said."""
    rows = AISuggestion.objects.filter(
        Q(run__as_of__gt=as_of - lifetime, run__as_of__lt=as_of) | Q(status__in=OPEN), series=series
    ).exclude(run=run)
    return set(rows.values_list("watchlist_id", "asset_id", "suggestion_type"))


def _own(run: PipelineRun) -> set[tuple[int, int, str]]:
    """What this run has suggested before: nothing that came later takes it back."""
    return set(AISuggestion.objects.filter(run=run).values_list("watchlist_id", "asset_id", "suggestion_type"))


@transaction.atomic
def expire_suggestions(now: datetime, series: str = LIVE) -> int:
    """Open suggestions whose time is up lapse.

    Returns:
        How many.
    """
    over = AISuggestion.objects.select_for_update(skip_locked=True).filter(
        status__in=OPEN, expires_at__lte=now, series=series
    )
    keys = list(over.order_by("pk").values_list("pk", flat=True))
    AISuggestion.objects.filter(pk__in=keys).update(status=SuggestionStatus.EXPIRED)
    if series == LIVE:
        announce_suggestions(EXPIRED, keys)
    return len(keys)
