"""Portfolios and positions in JSON."""

from datetime import datetime
from decimal import Decimal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from selection.models import AIPortfolioAnalysis, Portfolio, PortfolioAsset
from selection.selectors.valuation import PortfolioValue, PositionValue
from selection.services.own_portfolios import LONGEST_NAME
from system.rest import ExactDecimalField, NumberField, ResourceSerializer
from system.rest.inputs import InputSerializer

MONEY = ExactDecimalField(38, 18, allow_null=True, help_text="USD")
PERCENT = NumberField(allow_null=True, help_text="percent")


def exact(value: Decimal | None) -> str | None:
    """A computed amount as the API writes it."""
    return None if value is None else ExactDecimalField(None, None).to_representation(value)


def number(value: Decimal | None) -> float | None:
    """A computed percentage as the API writes it."""
    return None if value is None else round(float(value), 4)


class PortfolioSerializer(ResourceSerializer):
    """A portfolio at the latest prices. The context has ``values``."""

    total_value = serializers.SerializerMethodField(help_text="USD; null while a price is missing")
    positions = serializers.SerializerMethodField(help_text="Positions that hold something")

    class Meta:
        model = Portfolio

    def value(self, portfolio: Portfolio) -> PortfolioValue:
        """The portfolio's value, as the view has looked it up."""
        found: PortfolioValue = self.context["values"][portfolio.pk]
        return found

    @extend_schema_field(MONEY)
    def get_total_value(self, portfolio: Portfolio) -> str | None:
        return exact(self.value(portfolio).total)

    def get_positions(self, portfolio: Portfolio) -> int:
        return self.value(portfolio).held


class PortfolioChangeSerializer(InputSerializer):
    """What is to change about a portfolio; what is left out stays."""

    name = serializers.CharField(required=False, max_length=LONGEST_NAME)
    is_public = serializers.BooleanField(required=False)


class NewPortfolioSerializer(InputSerializer):
    """A new portfolio."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    is_public = serializers.BooleanField(default=False)


class PortfolioAssetSerializer(ResourceSerializer):
    """A position at the latest price. The context has ``value``."""

    current_price = serializers.SerializerMethodField()
    priced_at = serializers.SerializerMethodField()
    assumption = serializers.SerializerMethodField()
    current_value_usd = serializers.SerializerMethodField()
    unrealized_pnl_usd = serializers.SerializerMethodField()
    unrealized_pnl_pct = serializers.SerializerMethodField()
    weight_pct = serializers.SerializerMethodField()

    class Meta:
        model = PortfolioAsset

    def value(self, position: PortfolioAsset) -> PositionValue:
        """The position's value, as the view has looked it up."""
        whole: PortfolioValue = self.context["value"]
        return whole.positions[position.pk]

    @extend_schema_field(MONEY)
    def get_current_price(self, position: PortfolioAsset) -> str | None:
        return exact(self.value(position).price)

    def get_priced_at(self, position: PortfolioAsset) -> datetime | None:
        """When the price was known."""
        return self.value(position).priced_at

    def get_assumption(self, position: PortfolioAsset) -> str | None:
        """What the price rests on where no source knows it."""
        return self.value(position).mark

    @extend_schema_field(MONEY)
    def get_current_value_usd(self, position: PortfolioAsset) -> str | None:
        return exact(self.value(position).value)

    @extend_schema_field(MONEY)
    def get_unrealized_pnl_usd(self, position: PortfolioAsset) -> str | None:
        return exact(self.value(position).unrealized)

    @extend_schema_field(PERCENT)
    def get_unrealized_pnl_pct(self, position: PortfolioAsset) -> float | None:
        return number(self.value(position).unrealized_pct)

    @extend_schema_field(PERCENT)
    def get_weight_pct(self, position: PortfolioAsset) -> float | None:
        whole: PortfolioValue = self.context["value"]
        return number(whole.weight_pct(position.pk))


class PortfolioAnalysisSerializer(ResourceSerializer):
    """The state of a portfolio on one snapshot."""

    class Meta:
        model = AIPortfolioAnalysis
