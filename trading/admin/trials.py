"""Signals that nobody pays for: backtests, and portfolios on paper."""

from django.contrib import admin

from system.admin_base import History
from trading.models import Backtest, PaperPortfolio, PaperTrade


@admin.register(Backtest)
class BacktestAdmin(History):
    list_display = ("created_at", "name", "source", "timeframe", "start_at", "end_at", "status", "trades", "created_by")
    list_filter = ("status", "source", "timeframe")
    search_fields = ("name", "created_by__email", "fingerprint")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(PaperPortfolio)
class PaperPortfolioAdmin(History):
    """Portfolios on paper and their rules."""

    list_display = (
        "portfolio",
        "capital",
        "takes_unproven",
        "risk_pct",
        "max_positions",
        "opened_at",
        "is_following",
    )
    list_filter = ("is_following", "takes_unproven")
    search_fields = ("portfolio__name", "portfolio__user__email")
    ordering = ("-opened_at",)
    related = ("portfolio",)


@admin.register(PaperTrade)
class PaperTradeAdmin(History):
    """What they followed, and what not."""

    list_display = ("created_at", "paper", "signal", "quantity", "entry", "exit", "refusal")
    list_filter = ("refusal",)
    search_fields = ("paper__portfolio__name", "=signal__asset__symbol")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    related = (
        "paper__portfolio",
        "signal__asset",
        "entry__portfolio_asset__asset",
        "exit__portfolio_asset__asset",
    )
