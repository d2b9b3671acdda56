"""Lists in short: what stands on them, how they were ranked last, what waits for a decision."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Count, QuerySet

from selection.choices import WatchlistType
from selection.models import AISuggestion, AIWatchlistAnalysis, Watchlist, WatchlistAsset
from selection.selectors.visible import capacity, ran_out, waiting
from system.choices import LIVE
from system.services import setting


@dataclass(frozen=True)
class ListOverview:
    """A list in short.

    Attributes:
        most: entries that it may have.
        change_pct: median change of its assets in 24 h, percent; None where no price of then is known.
        ranking: its newest one, without the scores.
        suggestions: that wait for a decision.
    """

    watchlist: Watchlist
    entries: int
    most: int
    change_pct: Any
    ranking: AIWatchlistAnalysis | None
    suggestions: int


def list_overviews(watchlists: Sequence[Watchlist]) -> list[ListOverview]:
    """Each list in short, in as many queries however many they are."""
    changes, held = defaultdict(list), Counter[int]()
    rows = WatchlistAsset.objects.filter(watchlist__in=watchlists)
    for pk, change in rows.values_list("watchlist_id", "asset__price_change_percentage_24h"):
        held[pk] += 1
        if change is not None:
            changes[pk].append(change)
    rankings = newest_rankings([one.pk for one in watchlists])
    waits = dict(
        open_suggestions([one.pk for one in watchlists])
        .order_by()
        .values_list("watchlist_id")
        .annotate(number=Count("pk"))
    )
    limits = setting("watchlist_limits")
    return [
        ListOverview(
            watchlist=one,
            entries=held[one.pk],
            most=capacity(one, limits),
            change_pct=median(changes[one.pk]) if changes[one.pk] else None,
            ranking=rankings.get(one.pk),
            suggestions=waits.get(one.pk, 0),
        )
        for one in watchlists
    ]


def newest_rankings(watchlist_ids: Collection[int]) -> dict[int, AIWatchlistAnalysis]:
    """The newest live ranking of each list that has one."""
    rows = AIWatchlistAnalysis.objects.filter(watchlist__in=watchlist_ids, series=LIVE)
    newest = rows.order_by("watchlist", "-analysis_time", "-pk").distinct("watchlist")
    return {row.watchlist_id: row for row in newest.defer("asset_scores", "key_signals", "generated_signals")}


def open_suggestions(watchlist_ids: Collection[int]) -> QuerySet[AISuggestion]:
    """Live suggestions for some lists that wait for a decision now, the clearest first."""
    found = AISuggestion.objects.filter(waiting(), series=LIVE, watchlist__in=watchlist_ids).exclude(ran_out())
    return found.order_by("-confidence_score", "pk")


def deleted_lists(user: Any, most: int) -> list[Watchlist]:
    """Own lists that the person has deleted and may bring back, the last first."""
    gone = Watchlist.objects.filter(
        user=user.pk, watchlist_type=WatchlistType.PERSONAL, is_active=False, last_change__changed_by=user.pk
    )
    return list(gone.order_by("-last_change__changed_at")[:most])
