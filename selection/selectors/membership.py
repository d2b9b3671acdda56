"""Who was on which list, and when."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from selection.models import Watchlist, WatchlistAssetHistory
from system.choices import LIVE


@dataclass(frozen=True)
class Member:
    """An asset on a list: in which direction, at which place, with which weight, 0-1."""

    asset_id: int
    position_type: str
    sort_order: int
    weight: Decimal = Decimal(0)


def members(watchlist: Watchlist, as_of: datetime, series: str = LIVE) -> list[Member]:
    """Members of a list at ``as_of`` in the order of then. A replay has copies of its own."""
    rows = past_entries(watchlist, as_of, series)
    return [member_of(row) for row in rows]


def member_of(row: WatchlistAssetHistory) -> Member:
    """What an interval says."""
    return Member(row.asset_id, row.position_type, row.sort_order, row.weight)


def past_entries(watchlist: Watchlist, as_of: datetime, series: str = LIVE) -> QuerySet[WatchlistAssetHistory]:
    """The same as rows, which also say since when and by whom."""
    return in_force(as_of, series).filter(watchlist=watchlist).order_by("sort_order", "valid_from", "id")


def in_force(as_of: datetime, series: str) -> QuerySet[WatchlistAssetHistory]:
    """Memberships of all lists at ``as_of``."""
    return WatchlistAssetHistory.objects.filter(series=series, valid_from__lte=as_of).exclude(valid_to__lte=as_of)


def lists_with_members(as_of: datetime, series: str = LIVE) -> list[Watchlist]:
    """The lists that had a member at ``as_of``, the default ones first. A deleted list has none from then on."""
    lists = Watchlist.objects.filter(pk__in=in_force(as_of, series).values("watchlist"))
    return list(lists.order_by("watchlist_type", "tier", "id"))


def listed_asset_ids(start: datetime, end: datetime, series: str = LIVE) -> set[int]:
    """Assets that stood on any list at some moment from ``start`` to ``end``, both included."""
    rows = WatchlistAssetHistory.objects.filter(series=series, valid_from__lte=end).exclude(valid_to__lte=start)
    return set(rows.values_list("asset_id", flat=True))


def active_asset_ids(as_of: datetime, series: str = LIVE) -> set[int]:
    """Assets on any list at ``as_of``: those that signals are made for."""
    return set(in_force(as_of, series).values_list("asset_id", flat=True))
