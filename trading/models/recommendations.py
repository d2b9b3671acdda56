"""Recommendations."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import between, one_of
from system.models.base import RunResult, TimeStamped
from trading.choices import RecommendationPriority, RecommendationStatus, RecommendationTarget, RecommendationType


class Recommendation(RunResult, TimeStamped):
    """An advice to one user, or to everybody, with what came of it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="recommendations_user",
        db_index=False,
        db_comment="Recipient; NULL = for admins / everybody",
    )
    target_entity_type = models.CharField(
        max_length=20, choices=RecommendationTarget, null=True, blank=True, db_comment="Kind of target"
    )
    target_entity_id = models.BigIntegerField(
        null=True, blank=True, db_comment="Id of the target (no FK: several tables)"
    )
    recommendation_type = models.CharField(
        max_length=30, choices=RecommendationType, null=True, blank=True, db_comment="Kind"
    )
    recommendation_title = models.CharField(max_length=200, null=True, blank=True, db_comment="Title")
    recommendation_summary = models.TextField(null=True, blank=True, db_comment="Short explanation")
    recommendation_payload = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{suggested_position_size, stop_loss, take_profit, instructions[]}",
    )
    ai_regime_analysis = models.ForeignKey(
        "macro.AIRegimeAnalysis",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Regime analysis behind it",
    )
    ai_sector_analysis = models.ForeignKey(
        "sectors.AISectorAnalysis",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Sector analysis behind it",
    )
    ai_cross_sector_analysis = models.ForeignKey(
        "sectors.AICrossSectorAnalysis",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Cross-sector analysis behind it",
    )
    ai_trading_signal = models.ForeignKey(
        "trading.AITradingSignal", on_delete=models.SET_NULL, null=True, blank=True, db_comment="Signal behind it"
    )
    status = models.CharField(
        max_length=20, choices=RecommendationStatus, default=RecommendationStatus.PENDING, db_comment="State"
    )
    priority_level = models.CharField(
        max_length=10, choices=RecommendationPriority, default=RecommendationPriority.MEDIUM, db_comment="Importance"
    )
    user_feedback = models.TextField(null=True, blank=True, db_comment="Comment of the user")
    user_rating = models.IntegerField(null=True, blank=True, db_comment="1 (poor) .. 5 (excellent)")
    outcome_result = models.JSONField(null=True, blank=True, default=dict, db_comment="{actual_return, success_score}")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="recommendations_reviewed_by",
        db_column="reviewed_by",
        db_comment="Who reviewed it",
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, db_comment="When reviewed")
    implemented_at = models.DateTimeField(null=True, blank=True, db_comment="When carried out")
    expires_at = models.DateTimeField(null=True, blank=True, db_comment="Expiry")

    class Meta:
        db_table = "recommendations"
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        constraints = [
            one_of("target_entity_type", RecommendationTarget, name="chk_recommendations_target_entity_type"),
            one_of("recommendation_type", RecommendationType, name="chk_recommendations_recommendation_type"),
            one_of("status", RecommendationStatus, name="chk_recommendations_status"),
            one_of("priority_level", RecommendationPriority, name="chk_recommendations_priority_level"),
            between("user_rating", 1, 5, name="chk_recommendations_user_rating"),
        ]
        indexes = [
            models.Index(fields=["user", "status", "-created_at"], name="idx_recommendations_user"),
            models.Index(fields=["target_entity_type", "target_entity_id"], name="idx_recommendations_target"),
        ]

    def __str__(self) -> str:
        return self.recommendation_title or f"recommendation {self.pk}"
