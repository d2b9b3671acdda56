"""Layer 2 in the admin."""

from django.contrib import admin

from sectors.models import (
    AICrossSectorAnalysis,
    AISectorAnalysis,
    Sector,
    SectorHistory,
    SectorMapping,
    SectorRotationFlow,
)
from system.admin_base import AdminPage, History, HistoryInline


class MembershipInline(HistoryInline):
    model = SectorMapping
    fields = readonly_fields = ("asset", "is_primary_sector", "weight", "valid_from", "valid_to")
    ordering = ("asset__symbol",)
    related = ("asset", "sector")


@admin.register(Sector)
class SectorAdmin(AdminPage):
    list_display = ("name", "coingecko_id", "market_cap", "volume_24h", "color_code", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "coingecko_id")
    ordering = ("name",)
    editable = ("name", "description", "color_code", "characteristics", "is_active")
    inlines = (MembershipInline,)


@admin.register(SectorMapping)
class SectorMappingAdmin(History):
    list_display = ("asset", "sector", "is_primary_sector", "weight", "valid_from", "valid_to")
    list_filter = ("sector", "is_primary_sector", ("valid_to", admin.EmptyFieldListFilter))
    search_fields = ("=asset__symbol", "asset__name")
    ordering = ("sector__name", "asset__symbol")


@admin.register(SectorHistory)
class SectorHistoryAdmin(History):
    list_display = ("candle_time", "sector", "timeframe", "market_cap", "volume_24h")
    list_filter = ("timeframe", "sector")
    date_hierarchy = "candle_time"
    ordering = ("-candle_time", "sector")


@admin.register(AISectorAnalysis)
class AISectorAnalysisAdmin(History):
    list_display = (
        "analysis_time",
        "sector",
        "timeframe",
        "performance_24h_pct",
        "performance_7d_pct",
        "performance_30d_pct",
        "momentum_score",
        "relative_strength_score",
        "ai_sector_outlook",
        "series",
    )
    list_filter = ("sector", "timeframe", "ai_sector_outlook", "series")
    date_hierarchy = "analysis_time"
    ordering = ("-analysis_time", "sector")


class FlowInline(HistoryInline):
    model = SectorRotationFlow
    fields = readonly_fields = ("from_sector", "to_sector", "score")
    ordering = ("-score",)
    related = ("from_sector", "to_sector")


@admin.register(AICrossSectorAnalysis)
class AICrossSectorAnalysisAdmin(History):
    list_display = (
        "analysis_time",
        "timeframe",
        "rotation_probability",
        "leading_sectors",
        "declining_sectors",
        "ai_market_outlook",
        "series",
    )
    list_filter = ("timeframe", "ai_market_outlook", "series")
    date_hierarchy = "analysis_time"
    ordering = ("-analysis_time",)
    inlines = (FlowInline,)


@admin.register(SectorRotationFlow)
class SectorRotationFlowAdmin(History):
    list_display = ("ai_cross_sector_analysis", "from_sector", "to_sector", "score")
    list_filter = ("from_sector", "to_sector")
    ordering = ("-ai_cross_sector_analysis__analysis_time", "-score")
