"""Lists, suggestions and portfolios that a person may see. What somebody may not see does not exist for them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from selection.choices import SuggestionStatus, WatchlistType
from selection.models import AISuggestion, AIWatchlistAnalysis, Portfolio, Watchlist
from system.choices import LIVE, Priority

OPEN = (SuggestionStatus.PENDING, SuggestionStatus.DEFERRED)


def visible_watchlists(user: Any, *, everything: bool = False) -> QuerySet[Watchlist]:
    """Default lists and the own ones; ``everything`` adds other people's, for admins."""
    active = Watchlist.objects.filter(is_active=True)
    if everything:
        return active
    return active.filter(Q(watchlist_type=WatchlistType.DEFAULT) | Q(user__isnull=False, user=user.pk))


def with_counts(watchlists: QuerySet[Watchlist]) -> QuerySet[Watchlist]:
    """With ``entry_count``, the paused entries too: they take a place."""
    return watchlists.annotate(entry_count=Count("entries"))


def capacity(watchlist: Watchlist, limits: Mapping[str, int]) -> int:
    """How many entries a list may have.

    Args:
        watchlist: the list.
        limits: the settings ``watchlist_limits``; looked up once for many lists.
    """
    return watchlist.max_assets or limits[f"{watchlist.tier}_max" if watchlist.tier else "personal_max"]


def newest_ranking(watchlist: Watchlist) -> AIWatchlistAnalysis | None:
    """The newest live ranking of a list."""
    return live_rankings(watchlist).first()


def live_rankings(watchlist: Watchlist) -> QuerySet[AIWatchlistAnalysis]:
    """Rankings of a list in the live series, newest first."""
    return AIWatchlistAnalysis.objects.filter(watchlist=watchlist, series=LIVE).order_by("-analysis_time")


def visible_suggestions(user: Any, *, everything: bool = False) -> QuerySet[AISuggestion]:
    """Live suggestions for the own lists; ``everything`` for admins."""
    live = AISuggestion.objects.filter(series=LIVE)
    return live if everything else live.filter(watchlist__user=user.pk, watchlist__user__isnull=False)


def ran_out() -> Q:
    """Open suggestions whose time is over, whether the sweep has said so or not."""
    return Q(status__in=OPEN, expires_at__lte=timezone.now())


def waiting() -> Q:
    """Suggestions whose turn it is: a deferred one waits until its date."""
    deferred = Q(status=SuggestionStatus.DEFERRED) & (Q(deferred_until=None) | Q(deferred_until__lte=timezone.now()))
    return Q(status=SuggestionStatus.PENDING) | deferred


def with_suggestion_status(suggestions: QuerySet[AISuggestion], status: str) -> QuerySet[AISuggestion]:
    """Suggestions of a state. One that has run out is expired."""
    if status == SuggestionStatus.EXPIRED:
        return suggestions.filter(Q(status=status) | ran_out())
    return suggestions.filter(status=status).exclude(ran_out())


def suggestion_status_now(suggestion: AISuggestion) -> str:
    """State of a suggestion, read as ``with_suggestion_status`` reads it."""
    over = suggestion.expires_at is not None and suggestion.expires_at <= timezone.now()
    return SuggestionStatus.EXPIRED.value if over and suggestion.status in OPEN else suggestion.status


def review_queue() -> QuerySet[AISuggestion]:
    """Live suggestions for default lists that wait for a decision now: the most urgent first, then the most confident.
    Those for personal lists are for their owners."""
    ranks = [When(priority=value, then=Value(rank)) for rank, value in enumerate(reversed(Priority.values))]
    return (
        AISuggestion.objects.filter(waiting(), series=LIVE, watchlist__watchlist_type=WatchlistType.DEFAULT)
        .exclude(ran_out())
        .annotate(urgency=Case(*ranks, output_field=IntegerField()))
        .order_by("urgency", "-confidence_score")
    )


def visible_portfolios(user: Any, *, everything: bool = False) -> QuerySet[Portfolio]:
    """The own portfolios; ``everything`` for admins."""
    active = Portfolio.objects.filter(is_active=True)
    return active if everything else active.filter(user=user.pk)


def real_portfolios(user: Any) -> QuerySet[Portfolio]:
    """The own portfolios that sums are made of: what is held on paper only is no wealth."""
    return visible_portfolios(user).filter(is_paper=False)
