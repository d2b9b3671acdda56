"""Dashboards in JSON. What is not known is null."""

from typing import Any

from rest_framework import serializers

from accounts.api.serializers import UserSerializer
from assets.models import Asset
from system.rest import ExactDecimalField, NumberField, ResourceSerializer, UtcDateTimeField
from trading.models import AITradingSignal


class ProfitSerializer(serializers.Serializer):
    """The own real portfolios together."""

    total_value = ExactDecimalField(38, 18, source="total", allow_null=True, help_text="USD")
    daily_pnl = ExactDecimalField(38, 18, source="profit", allow_null=True, help_text="USD since yesterday's end (UTC)")
    daily_pnl_percentage = NumberField(source="percent", allow_null=True, help_text="of what they were worth then")


class AiStatusSerializer(serializers.Serializer):
    """Whether the models work."""

    all_online = serializers.BooleanField(allow_null=True, help_text="by the newest round of health checks")
    active_models = serializers.IntegerField(help_text="versions in force")
    processing_rate = serializers.CharField(allow_null=True, help_text="null while it is not measured")


class MarketSerializer(serializers.Serializer):
    """The market in its newest daily analysis."""

    regime = serializers.CharField(allow_null=True)
    sentiment = serializers.FloatField(allow_null=True, help_text="-1 (fear) to 1 (greed)")
    regime_confidence = serializers.FloatField(allow_null=True, help_text="0-1")
    risk_level = serializers.CharField(allow_null=True)
    breadth = serializers.FloatField(allow_null=True, help_text="percent of the large coins above their mean")
    btc_dominance = serializers.FloatField(allow_null=True, help_text="percent")
    btc_price_usd = ExactDecimalField(38, 18, allow_null=True, help_text="USD")
    total_market_cap = ExactDecimalField(30, 2, allow_null=True, help_text="USD")
    as_of = UtcDateTimeField(allow_null=True, help_text="of the analysis; null before the first")
    is_demo = serializers.BooleanField(help_text="the market is the built-in one, made to try the product")


class OverviewSerializer(serializers.Serializer):
    """What changes by the minute, also told live."""

    market_overview = MarketSerializer()
    portfolio_summary = ProfitSerializer()
    active_signals = serializers.IntegerField()
    notifications = serializers.IntegerField(help_text="unread ones")


class DashboardSerializer(OverviewSerializer):
    """What a person sees first."""

    user_profile = UserSerializer()
    ai_status = AiStatusSerializer()


class DashboardQuery(serializers.Serializer):
    """Whose dashboard."""

    user_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="admins only")


class PhoneLayerSerializer(serializers.Serializer):
    """A layer in short."""

    layer = serializers.IntegerField(min_value=1, max_value=4)
    name = serializers.CharField()
    status = serializers.CharField(help_text="no_data where nothing is known")
    confidence = serializers.FloatField(allow_null=True, help_text="0-1")
    key_metric = serializers.CharField(allow_null=True)


class LayerSerializer(PhoneLayerSerializer):
    """A layer in short, with its confidence in fifths."""

    indicator_dots = serializers.IntegerField(min_value=0, max_value=5)


class QuickStatsSerializer(serializers.Serializer):
    """Few figures. Those of a person are null for a visitor."""

    regime = serializers.CharField(allow_null=True)
    fear_greed_index = serializers.FloatField(source="snapshot.fear_greed_index", default=None, help_text="0-100")
    btc_price = ExactDecimalField(38, 18, source="snapshot.btc_price_usd", default=None, help_text="USD")
    btc_change_24h = serializers.FloatField(allow_null=True, help_text="percent")
    active_signals = serializers.IntegerField()
    portfolio_value = ExactDecimalField(38, 18, source="portfolio.total", default=None, help_text="USD")
    daily_pnl_percentage = NumberField(source="portfolio.percent", default=None)
    unread_notifications = serializers.IntegerField(source="unread", allow_null=True)


class SignalCardSerializer(ResourceSerializer):
    """A signal as a card."""

    symbol = serializers.CharField(source="asset.symbol")
    confidence = serializers.FloatField(source="confidence_score", help_text="0-1")
    potential_return_pct = NumberField(allow_null=True, help_text="percent of the entry price")

    class Meta:
        model = AITradingSignal
        only = (
            "id",
            "symbol",
            "signal_type",
            "confidence",
            "entry_price",
            "target_price",
            "stop_loss",
            "potential_return_pct",
            "risk_level",
            "expires_at",
        )


class CardsQuery(serializers.Serializer):
    """How many cards."""

    limit = serializers.IntegerField(min_value=1, max_value=50, default=10)


class MoodSerializer(serializers.Serializer):
    """The market in plain words."""

    mood = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True, help_text="0-1")
    sentence = serializers.CharField(allow_null=True)


class BestAssetSerializer(serializers.Serializer):
    """An asset at the top of the first list."""

    asset_id = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    current_price = ExactDecimalField(38, 18, allow_null=True, help_text="USD")
    score = serializers.FloatField(allow_null=True, help_text="place among all, 0-1")

    def to_representation(self, instance: tuple[Asset, float | None]) -> Any:
        asset, score = instance
        told = {"symbol": asset.symbol, "name": asset.name, "current_price": asset.current_price}
        return super().to_representation({"asset_id": asset.pk, **told, "score": score})


class OwnWorthSerializer(serializers.Serializer):
    """The own real portfolios in two figures."""

    total_value = ExactDecimalField(38, 18, source="total", allow_null=True, help_text="USD")
    daily_pnl = ExactDecimalField(38, 18, source="profit", allow_null=True, help_text="USD since yesterday's end (UTC)")


class TipSerializer(serializers.Serializer):
    """A message that waits to be read."""

    title = serializers.CharField()
    message = serializers.CharField()


class CasualSerializer(serializers.Serializer):
    """The dashboard in plain words."""

    market = MoodSerializer()
    top_assets = BestAssetSerializer(many=True)
    top_signals = SignalCardSerializer(many=True, help_text="with a proven edge only")
    portfolio = OwnWorthSerializer()
    tips = TipSerializer(many=True, help_text="the newest unread messages")
