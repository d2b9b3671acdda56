"""What came of suggestions: accepted, rejected and expired ones alike, measured once, when their horizon has passed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from assets.compute import periods
from selection.choices import NotMeasured, SuggestionType
from selection.models import AISuggestion, AISuggestionArchive, SuggestionOutcome, WatchlistAssetHistory
from selection.selectors.courses import Courses, courses
from selection.selectors.outlooks import HORIZON_HOURS
from system.choices import LIVE
from system.services import land

PATIENCE = timedelta(days=60)
"""Candles that come later than this after the end are not waited for."""
FALLS = {SuggestionType.REMOVE, SuggestionType.DEMOTE}
TOLD = """
UPDATE {table} s SET success_score = r.score, actual_return = r.told FROM (
    SELECT suggestion_id, CASE WHEN abs(asset_return) < 10000 THEN asset_return END AS told,
        round(((1 + percent_rank() OVER (PARTITION BY suggestion_type ORDER BY excess_return)
            - percent_rank() OVER (PARTITION BY suggestion_type ORDER BY excess_return DESC)) / 2)::numeric, 4) AS score
    FROM suggestion_outcomes WHERE series = %(series)s AND unresolved_reason IS NULL) r
WHERE s.id = r.suggestion_id
    AND (s.success_score IS DISTINCT FROM r.score OR s.actual_return IS DISTINCT FROM r.told)
