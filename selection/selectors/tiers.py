"""The lists of the tiers, and what held for a list at a moment."""

from datetime import datetime

from selection.choices import WatchlistType
from selection.models import Watchlist, WatchlistStateHistory


def default_lists(as_of: datetime | None = None) -> dict[str, Watchlist]:
    """The default list of each tier that was in use at ``as_of`` (now, if not given), tier 1 first.

    A list that nobody had made by then stands for its tier if no other did: what is analysed of the time before the
    installation uses the lists of today.
    """
    lists = Watchlist.objects.filter(watchlist_type=WatchlistType.DEFAULT).order_by("tier", "id")
    if as_of is None:
        return {watchlist.tier or "": watchlist for watchlist in lists.filter(is_active=True)}
    found: dict[str, Watchlist] = {}
    for watchlist in lists:
        if state_at(watchlist, as_of).is_active:
            found.setdefault(watchlist.tier or "", watchlist)
    return found


def state_at(watchlist: Watchlist, at: datetime) -> Watchlist | WatchlistStateHistory:
    """What says the limit of a list, and whether it was in use, at a moment."""
    return watchlist.states.filter(valid_to__gt=at).order_by("valid_to").first() or watchlist
