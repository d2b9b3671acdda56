"""What sectors did in the last days, as the newest live analyses know it: one in full, and some side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, Sector, SectorHistory
from sectors.selectors.history import compared
from sectors.selectors.standing import standings
from system.exceptions import NoData

DAYS = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
"""Windows that can be asked for."""
COLUMNS = {"24h": "performance_24h_pct", "7d": "performance_7d_pct", "30d": "performance_30d_pct"}
"""Those whose return is a column of the analysis; that of the others is read off the candles of the members."""


@dataclass(frozen=True)
class Course:
    """A sector's newest analysis, and how its size changed, percent; None where an end of the window is not known."""

    sector: Sector
    analysis: AISectorAnalysis | None
    market_cap_change: float | None
    volume_change: float | None


def course(sector: Sector, window: str) -> Course:
    """How a sector did, from its newest daily point and the one a window before, in three queries."""
    analysis = standings([sector.pk])[sector.pk].analysis
    points = SectorHistory.objects.filter(sector=sector, timeframe="1d").order_by("-candle_time")
    newest = points.first()
    before = newest and points.filter(candle_time=newest.candle_time - timedelta(days=DAYS[window])).first()
    if newest is None or before is None:
        return Course(sector, analysis, None, None)
    return Course(
        sector,
        analysis,
        _change(newest.market_cap, before.market_cap),
        _change(newest.volume_24h, before.volume_24h),
    )


def _change(now: Decimal | None, before: Decimal | None) -> float | None:
    """In percent of what it was."""
    return None if now is None or not before else float(100 * (now / before - 1))


@dataclass(frozen=True)
class Beside:
    """One of several sectors: its analysis, its return over the window in percent, and its place by it, from 1."""

    sector: Sector
    analysis: AISectorAnalysis | None
    return_pct: float | None
    rank: int | None


@dataclass(frozen=True)
class SideBySide:
    """Some sectors in the order in which they were asked for, and how their returns go together (-1 to 1)."""

    sectors: list[Beside]
    correlations: dict[str, dict[str, float]]


def side_by_side(comparison: AICrossSectorAnalysis, sector_ids: Sequence[int], window: str) -> SideBySide:
    """Some sectors as a comparison of all of them saw them. The number of queries does not grow with them."""
    sectors = Sector.objects.in_bulk(sector_ids)
    analyses = {pk: standing.analysis for pk, standing in standings(sector_ids).items()}
    returns = _returns(analyses, window, comparison.analysis_time)
    places = {pk: place for place, pk in enumerate(sorted(returns, key=lambda pk: -returns[pk]), 1)}
    rows = [Beside(sectors[pk], analyses[pk], returns.get(pk), places.get(pk)) for pk in sector_ids]
    return SideBySide(rows, _among(comparison, [row.sector.name for row in rows]))


def _returns(analyses: dict[int, AISectorAnalysis | None], window: str, as_of: datetime) -> dict[int, float]:
    """Percent by sector, as far as they are known."""
    if window in COLUMNS:
        found = {pk: getattr(one, COLUMNS[window], None) for pk, one in analyses.items()}
        return {pk: float(value) for pk, value in found.items() if value is not None}
    try:
        indexes = compared(list(analyses), "1d", as_of, DAYS[window])
    except NoData:
        return {}
    if indexes is None:
        return {}
    whole = np.isfinite(indexes.levels[0])
    moved = indexes.levels[-1] - 100
    return {
        pk: float(moved[k])
        for k, pk in enumerate(indexes.sector_ids)
        if len(indexes.levels) > DAYS[window] and whole[k] and np.isfinite(moved[k])
    }


def _among(comparison: AICrossSectorAnalysis, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """The part of the correlations that concerns some sectors."""
    matrix = comparison.correlation_matrix or {}
    return {
        name: {other: matrix[name][other] for other in names if other in matrix[name]}
        for name in names
        if name in matrix
    }
