"""Executions, limits and the journal's figures in JSON."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from system.rest import ExactDecimalField, JSONObjectField, NumberField, ResourceSerializer
from system.rest.inputs import InputSerializer
from trading.choices import ExecutionStatus, ExecutionType
from trading.models import RiskProfile, SignalExecution

PRICE: dict[str, Any] = {"max_digits": 38, "decimal_places": 18, "required": False, "allow_null": True}


class ExecutionSerializer(ResourceSerializer):
    """What a person did with a signal."""

    class Meta:
        model = SignalExecution
        hidden = ("client_key", "request_hash")
        exact = ("position_size",)


class ExecuteSerializer(InputSerializer):
    """How a signal is to be executed. With a portfolio and a price it is booked at once."""

    position_size = ExactDecimalField(
        max_digits=30, decimal_places=8, required=False, allow_null=True, help_text="dollars"
    )
    portfolio_percentage = NumberField(
        max_digits=5, decimal_places=2, required=False, allow_null=True, help_text="where no size is given"
    )
    execution_type = serializers.ChoiceField(choices=ExecutionType.choices, default=ExecutionType.MANUAL)
    risk_confirmation = serializers.BooleanField(default=False)
    portfolio_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    execution_price = ExactDecimalField(**PRICE, help_text="dollars per coin")
    stop_loss = ExactDecimalField(**PRICE, help_text="instead of the signal's")
    target_price = ExactDecimalField(**PRICE, help_text="instead of the signal's")
    leverage = NumberField(max_digits=6, decimal_places=2, default=Decimal(1))
    fee = ExactDecimalField(**PRICE, help_text="dollars")


class FillSerializer(InputSerializer):
    """What became of a plan: filled whole or in part, or given up."""

    status = serializers.ChoiceField(
        choices=[ExecutionStatus.FILLED, ExecutionStatus.PARTIALLY_FILLED, ExecutionStatus.CANCELLED]
    )
    execution_price = ExactDecimalField(**PRICE, help_text="dollars per coin; of a fill")
    portfolio_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    quantity = ExactDecimalField(**PRICE, help_text="coins of a part; without it all that is left")
    fee = ExactDecimalField(**PRICE, help_text="dollars")
    execution_details = JSONObjectField(required=False, help_text="number of an order and the like; kept as stated")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["status"] != ExecutionStatus.CANCELLED and attrs.get("execution_price") is None:
            raise serializers.ValidationError({"execution_price": ["This field is required."]})
        return attrs


class RiskProfileSerializer(ResourceSerializer):
    """Limits of a person, and what they are exposed to."""

    class Meta:
        model = RiskProfile
        exact = ("max_position_size",)


class LimitsSerializer(InputSerializer):
    """Limits; null = none."""

    max_position_size = ExactDecimalField(max_digits=30, decimal_places=8, allow_null=True, help_text="dollars")
    max_portfolio_risk = NumberField(
        max_digits=5, decimal_places=4, min_value=0, max_value=1, allow_null=True, help_text="0-1"
    )
    risk_rules = JSONObjectField(help_text="max_open_positions, max_leverage, max_asset_pct, max_sector_pct …")


class StatisticsParameters(serializers.Serializer):
    """Which days count."""

    days = serializers.IntegerField(min_value=1, max_value=3650, default=90)


class MeanSerializer(serializers.Serializer):
    """A mean with its 95 % interval."""

    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class FiguresSerializer(serializers.Serializer):
    """Closed trades of a group."""

    trades = serializers.IntegerField()
    win_rate = serializers.FloatField(source="win_rate.value", allow_null=True)
    average_pnl_usd = serializers.SerializerMethodField(help_text="dollars, exact")
    profit_usd = serializers.SerializerMethodField(help_text="dollars, exact")
    profit_factor = serializers.SerializerMethodField()
    win_rate_interval = MeanSerializer(source="win_rate")
    mean_r = MeanSerializer()

    def get_average_pnl_usd(self, found: Any) -> str | None:
        return text(found.expectancy_usd)

    def get_profit_usd(self, found: Any) -> str | None:
        return text(found.profit_usd)

    def get_profit_factor(self, found: Any) -> float | None:
        return None if found.profit_factor is None else float(found.profit_factor)


class StatisticsSerializer(serializers.Serializer):
    """The own journal in figures."""

    trades = serializers.IntegerField(source="whole.trades")
    win_rate = serializers.FloatField(source="whole.win_rate.value", allow_null=True)
    average_pnl_usd = serializers.SerializerMethodField(help_text="dollars, exact")
    whole = FiguresSerializer()
    open_trades = serializers.IntegerField(help_text="closed in part only")
    untold = serializers.DictField(child=serializers.IntegerField(), help_text="reason → closed trades without figures")
    by_setup = serializers.DictField(source="groups.by_setup", child=FiguresSerializer())
    by_emotion = serializers.DictField(source="groups.by_emotion", child=FiguresSerializer())
    by_source = serializers.DictField(source="groups.by_source", child=FiguresSerializer())
    by_tag = serializers.DictField(source="groups.by_tag", child=FiguresSerializer())
    by_rules = serializers.DictField(source="groups.by_rules", child=FiguresSerializer())
    by_regime = serializers.DictField(source="groups.by_regime", child=FiguresSerializer())
    by_weekday = serializers.DictField(source="groups.by_weekday", child=FiguresSerializer())

    def get_average_pnl_usd(self, found: Any) -> str | None:
        return text(found.whole.expectancy_usd)


def text(amount: Any) -> str | None:
    """An amount of dollars with eight places at most."""
    return None if amount is None else f"{round(amount, 8).normalize():f}"
