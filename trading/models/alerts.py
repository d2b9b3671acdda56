"""Alerts."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import at_least, one_of
from system.fields import PriceField
from system.models.base import TimeStamped
from trading.choices import AlertCondition, AlertType, NotificationMethod


class SignalAlert(TimeStamped):
    """A condition that a user wants to be told about."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, db_comment="Owner")
    asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_comment="Asset watched; NULL for regime_change and sector_rotation",
    )
    alert_type = models.CharField(max_length=20, choices=AlertType, db_comment="Kind")
    trigger_value = PriceField(
        db_comment="Threshold: USD for price_target, percent or multiple for percentage_change/volume_spike, "
        "min. confidence for signal_generated",
    )
    condition = models.CharField(max_length=20, choices=AlertCondition, db_comment="Comparison")
    is_active = models.BooleanField(default=True, db_comment="Being checked")
    is_triggered = models.BooleanField(default=False, db_comment="Has fired")
    message = models.TextField(null=True, blank=True, db_comment="Own text")
    notification_method = models.CharField(
        max_length=10,
        choices=NotificationMethod,
        null=True,
        blank=True,
        db_comment="Channel besides the in-app notification; NULL = in-app only",
    )
    triggered_at = models.DateTimeField(null=True, blank=True, db_comment="When it fired")
    last_checked = models.DateTimeField(null=True, blank=True, db_comment="Last check")
    expires_at = models.DateTimeField(null=True, blank=True, db_comment="Expiry")
    parameters = models.JSONField(
        null=True, blank=True, default=dict, db_comment="Indicator, window, sector … of the kind"
    )
    cooldown_minutes = models.IntegerField(default=0, db_comment="Not again before, minutes")
    acknowledged_at = models.DateTimeField(null=True, blank=True, db_comment="When the user acknowledged it")

    class Meta:
        db_table = "signal_alerts"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(asset__isnull=False)
                | models.Q(alert_type__in=[AlertType.REGIME_CHANGE, AlertType.SECTOR_ROTATION]),
                name="chk_signal_alert_asset",
                violation_error_message=_("This kind of alert needs an asset."),
            ),
            at_least("cooldown_minutes", 0, name="chk_signal_alerts_cooldown"),
            models.CheckConstraint(
                condition=models.Q(is_triggered=False) | models.Q(triggered_at__isnull=False),
                name="chk_signal_alert_triggered",
                violation_error_message=_("A fired alert needs the time it fired."),
            ),
            one_of("alert_type", AlertType, name="chk_signal_alerts_alert_type"),
            one_of("condition", AlertCondition, name="chk_signal_alerts_condition"),
            one_of("notification_method", NotificationMethod, name="chk_signal_alerts_notification_method"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="idx_signal_alerts_user"),
            models.Index(
                fields=["asset", "alert_type"],
                name="idx_signal_alerts_check",
                condition=models.Q(is_active=True, is_triggered=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_type} {self.asset or ''} {self.condition} {self.trigger_value}"
