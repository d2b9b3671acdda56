"""Ways to a person outside the app, and what became of every message on its way."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChannelKind, DeliveryStatus
from accounts.models.deliveries import Delivery, of_ledger
from system.constraints import one_of
from system.models.base import TimeStamped


class NotificationChannel(TimeStamped):
    """One way to a person: an account with a messenger, a mailbox, a program that listens."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="channels", db_comment="Whom it reaches"
    )
    kind = models.CharField(max_length=10, choices=ChannelKind, db_comment="Service")
    label = models.CharField(max_length=50, db_comment="The person's name for it")
    hint = models.CharField(max_length=100, db_comment="What may be shown of where it leads")
    sealed_fields = models.TextField(db_comment="What the service needs, as JSON, encrypted (system.sealing)")
    wants = models.JSONField(
        default=dict,
        blank=True,
        db_comment="By kind of notification: {now_from: lowest priority that is sent at once or null, "
        "below: daily|weekly|never}",
    )
    is_active = models.BooleanField(default=True, db_default=True, db_comment="Messages are sent")
    verified_at = models.DateTimeField(null=True, blank=True, db_comment="When a message first arrived")
    last_error = models.CharField(
        max_length=200, null=True, blank=True, db_comment="Why the newest attempt failed; NULL = it did not"
    )

    class Meta:
        db_table = "notification_channels"
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            one_of("kind", ChannelKind, name="chk_notification_channels_kind"),
            models.UniqueConstraint(
                fields=["user", "label"],
                name="unique_notification_channels_label",
                violation_error_message=_("There is a channel of this name already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.label}"


class NotificationDelivery(Delivery):
    """A message on its way to one channel: a notification, or a digest of several. The ledger of what was tried."""

    notification = models.ForeignKey(
        "accounts.Notification",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="deliveries",
        db_comment="What is told; NULL = a digest, whose parts point to it",
    )
    channel = models.ForeignKey(
        NotificationChannel, on_delete=models.CASCADE, related_name="deliveries", db_comment="Where to"
    )
    is_part = models.BooleanField(
        default=False, db_default=False, db_comment="Goes out in a digest, not by itself; next_try_at is its time"
    )
    digest = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="parts",
        db_comment="Digest that it is part of; NULL while it is not made",
    )
    acknowledged_at = models.DateTimeField(
        null=True, blank=True, db_comment="When the person took note that it was not delivered"
    )

    class Meta:
        db_table = "notification_deliveries"
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            *of_ledger("notification_deliveries"),
            models.UniqueConstraint(fields=["notification", "channel"], name="unique_notification_deliveries_once"),
            models.CheckConstraint(
                condition=models.Q(notification__isnull=False) | models.Q(is_part=False),
                name="chk_notification_deliveries_part",
                violation_error_message=_("A digest is no part of another."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="idx_deliveries_waiting",
                condition=models.Q(status=DeliveryStatus.WAITING),
            ),
            models.Index(
                fields=["channel", "id"],
                name="idx_deliveries_channel_waiting",
                condition=models.Q(status=DeliveryStatus.WAITING),
            ),
            models.Index(
                fields=["channel"], name="idx_deliveries_dead", condition=models.Q(status=DeliveryStatus.DEAD)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} · {self.message_id}"
