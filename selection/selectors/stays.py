"""How long assets have stood on a list: intervals of the same asset that follow one another are one stay."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from selection.models import Watchlist, WatchlistAssetHistory
from system.choices import LIVE

MOST = 5000
"""Intervals that are looked at, the newest ones."""


@dataclass(frozen=True)
class Stay:
    """An asset on a list without a break.

    Attributes:
        since, until: from when to when; None = still.
        first_place, last_place: where it stood when it came and where it stood last.
    """

    symbol: str
    position_type: str
    since: datetime
    until: datetime | None
    first_place: int
    last_place: int


def stays(watchlist: Watchlist) -> list[Stay]:
    """The stays of a list, those that began last first."""
    rows = WatchlistAssetHistory.objects.filter(watchlist=watchlist, series=LIVE).select_related("asset")
    newest = rows.order_by("-valid_from", "-pk")[:MOST]
    return sorted(joined(reversed(newest)), key=lambda one: (one.since, one.symbol), reverse=True)


def joined(rows: Iterable[WatchlistAssetHistory]) -> list[Stay]:
    """Intervals, oldest first, as stays: one that begins when the one before ended goes on with it."""
    open_ones: dict[tuple[int, str], Stay] = {}
    ended: list[Stay] = []
    for row in rows:
        key = (row.asset_id, row.position_type)
        before = open_ones.get(key)
        if before is not None and before.until == row.valid_from:
            open_ones[key] = replace(before, until=row.valid_to, last_place=row.sort_order)
            continue
        if before is not None:
            ended.append(before)
        open_ones[key] = Stay(
            row.asset.symbol, row.position_type, row.valid_from, row.valid_to, row.sort_order, row.sort_order
        )
    return [*ended, *open_ones.values()]
