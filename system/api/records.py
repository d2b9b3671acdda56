"""What the running system has kept about itself, for admins: tasks, requests, calls, figures, changes, health."""

from datetime import timedelta
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins

from system.api import serializers as forms
from system.choices import AggregationLevel, AuditOperation, TaskStatus
from system.models import AnalyticsData, ApiRequestLog, AuditLog, BackgroundTask, ExternalApiLog, SystemHealth
from system.rest import CursorPages, Filters, IdFilter, IsAdmin, PeriodFilters, WholeNumberFilter
from system.rest.viewsets import ApiViewSet, ReadViewSet


class Records(mixins.ListModelMixin, ApiViewSet):
    """A list for admins, newest first."""

    permission_classes = (IsAdmin,)
    pagination_class = CursorPages


class TaskFilters(Filters):
    """By state, kind and name."""

    status = filters.ChoiceFilter(choices=TaskStatus.choices)
    type = filters.CharFilter(field_name="task_type")
    name = filters.CharFilter(field_name="task_name")


@extend_schema_view(list=extend_schema(summary="Background tasks"), retrieve=extend_schema(summary="One task"))
class TaskViewSet(ReadViewSet):
    """Background work and its results."""

    permission_classes = (IsAdmin,)
    serializer_class = forms.TaskSerializer
    filterset_class = TaskFilters
    pagination_class = CursorPages
    row_is_all = True
    queryset = BackgroundTask.objects.order_by("-created_at")


class RequestFilters(PeriodFilters):
    """By person, status, address and period."""

    user_id = IdFilter(field_name="user")
    status_min = WholeNumberFilter(field_name="response_status", lookup_expr="gte", high=599)
    endpoint = filters.CharFilter()


@extend_schema_view(list=extend_schema(summary="API requests"))
class RequestLogViewSet(Records):
    """Requests to our API."""

    serializer_class = forms.RequestLogSerializer
    filterset_class = RequestFilters
    queryset = ApiRequestLog.objects.order_by("-created_at")


class CallFilters(PeriodFilters):
    """By provider, status and period."""

    provider = filters.CharFilter(field_name="api_provider")
    status_min = WholeNumberFilter(field_name="response_status", lookup_expr="gte", high=599)


@extend_schema_view(list=extend_schema(summary="Calls to data providers"))
class CallLogViewSet(Records):
    """Calls that we made; a status of 0 means that nobody answered."""

    serializer_class = forms.CallLogSerializer
    filterset_class = CallFilters
    queryset = ExternalApiLog.objects.order_by("-created_at")


class FigureFilters(PeriodFilters):
    """By category, metric, aggregation and period."""

    category = filters.CharFilter()
    metric = filters.CharFilter(field_name="metric_name")
    aggregation = filters.ChoiceFilter(choices=AggregationLevel.choices, field_name="aggregation_level")


@extend_schema_view(list=extend_schema(summary="Usage and performance metrics"))
class FigureViewSet(Records):
    """Figures about the product itself."""

    serializer_class = forms.FigureSerializer
    filterset_class = FigureFilters
    queryset = AnalyticsData.objects.order_by("-created_at")


class ChangeFilters(PeriodFilters):
    """By table, row, person, kind and period."""

    time_field = "changed_at"
    table = filters.CharFilter(field_name="table_name")
    record_id = IdFilter()
    user_id = IdFilter(field_name="changed_by")
    operation = filters.ChoiceFilter(choices=AuditOperation.choices)


@extend_schema_view(list=extend_schema(summary="Audit log"))
class ChangeViewSet(Records):
    """Who changed what; secrets are masked."""

    serializer_class = forms.ChangeSerializer
    filterset_class = ChangeFilters
    queryset = AuditLog.objects.order_by("-changed_at")


class HealthFilters(Filters):
    """Of the last days."""

    defaults = {"days": "7"}
    days = WholeNumberFilter(method="of_days", low=1, high=366)

    def of_days(self, checks: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:  # noqa: ARG002
        return checks.filter(check_time__gte=timezone.now() - timedelta(days=int(value)))


@extend_schema_view(list=extend_schema(summary="Health over time"))
class HealthHistoryViewSet(Records):
    """Rounds of checks."""

    serializer_class = forms.HealthSerializer
    filterset_class = HealthFilters
    queryset = SystemHealth.objects.order_by("-check_time")
