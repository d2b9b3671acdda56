"""Runs, settings, logs, audit and events in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from system.admin_base import AdminPage, History, actor
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
