"""The sectors of one snapshot, side by side."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from macro.models import MetricsSnapshot
from macro.selectors.shown import of_same_market
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, SectorMapping
from system.choices import LIVE


@dataclass(frozen=True)
class RankedSector:
    """A sector's analysis and its place by the return of seven days; without a return it has none."""

    analysis: AISectorAnalysis
    rank: int | None

    @property
    def breadth(self) -> float | None:
        """Share of the members above their average, 0-1."""
        found: float | None = self.metrics.get("breadth")
        return found

    @property
    def metrics(self) -> dict[str, Any]:
        """Figures without a column of their own."""
        return (self.analysis.analysis_data or {}).get("performance_metrics") or {}

    @property
    def tail(self) -> list[dict[str, Any]]:
        """The sector's last points in the rotation graph, oldest first: time, strength, momentum, quadrant."""
        return (self.analysis.analysis_data or {}).get("rotation_graph") or []

    @property
    def quadrant(self) -> str | None:
        """Where it stands in the rotation graph."""
        return self.tail[-1]["quadrant"] if self.tail else None

    @property
    def is_equal_weighted(self) -> bool:
        """Whether its index counts all members alike, because their market caps are not known."""
        return "equal_weighted" in ((self.analysis.analysis_data or {}).get("flags") or [])


def ranked_sectors(snapshot_id: int) -> list[RankedSector]:
    """Live analyses of a snapshot in the order of their rank, in two queries."""
    analyses = (
        AISectorAnalysis.objects.filter(metrics_snapshot=snapshot_id, series=LIVE)
        .select_related("sector")
        .order_by("sector", "-pk")
        .distinct("sector")
    )
    places = _places(AICrossSectorAnalysis.objects.filter(metrics_snapshot=snapshot_id, series=LIVE).order_by("-pk"))
    rows = [RankedSector(analysis, places.get(analysis.sector.name)) for analysis in analyses]
    return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.analysis.sector.name))


def places_at(snapshot: MetricsSnapshot, moment: datetime) -> dict[str, int]:
    """Rank of each sector by its name, as the newest live comparison of a snapshot's market told it at a moment."""
    comparisons = AICrossSectorAnalysis.objects.filter(
        metrics_snapshot__in=of_same_market(snapshot), series=LIVE, analysis_time__lte=moment
    )
    return _places(comparisons.order_by("-analysis_time", "-pk"))


def _places(comparisons: QuerySet[AICrossSectorAnalysis]) -> dict[str, int]:
    """Ranks in the first of some comparisons; a sector without a return has none."""
    comparison = comparisons.first()
    ranking = (comparison.sector_performance_ranking if comparison else None) or []
    return {place["sector"]: place["rank"] for place in ranking if place.get("return_7d") is not None}


def sectors_of(asset_id: int, moment: datetime) -> QuerySet[SectorMapping]:
    """Memberships of an asset that hold at a moment, the primary sector first."""
    began = Q(valid_from__isnull=True) | Q(valid_from__lte=moment)
    lasts = Q(valid_to__isnull=True) | Q(valid_to__gt=moment)
    memberships = SectorMapping.objects.filter(began & lasts, asset=asset_id, sector__is_active=True)
    return memberships.select_related("sector").order_by("-is_primary_sector", "sector__name")
