"""Doors of the jobs and schedules of the models."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aimodels.api.filters import JobFilters
from aimodels.api.model_serializers import JobLogSerializer, JobSerializer
from aimodels.models import ModelJob
from system.rest import IsAdmin
from system.rest.viewsets import ReadViewSet


@extend_schema_view(list=extend_schema(summary="Model jobs"), retrieve=extend_schema(summary="One job"))
class JobViewSet(ReadViewSet):
    """Jobs and the schedules that make them, newest first."""

    permission_classes = (IsAdmin,)
    serializer_class = JobSerializer
    filterset_class = JobFilters
    queryset = ModelJob.objects.order_by("-created_at")

    @extend_schema(summary="Log of a job", responses=JobLogSerializer)
    @action(detail=True, serializer_class=JobLogSerializer)
    def log(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What a job has written down so far."""
        return self.shown(get_object_or_404(self.get_queryset(), pk=pk))
