"""Suggested changes of watchlists and the decisions on them."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from selection.choices import Decision, SuggestionStatus, SuggestionType, Tier
from system.choices import Priority
from system.constraints import above, between, one_of
from system.fields import Numeric
from system.models.base import RunResult, TimeStamped


class SuggestionFields(models.Model):
    """What a suggestion says and what came of it: the columns of the table and of its archive."""

    suggestion_type = models.CharField(max_length=20, choices=SuggestionType, db_comment="Kind")
    ai_layer = models.IntegerField(db_comment="AI layer that made it, 1-4")
    target_tier = models.CharField(max_length=10, choices=Tier, null=True, blank=True, db_comment="Tier aimed at")
    priority = models.CharField(
        max_length=10, choices=Priority, default=Priority.NORMAL, db_comment="Rank in the review queue"
    )
    confidence_score = Numeric(5, 4, db_comment="Confidence, 0-1")
    reasoning = models.JSONField(
        default=dict, db_comment="AI reasoning: {volume_surge, social_sentiment, technical, ...}"
    )
    context_data = models.JSONField(null=True, blank=True, default=dict, db_comment="Data used")
    performance_metrics = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Model/asset metrics at suggestion time"
    )
    target_position = models.IntegerField(null=True, blank=True, db_comment="Suggested position in the list")
    target_weight = Numeric(5, 4, null=True, blank=True, db_comment="Suggested weight, 0-1")
    expected_return = Numeric(8, 4, null=True, blank=True, db_comment="Expected return, percent")
    risk_score = Numeric(5, 4, null=True, blank=True, db_comment="Risk, 0-1")
    status = models.CharField(
        max_length=20, choices=SuggestionStatus, default=SuggestionStatus.PENDING, db_comment="State"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, db_comment="Time of the deciding review")
    implemented_at = models.DateTimeField(null=True, blank=True, db_comment="When it was carried out")
    actual_return = Numeric(8, 4, null=True, blank=True, db_comment="Return after implementation, percent")
    success_score = Numeric(5, 4, null=True, blank=True, db_comment="Success, 0-1")
    horizon_hours = models.IntegerField(
        null=True, blank=True, db_comment="Horizon after which the suggestion is scored, hours"
    )
    deferred_until = models.DateTimeField(
        null=True, blank=True, db_comment="Back in the queue at this time, after the decision defer"
    )

    class Meta:
        abstract = True


class AISuggestion(SuggestionFields, RunResult, TimeStamped):
    """A proposed change of a list that waits for a person."""

    watchlist = models.ForeignKey(
        "selection.Watchlist", on_delete=models.CASCADE, db_index=False, db_comment="List concerned"
    )
    asset = models.ForeignKey("assets.Asset", on_delete=models.PROTECT, db_index=False, db_comment="Asset concerned")
    ai_model = models.ForeignKey(
        "aimodels.AIModel", on_delete=models.PROTECT, null=True, blank=True, db_comment="Model version that made it"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="reviewed_by",
        db_comment="Admin of the deciding review",
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, db_default=Now() + timedelta(days=7), db_comment="Expiry; 7 days ahead by default"
    )

    class Meta:
        db_table = "ai_suggestions"
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        constraints = [
            above("horizon_hours", 0, name="chk_ai_suggestions_horizon_hours"),
            models.CheckConstraint(
                condition=~models.Q(status=SuggestionStatus.IMPLEMENTED) | models.Q(implemented_at__isnull=False),
                name="chk_suggestion_implemented",
                violation_error_message=_("An implemented suggestion needs the time it was carried out."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[SuggestionStatus.PENDING, SuggestionStatus.EXPIRED])
                | models.Q(reviewed_at__isnull=False),
                name="chk_suggestion_reviewed",
                violation_error_message=_("A decided suggestion needs the time of its review."),
            ),
            models.UniqueConstraint(
                fields=["watchlist", "asset", "suggestion_type", "series"],
                condition=models.Q(status__in=[SuggestionStatus.PENDING, SuggestionStatus.DEFERRED]),
                name="unique_open_suggestion",
                violation_error_message=_("The same suggestion is open already."),
            ),
            one_of("suggestion_type", SuggestionType, name="chk_ai_suggestions_suggestion_type"),
            between("ai_layer", 1, 4, name="chk_ai_suggestions_ai_layer"),
            one_of("target_tier", Tier, name="chk_ai_suggestions_target_tier"),
            one_of("priority", Priority, name="chk_ai_suggestions_priority"),
            between("confidence_score", 0, 1, name="chk_ai_suggestions_confidence_score"),
            above("target_position", 0, name="chk_ai_suggestions_target_position"),
            between("target_weight", 0, 1, name="chk_ai_suggestions_target_weight"),
            between("risk_score", 0, 1, name="chk_ai_suggestions_risk_score"),
            one_of("status", SuggestionStatus, name="chk_ai_suggestions_status"),
            between("success_score", 0, 1, name="chk_ai_suggestions_success_score"),
        ]
        indexes = [
            models.Index(fields=["watchlist"], name="idx_ai_suggestions_watchlist"),
            models.Index(fields=["asset"], name="idx_ai_suggestions_crypto_id"),
            models.Index(fields=["ai_layer"], name="idx_ai_suggestions_layer"),
            models.Index(fields=["-confidence_score"], name="idx_ai_suggestions_confidence"),
            models.Index(fields=["-created_at"], name="idx_ai_suggestions_created_at"),
            models.Index(fields=["status", "-created_at"], name="idx_ai_suggest_status_created"),
            models.Index(fields=["status", "ai_layer", "-confidence_score"], name="idx_ai_suggestions_composite"),
            models.Index(
                fields=["expires_at"],
                name="idx_ai_suggestions_expires",
                condition=models.Q(status__in=[SuggestionStatus.PENDING, SuggestionStatus.DEFERRED]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_suggestion_type_display()} {self.asset}"


class SuggestionReview(models.Model):
    """A person's decision on a suggestion; insert only."""

    suggestion = models.ForeignKey(
        "selection.AISuggestion",
        on_delete=models.CASCADE,
        related_name="reviews",
        db_index=False,
        db_comment="Suggestion",
    )
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_comment="Admin who reviewed")
    decision = models.CharField(max_length=20, choices=Decision, db_comment="Decision")
    target_tier = models.CharField(
        max_length=10, choices=Tier, null=True, blank=True, db_comment="Tier chosen by the reviewer"
    )
    review_notes = models.TextField(null=True, blank=True, db_comment="Notes")
    review_criteria = models.JSONField(null=True, blank=True, default=dict, db_comment="Criteria used")
    reviewed_at = models.DateTimeField(db_default=Now(), db_comment="Time of the review")

    class Meta:
        db_table = "suggestion_reviews"
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [
            one_of("decision", Decision, name="chk_suggestion_reviews_decision"),
            one_of("target_tier", Tier, name="chk_suggestion_reviews_target_tier"),
        ]
        indexes = [
            models.Index(fields=["suggestion", "-reviewed_at"], name="idx_suggestion_reviews_sugg"),
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} · {self.reviewer}"
