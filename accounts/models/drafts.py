"""What a program would like to have changed. Nothing changes before the person confirms it on a page."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import DraftKind, DraftStatus
from system.constraints import one_of
from system.models.base import TimeStamped


class ChangeDraft(TimeStamped):
    """A change that a program suggests to its owner."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="drafts", db_comment="Who may confirm it"
    )
    kind = models.CharField(max_length=20, choices=DraftKind, db_comment="What it would do")
    summary = models.CharField(max_length=300, db_comment="What it would do, in words for the person")
    content = models.JSONField(default=dict, db_comment="Input of what it would do, as the program wrote it")
    made_with = models.CharField(max_length=100, db_comment="Name of the token that it was made with")
    status = models.CharField(
        max_length=10, choices=DraftStatus, default=DraftStatus.WAITING, db_comment="What the person said"
    )
    expires_at = models.DateTimeField(db_comment="Cannot be confirmed after this time")
    decided_at = models.DateTimeField(null=True, blank=True, db_comment="When the person said so; NULL = not yet")
    result = models.JSONField(default=dict, blank=True, db_comment="What came of it, e.g. {alert_id}")

    class Meta:
        db_table = "change_drafts"
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            one_of("kind", DraftKind, name="chk_change_drafts_kind"),
            one_of("status", DraftStatus, name="chk_change_drafts_status"),
            models.CheckConstraint(
                condition=models.Q(status=DraftStatus.WAITING, decided_at__isnull=True)
                | (~models.Q(status=DraftStatus.WAITING) & models.Q(decided_at__isnull=False)),
                name="chk_change_drafts_decided",
                violation_error_message=_("What was decided has a time, and nothing else has."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "-id"], name="idx_change_drafts_waiting", condition=models.Q(status=DraftStatus.WAITING)
            ),
            models.Index(fields=["created_at"], name="idx_change_drafts_created"),
        ]

    def __str__(self) -> str:
        return self.summary
