"""Doors of the jobs and schedules of the models."""

from collections.abc import Callable

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aimodels.api.filters import JobFilters
from aimodels.api.job_inputs import JobChangeSerializer, NewJobSerializer
from aimodels.api.model_serializers import JobLogSerializer, JobSerializer
from aimodels.models import ModelJob
from aimodels.services import jobs
from system.rest import IsAdmin, caller, named_as
from system.rest.viewsets import ReadViewSet

API_NAMES = {"category": "job_category", "config": "job_config", "name": "job_name", "cron": "cron_schedule"}
"""Names of the service's inputs in the API."""


@extend_schema_view(list=extend_schema(summary="Model jobs"), retrieve=extend_schema(summary="One job"))
class JobViewSet(ReadViewSet):
    """Jobs and the schedules that make them, newest first."""

    permission_classes = (IsAdmin,)
    serializer_class = JobSerializer
    filterset_class = JobFilters
    needs_match = True
    queryset = ModelJob.objects.order_by("-created_at")

    @extend_schema(
        summary="Create a job",
        request=NewJobSerializer,
        responses={status.HTTP_202_ACCEPTED: JobSerializer},
    )
    def create(self, request: Request) -> Response:
        """Put a job into the queue, or with a cron expression a schedule that will. A version is trained by one job at
        a time: 409 already_training."""
        given = self.given(NewJobSerializer)
        with named_as(API_NAMES):
            job = jobs.enqueue_job(actor=caller(request), **given)
        return self.shown(job, code=status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="Change priority, schedule, limits of a waiting job",
        request=JobChangeSerializer(partial=True),
        responses=JobSerializer,
    )
    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Only while it waits; 409 wrong_state otherwise."""
        given = self.given(JobChangeSerializer, partial=True)
        with self.held() as job:
            return self.shown(jobs.change_job(job.pk, actor=caller(request), changes=given))

    @extend_schema(summary="Cancel a job (from: pending, running, paused)", request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A running one is asked to stop, and ends within seconds."""
        return self.ordered(jobs.cancel_job)

    @extend_schema(summary="Pause a job (from: running, pending)", request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """A running one stops at its next step; a schedule makes no jobs meanwhile."""
        return self.ordered(jobs.pause_job)

    @extend_schema(summary="Resume a job (from: paused)", request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """It goes on from its last checkpoint."""
        return self.ordered(jobs.resume_job)

    @extend_schema(summary="Retry a job (from: failed, cancelled)", request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """It begins at the beginning, with all of its retries."""
        return self.ordered(jobs.retry_job)

    def ordered(self, order: Callable[..., ModelJob]) -> Response:
        """The job of the path after an order was given to it."""
        job = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        return self.shown(order(job.pk, actor=caller(self.request)))

    @extend_schema(summary="Log of a job", responses=JobLogSerializer)
    @action(detail=True, serializer_class=JobLogSerializer)
    def log(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """What a job has written down so far."""
        return self.shown(get_object_or_404(self.get_queryset(), pk=pk))
