"""Model versions, their evaluations and their jobs in JSON."""

from rest_framework import serializers

from aimodels.models import AIModel, ModelJob, ModelPerformance
from system.rest import ResourceSerializer, UtcDateTimeField


class AIModelSerializer(ResourceSerializer):
    """A model version with all that is kept about it."""

    type = serializers.CharField(source="model_type", help_text="Layer it serves, under its older name")

    class Meta:
        model = AIModel


class AIModelRowSerializer(AIModelSerializer):
    """A model version in a list."""

    class Meta:
        model = AIModel
        only = (
            "id",
            "name",
            "version",
            "type",
            "model_type",
            "status",
            "is_active",
            "architecture",
            "last_trained",
            "last_prediction",
            "prediction_count",
            "performance_metrics",
            "health_status",
        )


class ModelHealthSerializer(serializers.Serializer):
    """How a model version is."""

    model_id = serializers.IntegerField(source="pk", help_text="Model version")
    health_status = serializers.DictField(allow_null=True, help_text="State, alerts and when it was looked at last")
    last_prediction = UtcDateTimeField(allow_null=True, help_text="Last prediction made; null: none")


class EvaluationSerializer(ResourceSerializer):
    """One evaluation of a model version."""

    class Meta:
        model = ModelPerformance


class JobSerializer(ResourceSerializer):
    """A job or a schedule, without its log."""

    class Meta:
        model = ModelJob
        hidden = ("log_output", "trace_parent")


class JobLogSerializer(serializers.Serializer):
    """What a job has written down."""

    job_id = serializers.IntegerField(source="pk", help_text="Job")
    log_output = serializers.CharField(allow_null=True, help_text="Log, its oldest lines may be cut; null: none yet")
    error_message = serializers.CharField(allow_null=True, help_text="Why it failed; null: it has not")


class OrderedJobSerializer(serializers.Serializer):
    """A job that was ordered."""

    job_id = serializers.IntegerField(source="pk", help_text="Job")
    model_id = serializers.IntegerField(help_text="Model version that it is about")
    job_status = serializers.CharField(help_text="State")
