"""Alerts."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.constraints import at_least, one_of
from system.fields import PriceField
from system.formats import coins, minute
from system.models.base import Created, TimeStamped
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
    armed_at = models.DateTimeField(
        default=timezone.now, db_default=Now(), db_comment="Only what is known after this moment can make it fire"
    )
    arming = models.IntegerField(
        default=1, db_default=1, db_comment="How often it has been armed; it fires once for each number"
    )

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
            at_least("arming", 1, name="chk_signal_alerts_arming"),
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
        kind, condition = self.get_alert_type_display(), self.get_condition_display()
        words = (kind, self.asset or "", condition, coins(self.trigger_value))
        return " ".join(filter(None, map(str, words)))


class AlertFiring(Created):
    """Why an alert fired: what was measured when, and against which threshold. Written once, and kept when the alert
    is deleted."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, db_comment="Owner")
    alert = models.ForeignKey(
        "trading.SignalAlert",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="firings",
        db_index=False,
        db_comment="The alert; NULL = deleted since",
    )
    number = models.IntegerField(db_comment="Which arming of the alert fired")
    asset = models.ForeignKey(
        "assets.Asset",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        db_comment="Asset; NULL = an alert on the whole market",
    )
    alert_type = models.CharField(max_length=20, choices=AlertType, db_comment="Kind")
    condition = models.CharField(max_length=20, choices=AlertCondition, db_comment="Comparison")
    threshold = PriceField(db_comment="What the value was compared with, in the unit of the kind")
    value = PriceField(db_comment="What was measured, in the same unit")
    value_before = PriceField(
        null=True, blank=True, db_comment="What it was before, where that counts: crossings and changes"
    )
    timeframe = models.CharField(
        max_length=10, choices=Timeframe, null=True, blank=True, db_comment="Length of the candle or analysis"
    )
    known_at = models.DateTimeField(db_comment="When the value was known: end of the candle, time of the analysis")
    fired_at = models.DateTimeField(db_comment="When the check found it")
    details = models.JSONField(
        default=dict, blank=True, db_comment="Window, indicator, signal, regimes, sector … of the kind"
    )
    notification = models.ForeignKey(
        "accounts.Notification",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        db_comment="Message that told it; old messages are deleted, the number stays",
    )

    class Meta:
        db_table = "alert_firings"
        verbose_name = _("firing of an alert")
        verbose_name_plural = _("firings of alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "number"],
                name="unique_alert_firing",
                violation_error_message=_("This alert has fired since it was armed."),
            ),
            at_least("number", 1, name="chk_alert_firings_number"),
            one_of("alert_type", AlertType, name="chk_alert_firings_alert_type"),
            one_of("condition", AlertCondition, name="chk_alert_firings_condition"),
            one_of("timeframe", Timeframe, name="chk_alert_firings_timeframe"),
        ]
        indexes = [models.Index(fields=["user", "-fired_at"], name="idx_alert_firings_user")]

    def __str__(self) -> str:
        return f"{self.get_alert_type_display()} {coins(self.value)} {minute(self.known_at)}"
