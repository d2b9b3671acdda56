"""Signals in JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from system.rest import NumberField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer
from trading.choices import SignalStatus
from trading.models import AITradingSignal
from trading.selectors.visible import status_now


class SignalSerializer(ResourceSerializer):
    """A plan with entry, target and stop."""

    crypto_id = serializers.IntegerField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    potential_return_pct = NumberField(allow_null=True, help_text="percent of the entry price")
    max_loss_pct = NumberField(allow_null=True, help_text="percent of the entry price")
    status = serializers.SerializerMethodField(help_text="State; one that has run out is expired")
    generated_at = UtcDateTimeField(source="created_at")

    class Meta:
        model = AITradingSignal
        only = (
            "id",
            "asset_id",
            "crypto_id",
            "symbol",
            "signal_type",
            "entry_price",
            "target_price",
            "stop_loss",
            "confidence_score",
            "risk_level",
            "risk_reward_ratio",
            "potential_return_pct",
            "max_loss_pct",
            "time_horizon_hours",
            "signal_quality",
            "signal_origin",
            "status",
            "generated_at",
            "expires_at",
        )

    @extend_schema_field(serializers.ChoiceField(choices=SignalStatus.choices))
    def get_status(self, signal: AITradingSignal) -> str:
        return status_now(signal)


class WithdrawSerializer(InputSerializer):
    """That a signal is taken out of the market."""

    status = serializers.ChoiceField(choices=[SignalStatus.CANCELLED, SignalStatus.INVALIDATED])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="for the audit trail")


class WholeSignalSerializer(SignalSerializer):
    """A plan with all that is kept about it."""

    class Meta:
        model = AITradingSignal


class SignalReasonsSerializer(serializers.Serializer):
    """Why the signal was made."""

    key_factors = serializers.ListField(child=serializers.JSONField())
    market_context = serializers.DictField()
    probability_analysis = serializers.DictField()


class RiskAssessmentSerializer(serializers.Serializer):
    """What would make the signal wrong, and how to bound the loss."""

    invalidation_criteria = serializers.ListField(child=serializers.JSONField())
    risk_management = serializers.DictField()


class SignalDetailSerializer(serializers.Serializer):
    """A signal with its reasons and risks."""

    id = serializers.IntegerField()
    signal_details = SignalSerializer(source="*")
    ai_analysis = serializers.SerializerMethodField()
    risk_assessment = serializers.SerializerMethodField()

    @extend_schema_field(SignalReasonsSerializer)
    def get_ai_analysis(self, signal: AITradingSignal) -> dict[str, Any]:
        reasons = signal.ai_analysis or {}
        return {
            "key_factors": reasons.get("key_factors", []),
            "market_context": signal.market_context or {},
            "probability_analysis": reasons.get("probability_analysis", {}),
        }

    @extend_schema_field(RiskAssessmentSerializer)
    def get_risk_assessment(self, signal: AITradingSignal) -> dict[str, Any]:
        return {
            "invalidation_criteria": signal.invalidation_criteria or [],
            "risk_management": signal.risk_management or {},
        }
