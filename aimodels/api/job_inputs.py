"""What admins send about jobs."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aimodels.choices import JobCategory
from aimodels.models import AIModel, ModelJob
from aimodels.services.jobs.orders import LIMITS
from system.choices import Priority
from system.rest import JSONObjectField
from system.rest.inputs import InputSerializer


def longest(column: str) -> int | None:
    """Characters that a column of a job holds."""
    return next(field.max_length for field in ModelJob._meta.concrete_fields if field.name == column)


@extend_schema_field(
    {
        "type": "object",
        "properties": {name: {"type": "number", "minimum": 0, "exclusiveMinimum": True} for name in LIMITS},
        "additionalProperties": False,
    }
)
class LimitsField(JSONObjectField):
    """What a run may use at most."""


class NewJobSerializer(InputSerializer):
    """A job, or a schedule."""

    model_id = serializers.PrimaryKeyRelatedField(
        source="model", queryset=AIModel.objects.all(), help_text="Model version that it is about"
    )
    job_category = serializers.ChoiceField(source="category", choices=JobCategory.choices, help_text="Category")
    job_type = serializers.CharField(max_length=longest("job_type"), help_text="Kind within the category")
    job_name = serializers.CharField(
        source="name", required=False, allow_null=True, max_length=longest("job_name"), help_text="Name for people"
    )
    job_config = JSONObjectField(source="config", required=False, help_text="Configuration")
    priority = serializers.ChoiceField(choices=Priority.choices, required=False, help_text="Priority")
    is_recurring = serializers.BooleanField(required=False, help_text="A schedule; has a cron_schedule then")
    cron_schedule = serializers.CharField(
        source="cron",
        required=False,
        allow_null=True,
        max_length=longest("cron_schedule"),
        help_text="Cron expression of a schedule, in UTC",
    )
    max_retries = serializers.IntegerField(required=False, min_value=0, max_value=10, help_text="Retries allowed")
    resource_limits = LimitsField(source="limits", required=False, help_text="what a run may use at most")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """``is_recurring`` says the same as ``cron_schedule``, or nothing."""
        has_schedule = attrs.get("cron") is not None
        if attrs.pop("is_recurring", has_schedule) != has_schedule:
            raise serializers.ValidationError(
                {"cron_schedule": [_("A schedule keeps a cron expression, and no other job has one.")]}
            )
        return attrs


class JobChangeSerializer(InputSerializer):
    """What of a waiting job may be changed."""

    job_name = serializers.CharField(allow_null=True, max_length=longest("job_name"), help_text="Name for people")
    job_config = JSONObjectField(help_text="Configuration")
    priority = serializers.ChoiceField(choices=Priority.choices, help_text="Priority")
    cron_schedule = serializers.CharField(
        allow_null=True, max_length=longest("cron_schedule"), help_text="Cron expression of a schedule, in UTC"
    )
    max_retries = serializers.IntegerField(min_value=0, max_value=10, help_text="Retries allowed")
    resource_limits = LimitsField(help_text="what a run may use at most")
