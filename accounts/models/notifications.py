"""Messages to people."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.choices import NotificationStatus, NotificationType
from system.choices import Priority
from system.constraints import one_of
from system.models.base import TimeStamped

LIFETIME = timedelta(days=30)
"""How long a message is shown that does not say until when."""


class Notification(TimeStamped):
    """A message to one person, shown in the app and delivered outside by preference."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, db_index=False, db_comment="Recipient")
    notification_type = models.CharField(max_length=20, choices=NotificationType, db_comment="Kind")
    title = models.CharField(max_length=200, db_comment="Title")
    message = models.TextField(db_comment="Body")
    data = models.JSONField(
        null=True, blank=True, default=dict, db_comment="More data, e.g. {signal_id, asset_id, url}"
    )
    status = models.CharField(
        max_length=20, choices=NotificationStatus, default=NotificationStatus.UNREAD, db_comment="Read state"
    )
    priority = models.CharField(max_length=20, choices=Priority, default=Priority.NORMAL, db_comment="Priority")
    scheduled_for = models.DateTimeField(
        null=True, blank=True, db_default=Now(), db_comment="Not shown or sent before this time"
    )
    sent_at = models.DateTimeField(null=True, blank=True, db_comment="When it was delivered to the client")
    read_at = models.DateTimeField(null=True, blank=True, db_comment="When it was read")
    expires_at = models.DateTimeField(
        null=True,
        blank=True,
        db_default=Now() + LIFETIME,
        db_comment="Hidden after this time; default 30 days ahead",
    )

    class Meta:
        db_table = "notifications"
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            one_of("notification_type", NotificationType, name="chk_notifications_notification_type"),
            one_of("status", NotificationStatus, name="chk_notifications_status"),
            one_of("priority", Priority, name="chk_notifications_priority"),
        ]
        indexes = [
            models.Index(fields=["user", "status", "-scheduled_for"], name="idx_notifications_user_status"),
            models.Index(
                fields=["expires_at"], name="idx_notifications_expires", condition=models.Q(expires_at__isnull=False)
            ),
            models.Index(fields=["id"], name="idx_notifications_waiting", condition=models.Q(sent_at__isnull=True)),
            models.Index(fields=["user", "-sent_at", "-id"], name="idx_notifications_newest"),
        ]

    def __str__(self) -> str:
        return self.title
