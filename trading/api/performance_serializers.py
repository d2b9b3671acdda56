"""How signals did, in JSON."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from trading.selectors.signal_performance import ALL, Performance
from trading.selectors.signal_record import SignalRecord

PERIODS = {f"{days}d": timedelta(days=days) for days in (7, 30, 90, 365)}
INTERVAL = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2, "nullable": True}


class PerformanceQuery(serializers.Serializer):
    """Which signals are counted."""

    timeframe = serializers.ChoiceField(choices=list(PERIODS), default="30d", help_text="Planned in the last days")
    model = serializers.CharField(default=ALL, max_length=100, help_text="model name or id")


class PartSerializer(serializers.Serializer):
    """What came of the signals of a part that ended."""

    n = serializers.IntegerField(help_text="Signals that ended")
    filled = serializers.IntegerField(help_text="Of these, entered")
    success_rate = serializers.FloatField(
        source="successes.value", default=None, help_text="Share of the filled whose target was reached, 0-1"
    )
    success_interval = serializers.SerializerMethodField(help_text="95 % of it; null: none was filled")
    forecast = serializers.FloatField(allow_null=True, help_text="Mean of their probabilities, 0-1")
    net_r = serializers.FloatField(
        source="net_r.value", default=None, help_text="Mean result after costs, in multiples of what was risked"
    )
    net_r_interval = serializers.SerializerMethodField(help_text="95 % of it; null: too few separate stretches of time")

    @extend_schema_field(INTERVAL)
    def get_success_interval(self, record: SignalRecord) -> list[float] | None:
        return None if record.successes is None else [record.successes.low, record.successes.high]

    @extend_schema_field(INTERVAL)
    def get_net_r_interval(self, record: SignalRecord) -> list[float | None] | None:
        found = record.net_r
        return None if found is None or found.low is None else [found.low, found.high]


class PerformanceSerializer(serializers.Serializer):
    """How signals did; null where nothing can be said."""

    total_signals = serializers.IntegerField(source="total", help_text="Planned since then, those that run among them")
    successful_signals = serializers.IntegerField(source="successes", help_text="Target reached")
    decided_signals = serializers.IntegerField(source="whole.n", default=0, help_text="Ended")
    success_rate = serializers.SerializerMethodField(help_text="successful_signals / total_signals, 0-1")
    average_return = serializers.SerializerMethodField(
        help_text="Mean result of the filled after costs, as a share of what was put in (0.125 = 12.5 %)"
    )
    best_performing_model = serializers.CharField(
        source="best_model",
        allow_null=True,
        help_text="Highest mean result with 30 ended signals and an interval above 0; null: none has proven any",
    )
    whole = PartSerializer(allow_null=True, help_text="All that ended")
    performance_by_risk_level = serializers.SerializerMethodField()
    performance_by_model = serializers.SerializerMethodField()
    performance_by_regime = serializers.SerializerMethodField()
    performance_by_sector = serializers.SerializerMethodField()
    performance_by_confidence = serializers.SerializerMethodField(help_text="By the lower end of each tenth")

    def get_success_rate(self, found: Performance) -> float | None:
        return found.successes / found.total if found.total else None

    def get_average_return(self, found: Performance) -> float | None:
        mean = found.whole and found.whole.net_return_pct
        return mean.value / 100 if mean else None

    @extend_schema_field(serializers.DictField(child=PartSerializer()))
    def get_performance_by_risk_level(self, found: Performance) -> dict[str, Any]:
        return parts(found, "risk_level")

    @extend_schema_field(serializers.DictField(child=PartSerializer()))
    def get_performance_by_model(self, found: Performance) -> dict[str, Any]:
        return parts(found, "model")

    @extend_schema_field(serializers.DictField(child=PartSerializer()))
    def get_performance_by_regime(self, found: Performance) -> dict[str, Any]:
        return parts(found, "regime")

    @extend_schema_field(serializers.DictField(child=PartSerializer()))
    def get_performance_by_sector(self, found: Performance) -> dict[str, Any]:
        return parts(found, "sector")

    @extend_schema_field(serializers.DictField(child=PartSerializer()))
    def get_performance_by_confidence(self, found: Performance) -> dict[str, Any]:
        return parts(found, "confidence")


def parts(found: Performance, name: str) -> dict[str, Any]:
    """Each part of a division; what has no name is ``unknown``."""
    return {part or "unknown": PartSerializer(record).data for part, record in found.parts[name].items()}
