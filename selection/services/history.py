"""The past of the lists: intervals of membership and order, written with every change."""

from datetime import datetime

from accounts.models import User
from selection.models import Watchlist, WatchlistAssetHistory
from system.choices import LIVE


def keep_history(watchlist: Watchlist, *, at: datetime, actor: User | None, series: str = LIVE) -> None:
    """Make the open intervals of a list say what its entries say, from ``at`` on."""
    entries = watchlist.entries.filter(is_active=True)
    wanted = [(entry.asset_id, entry.position_type, entry.sort_order) for entry in entries]
    set_members(watchlist, wanted, at=at, actor=actor, series=series)


def set_members(
    watchlist: Watchlist,
    wanted: list[tuple[int, str, int]],
    *,
    at: datetime,
    actor: User | None,
    series: str = LIVE,
) -> None:
    """Close the intervals of who left or moved, and open those of who came or moved.

    Args:
        watchlist: the list.
        wanted: asset, position type and position of each member from ``at`` on.
        at: when the change takes effect. What had been changed for later times already stays: a list that is filled for
            a past moment is filled up to the first change that is known.
        actor: who changed it.
        series: whose copy of the list.
    """
    rows = WatchlistAssetHistory.objects.filter(watchlist=watchlist, series=series)
    until = rows.filter(valid_from__gt=at).order_by("valid_from").values_list("valid_from", flat=True).first()
    present = {
        (row.asset_id, row.position_type, row.sort_order): row
        for row in rows.filter(valid_from__lte=at).exclude(valid_to__lte=at)
    }
    gone = [row for key, row in present.items() if key not in set(wanted)]
    for row in gone:
        if row.valid_from == at:
            row.delete()
        else:
            row.valid_to = at
            row.save(update_fields=["valid_to"])
    WatchlistAssetHistory.objects.bulk_create(
        WatchlistAssetHistory(
            watchlist=watchlist,
            asset_id=asset_id,
            position_type=position_type,
            sort_order=sort_order,
            series=series,
            valid_from=at,
            valid_to=until,
            changed_by=actor,
        )
        for asset_id, position_type, sort_order in wanted
        if (asset_id, position_type, sort_order) not in present
    )
