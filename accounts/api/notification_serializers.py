"""Messages in JSON, and what admins write."""

from rest_framework import serializers

from accounts.choices import NotificationType, UserRole
from accounts.models import Notification
from system.choices import Priority
from system.rest.inputs import InputSerializer
from system.rest.serializers import ResourceSerializer

MOST_RECIPIENTS = 1000


class NotificationSerializer(ResourceSerializer):
    """A message to the caller."""

    class Meta:
        model = Notification


class UnreadSerializer(serializers.Serializer):
    """How many messages nobody has looked at."""

    unread = serializers.IntegerField()


class UpdatedSerializer(serializers.Serializer):
    """How many rows changed."""

    updated = serializers.IntegerField()


class CreatedSerializer(serializers.Serializer):
    """How many rows were written."""

    created = serializers.IntegerField()


class SendSerializer(InputSerializer):
    """A message to people, to a role, or to all: exactly one of the three."""

    user_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=MOST_RECIPIENTS, required=False
    )
    role = serializers.ChoiceField(choices=UserRole.choices, required=False, allow_null=True)
    all = serializers.BooleanField(default=False)
    notification_type = serializers.ChoiceField(choices=NotificationType.choices, default=NotificationType.SYSTEM)
    title = serializers.CharField(max_length=200)
    message = serializers.CharField(max_length=10_000)
    priority = serializers.ChoiceField(choices=Priority.choices, default=Priority.NORMAL)
    scheduled_for = serializers.DateTimeField(required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
