"""The state of the market that people are shown."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from assets.choices import DEMO_SOURCE, Market
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.regimes import ORIGIN, live_regimes


def shown_regime(market: Market, timeframe: str) -> AIRegimeAnalysis | None:
    """The newest live analysis of one market, with its snapshot and model version."""
    return (
        live_regimes()
        .filter(analysis_timeframe=timeframe, data_source=ORIGIN[market])
        .select_related("metrics_snapshot", "ai_model")
        .first()
    )


def shown_regime_at(market: Market, timeframe: str, moment: datetime) -> AIRegimeAnalysis | None:
    """What was the newest live analysis of a market at a moment."""
    analyses = live_regimes().filter(analysis_timeframe=timeframe, data_source=ORIGIN[market])
    return analyses.filter(analysis_time__lte=moment).first()


def snapshot_before(snapshot: MetricsSnapshot, span: timedelta) -> MetricsSnapshot | None:
    """The same market's snapshot exactly ``span`` earlier, if there is one."""
    return of_same_market(snapshot).filter(snapshot_time=snapshot.snapshot_time - span).first()


def of_same_market(snapshot: MetricsSnapshot) -> QuerySet[MetricsSnapshot]:
    """Snapshots of the same market and timeframe."""
    snapshots = MetricsSnapshot.objects.filter(timeframe=snapshot.timeframe)
    if snapshot.data_source == DEMO_SOURCE:
        return snapshots.filter(data_source=DEMO_SOURCE)
    return snapshots.exclude(data_source=DEMO_SOURCE)
