"""Recommendations: what a changed market, or one's own positions, advise; and the messages about them."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.choices import NotificationType, UserRole
from accounts.models import User
from accounts.services import Message, notify_all
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AICrossSectorAnalysis
from selection.choices import SuggestionStatus
from selection.models import AISuggestion
from system.choices import LIVE, Priority, RunStatus
from system.models import PipelineRun
from system.services import complete, land
from trading.choices import (
    PositionStatus,
    RecommendationPriority,
    RecommendationStatus,
    RecommendationTarget,
    RecommendationType,
)
from trading.models import AIPortfolioAssetAnalysis, Recommendation
from trading.services.recommendation_courses import course_of_market, course_of_position

LIFETIME = timedelta(days=7)
PRIORITY = {
    PositionStatus.CRITICAL: RecommendationPriority.URGENT,
    PositionStatus.AT_RISK: RecommendationPriority.HIGH,
    PositionStatus.TAKE_PROFIT_ZONE: RecommendationPriority.MEDIUM,
}


@transaction.atomic
def recommend(
    snapshot: MetricsSnapshot,
    regime: AIRegimeAnalysis | None,
    *,
    run: PipelineRun,
    series: str = LIVE,
) -> list[Recommendation]:
    """Advise everybody when the regime has changed, and owners about positions that have come to need a look.

    The same run again advises nothing new.
    """
    shared = {"run": run, "series": series, "expires_at": snapshot.snapshot_time + LIFETIME}
    advice = _about_positions(_needing_a_look(snapshot, run, series), run, shared)
    before = _before(regime, series)
    if regime is not None and (before is None or before.current_regime != regime.current_regime):
        across = AICrossSectorAnalysis.objects.filter(metrics_snapshot=snapshot, series=series).first()
        about = _about_regime(regime, across)
        about["recommendation_payload"]["measured"] = course_of_market(snapshot, regime, before)
        row = _completed(about | shared)
        key = ("run", "recommendation_type", "target_entity_type", "user")
        advice += land(Recommendation, [row], key=key, written_once=True).rows
    return advice


LATER = (
    "user",
    "target_entity_id",
    "user_feedback",
    "user_rating",
    "outcome_result",
    "answer",
    "rejection_reason",
    "reviewed_by",
    "reviewed_at",
    "implemented_at",
    "ai_regime_analysis",
    "ai_sector_analysis",
    "ai_cross_sector_analysis",
    "ai_trading_signal",
)


def _completed(row: dict[str, Any]) -> dict[str, Any]:
    return complete(Recommendation, row, {}, by_people=LATER)[0]


def _needing_a_look(snapshot: MetricsSnapshot, run: PipelineRun, series: str) -> list[AIPortfolioAssetAnalysis]:
    """Analyses that call for a look, of positions that the run before saw otherwise or that were not held then."""
    rows = AIPortfolioAssetAnalysis.objects.filter(
        metrics_snapshot=snapshot, series=series, position_status__in=PRIORITY
    )
    before = (
        PipelineRun.objects.filter(series=series, timeframe=run.timeframe, as_of__lt=run.as_of, status=RunStatus.DONE)
        .order_by("-as_of")
        .first()
    )
    seen = AIPortfolioAssetAnalysis.objects.filter(series=series, run=before, run__isnull=False)
    statuses = dict(seen.values_list("portfolio_asset_id", "position_status"))
    rows = rows.select_related("portfolio_asset__asset", "portfolio_asset__portfolio").order_by("id")
    return [row for row in rows if statuses.get(row.portfolio_asset_id) != row.position_status]


def _about_positions(
    analyses: list[AIPortfolioAssetAnalysis], run: PipelineRun, shared: dict[str, Any]
) -> list[Recommendation]:
    """One advice for each position, which its payload names; what the run has advised before stays as it is."""
    key = "recommendation_payload__position_id"
    known = {
        (one.recommendation_payload or {})["position_id"]: one
        for one in Recommendation.objects.filter(run=run, **{f"{key}__isnull": False})
    }
    new = {
        analysis.portfolio_asset_id: Recommendation(**_completed(_about_position(analysis, run) | shared))
        for analysis in analyses
        if analysis.portfolio_asset_id not in known
    }
    Recommendation.objects.bulk_create(new.values())
    return [(known | new)[analysis.portfolio_asset_id] for analysis in analyses]


def _about_position(analysis: AIPortfolioAssetAnalysis, run: PipelineRun) -> dict[str, Any]:
    position = analysis.portfolio_asset
    return {
        "user_id": position.portfolio.user_id,
        "target_entity_type": RecommendationTarget.PORTFOLIO,
        "target_entity_id": position.portfolio_id,
        "recommendation_type": RecommendationType.RISK_MANAGEMENT,
        "recommendation_title": f"{position.asset.symbol}: {analysis.get_recommended_action_display()}",
        "recommendation_summary": analysis.recommendation_reason,
        "recommendation_payload": {
            "position_id": position.pk,
            "action": analysis.recommended_action,
            "stop_loss": analysis.suggested_sl_price,
            "take_profit": analysis.suggested_tp_price,
            "measured": course_of_position(analysis, run.as_of, run.timeframe),
        },
        "priority_level": PRIORITY[PositionStatus(analysis.position_status or "")],
        "status": RecommendationStatus.PENDING,
    }


def _before(regime: AIRegimeAnalysis | None, series: str) -> AIRegimeAnalysis | None:
    """The analysis before this one."""
    if regime is None:
        return None
    rows = AIRegimeAnalysis.objects.filter(
        series=series, analysis_timeframe=regime.analysis_timeframe, analysis_time__lt=regime.analysis_time
    )
    return rows.order_by("-analysis_time").first()


def _about_regime(regime: AIRegimeAnalysis, across: AICrossSectorAnalysis | None) -> dict[str, Any]:
    exposure = regime.recommended_exposure
    return {
        "target_entity_type": RecommendationTarget.STRATEGY,
        "recommendation_type": RecommendationType.ALLOCATION,
        "recommendation_title": f"{regime.get_current_regime_display()}: {regime.get_recommended_strategy_display()}",
        "recommendation_summary": f"probability {regime.regime_confidence}, recommended exposure {exposure}",
        "recommendation_payload": {
            "regime": regime.current_regime,
            "exposure": exposure,
            "position_sizing": regime.position_sizing_guidance,
            "leading_sectors": across.leading_sectors if across else None,
        },
        "ai_regime_analysis": regime,
        "ai_cross_sector_analysis": across,
        "priority_level": RecommendationPriority.MEDIUM,
        "status": RecommendationStatus.PENDING,
    }


@transaction.atomic
def tell_people(run: PipelineRun, recommendations: list[Recommendation]) -> int:
    """Messages about a live run: to owners about their positions, to all about the market, to admins about the queue.

    The same run again tells nobody twice.

    Returns:
        How many messages were written.
    """
    people = dict(User.objects.filter(is_active=True).values_list("pk", "role"))
    messages = [
        Message(
            user_id=user_id,
            kind=NotificationType.ALERT if one.user_id else NotificationType.SYSTEM,
            title=one.recommendation_title or "",
            message=one.recommendation_summary or "",
            key=f"recommendation:{one.pk}",
            data={"recommendation_id": one.pk},
            priority=Priority.HIGH if one.user_id else Priority.NORMAL,
        )
        for one in recommendations
        for user_id in ([one.user_id] if one.user_id else people)
        if user_id in people
    ]
    waiting = AISuggestion.objects.filter(run=run, status=SuggestionStatus.PENDING).count()
    messages += [
        Message(
            user_id=user_id,
            kind=NotificationType.SYSTEM,
            title=f"{waiting} suggestions wait for review",
            message=f"The run of {run.as_of:%Y-%m-%d %H:%M} UTC made {waiting} suggestions.",
            key=f"suggestions:{run.pk}",
            data={"run_id": run.pk},
        )
        for user_id, role in people.items()
        if waiting and role == UserRole.ADMIN
    ]
    return notify_all(messages)
