"""Messages from people."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import FeedbackPriority, FeedbackStatus, FeedbackType
from system.constraints import one_of
from system.models.base import TimeStamped


class UserFeedback(TimeStamped):
    """What a person wants to tell us, and our answer."""

    user = models.ForeignKey(
        "accounts.User",
        on_delete=models.CASCADE,
        related_name="user_feedback_user",
        db_index=False,
        db_comment="Author",
    )
    feedback_type = models.CharField(max_length=30, choices=FeedbackType, db_comment="Kind")
    message = models.TextField(db_comment="Text")
    context_data = models.JSONField(null=True, blank=True, default=dict, db_comment="Page, version, related ids")
    status = models.CharField(
        max_length=20, choices=FeedbackStatus, default=FeedbackStatus.NEW, db_comment="Handling state"
    )
    priority = models.CharField(
        max_length=20, choices=FeedbackPriority, default=FeedbackPriority.NORMAL, db_comment="Priority"
    )
    reviewed_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="user_feedback_reviewed_by",
        db_column="reviewed_by",
        db_comment="Admin who handled it",
    )
    response_message = models.TextField(null=True, blank=True, db_comment="Answer to the user")
    reviewed_at = models.DateTimeField(null=True, blank=True, db_comment="When reviewed")
    responded_at = models.DateTimeField(null=True, blank=True, db_comment="When the answer was sent")

    class Meta:
        db_table = "user_feedback"
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            one_of("feedback_type", FeedbackType, name="chk_user_feedback_feedback_type"),
            one_of("status", FeedbackStatus, name="chk_user_feedback_status"),
            one_of("priority", FeedbackPriority, name="chk_user_feedback_priority"),
        ]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="idx_user_feedback_status"),
            models.Index(fields=["user", "-created_at"], name="idx_user_feedback_user"),
            models.Index(fields=["-created_at", "-id"], name="idx_user_feedback_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_feedback_type_display()}: {self.message[:60]}"
