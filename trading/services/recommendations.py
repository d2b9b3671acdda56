"""Recommendations: what a changed market, or one's own positions, advise; and the messages about them."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.choices import NotificationType, UserRole
from accounts.models import User
from accounts.services import notify
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AICrossSectorAnalysis
from selection.choices import SuggestionStatus
from selection.models import AISuggestion
from system.choices import LIVE, Priority
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
    """Advise everybody when the regime has changed, and owners about positions that need a look.

    The same run again advises nothing new.
    """
    rows = [_about_position(analysis) for analysis in _needing_a_look(snapshot, series)]
    if regime is not None and _has_changed(regime, series):
        across = AICrossSectorAnalysis.objects.filter(metrics_snapshot=snapshot, series=series).first()
        rows.append(_about_regime(regime, across))
    shared = {"run": run, "series": series, "expires_at": snapshot.snapshot_time + LIFETIME}
    key = ("run", "recommendation_type", "target_entity_type", "target_entity_id", "user")
    completed = [complete(Recommendation, row | shared, {}, by_people=LATER)[0] for row in rows]
    return land(Recommendation, completed, key=key, written_once=True).rows


LATER = (
    "user",
    "target_entity_id",
    "user_feedback",
    "user_rating",
    "outcome_result",
    "reviewed_by",
    "reviewed_at",
    "implemented_at",
    "ai_regime_analysis",
    "ai_sector_analysis",
    "ai_cross_sector_analysis",
    "ai_trading_signal",
)


def _needing_a_look(snapshot: MetricsSnapshot, series: str) -> list[AIPortfolioAssetAnalysis]:
    rows = AIPortfolioAssetAnalysis.objects.filter(
        metrics_snapshot=snapshot, series=series, position_status__in=PRIORITY
    )
    return list(rows.select_related("portfolio_asset__asset", "portfolio_asset__portfolio").order_by("id"))


def _about_position(analysis: AIPortfolioAssetAnalysis) -> dict[str, Any]:
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
            "stop_loss": analysis.suggested_sl_price,
            "take_profit": analysis.suggested_tp_price,
        },
        "priority_level": PRIORITY[PositionStatus(analysis.position_status or "")],
        "status": RecommendationStatus.PENDING,
    }


def _has_changed(regime: AIRegimeAnalysis, series: str) -> bool:
    """Whether the analysis before this one saw another regime, or there was none."""
    before = (
        AIRegimeAnalysis.objects.filter(
            series=series, analysis_timeframe=regime.analysis_timeframe, analysis_time__lt=regime.analysis_time
        )
        .order_by("-analysis_time")
        .first()
    )
    return before is None or before.current_regime != regime.current_regime


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
    told = 0
    people = list(User.objects.filter(is_active=True))
    for one in recommendations:
        readers = [user for user in people if one.user_id in (None, user.pk)]
        for user in readers:
            message = notify(
                user,
                kind=NotificationType.ALERT if one.user_id else NotificationType.SYSTEM,
                title=one.recommendation_title or "",
                message=one.recommendation_summary or "",
                key=f"recommendation:{one.pk}",
                data={"recommendation_id": one.pk},
                priority=Priority.HIGH if one.user_id else Priority.NORMAL,
            )
            told += message is not None
    waiting = AISuggestion.objects.filter(run=run, status=SuggestionStatus.PENDING).count()
    for admin in people if waiting else ():
        if admin.role == UserRole.ADMIN:
            message = notify(
                admin,
                kind=NotificationType.SYSTEM,
                title=f"{waiting} suggestions wait for review",
                message=f"The run of {run.as_of:%Y-%m-%d %H:%M} UTC made {waiting} suggestions.",
                key=f"suggestions:{run.pk}",
                data={"run_id": run.pk},
            )
            told += message is not None
    return told
