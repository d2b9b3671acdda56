"""The state of the product, in JSON."""

from rest_framework import serializers

from system.models import SystemHealth
from system.rest import NumberField, ResourceSerializer, UtcDateTimeField
from system.selectors.health import HealthWord


class HealthWordSerializer(serializers.Serializer):
    """The state in short, for everybody."""

    status = serializers.ChoiceField(
        choices=HealthWord.choices, allow_null=True, help_text="null before the first round of checks"
    )
    overall_health_score = NumberField(allow_null=True, help_text="0-100")
    last_updated = UtcDateTimeField(allow_null=True, help_text="end of the newest round of checks")


class HealthReportSerializer(ResourceSerializer):
    """A round of checks in full, for admins."""

    database_performance = serializers.DictField(source="database_status", help_text="Connections, latency, size")
    last_updated = UtcDateTimeField(
        source="check_time", allow_null=True, help_text="When checked; null before the first round"
    )

    class Meta:
        model = SystemHealth
        only = (
            "overall_health_score",
            "api_status",
            "ml_models_status",
            "database_performance",
            "data_pipeline_status",
            "performance_metrics",
            "error_logs",
            "last_updated",
        )
