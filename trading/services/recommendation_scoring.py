"""What would have come of following recommendations, followed and ignored ones alike, measured once when their horizon
has passed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q

from assets.compute import periods
from assets.selectors import moment
from assets.selectors.candles import candles
from selection.selectors.courses import Courses, courses
from system.choices import LIVE
from system.services import land, plain
from trading.choices import AdviceUnmeasured
from trading.compute.advice import first_stop, returns
from trading.models import Recommendation, RecommendationOutcome
from trading.services.recommendation_courses import Course, course_of, span, stop_of

PATIENCE = timedelta(days=60)
"""Candles that come later than this after the end are not waited for."""
UNTOLD = {
    "asset_id": None, "side": None, "share_without": None, "share_with": None, "stop_price": None, "stopped_at": None,
    "timeframe": None, "started_at": None, "ended_at": None, "start_price": None, "end_price": None,
    "candles_ended_at": None, "return_without": None, "return_with": None, "advantage": None,
}  # fmt: skip


@dataclass(frozen=True)
class ScoredRecommendations:
    """What scoring did: outcomes known now, and due ones that wait for a candle or can never be measured."""

    scored: int
    unresolved: int


@dataclass(frozen=True)
class Left:
    """When a stop was reached by who follows, and at which price."""

    at: datetime
    price: Decimal


@transaction.atomic
def score_recommendations(as_of: datetime, series: str = LIVE) -> ScoredRecommendations:
    """Score every advice of a series whose horizon has passed, whatever was done with it: the result of following it
    from the close of its candle on, against doing nothing, before costs. Scored ones stay as they are; one that lacks a
    candle is kept with the reason and tried again.

    Args:
        as_of: nothing that ended later is used.
        series: which advice.
    """
    known = RecommendationOutcome.objects.filter(series=series).filter(
        Q(unresolved_reason__isnull=True)
        | Q(unresolved_reason=AdviceUnmeasured.NO_COURSE)
        | Q(ended_at__lt=as_of - PATIENCE)
    )
    waiting = Recommendation.objects.filter(series=series).exclude(pk__in=known.values("recommendation_id"))
    found: list[dict[str, Any]] = []
    groups: dict[tuple[str, datetime, datetime], list[tuple[Recommendation, Course]]] = defaultdict(list)
    for recommendation in waiting.order_by("pk"):
        course = course_of(recommendation)
        if course is None:
            found.append(_unmeasured(recommendation, AdviceUnmeasured.NO_COURSE, as_of))
            continue
        start, end = span(course)
        if end + periods.LENGTHS[course["timeframe"]] <= as_of:
            groups[course["timeframe"], start, end].append((recommendation, course))
    for (timeframe, start, end), members in groups.items():
        found += _outcomes(members, timeframe, start, end, as_of)
    land(RecommendationOutcome, found, key=("recommendation",), wall_clock=("scored_at",))
    _tell([row for row in found if row["unresolved_reason"] is None])
    scored = sum(row["unresolved_reason"] is None for row in found)
    return ScoredRecommendations(scored, len(found) - scored)


def _outcomes(
    members: list[tuple[Recommendation, Course]], timeframe: str, start: datetime, end: datetime, as_of: datetime
) -> list[dict[str, Any]]:
    """Those that share their two candles."""
    ids = {course["asset_id"] for _one, course in members}
    found = courses(ids, timeframe, start, end, as_of=as_of)
    return [_outcome(one, course, found, as_of) for one, course in members]


def _outcome(recommendation: Recommendation, course: Course, found: Courses, as_of: datetime) -> dict[str, Any]:
    asset_id, side, stop = course["asset_id"], course["side"], stop_of(course)
    shares = Decimal(course["share_without"]), Decimal(course["share_with"])
    start, end = span(course)
    length = periods.LENGTHS[course["timeframe"]]
    first, last = found.first.get(asset_id), found.last.get(asset_id)
    told = {
        "asset_id": asset_id,
        "side": side,
        "share_without": shares[0],
        "share_with": shares[1],
        "stop_price": stop,
        "timeframe": course["timeframe"],
        "started_at": start + length,
        "ended_at": end + length,
        "start_price": first,
        "end_price": last,
        "candles_ended_at": found.ended.get(asset_id),
    }
    if not first or last is None:
        return _unmeasured(recommendation, AdviceUnmeasured.NO_CANDLE, as_of) | told
    left = None
    if stop is not None:
        path = _path(course, found.ended.get(asset_id, end + length), as_of)
        if path is None:
            return _unmeasured(recommendation, AdviceUnmeasured.NO_CANDLE, as_of) | told
        left = _left(path, float(stop), side)
    without, followed = returns(side, *shares, first, last, left.price if left else None)
    return {
        **_unmeasured(recommendation, None, as_of),
        **told,
        "stopped_at": left.at if left else None,
        "return_without": without,
        "return_with": followed,
        "advantage": followed - without,
    }


def _path(course: Course, until: datetime, as_of: datetime) -> Any:
    """The candles after that of the advice up to a moment; None if one is missing."""
    start, _end = span(course)
    length = periods.LENGTHS[course["timeframe"]]
    found = candles(course["asset_id"], course["timeframe"], start + length, until, as_of)
    return found if len(found) == (until - start - length) // length else None


def _left(path: Any, stop: float, side: int) -> Left | None:
    stopped = first_stop(stop, side, path.open, path.high, path.low)
    if stopped is None:
        return None
    return Left(moment(np.int64(path.times[stopped.candle])), Decimal(repr(stopped.price)))


def _unmeasured(recommendation: Recommendation, reason: AdviceUnmeasured | None, as_of: datetime) -> dict[str, Any]:
    return {
        **UNTOLD,
        "recommendation_id": recommendation.pk,
        "series": recommendation.series,
        "recommendation_type": recommendation.recommendation_type,
        "unresolved_reason": reason,
        "scored_at": as_of,
    }


def _tell(rows: Iterable[dict[str, Any]]) -> None:
    """The result in the advice itself: what following brought, and whether it was better than doing nothing."""
    told = {row["recommendation_id"]: row for row in rows}
    advice = list(Recommendation.objects.filter(pk__in=told))
    for one in advice:
        row = told[one.pk]
        better = (row["advantage"] > 0) - (row["advantage"] < 0)
        one.outcome_result = {
            "actual_return": plain(round(row["return_with"], 4)),
            "return_without": plain(round(row["return_without"], 4)),
            "success_score": (better + 1) / 2,
        }
    Recommendation.objects.bulk_update(advice, ["outcome_result"])
