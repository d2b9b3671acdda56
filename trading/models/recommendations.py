"""Recommendations."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from system.constraints import between, one_of
from system.models.base import RunResult, TimeStamped
from trading.choices import (
    RecommendationAnswer,
    RecommendationPriority,
    RecommendationStatus,
    RecommendationTarget,
    RecommendationType,
)


class Answered(models.Model):
    """What one person made of an advice."""

    status = models.CharField(
        max_length=20, choices=RecommendationStatus, default=RecommendationStatus.PENDING, db_comment="State"
    )
    answer = models.CharField(
        max_length=10,
        choices=RecommendationAnswer,
        null=True,
        blank=True,
        db_comment="Last answer of the person; it stays when the advice lapses; NULL = none",
    )
    user_feedback = models.TextField(null=True, blank=True, db_comment="Comment of the user")
    user_rating = models.IntegerField(null=True, blank=True, db_comment="1 (poor) .. 5 (excellent)")
    implemented_at = models.DateTimeField(null=True, blank=True, db_comment="When carried out")

    class Meta:
        abstract = True


class Recommendation(Answered, RunResult, TimeStamped):
    """An advice to one user, with what they made of it, or to everybody, whose answers stand in responses."""

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
    priority_level = models.CharField(
        max_length=10, choices=RecommendationPriority, default=RecommendationPriority.MEDIUM, db_comment="Importance"
    )
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
    rejection_reason = models.TextField(null=True, blank=True, db_comment="Why it was rejected")
    expires_at = models.DateTimeField(null=True, blank=True, db_comment="Expiry")
    journal_entries = models.ManyToManyField(
        "trading.TradeAction", blank=True, related_name="recommendations", db_table="recommendation_entries"
    )

    class Meta:
        db_table = "recommendations"
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        constraints = [
            one_of("target_entity_type", RecommendationTarget, name="chk_recommendations_target_entity_type"),
            one_of("recommendation_type", RecommendationType, name="chk_recommendations_recommendation_type"),
            one_of("status", RecommendationStatus, name="chk_recommendations_status"),
            one_of("answer", RecommendationAnswer, name="chk_recommendations_answer"),
            one_of("priority_level", RecommendationPriority, name="chk_recommendations_priority_level"),
            between("user_rating", 1, 5, name="chk_recommendations_user_rating"),
        ]
        indexes = [
            models.Index(fields=["user", "status", "-created_at"], name="idx_recommendations_user"),
            models.Index(fields=["target_entity_type", "target_entity_id"], name="idx_recommendations_target"),
            models.Index(fields=["series", "-created_at", "-id"], name="idx_recommendations_newest"),
        ]

    def __str__(self) -> str:
        return self.recommendation_title or gettext("recommendation %(n)s") % {"n": self.pk}


class RecommendationResponse(Answered, TimeStamped):
    """What one person made of an advice to everybody. An advice to one person holds it itself."""

    recommendation = models.ForeignKey(
        "trading.Recommendation",
        on_delete=models.CASCADE,
        related_name="responses",
        db_index=False,
        db_comment="Advice to everybody",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="recommendation_responses",
        db_comment="Who answered",
    )

    class Meta:
        db_table = "recommendation_responses"
        verbose_name = _("answer to a recommendation")
        verbose_name_plural = _("answers to recommendations")
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "user"],
                name="unique_recommendation_response",
                violation_error_message=_("This person has answered already."),
            ),
            one_of("status", RecommendationStatus, name="chk_recommendation_responses_status"),
            one_of("answer", RecommendationAnswer, name="chk_recommendation_responses_answer"),
            between("user_rating", 1, 5, name="chk_recommendation_responses_user_rating"),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} · {self.recommendation}"
