"""Positions as their owners send them."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from selection.choices import HoldingType, InvestmentTimeframe, RiskCategory
from system.rest import ExactDecimalField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import AssetInputSerializer, InputSerializer
from system.rest.serializers import NumberField
from trading.choices import TRADED_TIMEFRAMES
from trading.models import AIPortfolioAssetAnalysis
from trading.services.own_positions import STATES

AMOUNT: dict[str, Any] = {"max_digits": 38, "decimal_places": 18, "min_value": 0}
EMPTY: dict[str, Any] = {"required": False, "allow_null": True}
PERCENT: dict[str, Any] = {"max_digits": 5, "decimal_places": 2, "min_value": 0, "max_value": 100, **EMPTY}
WORDS = 10_000


class PositionPlanSerializer(InputSerializer):
    """What an owner plans with a position; what follows from the journal is not sent."""

    allocation_target_percent = NumberField(**PERCENT, help_text="Target share of the portfolio, percent")
    investment_thesis = serializers.CharField(**EMPTY, allow_blank=True, max_length=WORDS, help_text="Rationale")
    investment_timeframe = serializers.ChoiceField(choices=InvestmentTimeframe.choices, **EMPTY, help_text="Horizon")
    risk_category = serializers.ChoiceField(choices=RiskCategory.choices, **EMPTY, help_text="Risk category")
    stop_loss_price = ExactDecimalField(**AMOUNT, **EMPTY, help_text="USD; kept as an entry of the journal too")
    take_profit_price = ExactDecimalField(**AMOUNT, **EMPTY, help_text="USD; kept as an entry of the journal too")
    max_allocation_percent = NumberField(**PERCENT, help_text="Largest share of the portfolio, percent")
    notes = serializers.CharField(**EMPTY, allow_blank=True, max_length=WORDS, help_text="Notes")


class PositionChangeSerializer(PositionPlanSerializer):
    """What is to change about a position; what is left out stays."""

    sort_order = serializers.IntegerField(required=False, min_value=1, max_value=100_000, help_text="Place in lists")
    trade_status = serializers.ChoiceField(
        choices=STATES, required=False, help_text="What is done with it; closed it is by an exit alone"
    )


class NewPositionSerializer(AssetInputSerializer, PositionPlanSerializer):
    """A position that is opened."""

    asset_type = serializers.ChoiceField(
        choices=HoldingType.choices,
        required=False,
        help_text="Left out: coins, or with leverage a long",
    )
    quantity = ExactDecimalField(**AMOUNT, help_text="Coins")
    entry_price = ExactDecimalField(**AMOUNT, help_text="USD per coin")
    leverage_ratio = NumberField(6, 2, default=Decimal(1), min_value=Decimal("0.01"), help_text="1 = no leverage")
    fees_paid = ExactDecimalField(**AMOUNT, **EMPTY, help_text="USD")
    timeframe = serializers.ChoiceField(choices=TRADED_TIMEFRAMES, **EMPTY, help_text="That it was decided on")
    executed_at = UtcDateTimeField(required=False, help_text="Now when left out; not in the future")


class RemovalSerializer(serializers.Serializer):
    """How a position is removed."""

    force = serializers.BooleanField(default=False, help_text="Even though it holds something")


class PositionAnalysisSerializer(ResourceSerializer):
    """The state of a position on one snapshot."""

    class Meta:
        model = AIPortfolioAssetAnalysis
