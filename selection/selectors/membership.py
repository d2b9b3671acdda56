"""Who was on which list, and when."""

from dataclasses import dataclass
from datetime import datetime

from selection.models import Watchlist, WatchlistAssetHistory
from system.choices import LIVE


@dataclass(frozen=True)
class Member:
    """An asset on a list."""

    asset_id: int
    position_type: str
    sort_order: int


def members(watchlist: Watchlist, as_of: datetime, series: str = LIVE) -> list[Member]:
    """Members of a list at ``as_of``, in the order in which they came to be there. A replay has copies of its own."""
    rows = (
        WatchlistAssetHistory.objects.filter(watchlist=watchlist, series=series, valid_from__lte=as_of)
        .exclude(valid_to__lte=as_of)
        .order_by("sort_order", "valid_from", "id")
    )
    return [Member(row.asset_id, row.position_type, row.sort_order) for row in rows]


def lists_with_members(as_of: datetime, series: str = LIVE) -> list[Watchlist]:
    """The active lists that had a member at ``as_of``, the default ones first."""
    rows = WatchlistAssetHistory.objects.filter(series=series, valid_from__lte=as_of).exclude(valid_to__lte=as_of)
    lists = Watchlist.objects.filter(is_active=True, pk__in=rows.values("watchlist"))
    return list(lists.order_by("watchlist_type", "tier", "id"))


def active_asset_ids(as_of: datetime, series: str = LIVE) -> set[int]:
    """Assets on any active list at ``as_of``: those that signals are made for."""
    rows = WatchlistAssetHistory.objects.filter(
        watchlist__is_active=True, series=series, valid_from__lte=as_of
    ).exclude(valid_to__lte=as_of)
    return set(rows.values_list("asset_id", flat=True))
