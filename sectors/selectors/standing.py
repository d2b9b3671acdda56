"""Where the sectors stand now: the newest live analysis of each, and its place among the others."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from sectors.compute.strength import DECLINING, IMPROVING, LEADING, WEAKENING
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, SectorMapping
from system.choices import LIVE

VERSION = """
SELECT coalesce(md5(string_agg(id::text || ':' || updated_at::text, ',' ORDER BY id)), 'none')
FROM sector_mapping WHERE sector_id = %s AND valid_to IS NULL
"""
STATUSES = [(word, word) for word in (LEADING, IMPROVING, WEAKENING, DECLINING)]


@dataclass(frozen=True)
class Standing:
    """A sector's newest analysis, if there is one, and where it stands, if that can be said."""

    analysis: AISectorAnalysis | None
    status: str | None


def standings(sector_ids: Iterable[int]) -> dict[int, Standing]:
    """Standing of each sector, in two queries however many they are."""
    wanted = list(sector_ids)
    analyses = {
        analysis.sector_id: analysis
        for analysis in AISectorAnalysis.objects.filter(series=LIVE, sector__in=wanted)
        .select_related("sector")
        .order_by("sector", "-analysis_time", "-pk")
        .distinct("sector")
    }
    strong = stronger_half(newest_comparison())
    return {
        sector_id: Standing(analyses.get(sector_id), status(analyses.get(sector_id), strong)) for sector_id in wanted
    }


def newest_comparison() -> AICrossSectorAnalysis | None:
    """The newest live comparison of all sectors."""
    return AICrossSectorAnalysis.objects.filter(series=LIVE).order_by("-analysis_time", "-pk").first()


def stronger_half(comparison: AICrossSectorAnalysis | None) -> dict[str, bool]:
    """Name of each ranked sector → whether its place lies in the first half."""
    ranking = (comparison.sector_performance_ranking if comparison else None) or []
    return {place["sector"]: 2 * place["rank"] <= len(ranking) for place in ranking}


def status(analysis: AISectorAnalysis | None, strong: dict[str, bool]) -> str | None:
    """Quadrant of relative place and momentum; unknown when either is."""
    if analysis is None or analysis.momentum_score is None or analysis.sector.name not in strong:
        return None
    rising = analysis.momentum_score > 0
    if strong[analysis.sector.name]:
        return LEADING if rising else WEAKENING
    return IMPROVING if rising else DECLINING


def current_members() -> QuerySet[SectorMapping]:
    """Memberships that hold now."""
    now = timezone.now()
    began = Q(valid_from__isnull=True) | Q(valid_from__lte=now)
    lasts = Q(valid_to__isnull=True) | Q(valid_to__gt=now)
    return SectorMapping.objects.filter(began & lasts)


def members_version(sector_id: int) -> str:
    """What changes with every membership of a sector that begins, changes or ends."""
    with connection.cursor() as cursor:
        cursor.execute(VERSION, [sector_id])
        return f"{sector_id:x}-{cursor.fetchone()[0]}"