"""
"""The columns of the suggestions themselves; a return that does not fit its column stays unknown there."""
TABLES = (AISuggestion, AISuggestionArchive)
Suggestion = AISuggestion | AISuggestionArchive


@dataclass(frozen=True)
class ScoredSuggestions:
    """What scoring did: outcomes known now, and due ones that wait for a candle."""

    scored: int
    unresolved: int


@dataclass(frozen=True)
class Course:
    """From which candle to which a suggestion is measured, and against whom.

    Attributes:
        start, end: beginnings of the two candles; they count from the close of the first to that of the last.
        peers: assets that were on the list when it was suggested.
    """

    suggestion: Suggestion
    timeframe: str
    start: datetime
    end: datetime
    peers: list[int]

    @property
    def length(self) -> timedelta:
        return periods.LENGTHS[self.timeframe]


@transaction.atomic
def score_suggestions(as_of: datetime, series: str = LIVE) -> ScoredSuggestions:
    """Score every suggestion of a series whose horizon has passed, whatever was decided, also those in the archive:
    the return of its asset from its candle on, above the median of the assets that were on the list then, with the sign
    of what was suggested. Its success score is the percentile among all of its kind. Assets whose candles ended on the
    way count with their last close, marked. Scored ones stay as they are; one that lacks a candle, its own or one that
    the median awaits, is kept with the reason and tried again.

    Args:
        as_of: nothing that ended later is used.
        series: which suggestions.
    """
    found: list[dict[str, Any]] = []
    for group in _together(_courses(as_of, series)):
        found += _outcomes(group, as_of)
    land(SuggestionOutcome, found, key=("suggestion_id",), wall_clock=("scored_at",))
    known = sum(row["unresolved_reason"] is None for row in found)
    if known:
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(TOLD.format(table=table._meta.db_table), {"series": series})
    return ScoredSuggestions(known, len(found) - known)


def _courses(as_of: datetime, series: str) -> Iterator[Course]:
    """Suggestions that are due and not scored."""
    told = SuggestionOutcome.objects.filter(series=series).filter(
        Q(unresolved_reason__isnull=True) | Q(ended_at__lt=as_of - PATIENCE)
    )
    due = []
    for table in TABLES:
        for suggestion in table.objects.filter(series=series).exclude(pk__in=told.values("suggestion_id")):
            timeframe, start = _candle(suggestion)
            end = start + timedelta(hours=suggestion.horizon_hours or HORIZON_HOURS)
            if end + periods.LENGTHS[timeframe] <= as_of:
                due.append((suggestion, timeframe, start, end))
    peers = _peers([(one.watchlist_id, _made_at(one)) for one, *_candles in due], series)
    for suggestion, timeframe, start, end in due:
        yield Course(suggestion, timeframe, start, end, peers[suggestion.watchlist_id, _made_at(suggestion)])


def _candle(suggestion: Suggestion) -> tuple[str, datetime]:
    """Length and beginning of the candle that a suggestion was made on; for one that a person entered the last day."""
    context = suggestion.context_data or {}
    if "candle_time" in context:
        return context["timeframe"], datetime.fromisoformat(context["candle_time"])
    return "1d", periods.last_closed(suggestion.created_at, "1d")


def _made_at(suggestion: Suggestion) -> datetime:
    """The moment whose list it was made for."""
    told = (suggestion.context_data or {}).get("as_of")
    return datetime.fromisoformat(told) if told else suggestion.created_at


def _peers(wanted: Iterable[tuple[int, datetime]], series: str) -> dict[tuple[int, datetime], list[int]]:
    """Assets on each list at each moment, in one query."""
    pairs = set(wanted)
    rows = WatchlistAssetHistory.objects.filter(series=series, watchlist__in={one for one, _moment in pairs})
    held = defaultdict(list)
    for watchlist, asset, since, until in rows.values_list("watchlist_id", "asset_id", "valid_from", "valid_to"):
        held[watchlist].append((asset, since, until))
    return {
        (watchlist, moment): sorted(
            {asset for asset, since, until in held[watchlist] if since <= moment and (until is None or until > moment)}
        )
        for watchlist, moment in pairs
    }


def _together(courses: Iterable[Course]) -> Iterable[list[Course]]:
    """Those that share their two candles."""
    groups: dict[tuple[str, datetime, datetime], list[Course]] = defaultdict(list)
    for course in courses:
        groups[course.timeframe, course.start, course.end].append(course)
    return groups.values()


def _outcomes(group: list[Course], as_of: datetime) -> list[dict[str, Any]]:
    first = group[0]
    ids = {one for course in group for one in (course.suggestion.asset_id, *course.peers)}
    found = courses(ids, first.timeframe, first.start, first.end, as_of=as_of)
    returns = {one: 100 * value for one, value in found.returns.items()}
    return [_outcome(course, found, returns, as_of) for course in group]


def _outcome(course: Course, found: Courses, returns: dict[int, Decimal], as_of: datetime) -> dict[str, Any]:
    suggestion = course.suggestion
    asset_id, sign = suggestion.asset_id, direction(suggestion)
    own = returns.get(asset_id)
    measured = [one for one in course.peers if one in returns]
    middle = median(returns[one] for one in measured) if measured else None
    waits = not found.awaited.isdisjoint(course.peers)
    reason = NotMeasured.NO_CANDLE if own is None or waits else NotMeasured.NO_LIST if middle is None else None
    return {
        "suggestion_id": suggestion.pk,
        "series": suggestion.series,
        "suggestion_type": suggestion.suggestion_type,
        "direction": sign,
        "started_at": course.start + course.length,
        "ended_at": course.end + course.length,
        "timeframe": course.timeframe,
        "start_price": found.first.get(asset_id),
        "end_price": found.last.get(asset_id),
        "candles_ended_at": found.ended.get(asset_id),
        "asset_return": own,
        "median_return": middle,
        "median_count": len(measured),
        "median_ended": len(found.ended.keys() & set(measured)),
        "median_missing": len(course.peers) - len(measured),
        "excess_return": sign * (own - middle) if reason is None and own is not None and middle is not None else None,
        "unresolved_reason": reason,
        "scored_at": as_of,
    }


def direction(suggestion: Suggestion) -> int:
    """1 where the asset was said to do better than its list, -1 where worse."""
    told = suggestion.reasoning.get("direction")
    if told in {-1, 1}:
        return int(told)
    return -1 if suggestion.suggestion_type in FALLS else 1
