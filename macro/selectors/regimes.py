"""Regimes as people see them: the live series only."""

from datetime import timedelta

from django.db.models import QuerySet

from assets.choices import Market
from assets.selectors import shown_market
from macro.choices import AnalysisSource
from macro.models import AIRegimeAnalysis
from system.choices import LIVE

ORIGIN = {Market.REAL: AnalysisSource.LIVE, Market.DEMO: AnalysisSource.SIMULATION, None: AnalysisSource.LIVE}
"""How the analyses of a market are marked."""


def live_regimes() -> QuerySet[AIRegimeAnalysis]:
    """Analyses of the live series, newest first."""
    return AIRegimeAnalysis.objects.filter(series=LIVE).order_by("-analysis_time", "-pk")


def newest_regime(timeframe: str) -> AIRegimeAnalysis | None:
    """The present state of the market that is shown, in a timeframe, as far as it has been analysed."""
    return live_regimes().filter(analysis_timeframe=timeframe, data_source=ORIGIN[shown_market()]).first()


def regime_history(timeframe: str, days: int) -> QuerySet[AIRegimeAnalysis]:
    """One analysis per moment over the last days up to the newest one, oldest first, with its snapshot."""
    newest = newest_regime(timeframe)
    if newest is None:
        return AIRegimeAnalysis.objects.none()
    return (
        AIRegimeAnalysis.objects.filter(
            series=LIVE,
            analysis_timeframe=timeframe,
            data_source=newest.data_source,
            analysis_time__gt=newest.analysis_time - timedelta(days=days),
        )
        .select_related("metrics_snapshot")
        .order_by("analysis_time", "-pk")
        .distinct("analysis_time")
    )
