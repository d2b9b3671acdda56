"""Personal lists whose owners want suggestions for them, as they stood at a moment."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from assets.choices import DEMO_SOURCE, Market
from assets.models import Asset
from selection.choices import PositionType, WatchlistType
from selection.models import Watchlist, WatchlistAsset, WatchlistStateHistory
from selection.selectors.membership import in_force
from selection.selectors.visible import capacity
from system.choices import LIVE
from system.services import setting


@dataclass
class PersonalList:
    """A personal list at a moment.

    Attributes:
        watchlist: the list.
        most: how many entries it may have.
        held: assets on it as long ones.
        taken: all that have, or had then, an entry.
        weights: of the long ones that are not paused, 0-1.
    """

    watchlist: Watchlist
    most: int
    held: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    weights: dict[int, float] = field(default_factory=dict)

    @property
    def has_room(self) -> bool:
        """Whether one more entry fits."""
        return len(self.taken) < self.most


def lists_that_want_suggestions(as_of: datetime, market: Market) -> list[PersonalList]:
    """Lists in use whose owners wanted suggestions at ``as_of``, and that take assets of a market: empty ones, and
    those whose assets are of it. In as many queries however many they are."""
    found = {one.watchlist.pk: one for one in _wanting(as_of)}
    _fill(found, as_of)
    every = {asset_id for one in found.values() for asset_id in one.taken}
    demo = set(Asset.objects.filter(pk__in=every, data_source=DEMO_SOURCE).values_list("pk", flat=True))
    wants_demo = market == Market.DEMO
    return [one for one in found.values() if all((asset_id in demo) == wants_demo for asset_id in one.taken)]


def _wanting(as_of: datetime) -> list[PersonalList]:
    lists = Watchlist.objects.filter(
        Q(wants_suggestions=True) | Q(states__wants_suggestions=True, states__valid_to__gt=as_of),
        watchlist_type=WatchlistType.PERSONAL,
        user__is_active=True,
    ).distinct()
    later = WatchlistStateHistory.objects.filter(watchlist__in=lists, valid_to__gt=as_of).order_by("-valid_to")
    states = {state.watchlist_id: state for state in later}
    usual = capacity(Watchlist(), setting("watchlist_limits", as_of))
    found = []
    for watchlist in lists.order_by("pk"):
        state = states.get(watchlist.pk, watchlist)
        if state.is_active and state.wants_suggestions:
            found.append(PersonalList(watchlist, state.max_assets or usual))
    return found


def _fill(lists: dict[int, PersonalList], as_of: datetime) -> None:
    """What is on them: by their past, and by their entries, the paused ones of which have none."""
    rows = in_force(as_of, LIVE).filter(watchlist__in=lists)
    for watchlist_id, asset_id, kind, weight in rows.values_list("watchlist_id", "asset_id", "position_type", "weight"):
        lists[watchlist_id].taken.add(asset_id)
        if kind == PositionType.LONG:
            lists[watchlist_id].held.add(asset_id)
            lists[watchlist_id].weights[asset_id] = float(weight)
    entries = WatchlistAsset.objects.filter(watchlist__in=lists)
    for watchlist_id, asset_id in entries.values_list("watchlist_id", "asset_id"):
        lists[watchlist_id].taken.add(asset_id)
