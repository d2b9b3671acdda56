"""How well rankings ordered what came after, next to plain momentum."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from selection.compute.intervals import Mean, mean_of_periods
from selection.models import RankingOutcome
from system.choices import LIVE

Row = tuple[datetime, float, float, int, int]
"""Moment, both correlations, and how many assets were left out or had ended."""


@dataclass(frozen=True)
class RankingRecord:
    """Mean rank correlations over all measured rankings of a timeframe with the returns of one horizon.

    Attributes:
        ours: of the score.
        momentum: of the plain 30-day return.
        difference: of the two, ranking by ranking.
        share_positive: how often the score ordered the assets the right way round; None without any.
        unresolved: due ones without prices.
        left_out: assets that the measured ones had scored and that no price measures, summed.
        ended: assets of the measured ones whose candles ended before the horizon, summed.
    """

    timeframe: str
    horizon_hours: int
    first: datetime | None
    last: datetime | None
    ours: Mean
    momentum: Mean
    difference: Mean
    share_positive: float | None
    unresolved: int
    left_out: int
    ended: int


def ranking_record(
    series: str = LIVE, *, since: datetime | None = None, until: datetime | None = None
) -> list[RankingRecord]:
    """The record of each timeframe and horizon, from rankings made from ``since`` on and before ``until``."""
    rows = RankingOutcome.objects.filter(ranking__series=series).order_by("ranking__analysis_time")
    if since is not None:
        rows = rows.filter(ranking__analysis_time__gte=since)
    if until is not None:
        rows = rows.filter(ranking__analysis_time__lt=until)
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    columns = ("ranking__timeframe", "horizon_hours", "ranking__analysis_time", "rank_correlation",
               "momentum_rank_correlation", "missing_count", "ended_count")  # fmt: skip
    for timeframe, hours, moment, ours, plain, *counts in rows.values_list(*columns):
        groups[timeframe, hours].append((moment, _number(ours), _number(plain), *counts))
    return [_record(timeframe, hours, found) for (timeframe, hours), found in sorted(groups.items())]


def _number(value: object) -> float:
    return float("nan") if value is None else float(str(value))


def _record(timeframe: str, hours: int, found: list[Row]) -> RankingRecord:
    known = [one for one in found if np.isfinite(one[1])]
    times = np.array([one[0].timestamp() for one in known])
    ours, plain = np.array([one[1] for one in known]), np.array([one[2] for one in known])
    step = float(np.median(np.diff(times))) if len(times) > 1 else hours * 3600.0
    block = max(1, int(np.ceil(hours * 3600 / step)))
    return RankingRecord(
        timeframe=timeframe,
        horizon_hours=hours,
        first=known[0][0] if known else None,
        last=known[-1][0] if known else None,
        ours=mean_of_periods(ours, block=block),
        momentum=mean_of_periods(plain, block=block),
        difference=mean_of_periods(ours - plain, block=block),
        share_positive=float((ours > 0).mean()) if len(ours) else None,
        unresolved=len(found) - len(known),
        left_out=sum(one[3] for one in known),
        ended=sum(one[4] for one in known),
    )
