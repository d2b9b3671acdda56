"""What people did, and its archive."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from system.models.base import Created


class UserActivity(Created):
    """What a person did; append-only."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="activities", db_index=False, db_comment="Acting user"
    )
    session = models.ForeignKey(
        "accounts.UserSession",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Session it happened in; NULL for scheduled jobs, management commands and purged sessions",
    )
    activity_type = models.CharField(max_length=50, db_comment="Kind of activity")
    entity_type = models.CharField(max_length=50, null=True, blank=True, db_comment="Kind of thing acted upon")
    entity_id = models.BigIntegerField(null=True, blank=True, db_comment="Id of that thing (no FK: any table)")
    action = models.CharField(max_length=50, db_comment="What was done")
    details = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        db_comment="More about the activity",
    )
    ip_address = models.GenericIPAddressField(null=True, blank=True, db_comment="Client address")
    user_agent = models.TextField(null=True, blank=True, db_comment="Browser or client string")

    class Meta:
        db_table = "user_activities"
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        indexes = [
            models.Index(fields=["activity_type"], name="idx_activity_log_type"),
            models.Index(fields=["action"], name="idx_activity_log_action"),
            models.Index(fields=["-created_at"], name="idx_activity_log_created_at"),
            models.Index(fields=["entity_type", "entity_id"], name="idx_activity_log_entity"),
            models.Index(fields=["user", "-created_at"], name="idx_user_activities_user_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.entity_type or ''} {self.entity_id or ''}".strip()


class UserActivityArchive(models.Model):
    """Old activities, moved here by the archiving service; no foreign keys are enforced."""

    id = models.BigIntegerField(
        primary_key=True, db_comment="Id of the archived user_activities row (copied, not generated)"
    )
    user = models.ForeignKey(
        "accounts.User",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        db_comment="Acting user at that time",
    )
    session = models.ForeignKey(
        "accounts.UserSession",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_comment="Session at that time",
    )
    activity_type = models.CharField(max_length=50, db_comment="Kind of activity")
    entity_type = models.CharField(max_length=50, null=True, blank=True, db_comment="Kind of thing acted upon")
    entity_id = models.BigIntegerField(null=True, blank=True, db_comment="Id of that thing (no FK: any table)")
    action = models.CharField(max_length=50, db_comment="What was done")
    details = models.JSONField(null=True, blank=True, db_comment="More about the activity")
    ip_address = models.GenericIPAddressField(null=True, blank=True, db_comment="Client address")
    user_agent = models.TextField(null=True, blank=True, db_comment="Browser or client string")
    created_at = models.DateTimeField(db_comment="Time of the activity (copied)")
    archived_at = models.DateTimeField(db_default=Now(), db_comment="When the row was moved here")

    class Meta:
        db_table = "user_activities_archive"
        verbose_name = _("archived activity")
        verbose_name_plural = _("archived activities")
        indexes = [
            models.Index(fields=["user", "-created_at"], name="idx_act_archive_user_time"),
            models.Index(fields=["entity_type", "entity_id"], name="idx_act_archive_entity"),
            BrinIndex(fields=["created_at"], name="idx_act_archive_created_brin"),
            models.Index(fields=["-created_at", "-id"], name="idx_act_archive_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.entity_type or ''} {self.entity_id or ''}".strip()
