"""Entries of journals in JSON."""

from typing import Any

from rest_framework import serializers

from assets.models import Asset
from system.choices import RiskLevel
from system.rest import ExactDecimalField, JSONObjectField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer
from trading.choices import (
    TRADED_TIMEFRAMES,
    ActionSource,
    ActionType,
    MarketSentiment,
    PrimarySetup,
    VolumeProfile,
)
from trading.models import TradeAction

AMOUNT: dict[str, Any] = {"max_digits": 38, "decimal_places": 18, "required": False, "allow_null": True}
TEXT: dict[str, Any] = {"required": False, "allow_null": True, "allow_blank": True}
CHOICE: dict[str, Any] = {"required": False, "allow_null": True}
GRADE: dict[str, Any] = {"required": False, "allow_null": True, "min_value": 1, "max_value": 10}
KINDS = [(kind.value, kind.label) for kind in ActionType if kind != ActionType.REVERSAL]


class TradeActionSerializer(ResourceSerializer):
    """An entry of a journal."""

    class Meta:
        model = TradeAction


class RemarksSerializer(InputSerializer):
    """What a person says of an entry: it moves no coins and no money."""

    emotion_state = serializers.CharField(max_length=20, **TEXT)
    confidence_level = serializers.IntegerField(**GRADE)
    stress_level = serializers.IntegerField(**GRADE)
    market_sentiment = serializers.ChoiceField(choices=MarketSentiment.choices, **CHOICE)
    volatility_level = serializers.ChoiceField(choices=RiskLevel.choices, **CHOICE)
    volume_profile = serializers.ChoiceField(choices=VolumeProfile.choices, **CHOICE)
    primary_setup = serializers.ChoiceField(choices=PrimarySetup.choices, **CHOICE)
    confirmation_signals = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, max_length=50
    )
    chart_pattern = serializers.CharField(max_length=30, **TEXT)
    analysis_snapshot = JSONObjectField(required=False)
    lesson_learned = serializers.CharField(max_length=20_000, **TEXT)
    notes = serializers.CharField(max_length=20_000, **TEXT)


class NewActionSerializer(RemarksSerializer):
    """An entry as it is asked for. Amounts that are left out are looked up where they can be."""

    action_type = serializers.ChoiceField(choices=KINDS)
    asset_price = ExactDecimalField(**AMOUNT, help_text="dollars per coin")
    quantity = ExactDecimalField(**AMOUNT, help_text="coins")
    fees_paid = ExactDecimalField(**AMOUNT, help_text="dollars")
    fee_asset_id = serializers.PrimaryKeyRelatedField(
        source="fee_asset", queryset=Asset.objects.all(), required=False, allow_null=True
    )
    fee_quantity = ExactDecimalField(**AMOUNT, help_text="coins of fee_asset_id")
    settlement_asset_id = serializers.PrimaryKeyRelatedField(
        source="settlement_asset", queryset=Asset.objects.all(), required=False, allow_null=True
    )
    settlement_quantity = ExactDecimalField(**AMOUNT, help_text="coins of settlement_asset_id")
    stop_loss = ExactDecimalField(**AMOUNT, help_text="dollars")
    take_profit = ExactDecimalField(**AMOUNT, help_text="dollars")
    timeframe = serializers.ChoiceField(choices=TRADED_TIMEFRAMES, **CHOICE)
    reason = serializers.CharField(max_length=50, **TEXT)
    action_source = serializers.ChoiceField(choices=ActionSource.choices, required=False)
    ai_signal_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    executed_at = UtcDateTimeField(required=False, help_text="now when left out; not in the future")
    client_key = serializers.CharField(max_length=100, **TEXT)
    venue = serializers.CharField(max_length=50, **TEXT)
    external_id = serializers.CharField(max_length=100, **TEXT)
    accepts_missing = serializers.BooleanField(
        required=False, help_text="coins that are not there count as brought in at this price, and are marked"
    )
