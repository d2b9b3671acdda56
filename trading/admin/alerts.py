"""Alerts and why they fired."""

from functools import partial

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from system.admin_base import History, actor
from trading.models import AlertFiring, SignalAlert
from trading.services import pause_alert, resume_alert


@admin.register(SignalAlert)
class SignalAlertAdmin(History):
    """Alerts are their owners'. An admin may quiet one."""

    actions = ("pause", "resume")
    list_display = (
        "user",
        "alert_type",
        "asset",
        "condition",
        "trigger_value",
        "is_active",
        "is_triggered",
        "triggered_at",
        "last_checked",
        "expires_at",
    )
    list_filter = ("alert_type", "is_active", "is_triggered")
    search_fields = ("user__email", "=asset__symbol")
    ordering = ("-created_at",)

    @admin.action(description=_("Pause the selected alerts"))
    def pause(self, request: HttpRequest, queryset: QuerySet[SignalAlert]) -> None:
        """Nothing is told until somebody resumes them."""
        for alert in queryset.order_by("pk"):
            deed = partial(pause_alert, alert.pk, actor=actor(request))
            self.attempt(request, deed, _("Paused: %s") % alert)

    @admin.action(description=_("Resume the selected alerts"))
    def resume(self, request: HttpRequest, queryset: QuerySet[SignalAlert]) -> None:
        """They are armed from now on."""
        for alert in queryset.order_by("pk"):
            deed = partial(resume_alert, alert.pk, actor=actor(request))
            self.attempt(request, deed, _("Resumed: %s") % alert)


@admin.register(AlertFiring)
class AlertFiringAdmin(History):
    list_display = (
        "fired_at",
        "user",
        "asset",
        "alert_type",
        "condition",
        "threshold",
        "value",
        "timeframe",
        "known_at",
        "number",
    )
    list_filter = ("alert_type", "timeframe")
    search_fields = ("user__email", "=asset__symbol")
    date_hierarchy = "fired_at"
    ordering = ("-fired_at", "-pk")
