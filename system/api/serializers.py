"""What the running system keeps about itself, in JSON."""

from rest_framework import serializers

from system.models import (
    AnalyticsData,
    ApiRequestLog,
    AuditLog,
    BackgroundTask,
    ExternalApiLog,
    PipelineRun,
    SystemConfig,
    SystemHealth,
)
from system.rest import JSONObjectField, ResourceSerializer
from system.rest.inputs import InputSerializer


class RunSerializer(ResourceSerializer):
    """One run of the pipeline."""

    class Meta:
        model = PipelineRun
        only = (
            "id",
            "series",
            "timeframe",
            "as_of",
            "status",
            "code_version",
            "configuration",
            "model_versions",
            "counts",
            "error",
            "started_at",
            "finished_at",
        )


class ConfigSerializer(ResourceSerializer):
    """A group of settings."""

    class Meta:
        model = SystemConfig


class ConfigValueSerializer(InputSerializer):
    """The new value of a group."""

    value = JSONObjectField(child=serializers.JSONField())


class TaskSerializer(ResourceSerializer):
    """A piece of background work."""

    class Meta:
        model = BackgroundTask
        hidden = ("trace_parent",)


class RequestLogSerializer(ResourceSerializer):
    """A request to our API."""

    class Meta:
        model = ApiRequestLog


class CallLogSerializer(ResourceSerializer):
    """A call to a provider."""

    class Meta:
        model = ExternalApiLog


class FigureSerializer(ResourceSerializer):
    """A figure about the product."""

    class Meta:
        model = AnalyticsData


class ChangeSerializer(ResourceSerializer):
    """A change of a row."""

    class Meta:
        model = AuditLog


class HealthSerializer(ResourceSerializer):
    """A round of checks."""

    class Meta:
        model = SystemHealth
