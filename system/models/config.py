"""Settings that admins change while the product runs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from system import configuration, formats
from system.models.base import TimeStamped


class SystemConfig(TimeStamped):
    """One group of settings; past values are in SystemConfigHistory."""

    key = models.CharField(max_length=100, unique=True, db_comment="Name of the setting group")
    value = models.JSONField(default=dict, db_comment="Value")
    description = models.TextField(null=True, blank=True, db_comment="Meaning")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="updated_by",
        db_comment="Admin who changed it",
    )

    class Meta:
        db_table = "system_config"
        verbose_name = _("setting")
        verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return configuration.title_of(self.key)


class SystemConfigHistory(models.Model):
    """The value of a group of settings over an interval of time: a run at a past moment uses the value of then."""

    key = models.CharField(max_length=100, db_comment="Name of the setting group")
    value = models.JSONField(db_comment="Value during the interval")
    valid_from = models.DateTimeField(db_comment="In force since (UTC)")
    valid_to = models.DateTimeField(null=True, blank=True, db_comment="In force until (exclusive); NULL = still")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_column="changed_by",
        db_comment="Admin who set it; NULL = default",
    )

    class Meta:
        db_table = "system_config_history"
        verbose_name = _("past setting")
        verbose_name_plural = _("past settings")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_to")),
                name="chk_config_history_interval",
                violation_error_message=_("A value ends after it starts."),
            ),
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(valid_to__isnull=True),
                name="unique_config_history_current",
                violation_error_message=_("This group has a value in force already."),
            ),
        ]
        indexes = [models.Index(fields=["key", "-valid_from"], name="idx_config_history_key_from")]

    def __str__(self) -> str:
        words = {"row": configuration.title_of(self.key), "time": formats.minute(self.valid_from)}
        return gettext("%(row)s, %(time)s") % words
