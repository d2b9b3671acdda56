"""Alerts in JSON."""

from typing import Any

from rest_framework import serializers

from system.rest import ExactDecimalField, JSONObjectField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer
from trading.choices import AlertCondition, AlertType, NotificationMethod
from trading.models import SignalAlert

LARGEST_ID = 2**63 - 1


class AlertSerializer(ResourceSerializer):
    """A condition that a person wants to be told about."""

    class Meta:
        model = SignalAlert


class AlertInputSerializer(InputSerializer):
    """What is watched, and how it is told. What makes sense together is the service's to say."""

    asset_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=LARGEST_ID)
    crypto_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST_ID, help_text="older name of asset_id"
    )
    alert_type = serializers.ChoiceField(choices=AlertType.choices)
    trigger_value = ExactDecimalField(
        max_digits=38, decimal_places=18, help_text="dollars, percent, a multiple or a probability, by the kind"
    )
    condition = serializers.ChoiceField(
        choices=AlertCondition.choices, required=False, allow_null=True, help_text="without one the first of the kind"
    )
    is_active = serializers.BooleanField(required=False)
    message = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=500)
    notification_method = serializers.ChoiceField(
        choices=NotificationMethod.choices, required=False, allow_null=True, help_text="besides the message in the app"
    )
    expires_at = UtcDateTimeField(required=False, allow_null=True)
    parameters = JSONObjectField(required=False, help_text="timeframe, window, cross, rearm … of the kind")
    cooldown_minutes = serializers.IntegerField(required=False, min_value=0, max_value=525_600)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"asset_id": attrs.pop("crypto_id")} | attrs if "crypto_id" in attrs else attrs
