"""Suggestions that were carried out long ago."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from selection.choices import SuggestionStatus, SuggestionType, Tier
from selection.models.suggestions import SuggestionFields
from system.choices import Priority
from system.constraints import above, between, one_of


class AISuggestionArchive(SuggestionFields):
    """Old implemented suggestions with a copy of their reviews; no foreign keys are enforced."""

    id = models.BigIntegerField(
        primary_key=True, db_comment="Id of the archived ai_suggestions row (copied, not generated)"
    )
    watchlist = models.ForeignKey(
        "selection.Watchlist",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_comment="List at that time",
    )
    asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        db_comment="Asset",
    )
    ai_model = models.ForeignKey(
        "aimodels.AIModel",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_comment="Model version",
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_column="reviewed_by",
        db_comment="Admin of the deciding review",
    )
    expires_at = models.DateTimeField(null=True, blank=True, db_comment="Expiry; 7 days ahead by default")
    run_id = models.BigIntegerField(null=True, blank=True, db_comment="As in ai_suggestions (no foreign key)")
    series = models.CharField(max_length=40, db_comment="As in ai_suggestions")
    reviews = models.JSONField(
        null=True,
        blank=True,
        db_comment="Copy of the suggestion's suggestion_reviews rows [{reviewer_id, decision, target_tier, "
        "review_notes, "
        "review_criteria, reviewed_at}]",
    )
    created_at = models.DateTimeField(db_comment="When suggested (copied)")
    updated_at = models.DateTimeField(db_comment="Last change (copied)")
    archived_at = models.DateTimeField(db_default=Now(), db_comment="When the row was moved here")

    class Meta:
        db_table = "ai_suggestions_archive"
        verbose_name = _("archived suggestion")
        verbose_name_plural = _("archived suggestions")
        constraints = [
            one_of("suggestion_type", SuggestionType, name="chk_ai_suggestions_archive_suggestion_type"),
            between("ai_layer", 1, 4, name="chk_ai_suggestions_archive_ai_layer"),
            one_of("target_tier", Tier, name="chk_ai_suggestions_archive_target_tier"),
            one_of("priority", Priority, name="chk_ai_suggestions_archive_priority"),
            between("confidence_score", 0, 1, name="chk_ai_suggestions_archive_confidence_score"),
            above("target_position", 0, name="chk_ai_suggestions_archive_target_position"),
            between("target_weight", 0, 1, name="chk_ai_suggestions_archive_target_weight"),
            between("risk_score", 0, 1, name="chk_ai_suggestions_archive_risk_score"),
            one_of("status", SuggestionStatus, name="chk_ai_suggestions_archive_status"),
            between("success_score", 0, 1, name="chk_ai_suggestions_archive_success_score"),
        ]
        indexes = [
            models.Index(fields=["ai_layer", "-created_at"], name="idx_sugg_archive_layer_created"),
            models.Index(fields=["asset", "-created_at"], name="idx_sugg_archive_asset"),
            models.Index(fields=["-created_at", "-id"], name="idx_sugg_archive_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_suggestion_type_display()} {self.asset_id}"
