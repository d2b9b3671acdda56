"""Webhooks in JSON."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.choices import DeliveryStatus
from accounts.models import WebhookDelivery, WebhookSubscription
from system.rest import ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer

LONGEST_URL = 700
MOST_EVENTS = 50


class WebhookSerializer(ResourceSerializer):
    """A program that is told what happens."""

    class Meta:
        model = WebhookSubscription
        hidden = ("user_id", "sealed_secret")


class MadeWebhookSerializer(WebhookSerializer):
    """A new one, with the secret of its signatures, which is shown this once."""

    secret = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string"})
    def get_secret(self, _row: WebhookSubscription) -> str:
        secret: str = self.context["secret"]
        return secret


class WebhookInputSerializer(InputSerializer):
    """Where events are sent, and which."""

    url = serializers.CharField(max_length=LONGEST_URL)
    events = serializers.ListField(child=serializers.CharField(max_length=50), min_length=1, max_length=MOST_EVENTS)


class WebhookChangeSerializer(WebhookInputSerializer):
    """What may be changed."""

    is_active = serializers.BooleanField(required=False)


class WebhookDeliverySerializer(ResourceSerializer):
    """A message to a program, and what was tried."""

    next_attempt_at = serializers.SerializerMethodField(help_text="null = it was sent, or given up")
    status = serializers.ChoiceField(choices=DeliveryStatus.choices, read_only=True)

    class Meta:
        model = WebhookDelivery
        only = (
            "id",
            "event",
            "event_id",
            "message_id",
            "status",
            "attempts",
            "response_status",
            "last_error",
            "possible_double",
            "replays",
            "next_attempt_at",
            "sent_at",
            "created_at",
        )

    @extend_schema_field({"type": "string", "format": "date-time", "nullable": True})
    def get_next_attempt_at(self, row: WebhookDelivery) -> Any:
        due: datetime | None = row.next_try_at if row.status == DeliveryStatus.WAITING else None
        return due and UtcDateTimeField().to_representation(due)
