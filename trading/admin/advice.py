"""What people are advised, and what came of it."""

from django.contrib import admin

from system.admin_base import History
from trading.models import AIPortfolioAssetAnalysis, Recommendation, RecommendationOutcome, RecommendationResponse


@admin.register(AIPortfolioAssetAnalysis)
class AIPortfolioAssetAnalysisAdmin(History):
    list_display = (
        "analysis_time",
        "portfolio_asset",
        "position_status",
        "current_pnl_pct",
        "exit_probability",
        "recommended_action",
        "urgency_level",
        "series",
    )
    list_filter = ("position_status", "recommended_action", "urgency_level", "series")
    date_hierarchy = "analysis_time"
    ordering = ("-analysis_time",)
    related = ("portfolio_asset__asset",)


@admin.register(Recommendation)
class RecommendationAdmin(History):
    list_display = (
        "created_at",
        "user",
        "recommendation_type",
        "recommendation_title",
        "status",
        "answer",
        "priority_level",
        "user_rating",
        "expires_at",
    )
    list_filter = ("status", "answer", "recommendation_type", "priority_level", "series")
    search_fields = ("recommendation_title", "user__email")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(RecommendationResponse)
class RecommendationResponseAdmin(History):
    """What people made of advice to everybody."""

    list_display = ("updated_at", "recommendation", "user", "status", "answer", "user_rating", "implemented_at")
    list_filter = ("status", "answer", "user_rating")
    search_fields = ("recommendation__recommendation_title", "user__email")
    date_hierarchy = "updated_at"
    ordering = ("-updated_at",)
    related = ("recommendation", "user")


@admin.register(RecommendationOutcome)
class RecommendationOutcomeAdmin(History):
    """What following would have brought, against doing nothing."""

    list_display = (
        "ended_at",
        "recommendation",
        "recommendation_type",
        "asset",
        "return_without",
        "return_with",
        "advantage",
        "unresolved_reason",
        "series",
    )
    list_filter = ("recommendation_type", "unresolved_reason", "series")
    search_fields = ("recommendation__recommendation_title", "=asset__symbol")
    ordering = ("-ended_at",)
    related = ("recommendation", "asset")
