"""Doors of the running system that need several apps: its health, and work that admins start."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cryptopredict.starting import ARCHIVE, STARTABLE, start_task
from system.api.health import HealthReportSerializer, HealthWordSerializer
from system.api.records import TaskViewSet
from system.models import SystemHealth
from system.rest import JSONObjectField, acts_as_admin, caller
from system.rest.inputs import InputSerializer
from system.rest.ordered import OrderedSerializer, accepted
from system.rest.viewsets import ApiViewSet
from system.selectors.health import health_word, newest_health

HEALTH = PolymorphicProxySerializer(
    component_name="HealthAnswer",
    serializers=[HealthReportSerializer, HealthWordSerializer],
    resource_type_field_name=None,
)

NOTHING: dict[str, Any] = {
    "overall_health_score": None,
    "api_status": {},
    "ml_models_status": {},
    "database_status": {},
    "data_pipeline_status": {},
    "performance_metrics": {},
    "error_logs": [],
    "check_time": None,
}
"""The report before the first round of checks."""


class HealthViewSet(ApiViewSet):
    """How the product is, by the newest round of checks."""

    domain = "system"
    permission_classes = (AllowAny,)
    serializer_class = HealthReportSerializer
    queryset = SystemHealth.objects.none()
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        summary="System health; guests and users get score, word and time only",
        operation_id="system_health_retrieve",
        responses=HEALTH,
    )
    def read(self, request: Request) -> Response:
        """Everything for admins; a word, the score and the time for others."""
        check, now = newest_health(), timezone.now()
        if acts_as_admin(request):
            return Response(HealthReportSerializer(check or NOTHING).data)
        word: dict[str, Any] = {
            "status": health_word(check, now),
            "overall_health_score": check.overall_health_score if check else None,
            "last_updated": check.check_time if check else None,
        }
        return Response(HealthWordSerializer(word).data)


class StartSerializer(InputSerializer):
    """A piece of work, by its name."""

    task_name = serializers.CharField(max_length=100, help_text=f"One of: {', '.join(sorted(STARTABLE))}")
    task_params = JSONObjectField(required=False, help_text="timeframe, where the work is about one")


@extend_schema_view(
    list=extend_schema(summary="Background tasks"),
    retrieve=extend_schema(summary="One task"),
)
class StartViewSet(TaskViewSet):
    """Background work, its results, and beginning it."""

    domain = "system"

    @extend_schema(
        summary="Start a known task",
        request=StartSerializer,
        responses={status.HTTP_202_ACCEPTED: OrderedSerializer},
    )
    def create(self, request: Request) -> Response:
        """The work is done by a worker; the same work that waits or goes on is not begun twice."""
        given = self.given(StartSerializer)
        return accepted(start_task(given["task_name"], given.get("task_params", {}), actor=caller(request)))

    @extend_schema(
        summary="Run archive_old_data",
        request=None,
        responses={status.HTTP_202_ACCEPTED: OrderedSerializer},
        operation_id="system_archive_create",
    )
    def archive(self, request: Request) -> Response:
        """Old rows and old partitions of candles go to the archive, or away, by their ages in the setting retention."""
        return accepted(start_task(ARCHIVE, {}, actor=caller(request)))
