"""Rankings, reviews, portfolios and past entries: to look at."""

from django.contrib import admin

from selection.models import (
    AIPortfolioAnalysis,
    AIWatchlistAnalysis,
    AssetRanking,
    LotDisposal,
    ManualPrice,
    Portfolio,
    PortfolioAsset,
    PortfolioDay,
    PositionFlow,
    PositionLot,
    RankingOutcome,
    SuggestionReview,
    WatchlistAssetHistory,
    WatchlistStateHistory,
    WatchlistSummary,
)
from system.admin_base import History, HistoryInline


@admin.register(WatchlistAssetHistory)
class WatchlistAssetHistoryAdmin(History):
    list_display = (
        "watchlist",
        "asset",
        "position_type",
        "sort_order",
        "weight",
        "valid_from",
        "valid_to",
        "changed_by",
        "series",
    )
    list_filter = ("series", ("valid_to", admin.EmptyFieldListFilter))
    search_fields = ("=asset__symbol", "watchlist__name")
    date_hierarchy = "valid_from"
    ordering = ("-valid_from", "sort_order")


@admin.register(WatchlistStateHistory)
class WatchlistStateHistoryAdmin(History):
    list_display = ("watchlist", "max_assets", "is_active", "valid_from", "valid_to", "changed_by")
    list_filter = ("is_active", "watchlist__watchlist_type")
    search_fields = ("watchlist__name",)
    ordering = ("-valid_to",)


@admin.register(WatchlistSummary)
class WatchlistSummaryAdmin(History):
    list_display = (
        "name",
        "watchlist_type",
        "tier",
        "user_email",
        "asset_count",
        "paused_count",
        "max_assets",
        "asset_symbols",
        "is_active",
    )
    list_filter = ("watchlist_type", "tier", "is_active")
    search_fields = ("name", "user_email")
    ordering = ("watchlist_type", "sort_order", "id")


@admin.register(AssetRanking)
class AssetRankingAdmin(History):
    list_display = ("analysis_time", "timeframe", "asset_count", "is_estimated", "moments", "ai_model", "series")
    list_filter = ("timeframe", "is_estimated", "series")
    date_hierarchy = "analysis_time"
    ordering = ("-analysis_time",)


@admin.register(RankingOutcome)
class RankingOutcomeAdmin(History):
    list_display = (
        "ranking",
        "horizon_hours",
        "asset_count",
        "ended_count",
        "missing_count",
        "rank_correlation",
        "momentum_rank_correlation",
        "unresolved_reason",
        "measured_at",
    )
    list_filter = ("horizon_hours", "ranking__timeframe", "ranking__series", "unresolved_reason")
    related = ("ranking",)
    ordering = ("-measured_at", "-pk")


@admin.register(AIWatchlistAnalysis)
class AIWatchlistAnalysisAdmin(History):
    list_display = (
        "analysis_time",
        "watchlist",
        "timeframe",
        "ai_watchlist_outlook",
        "signal_agreement_score",
        "ai_model",
        "series",
    )
    list_filter = ("timeframe", "ai_watchlist_outlook", "series")
    search_fields = ("watchlist__name",)
    date_hierarchy = "analysis_time"
    ordering = ("-analysis_time",)


@admin.register(SuggestionReview)
class SuggestionReviewAdmin(History):
    list_display = ("reviewed_at", "reviewer", "decision", "suggestion", "target_tier", "review_notes")
    list_filter = ("decision",)
    search_fields = ("reviewer__email", "=suggestion__asset__symbol", "review_notes")
    date_hierarchy = "reviewed_at"
    ordering = ("-reviewed_at",)
    related = ("suggestion__asset",)


class PositionInline(HistoryInline):
    model = PortfolioAsset
    fields = readonly_fields = ("asset", "asset_type", "quantity", "entry_price", "trade_status", "pnl_realized_usd")
    ordering = ("sort_order",)
    related = ("asset",)


@admin.register(Portfolio)
class PortfolioAdmin(History):
    list_display = ("name", "user", "base_currency", "lot_method", "cash_asset", "is_active", "created_at")
    list_filter = ("is_active", "lot_method", "base_currency")
    search_fields = ("name", "user__email")
    ordering = ("user__email", "name")
    inlines = (PositionInline,)


@admin.register(PortfolioAsset)
class PortfolioAssetAdmin(History):
    list_display = (
        "portfolio",
        "asset",
        "asset_type",
        "quantity",
        "entry_price",
        "trade_status",
        "pnl_realized_usd",
        "is_active",
    )
    list_filter = ("asset_type", "trade_status", "is_active")
    search_fields = ("=asset__symbol", "portfolio__name", "portfolio__user__email")
    ordering = ("portfolio", "sort_order")


@admin.register(PositionFlow)
class PositionFlowAdmin(History):
    list_display = (
        "occurred_at",
        "position",
        "kind",
        "quantity_change",
        "price",
        "cash_flow_usd",
        "cost_change_usd",
        "realized_usd",
        "external_usd",
        "assumptions",
    )
    list_filter = ("kind",)
    search_fields = ("=position__asset__symbol", "position__portfolio__name")
    date_hierarchy = "occurred_at"
    ordering = ("-occurred_at",)
    related = ("position__asset",)


@admin.register(PositionLot)
class PositionLotAdmin(History):
    list_display = ("acquired_at", "position", "quantity", "cost_usd", "assumptions")
    search_fields = ("=position__asset__symbol", "position__portfolio__name")
    date_hierarchy = "acquired_at"
    ordering = ("-acquired_at",)
    related = ("position__asset",)


@admin.register(LotDisposal)
class LotDisposalAdmin(History):
    list_display = (
        "disposed_at",
        "position",
        "kind",
        "quantity",
        "acquired_at",
        "cost_usd",
        "proceeds_usd",
        "assumptions",
    )
    list_filter = ("kind",)
    search_fields = ("=position__asset__symbol", "position__portfolio__name")
    date_hierarchy = "disposed_at"
    ordering = ("-disposed_at",)
    related = ("position__asset",)


@admin.register(PortfolioDay)
class PortfolioDayAdmin(History):
    list_display = (
        "day",
        "portfolio",
        "value_usd",
        "external_usd",
        "invested_usd",
        "realized_usd",
        "unrealized_usd",
        "growth",
        "restart",
        "assumptions",
    )
    list_filter = ("restart",)
    search_fields = ("portfolio__name", "portfolio__user__email")
    date_hierarchy = "day"
    ordering = ("-day",)


@admin.register(ManualPrice)
class ManualPriceAdmin(History):
    list_display = ("priced_at", "portfolio", "asset", "price", "created_by", "note")
    search_fields = ("=asset__symbol", "portfolio__name")
    date_hierarchy = "priced_at"
    ordering = ("-priced_at",)


@admin.register(AIPortfolioAnalysis)
class AIPortfolioAnalysisAdmin(History):
    list_display = (
        "analysis_time",
        "portfolio",
        "total_portfolio_value_usd",
        "total_pnl_pct",
        "concentration_risk",
        "diversification_score",
        "portfolio_beta",
        "overall_action",
        "series",
    )
    list_filter = ("overall_action", "rebalance_needed", "series")
    search_fields = ("portfolio__name", "portfolio__user__email")
    date_hierarchy = "analysis_time"
    ordering = ("-analysis_time",)
