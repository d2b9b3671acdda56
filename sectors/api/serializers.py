"""Sectors and their members in JSON."""

from typing import Any

from rest_framework import serializers

from assets.models import Asset
from sectors.models import (
    AICrossSectorAnalysis,
    AISectorAnalysis,
    Sector,
    SectorMapping,
    SectorRotationFlow,
)
from sectors.selectors.standing import STATUSES
from system.rest import ExactDecimalField, NumberField, ResourceSerializer, UtcDateTimeField


class StandingSerializer(ResourceSerializer):
    """A sector with its newest figures. The view puts ``standing`` on the row."""

    performance_24h = serializers.FloatField(
        source="standing.analysis.performance_24h_pct", default=None, read_only=True, help_text="percent"
    )
    performance_7d = serializers.FloatField(
        source="standing.analysis.performance_7d_pct", default=None, read_only=True, help_text="percent"
    )
    dominance = serializers.FloatField(
        source="standing.analysis.sector_dominance_pct", default=None, read_only=True, help_text="percent"
    )
    momentum_score = serializers.FloatField(
        source="standing.analysis.momentum_score", default=None, read_only=True, help_text="-1..1"
    )
    status = serializers.ChoiceField(
        source="standing.status",
        choices=STATUSES,
        allow_null=True,
        read_only=True,
        help_text="Relative place and momentum; null when unknown",
    )

    class Meta:
        model = Sector
        only = (
            "id",
            "name",
            "color_code",
            "performance_24h",
            "performance_7d",
            "dominance",
            "momentum_score",
            "status",
            "market_cap",
            "volume_24h",
        )


class SectorSerializer(StandingSerializer):
    """A sector with all its columns and its newest figures."""

    class Meta:
        model = Sector


class SectorDetailSerializer(ResourceSerializer):
    """One sector. The view puts ``standing`` on the row."""

    total_market_cap = ExactDecimalField(30, 2, source="market_cap", allow_null=True, help_text="USD")
    total_volume = ExactDecimalField(30, 2, source="volume_24h", allow_null=True, help_text="USD in 24 h")
    top_performers = serializers.ListField(
        child=serializers.DictField(), source="standing.analysis.top_performers", default=list, read_only=True
    )
    performance_metrics = serializers.SerializerMethodField()
    outlook = serializers.CharField(source="standing.analysis.ai_sector_outlook", default=None, read_only=True)
    last_updated = UtcDateTimeField(source="standing.analysis.analysis_time", default=None, read_only=True)

    class Meta:
        model = Sector
        only = (
            "id",
            "name",
            "description",
            "color_code",
            "characteristics",
            "total_market_cap",
            "total_volume",
            "top_performers",
            "performance_metrics",
            "outlook",
            "last_updated",
        )

    def get_performance_metrics(self, sector: Any) -> dict[str, Any]:
        return performance_metrics(sector.standing.analysis)


class SectorAnalysisSerializer(ResourceSerializer):
    """How a sector stood on one snapshot."""

    class Meta:
        model = AISectorAnalysis


class SectorMemberSerializer(ResourceSerializer):
    """An asset as a member of a sector."""

    mapping_id = serializers.IntegerField(source="id")
    crypto_id = serializers.IntegerField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    name = serializers.CharField(source="asset.name")
    current_price = ExactDecimalField(38, 18, source="asset.current_price", allow_null=True, help_text="USD")
    performance_24h = serializers.FloatField(
        source="asset.price_change_percentage_24h", allow_null=True, help_text="percent"
    )

    class Meta:
        model = SectorMapping
        only = (
            "mapping_id",
            "asset_id",
            "crypto_id",
            "symbol",
            "name",
            "current_price",
            "performance_24h",
            "is_primary_sector",
            "weight",
        )


class AssetSectorSerializer(ResourceSerializer):
    """A sector that an asset is a member of."""

    name = serializers.CharField(source="sector.name")

    class Meta:
        model = SectorMapping
        only = ("sector_id", "name", "is_primary_sector", "weight")


class AssetSerializer(ResourceSerializer):
    """An asset with its sectors. The view prefetches ``memberships``."""

    sectors = AssetSectorSerializer(many=True, source="memberships", read_only=True)

    class Meta:
        model = Asset
        hidden = ("timeframe_usage", "access_count", "last_accessed_at")
        exact = ("circulating_supply", "total_supply", "max_supply")


class FlowSerializer(ResourceSerializer):
    """Capital that moved between two sectors."""

    class Meta:
        model = SectorRotationFlow
        only = ("from_sector_id", "to_sector_id", "score")


class RotationSerializer(ResourceSerializer):
    """Where capital rotates."""

    flow_directions = serializers.DictField(source="sector_rotation_flows", help_text="{'DeFi→AI': 0-1}")
    flows = FlowSerializer(many=True)
    market_outlook = serializers.CharField(source="ai_market_outlook", allow_null=True)
    confidence = NumberField(4, 2, source="ai_confidence_score", allow_null=True, help_text="0-1")
    last_updated = UtcDateTimeField(source="analysis_time")

    class Meta:
        model = AICrossSectorAnalysis
        only = (
            "rotation_probability",
            "leading_sectors",
            "declining_sectors",
            "flow_directions",
            "flows",
            "recommended_allocation",
            "market_outlook",
            "confidence",
            "last_updated",
        )


class CrossSectorSerializer(ResourceSerializer):
    """A comparison of all sectors with its flows."""

    flows = FlowSerializer(many=True)

    class Meta:
        model = AICrossSectorAnalysis


def performance_metrics(analysis: AISectorAnalysis | None) -> dict[str, Any]:
    """Figures of an analysis without a column of their own."""
    found: dict[str, Any] = ((analysis and analysis.analysis_data) or {}).get("performance_metrics") or {}
    return found


class SectorMappingSerializer(ResourceSerializer):
    """A membership over a time."""

    class Meta:
        model = SectorMapping
