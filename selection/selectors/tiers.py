"""The lists of the tiers."""

from selection.choices import WatchlistType
from selection.models import Watchlist


def default_lists() -> dict[str, Watchlist]:
    """The active default list of each tier, tier 1 first."""
    lists = Watchlist.objects.filter(watchlist_type=WatchlistType.DEFAULT, is_active=True).order_by("tier")
    return {watchlist.tier or "": watchlist for watchlist in lists}
