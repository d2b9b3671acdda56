"""What admins send about signals."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from selection.choices import PositionType
from system.choices import RiskLevel
from system.rest import ExactDecimalField, JSONObjectField, UtcDateTimeField
from system.rest.inputs import AssetInputSerializer
from system.rest.serializers import NumberField
from trading.choices import SignalOrigin, SignalQuality, SignalStatus
from trading.services.own_signals import TIMEFRAMES

PRICE: dict[str, Any] = {"max_digits": 38, "decimal_places": 18, "min_value": 0}


class NewSignalSerializer(AssetInputSerializer):
    """A plan that an admin enters by hand."""

    signal_type = serializers.ChoiceField(choices=PositionType.choices, help_text="Direction")
    signal_origin = serializers.ChoiceField(
        choices=SignalOrigin.choices, default=SignalOrigin.MARKET_OPPORTUNITY, help_text="Origin"
    )
    signal_quality = serializers.ChoiceField(
        choices=SignalQuality.choices,
        default=SignalQuality.LOW,
        help_text="Low: a plan by hand has no measured edge before its record shows one",
    )
    confidence_score = NumberField(
        5, 4, min_value=0, max_value=1, help_text="How likely the target comes before the stop, 0-1"
    )
    entry_price = ExactDecimalField(**PRICE, help_text="USD")
    target_price = ExactDecimalField(**PRICE, help_text="USD")
    stop_loss = ExactDecimalField(**PRICE, help_text="USD")
    risk_level = serializers.ChoiceField(choices=RiskLevel.choices, required=False, allow_null=True, help_text="Risk")
    time_horizon_hours = serializers.ChoiceField(
        choices=list(TIMEFRAMES), default=min(TIMEFRAMES), help_text="Hours that it lives at most"
    )
    market_context = JSONObjectField(required=False, help_text="Market as the admin sees it, such as its regime")
    ai_analysis = JSONObjectField(required=False, help_text="What speaks for it, such as key_factors")
    expires_at = UtcDateTimeField(required=False, allow_null=True, help_text="Earlier end; left out: after its hours")
    status = serializers.ChoiceField(
        choices=[SignalStatus.ACTIVE], default=SignalStatus.ACTIVE, help_text="It begins active"
    )

    def validate_ai_analysis(self, given: dict[str, Any]) -> dict[str, Any]:
        """What is said of every signal in the same words is not said by hand."""
        if taken := sorted(set(given) & {"is_proven", "probability_is", "record", "missing"}):
            raise serializers.ValidationError(_("%(name)s is told by its record.") % {"name": taken[0]})
        return given
