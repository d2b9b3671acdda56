"""Runs of the pipeline, for admins."""

import django_filters.rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view

from system.api.serializers import RunSerializer
from system.choices import RunStatus, RunTimeframe
from system.models import PipelineRun
from system.rest import CursorPages, Filters, IsAdmin
from system.rest.viewsets import ReadViewSet


class RunFilters(Filters):
    """By series, timeframe and state."""

    series = filters.CharFilter()
    timeframe = filters.ChoiceFilter(choices=RunTimeframe.choices)
    status = filters.ChoiceFilter(choices=RunStatus.choices)


@extend_schema_view(list=extend_schema(summary="Runs of the pipeline"), retrieve=extend_schema(summary="One run"))
class RunViewSet(ReadViewSet):
    """Runs of every series, newest first."""

    permission_classes = (IsAdmin,)
    serializer_class = RunSerializer
    filterset_class = RunFilters
    pagination_class = CursorPages
    queryset = PipelineRun.objects.order_by("-started_at")
