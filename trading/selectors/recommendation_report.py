"""What came of recommendations, by their kind and by what people did with them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from assets.compute.periods import MONDAY
from selection.compute.intervals import Mean, mean_by_week, share_by_week
from system.choices import LIVE
from trading.choices import RecommendationStatus
from trading.models import RecommendationOutcome

WEEK = 7 * 86400
EVERYBODY = "to everybody"
UNANSWERED = "unanswered"


@dataclass(frozen=True)
class AdviceGroup:
    """Advice of one kind, or that people did the same with.

    Attributes:
        due: those whose horizon has passed, or that can never be measured.
        scored: of them, those whose result is known.
        unmeasured: of them, those that lack a candle or have nothing to be compared with.
        right: share of the scored where following was better than doing nothing.
        advantage: mean of following minus doing nothing, percentage points of a full holding, before costs.
    """

    due: int
    scored: int
    unmeasured: int
    right: Mean
    advantage: Mean


@dataclass(frozen=True)
class RecommendationReport:
    """What came of the advice of a series: of all, by kind, and by what people did."""

    every: AdviceGroup
    by_kind: dict[str, AdviceGroup]
    by_deed: dict[str, AdviceGroup]


def recommendation_report(
    series: str = LIVE, *, since: datetime | None = None, until: datetime | None = None
) -> RecommendationReport:
    """The report of the advice of a series whose candle closed in a time."""
    rows = RecommendationOutcome.objects.filter(series=series).select_related("recommendation")
    if since is not None:
        rows = rows.filter(started_at__gte=since)
    if until is not None:
        rows = rows.filter(started_at__lt=until)
    kinds: dict[str, list[RecommendationOutcome]] = defaultdict(list)
    deeds: dict[str, list[RecommendationOutcome]] = defaultdict(list)
    every = list(rows.order_by("started_at", "pk"))
    for row in every:
        kinds[row.recommendation_type or ""].append(row)
        deeds[deed(row)].append(row)
    return RecommendationReport(
        _group(every),
        {name: _group(kinds[name]) for name in sorted(kinds)},
        {name: _group(deeds[name]) for name in sorted(deeds)},
    )


def deed(row: RecommendationOutcome) -> str:
    """What its owner did: implemented, followed, ignored, rejected or nothing. One to everybody has many answers, so it
    stands by itself."""
    advice = row.recommendation
    if advice.user_id is None:
        return EVERYBODY
    if advice.status in (RecommendationStatus.IMPLEMENTED, RecommendationStatus.REJECTED):
        return advice.status
    return advice.answer or UNANSWERED


def _group(rows: Iterable[RecommendationOutcome]) -> AdviceGroup:
    told = list(rows)
    known = [row for row in told if row.advantage is not None and row.started_at is not None]
    advantages = np.array([float(row.advantage or 0) for row in known], dtype=float)
    moments = [row.started_at for row in known if row.started_at is not None]
    weeks = np.array([int((one - MONDAY).total_seconds() // WEEK) for one in moments], dtype=np.int64)
    return AdviceGroup(
        due=len(told),
        scored=len(known),
        unmeasured=len(told) - len(known),
        right=share_by_week((advantages > 0).astype(float), weeks),
        advantage=mean_by_week(advantages, weeks),
    )
