"""The state of the market in JSON."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from macro.choices import REGIME_TIMEFRAMES, SNAPSHOT_TIMEFRAMES
from macro.models import AIRegimeAnalysis, MetricsSnapshot, NewsEvent
from macro.selectors.regimes import RegimeForecast
from macro.selectors.snapshots import SentimentCard
from system.choices import RunTimeframe
from system.rest import ExactDecimalField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer


class MetricsSnapshotSerializer(ResourceSerializer):
    """The market at one moment."""

    class Meta:
        model = MetricsSnapshot
        exact = ("sma_200", "ema_200", "gold")


class RegimeAnalysisSerializer(ResourceSerializer):
    """The state of the market as a model version saw it."""

    class Meta:
        model = AIRegimeAnalysis


class RegimeReviewSerializer(InputSerializer):
    """What a person says of an analysis; what is left out stays."""

    analyst_notes = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=10_000)
    analysis_validated = serializers.BooleanField(required=False, help_text="Whether it holds")

    def validate_analyst_notes(self, notes: str | None) -> str | None:
        return notes or None


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


class SentimentSerializer(serializers.Serializer):
    """The mood of the market. Unknown figures are null."""

    fear_greed_index = serializers.FloatField(source="snapshot.fear_greed_index", allow_null=True, help_text="0-100")
    composite_sentiment = serializers.FloatField(
        source="snapshot.composite_sentiment", allow_null=True, help_text="-1 (fear) to 1 (greed)"
    )
    funding_rates = serializers.SerializerMethodField(help_text="fraction per 8 hours, of the perpetuals")
    social_sentiment = serializers.DictField(source="social", allow_null=True)
    news_sentiment = serializers.SerializerMethodField(help_text="mean of the last 24 hours, -1 to 1, and of how many")
    google_trends_score = serializers.FloatField(
        source="snapshot.google_trends_score", allow_null=True, help_text="0-100"
    )
    missing = serializers.DictField(
        child=serializers.CharField(),
        help_text="why a figure is null, by its name: {'google_trends_score': 'no source'}",
    )
    last_updated = UtcDateTimeField(source="snapshot.snapshot_time")

    def get_funding_rates(self, card: SentimentCard) -> dict[str, float | None]:
        bitcoin = card.snapshot.funding_rate_btc
        return {"btc": None if bitcoin is None else float(bitcoin), "eth": card.ether_funding}

    def get_news_sentiment(self, card: SentimentCard) -> dict[str, float | None]:
        told = card.news or {}
        return {"score": told.get("score"), "articles": told.get("articles")}


class DominanceSerializer(serializers.Serializer):
    """Shares of the total market cap in percent. Unknown figures are null."""

    btc_dominance = serializers.FloatField(source="snapshot.btc_dominance", allow_null=True)
    eth_dominance = serializers.FloatField(source="snapshot.eth_dominance", allow_null=True)
    alt_dominance = serializers.FloatField(source="snapshot.altcoin_dominance", allow_null=True)
    stablecoin_dominance = serializers.FloatField(source="snapshot.stablecoin_dominance", allow_null=True)
    usdt_dominance = serializers.FloatField(source="snapshot.usdt_dominance", allow_null=True)
    total_market_cap = ExactDecimalField(30, 2, source="snapshot.total_market_cap", allow_null=True, help_text="USD")
    total_volume = ExactDecimalField(
        30, 2, source="snapshot.total_volume_24h", allow_null=True, help_text="USD in 24 h"
    )
    dominance_changes = serializers.DictField(
        source="changes",
        child=serializers.FloatField(allow_null=True),
        help_text="in points, against 24 hours and 7 days ago: {'btc_24h': 0.3}",
    )
    last_updated = UtcDateTimeField(source="snapshot.snapshot_time")


class IndicatorSerializer(serializers.Serializer):
    """A value from outside the market."""

    indicator_name = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="null: not known, see metadata.missing")
    change_pct = serializers.FloatField(
        default=None, help_text="since the value before; null for what is told in points (see metadata)"
    )
    timeframe = serializers.SerializerMethodField()
    metadata = serializers.SerializerMethodField(
        help_text="source, unit and further changes; missing: why there is no value; stale: why it stands for the "
        "present no longer"
    )
    timestamp = serializers.SerializerMethodField(help_text="what moment the value describes")

    def get_timeframe(self, row: dict[str, Any]) -> str:  # noqa: ARG002
        return str(self.context["timeframe"])

    @extend_schema_field(UtcDateTimeField(allow_null=True))
    def get_timestamp(self, row: dict[str, Any]) -> datetime | None:
        observed = row.get("observed_at")
        return observed and datetime.fromisoformat(observed)

    def get_metadata(self, row: dict[str, Any]) -> dict[str, Any]:
        told = {"indicator_name", "value", "change_pct", "observed_at"}
        return {name: value for name, value in row.items() if name not in told}


class IndicatorQuery(serializers.Serializer):
    """Which indicators, as the newest snapshot of a timeframe knows them."""

    names = serializers.CharField(
        required=False, default="", max_length=200, help_text="comma separated: DXY,VIX; all without it"
    )
    timeframe = serializers.ChoiceField(choices=SNAPSHOT_TIMEFRAMES, default="1d")


class TransitionSignalsSerializer(serializers.Serializer):
    """What announces a change of state."""

    divergence_signals = serializers.ListField(child=serializers.JSONField(), default=list)
    structural_signals = serializers.ListField(child=serializers.JSONField(), default=list)
    sentiment_signals = serializers.ListField(child=serializers.JSONField(), default=list)


class RegimeForecastSerializer(serializers.Serializer):
    """Which state is to be expected. Null while no change of state has been seen."""

    horizon = serializers.SerializerMethodField()
    current_regime = serializers.SerializerMethodField()
    predicted_regime = serializers.SerializerMethodField(
        help_text="the present one, or the one that its first change leads to, whichever is more probable"
    )
    transition_probability = serializers.FloatField(
        allow_null=True, help_text="that the present state has ended by then, 0-1"
    )
    expected_remaining_hours = serializers.IntegerField(source="analysis.regime_duration_estimate", allow_null=True)
    confidence = serializers.FloatField(allow_null=True, help_text="probability of predicted_regime, 0-1")
    indicators = serializers.SerializerMethodField()
    last_updated = UtcDateTimeField(source="analysis.analysis_time")

    def get_horizon(self, forecast: RegimeForecast) -> str:  # noqa: ARG002
        return str(self.context["horizon"])

    def get_current_regime(self, forecast: RegimeForecast) -> str:
        return forecast.analysis.current_regime.lower()

    def get_predicted_regime(self, forecast: RegimeForecast) -> str | None:
        return forecast.predicted and forecast.predicted.lower()

    @extend_schema_field(TransitionSignalsSerializer)
    def get_indicators(self, forecast: RegimeForecast) -> Any:
        return TransitionSignalsSerializer(forecast.analysis.transition_indicators or {}).data


class ForecastQuery(serializers.Serializer):
    """How far ahead."""

    horizon = serializers.RegexField(r"^([1-9]|[12][0-9]|30)d$", default="7d", help_text="1d to 30d")


class NewsEventSerializer(ResourceSerializer):
    """A headline with what it names."""

    class Meta:
        model = NewsEvent
        hidden = ("raw_data", "withdrawn_at")
