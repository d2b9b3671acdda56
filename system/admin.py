"""Runs, settings, logs, audit and events in the admin."""

import json
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from system import configuration
from system.admin_base import AdminPage, History, actor, row_or_404
from system.admin_settings import ValuesForm, differences
from system.models import (
    AnalyticsData,
    ApiRequestLog,
    AuditLog,
    BackgroundTask,
    ExternalApiLog,
    IdempotencyKey,
    OutboxEvent,
    PipelineRun,
    SystemConfig,
    SystemConfigHistory,
    SystemHealth,
)
from system.services import change_setting


@admin.register(PipelineRun)
class PipelineRunAdmin(History):
    list_display = ("as_of", "timeframe", "series", "status", "started_at", "finished_at", "error")
    list_filter = ("status", "timeframe", "series")
    date_hierarchy = "as_of"
    ordering = ("-started_at",)


@admin.register(SystemConfig)
class SystemConfigAdmin(AdminPage):
    """Settings of the running product. The old value stays known to runs of its time."""

    list_display = ("key", "value", "description", "updated_by", "updated_at")
    date_hierarchy = "updated_at"
    search_fields = ("key", "description")
    ordering = ("key",)
    editable = ("value",)

    actions_detail = ("change_values",)

    @action(description=_("Change field by field …"), url_path="values", icon="tune")
    def change_values(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Fields with their ranges; then what was and what would be; then it is done."""
        row = row_or_404(SystemConfig.objects.all(), object_id)
        if row.key not in {group.key for group in configuration.groups()}:
            messages.error(request, _("Nothing uses %(key)s any more.") % {"key": row.key})
            return redirect("admin:system_systemconfig_change", row.pk)
        group = configuration.group(row.key)
        before = {**group.default, **row.value}
        form = ValuesForm(group, before, request.POST if request.method == "POST" else None)
        title = _("Change %(key)s") % {"key": row.key}
        if not form.is_valid():
            return self.form_page(request, form, title=title, button=_("Look at the change"), note=row.description)
        after = form.cleaned_data
        rows = differences(before, after)
        seen = json.dumps([before, after], sort_keys=True)
        if request.POST.get("seen") == seen and self.attempt(
            request, partial(change_setting, row.key, after, actor=actor(request)), _("%s is changed.") % row.key
        ):
            return redirect("admin:system_systemconfig_history", row.pk)
        note = _("This is how it would change. Past runs keep the values of their time.")
        return self.form_page(
            request,
            form,
            title=title,
            button=_("Save the change") if rows else _("Look at the change"),
            note=note if rows else _("Nothing would change."),
            hidden=[("seen", seen)] if rows else [],
            columns=(_("Field"), _("Old value"), _("New value")),
            rows=rows,
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002
        change_setting(obj.key, form.cleaned_data["value"], actor=actor(request))


@admin.register(SystemConfigHistory)
class SystemConfigHistoryAdmin(History):
    list_display = ("key", "value", "valid_from", "valid_to", "changed_by")
    list_filter = ("key",)
    date_hierarchy = "valid_from"
    ordering = ("-valid_from",)


@admin.register(AuditLog)
class AuditLogAdmin(History):
    list_display = ("changed_at", "operation", "table_name", "record_id", "changed_by", "details")
    list_filter = ("operation", "table_name")
    search_fields = ("details", "table_name", "=record_id", "changed_by__email")
    date_hierarchy = "changed_at"
    ordering = ("-changed_at", "-pk")


@admin.register(OutboxEvent)
class OutboxEventAdmin(History):
    list_display = ("id", "topic", "user", "created_at", "sent_at")
    list_filter = ("topic", ("sent_at", admin.EmptyFieldListFilter))
    date_hierarchy = "created_at"
    ordering = ("-pk",)


@admin.register(SystemHealth)
class SystemHealthAdmin(History):
    list_display = ("check_time", "overall_health_score", "database_status", "data_pipeline_status")
    date_hierarchy = "check_time"
    ordering = ("-check_time",)


@admin.register(AnalyticsData)
class AnalyticsDataAdmin(History):
    list_display = ("category", "metric_name", "metric_value", "dimensions", "aggregation_level", "period_start")
    list_filter = ("category", "aggregation_level")
    search_fields = ("metric_name",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(BackgroundTask)
class BackgroundTaskAdmin(History):
    list_display = ("task_name", "task_type", "status", "started_at", "execution_time_seconds", "error_message")
    list_filter = ("status", "task_type")
    search_fields = ("task_name", "error_message")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(ApiRequestLog)
class ApiRequestLogAdmin(History):
    list_display = ("created_at", "http_method", "endpoint", "response_status", "response_time_ms", "user")
    list_filter = ("http_method", "response_status")
    search_fields = ("endpoint",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(ExternalApiLog)
class ExternalApiLogAdmin(History):
    list_display = ("created_at", "api_provider", "http_method", "endpoint", "response_status", "response_time_ms")
    list_filter = ("api_provider", "response_status")
    search_fields = ("endpoint",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(History):
    """What a client was answered is not shown: it is theirs."""

    list_display = ("created_at", "owner", "key", "status")
    search_fields = ("owner", "key")
    exclude = ("body", "request_hash")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
