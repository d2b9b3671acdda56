"""How well rankings ordered what came after them: measured once, when the days have passed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q

from assets.compute import periods
from selection.choices import NotMeasured
from selection.compute.weights import rank_correlation
from selection.models import AssetRanking, RankingOutcome
from selection.selectors.courses import courses
from system.choices import LIVE, RunTimeframe
from system.services import land

HORIZONS = (timedelta(days=7), timedelta(days=30))
PATIENCE = timedelta(days=60)
"""Candles that come later than this after the end are not waited for."""
BATCH = 500


@dataclass(frozen=True)
class Measured:
    """What measuring did: outcomes known now, and due ones that lack prices."""

    measured: int = 0
    unresolved: int = 0

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(self.measured + other.measured, self.unresolved + other.unresolved)


@transaction.atomic
def measure_rankings(as_of: datetime, series: str = LIVE) -> Measured:
    """Measure every ranking whose 7 or 30 days have passed: Spearman's rank correlation of its score, and of the plain
    30-day return beside it, with the returns that followed. Assets whose candles ended on the way count with their last
    close, marked; one whose candle may still come is awaited. Measured ones stay as they are; one without prices is
    kept with the reason and tried again.

    Args:
        as_of: nothing that ended later is used.
        series: which rankings.
    """
    done = Measured()
    for horizon in HORIZONS:
        rows = [_outcome(ranking, horizon, as_of) for ranking in _due(series, horizon, as_of)]
        land(RankingOutcome, rows, key=("ranking", "horizon_hours"), wall_clock=("measured_at",))
        known = sum(row["unresolved_reason"] is None for row in rows)
        done += Measured(known, len(rows) - known)
    return done


def _due(series: str, horizon: timedelta, as_of: datetime) -> Iterable[AssetRanking]:
    """Rankings that are due and not measured, oldest first. Whatever their candles' length, the close of the candle is
    the moment that the days are counted from."""
    hours = int(horizon.total_seconds() // 3600)
    told = RankingOutcome.objects.filter(horizon_hours=hours).filter(
        Q(unresolved_reason__isnull=True) | Q(ranking__candle_time__lt=as_of - horizon - PATIENCE)
    )
    found = AssetRanking.objects.filter(series=series).exclude(pk__in=told.values("ranking"))
    for timeframe in RunTimeframe.values:
        length = periods.LENGTHS[timeframe]
        if horizon % length:
            continue  # no candle of this length ends with the horizon
        latest = as_of - horizon - length
        yield from found.filter(timeframe=timeframe, candle_time__lte=latest).order_by("candle_time", "pk")[:BATCH]


def _outcome(ranking: AssetRanking, horizon: timedelta, as_of: datetime) -> dict[str, Any]:
    scored = {row["asset_id"]: row for row in ranking.scores if row["score"] is not None}
    times = (ranking.candle_time, ranking.candle_time + horizon)
    found = courses(scored, ranking.timeframe, *times, as_of=as_of)
    ahead = {} if found.awaited else {one: float(value) for one, value in found.returns.items()}
    lines = [[scored[one][name] for one in ahead] for name in ("score", "momentum_30d")]
    ours, plain = (rank_correlation(np.array(line, dtype=float), np.array(list(ahead.values()))) for line in lines)
    is_known = bool(np.isfinite(ours))
    missing = NotMeasured.NO_CANDLE if len(ahead) < len(scored) else NotMeasured.TOO_FEW
    return {
        "ranking": ranking,
        "horizon_hours": int(horizon.total_seconds() // 3600),
        "asset_count": len(ahead),
        "ended_count": len(found.ended.keys() & ahead.keys()),
        "missing_count": len(scored) - len(ahead),
        "rank_correlation": ours if is_known else None,
        "momentum_rank_correlation": plain if is_known else None,
        "unresolved_reason": None if is_known else missing,
        "measured_at": as_of,
    }
