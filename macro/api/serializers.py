"""The state of the market in JSON."""

from rest_framework import serializers

from macro.choices import REGIME_TIMEFRAMES, SNAPSHOT_TIMEFRAMES
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from system.choices import RunTimeframe
from system.rest import ExactDecimalField, ResourceSerializer, UtcDateTimeField


class MetricsSnapshotSerializer(ResourceSerializer):
    """The market at one moment."""

    class Meta:
        model = MetricsSnapshot
        exact = ("sma_200", "ema_200", "gold")


class RegimeAnalysisSerializer(ResourceSerializer):
    """The state of the market as a model version saw it."""

    class Meta:
        model = AIRegimeAnalysis


class CurrentRegimeSerializer(ResourceSerializer):
    """The present regime in short."""

    regime = serializers.SerializerMethodField(help_text="current_regime in lower case")
    confidence = serializers.FloatField(source="regime_confidence", help_text="0-1")
    trend_strength = serializers.FloatField(source="trend_strength_score", allow_null=True, help_text="0-1")
    predicted_regime = serializers.SerializerMethodField(help_text="Predicted next regime in lower case")
    transition_probability = serializers.FloatField(source="regime_transition_prob", allow_null=True, help_text="0-1")
    regime_duration_estimate_hours = serializers.IntegerField(source="regime_duration_estimate", allow_null=True)
    analysis_id = serializers.IntegerField(source="id")
    last_updated = UtcDateTimeField(source="analysis_time")

    class Meta:
        model = AIRegimeAnalysis
        only = (
            "regime",
            "confidence",
            "risk_level",
            "trend_strength",
            "recommended_exposure",
            "predicted_regime",
            "transition_probability",
            "regime_duration_days",
            "regime_duration_estimate_hours",
            "recommended_strategy",
            "analysis_id",
            "last_updated",
        )

    def get_regime(self, analysis: AIRegimeAnalysis) -> str:
        return analysis.current_regime.lower()

    def get_predicted_regime(self, analysis: AIRegimeAnalysis) -> str | None:
        return analysis.predicted_regime.lower() if analysis.predicted_regime else None


class RegimePointSerializer(serializers.Serializer):
    """Regime and key figures of one moment."""

    time = UtcDateTimeField(source="analysis_time")
    regime = serializers.SerializerMethodField()
    confidence = serializers.FloatField(source="regime_confidence", help_text="0-1")
    btc_price = ExactDecimalField(38, 18, source="metrics_snapshot.btc_price_usd")
    fear_greed_index = serializers.FloatField(source="metrics_snapshot.fear_greed_index", allow_null=True)
    btc_dominance = serializers.FloatField(source="metrics_snapshot.btc_dominance", allow_null=True)
    total_market_cap = ExactDecimalField(30, 2, source="metrics_snapshot.total_market_cap", allow_null=True)

    def get_regime(self, analysis: AIRegimeAnalysis) -> str:
        return analysis.current_regime.lower()


class RegimeQuery(serializers.Serializer):
    """Timeframe of the regime."""

    timeframe = serializers.ChoiceField(choices=REGIME_TIMEFRAMES, default="1d")


class SnapshotQuery(serializers.Serializer):
    """Timeframe of the snapshot."""

    timeframe = serializers.ChoiceField(choices=SNAPSHOT_TIMEFRAMES, default="1h")


class HistoryQuery(serializers.Serializer):
    """How far back, and how fine."""

    days = serializers.IntegerField(min_value=1, max_value=365, default=30)
    interval = serializers.ChoiceField(choices=RunTimeframe.choices, default=RunTimeframe.D1)
