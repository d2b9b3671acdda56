"""Who changed what."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from system.choices import AuditOperation
from system.constraints import one_of


class AuditLog(models.Model):
    """Who changed what, from what, to what; append-only."""

    table_name = models.CharField(max_length=50, db_comment="Table changed")
    record_id = models.BigIntegerField(null=True, blank=True, db_comment="Id of the row changed")
    operation = models.CharField(max_length=10, choices=AuditOperation, db_comment="Operation")
    details = models.TextField(
        null=True, blank=True, db_comment="What was done, in words (model_audit_logs.action_type / action_details)"
    )
    old_values = models.JSONField(null=True, blank=True, db_comment="Row before (changed columns; secrets masked)")
    new_values = models.JSONField(null=True, blank=True, db_comment="Row after (changed columns; secrets masked)")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="changed_by",
        db_index=False,
        db_comment="Who; NULL = system",
    )
    ip_address = models.GenericIPAddressField(null=True, blank=True, db_comment="Client address")
    changed_at = models.DateTimeField(db_default=Now(), db_comment="When")

    class Meta:
        db_table = "audit_log"
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        constraints = [
            one_of("operation", AuditOperation, name="chk_audit_log_operation"),
        ]
        indexes = [
            models.Index(fields=["table_name", "record_id", "-changed_at"], name="idx_audit_log_record"),
            models.Index(fields=["changed_by", "-changed_at"], name="idx_audit_log_user_time"),
            BrinIndex(fields=["changed_at"], name="idx_audit_log_changed_brin"),
            models.Index(fields=["-changed_at", "-id"], name="idx_audit_log_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_operation_display()} {self.table_name} {self.record_id or ''}".strip()
