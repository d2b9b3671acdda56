"""The past of the lists: intervals of membership, order and weight, and of limit and use, written with every change."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from selection.models import Watchlist, WatchlistAssetHistory, WatchlistStateHistory
from selection.selectors.membership import Member, member_of
from system.choices import LIVE

TICK = timedelta(microseconds=1)
STATES = frozenset({"max_assets", "is_active", "wants_suggestions"})
"""What holds for a list and has a past."""


def keep_history(watchlist: Watchlist, *, at: datetime, actor: User | None) -> None:
    """Make the open intervals of a list say what its entries say, from ``at`` on; a deleted list has no members.

    Changes of a list follow one another: one whose moment lies before the last change takes effect with that one, so
    that what is known of now is always what the list holds.
    """
    entries = watchlist.entries.filter(is_active=True)
    said = entries.values_list("asset_id", "position_type", "sort_order", "weight")
    rows = WatchlistAssetHistory.objects.filter(watchlist=watchlist, series=LIVE)
    ends = rows.aggregate(begun=Max("valid_from"), ended=Max("valid_to"))
    moment = max([at, *(end for end in ends.values() if end is not None)])
    wanted = [Member(*values) for values in said] if watchlist.is_active else []
    set_members(watchlist, wanted, at=moment, actor=actor)


def keep_state(watchlist: Watchlist, *, actor: User | None) -> None:
    """Remember what has held for a list until now; called before it changes."""
    last = watchlist.states.order_by("-valid_to").first()
    since = last.valid_to if last else min(watchlist.created_at, timezone.now() - TICK)
    WatchlistStateHistory.objects.create(
        watchlist=watchlist,
        **{name: getattr(watchlist, name) for name in STATES},
        valid_from=since,
        valid_to=max(timezone.now(), since + TICK),
        changed_by=actor,
    )


def set_members(
    watchlist: Watchlist,
    wanted: Collection[Member],
    *,
    at: datetime,
    actor: User | None,
    series: str = LIVE,
) -> None:
    """Close the intervals of who left, moved or weighs differently, and open those of who came or changed so.

    Args:
        watchlist: the list.
        wanted: the members from ``at`` on.
        at: when the change takes effect. What had been changed for later times already stays: a list that is filled for
            a past moment is filled up to the first change that is known.
        actor: who changed it.
        series: whose copy of the list.
    """
    rows = WatchlistAssetHistory.objects.filter(watchlist=watchlist, series=series)
    until = rows.filter(valid_from__gt=at).order_by("valid_from").values_list("valid_from", flat=True).first()
    present = {member_of(row): row for row in rows.filter(valid_from__lte=at).exclude(valid_to__lte=at)}
    stays = set(wanted)
    gone = rows.filter(pk__in=[row.pk for key, row in present.items() if key not in stays])
    gone.filter(valid_from=at).delete()
    gone.update(valid_to=at)
    WatchlistAssetHistory.objects.bulk_create(
        WatchlistAssetHistory(
            watchlist=watchlist,
            **asdict(member),
            series=series,
            valid_from=at,
            valid_to=until,
            changed_by=actor,
        )
        for member in wanted
        if member not in present
    )
