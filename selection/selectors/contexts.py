"""What the analyses work on for a person."""

from typing import Any

from django.db.models import Prefetch, Q

from accounts.models import User
from selection.choices import WatchlistType
from selection.models import Watchlist, WatchlistAsset


def get_user_ai_context(user: User) -> list[dict[str, Any]]:
    """The active personal lists of a person with their active entries, in order; if there is none, the default ones.

    An empty personal list is an answer: who has one has chosen to have their own. Assets that are switched off, and
    paused entries, are left out.

    Returns:
        ``watchlist_id``, ``watchlist_type``, ``tier``, ``asset_count`` and ``assets`` of each list.
    """
    active = Watchlist.objects.filter(is_active=True)
    own = Q(watchlist_type=WatchlistType.PERSONAL, user=user)
    chosen = own if active.filter(own).exists() else Q(watchlist_type=WatchlistType.DEFAULT)
    entries = WatchlistAsset.objects.filter(is_active=True, asset__is_active=True)
    entries = entries.select_related("asset").order_by("sort_order")
    lists = active.filter(chosen).order_by("watchlist_type", "sort_order", "id")
    return [_context(one) for one in lists.prefetch_related(Prefetch("entries", entries, to_attr="watched"))]


def _context(watchlist: Any) -> dict[str, Any]:
    return {
        "watchlist_id": watchlist.pk,
        "watchlist_type": watchlist.watchlist_type,
        "tier": watchlist.tier,
        "asset_count": len(watchlist.watched),
        "assets": [
            {
                "asset_id": entry.asset_id,
                "crypto_id": entry.asset_id,
                "symbol": entry.asset.symbol,
                "position_type": entry.position_type,
                "position": entry.sort_order,
                "weight": entry.weight,
            }
            for entry in watchlist.watched
        ],
    }
