"""What sectors did over a time, in JSON, and how it is asked for."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from sectors.api.serializers import performance_metrics
from sectors.models import Sector, SectorHistory
from sectors.selectors.history import points_within
from sectors.selectors.windows import DAYS, Course, SideBySide
from system.choices import RunTimeframe
from system.rest import ExactDecimalField, ResourceSerializer, UtcDateTimeField

MOST_POINTS = 5000
"""An answer holds so many points of a series."""


class CourseSerializer(serializers.Serializer):
    """How a sector did. Unknown figures are null."""

    sector_id = serializers.IntegerField(source="sector.pk")
    analysis_time = UtcDateTimeField(source="analysis.analysis_time", default=None)
    total_market_cap = ExactDecimalField(30, 2, source="analysis.sector_market_cap", default=None, help_text="USD")
    total_volume = ExactDecimalField(30, 2, source="analysis.sector_volume_24h", default=None, help_text="USD in 24 h")
    dominance_percentage = serializers.FloatField(source="analysis.sector_dominance_pct", default=None)
    momentum_score = serializers.FloatField(source="analysis.momentum_score", default=None, help_text="-1..1")
    performance_24h = serializers.FloatField(source="analysis.performance_24h_pct", default=None, help_text="percent")
    performance_7d = serializers.FloatField(source="analysis.performance_7d_pct", default=None, help_text="percent")
    performance_30d = serializers.FloatField(source="analysis.performance_30d_pct", default=None, help_text="percent")
    volume_change = serializers.FloatField(allow_null=True, help_text="percent, over the window that is asked for")
    market_cap_change = serializers.FloatField(allow_null=True, help_text="percent, over the window")
    top_performers = serializers.ListField(
        child=serializers.DictField(), source="analysis.top_performers", default=list, help_text="of seven days"
    )
    performance_metrics = serializers.SerializerMethodField()

    def get_performance_metrics(self, course: Course) -> dict[str, Any]:
        return performance_metrics(course.analysis)


class PointSerializer(ResourceSerializer):
    """A point of a sector's series."""

    time = UtcDateTimeField(source="candle_time")

    class Meta:
        model = SectorHistory
        only = ("time", "market_cap", "volume_24h", "technical_indicators")


class SeriesSerializer(serializers.Serializer):
    """Points of a sector, oldest first."""

    sector_id = serializers.IntegerField()
    timeframe = serializers.CharField()
    points = PointSerializer(many=True)


class BesideSerializer(serializers.Serializer):
    """One of the sectors that are compared. Unknown figures are null."""

    id = serializers.IntegerField(source="sector.pk")
    name = serializers.CharField(source="sector.name")
    return_pct = serializers.FloatField(allow_null=True)
    volatility = serializers.FloatField(
        source="analysis.volatility_score", default=None, help_text="0-1, among its own past"
    )
    liquidity = serializers.FloatField(source="analysis.liquidity_score", default=None, help_text="0-1")
    correlation_with_btc = serializers.FloatField(
        source="analysis.correlation_with_btc", default=None, help_text="-1..1"
    )
    rank = serializers.IntegerField(allow_null=True, help_text="by return, among these")


class SideBySideSerializer(serializers.Serializer):
    """Sectors side by side."""

    timeframe = serializers.SerializerMethodField()
    sectors = BesideSerializer(many=True)
    correlation_matrix = serializers.DictField(
        source="correlations", child=serializers.DictField(child=serializers.FloatField(allow_null=True))
    )

    def get_timeframe(self, found: SideBySide) -> str:  # noqa: ARG002
        return str(self.context["timeframe"])


class WindowQuery(serializers.Serializer):
    """Over which days."""

    timeframe = serializers.ChoiceField(choices=list(DAYS), default="7d")


class CompareQuery(WindowQuery):
    """Which sectors, and over which days."""

    sectors = serializers.RegexField(r"^\d{1,18}(,\d{1,18}){1,9}$", help_text="comma separated ids, 2-10")

    def validate_sectors(self, text: str) -> list[int]:
        """The ids, each once."""
        ids = list(dict.fromkeys(int(word) for word in text.split(",")))
        if len(ids) < 2 or Sector.objects.filter(pk__in=ids).count() < len(ids):
            raise serializers.ValidationError(_("Name two to ten sectors that exist."))
        return ids


class SeriesQuery(serializers.Serializer):
    """Which points of a sector."""

    days = serializers.IntegerField(min_value=1, max_value=730, default=30)
    timeframe = serializers.ChoiceField(choices=RunTimeframe.choices, default=RunTimeframe.D1)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """An answer holds so many points."""
        if points_within(values["days"], values["timeframe"]) > MOST_POINTS:
            wish = _("At most %(most)s points: ask for fewer days.") % {"most": MOST_POINTS}
            raise serializers.ValidationError({"days": wish})
        return values
