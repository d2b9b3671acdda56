"""What changed on the lists that a person sees."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q

from assets.choices import Market
from assets.models import Asset
from assets.selectors.shown import assets_of
from selection.choices import WatchlistType
from selection.models import Watchlist, WatchlistAsset, WatchlistAssetHistory
from selection.selectors.visible import visible_watchlists
from system.choices import LIVE


class Move(StrEnum):
    """What became of an asset on the lists."""

    CAME = "came"
    LEFT = "left"
    PROMOTED = "promoted"
    DEMOTED = "demoted"


@dataclass(frozen=True)
class ListChange:
    """An asset that came onto a list, left it, or went to it from the list of the other tier."""

    asset: Asset
    move: Move
    watchlist: Watchlist
    at: datetime


def list_changes(market: Market, user: Any, since: datetime) -> list[ListChange]:
    """Net changes of the default lists and the own ones after a moment, of assets of one market, newest first; two
    queries.

    What came and left again is none, and neither is another place or weight on the same list.
    """
    lists = {row.pk: row for row in visible_watchlists(user)}
    rows = (
        WatchlistAssetHistory.objects.filter(series=LIVE, watchlist__in=lists, asset__in=assets_of(market))
        .filter(Q(valid_from__gt=since) | Q(valid_to__gt=since))
        .select_related("asset")
    )
    left: dict[tuple[int, int], WatchlistAssetHistory] = {}
    came: dict[tuple[int, int], WatchlistAssetHistory] = {}
    for row in rows:
        if row.valid_from <= since:
            left[row.asset_id, row.watchlist_id] = row
        if row.valid_to is None:
            came[row.asset_id, row.watchlist_id] = row
    for key in left.keys() & came.keys():
        del left[key], came[key]
    found = [_came(row, lists, left) for row in came.values()]
    found += [ListChange(row.asset, Move.LEFT, lists[row.watchlist_id], row.valid_to or since) for row in left.values()]
    return sorted(found, key=lambda change: (change.at, change.asset.symbol), reverse=True)


def _came(
    row: WatchlistAssetHistory, lists: dict[int, Watchlist], left: dict[tuple[int, int], WatchlistAssetHistory]
) -> ListChange:
    """An asset that came; if it left the list of another tier for it, that is no departure of its own."""
    now = lists[row.watchlist_id]
    tiers = [one for one in lists.values() if one.tier and now.tier and one.tier != now.tier]
    before = next((one for one in tiers if (row.asset_id, one.pk) in left), None)
    if before is None:
        return ListChange(row.asset, Move.CAME, now, row.valid_from)
    del left[row.asset_id, before.pk]
    rose = str(now.tier) < str(before.tier)
    return ListChange(row.asset, Move.PROMOTED if rose else Move.DEMOTED, now, row.valid_from)


def watched_asset_ids(user: Any) -> set[int]:
    """Assets on the own lists of a person; without any, those on the default lists."""
    entries = WatchlistAsset.objects.filter(is_active=True, watchlist__is_active=True)
    own = set(entries.filter(watchlist__user=user.pk, watchlist__user__isnull=False).values_list("asset", flat=True))
    return own or set(entries.filter(watchlist__watchlist_type=WatchlistType.DEFAULT).values_list("asset", flat=True))
