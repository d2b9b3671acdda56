"""How the sectors stand on a snapshot: index, returns, strength, rotation, and all of them side by side."""

from dataclasses import dataclass

from django.db import transaction

from aimodels.services import model_in_force
from assets.selectors import market_view
from macro.models import MetricsSnapshot
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, SectorHistory, SectorRotationFlow
from sectors.rules import SECTOR_RULES
from sectors.selectors import sector_market
from sectors.selectors.news import sector_attention
from sectors.services.across import cross_row, flow_rows
from sectors.services.current import keep_current
from sectors.services.figures import Figures
from sectors.services.history import points
from sectors.services.rows import SectorRows
from system.choices import LIVE
from system.exceptions import NoData
from system.models import PipelineRun
from system.services import land


@dataclass(frozen=True)
class SectorAnalyses:
    """What analysing wrote."""

    sectors: list[AISectorAnalysis]
    across: AICrossSectorAnalysis


@transaction.atomic
def analyse_sectors(snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE) -> SectorAnalyses:
    """Analyse every sector that has members on a snapshot, and compare them. The same snapshot again changes nothing.

    A live run also keeps the present figures of the sectors themselves.

    Raises:
        NoData: no asset of the universe belongs to a sector.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    market = sector_market(view)
    if market is None:
        raise NoData("No asset belongs to a sector; import sector memberships first (manage.py import_market).")
    figures, attention = Figures(market), sector_attention(view.as_of, view.market)
    shared = {
        "metrics_snapshot": snapshot,
        "ai_model": model_in_force(SECTOR_RULES, view.as_of),
        "timeframe": view.timeframe,
        "candle_time": view.candle_time,
        "analysis_time": view.as_of,
        "run": run,
        "series": series,
    }
    landed = land(
        AISectorAnalysis,
        [row | shared for row in SectorRows(figures, attention).analyses()],
        key=("metrics_snapshot", "sector", "ai_model", "series"),
    )
    land(SectorHistory, points(figures), key=("sector", "timeframe", "candle_time"))
    across = land(
        AICrossSectorAnalysis,
        [cross_row(figures, attention) | shared],
        key=("metrics_snapshot", "ai_model", "series"),
    ).rows[0]
    _land_flows(across, figures)
    if series == LIVE:
        keep_current(figures)
    return SectorAnalyses(landed.rows, across)


def _land_flows(across: AICrossSectorAnalysis, figures: Figures) -> None:
    """The pairs of this analysis; one that an earlier writing of it had and this one has not is gone."""
    rows = [row | {"ai_cross_sector_analysis": across} for row in flow_rows(figures)]
    landed = land(SectorRotationFlow, rows, key=("ai_cross_sector_analysis", "from_sector", "to_sector"))
    across.flows.exclude(pk__in=[row.pk for row in landed.rows]).delete()
