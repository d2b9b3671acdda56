"""Runs, settings, logs, audit and events in the admin."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from system import admin_changes, configuration  # noqa: F401 - pages of its own
from system.admin_base import AdminForm, History, Text, actor, row_or_404
from system.admin_settings import ValuesForm
from system.admin_told import changes, in_short, values_of
from system.models import (
    AnalyticsData,
    ApiRequestLog,
    AuditLog,
    BackgroundTask,
    ExternalApiLog,
    Fault,
    IdempotencyKey,
    OutboxEvent,
    PipelineRun,
    SystemConfig,
    SystemConfigHistory,
    SystemHealth,
)
from system.services import change_setting
from system.services.faults import mark_done


@admin.register(PipelineRun)
class PipelineRunAdmin(History):
    list_display = ("as_of", "timeframe", "series", "status", "started_at", "finished_at", "error")
    list_filter = ("status", "timeframe", "series")
    date_hierarchy = "as_of"
    ordering = ("-started_at",)


class SettingPage(History):
    """A group of settings in words."""

    exclude: Sequence[str] = ("value",)
    search_fields = ("key",)

    @admin.display(description=_("Settings"), ordering="key")
    def group(self, row: Any) -> str:
        return configuration.title_of(row.key)

    @admin.display(description=_("What differs from the defaults"))
    def in_short(self, row: Any) -> str:
        return in_short(row.key, row.value)

    @admin.display(description=_("Values"))
    def values(self, row: Any) -> str:
        group = configuration.find(row.key)
        if group is None:
            return json.dumps(row.value, ensure_ascii=False)
        table = {"columns": (_("Field"), _("Value"), _("Default")), "rows": values_of(group, row.value)}
        return loader.render_to_string("admin/told_table.html", table | {"title": configuration.title_of(row.key)})


@admin.register(SystemConfig)
class SystemConfigAdmin(SettingPage):
    """Settings of the running product. The old value stays known to runs of its time.

    They are changed field by field only: what stands there is compared with what would stand there before it is kept.
    """

    list_display = ("group", "in_short", "updated_by", "updated_at")
    list_filter = (("updated_by", admin.EmptyFieldListFilter),)
    date_hierarchy = "updated_at"
    ordering = ("key",)
    exclude = ("value", "description")
    fields = ("group", "about", "key", "values", "updated_by", "updated_at", "created_at")
    readonly_fields = ("group", "about", "values")
    actions_detail = ("change_values", "reset_values")

    @admin.display(description=_("Meaning"))
    def about(self, row: SystemConfig) -> str:
        group = configuration.find(row.key)
        return str(group.description if group else row.description or "–")

    @action(description=_("Change …"), url_path="values", icon="tune")
    def change_values(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Fields with their ranges; then what was and what would be; then it is done."""
        row = row_or_404(SystemConfig.objects.all(), object_id)
        group = configuration.find(row.key)
        if group is None:
            return self.useless(request, row)
        before = {**group.default, **row.value}
        form = ValuesForm(group, before, request.POST if request.method == "POST" else None)
        title = _("Change: %(group)s") % {"group": group.title}
        if not form.is_valid():
            return self.form_page(request, form, title=title, button=_("Look at the change"), note=group.description)
        return self.look(request, row, group, form, before, form.value, title)

    @action(description=_("Reset to the defaults …"), url_path="reset", icon="restart_alt")
    def reset_values(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was and what would be; then it is done."""
        row = row_or_404(SystemConfig.objects.all(), object_id)
        group = configuration.find(row.key)
        if group is None:
            return self.useless(request, row)
        before = {**group.default, **row.value}
        if not changes(group, before, group.default):
            messages.info(request, _("Everything is as delivered."))
            return redirect("admin:system_systemconfig_change", row.pk)
        title = _("Reset: %(group)s") % {"group": group.title}
        return self.look(request, row, group, AdminForm(request.POST), before, dict(group.default), title)

    def useless(self, request: HttpRequest, row: SystemConfig) -> HttpResponse:
        messages.error(request, _("Nothing uses %(key)s any more.") % {"key": row.key})
        return redirect("admin:system_systemconfig_change", row.pk)

    def look(
        self,
        request: HttpRequest,
        row: SystemConfig,
        group: configuration.ConfigGroup,
        form: AdminForm,
        before: dict[str, Any],
        after: dict[str, Any],
        title: Text,
    ) -> HttpResponse:
        """Show a change; do it when this very change was looked at."""
        rows = changes(group, before, after)
        seen = json.dumps([before, after], sort_keys=True)
        deed = partial(change_setting, row.key, after, actor=actor(request))
        if rows and request.POST.get("seen") == seen and self.attempt(request, deed, _("%s is changed.") % group.title):
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


@admin.register(SystemConfigHistory)
class SystemConfigHistoryAdmin(SettingPage):
    list_display = ("group", "in_short", "valid_from", "valid_to", "changed_by")
    list_filter = ("key",)
    date_hierarchy = "valid_from"
    ordering = ("-valid_from",)
    fields = ("group", "key", "values", "valid_from", "valid_to", "changed_by")
    readonly_fields = ("group", "values")


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


@admin.register(Fault)
class FaultAdmin(History):
    """What went wrong in the program itself: one row per place. What is done and comes again is open again."""

    list_display = ("last_at", "times", "kind", "error", "place", "message", "during", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter), "kind")
    search_fields = ("error", "place", "message", "during", "=request_id")
    date_hierarchy = "last_at"
    ordering = ("-last_at", "-pk")
    actions = ("mark_done",)

    @admin.action(description=_("Mark the selected faults as done"))
    def mark_done(self, request: HttpRequest, rows: QuerySet[Fault]) -> None:
        for row in rows:
            deed = partial(mark_done, row, actor=actor(request), now=timezone.now())
            self.attempt(request, deed, _("%s is done.") % row, about=str(row))


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(History):
    """What a client was answered is not shown: it is theirs."""

    list_display = ("created_at", "owner", "key", "status")
    search_fields = ("owner", "key")
    exclude = ("body", "request_hash")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
