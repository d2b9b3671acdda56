"""Signals, what is tracked of them and what came of them."""

from django.contrib import admin

from system.admin_base import History
from trading.models import (
    ActiveSignal,
    AITradingSignal,
    SignalOutcome,
    SignalOutcomeRevision,
    SignalTrack,
    TrackedSeries,
)


@admin.register(AITradingSignal)
class AITradingSignalAdmin(History):
    list_display = (
        "created_at",
        "asset",
        "signal_type",
        "time_horizon_hours",
        "entry_price",
        "target_price",
        "stop_loss",
        "risk_reward_ratio",
        "confidence_score",
        "signal_quality",
        "status",
        "signal_successful",
        "series",
    )
    list_filter = ("status", "signal_type", "signal_quality", "risk_level", "signal_successful", "series")
    search_fields = ("=asset__symbol",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


ENDED = (
    "ended_at",
    "signal",
    "outcome",
    "targets_reached",
    "fill_price",
    "exit_price",
    "r_multiple",
    "net_return_pct",
    "hours",
    "decided_by",
)
"""What lists say of an end."""


@admin.register(ActiveSignal)
class ActiveSignalAdmin(History):
    list_display = (
        "generated_at",
        "symbol",
        "signal_type",
        "entry_price",
        "current_price",
        "target_price",
        "stop_loss",
        "potential_return_pct",
        "max_loss_pct",
        "confidence_score",
        "expires_at",
    )
    list_filter = ("signal_type", "signal_quality", "risk_level")
    search_fields = ("=symbol",)
    ordering = ("-confidence_score", "-generated_at")


@admin.register(SignalTrack)
class SignalTrackAdmin(History):
    list_display = (
        "signal",
        "known_at",
        "paused_since",
        "filled_at",
        "fill_price",
        "stop_price",
        "mfe_price",
        "mae_price",
        "targets_reached",
    )
    list_filter = (("paused_since", admin.EmptyFieldListFilter), "signal__status", "signal__series")
    search_fields = ("=signal__asset__symbol",)
    ordering = ("-known_at",)
    related = ("signal__asset",)


@admin.register(TrackedSeries)
class TrackedSeriesAdmin(History):
    list_display = ("series", "timeframe", "known_at")
    list_filter = ("timeframe",)
    search_fields = ("series",)
    ordering = ("-known_at",)


@admin.register(SignalOutcome)
class SignalOutcomeAdmin(History):
    list_display = (*ENDED, "series")
    list_filter = ("outcome", "decided_by", "is_assumed", "timeframe", "signal__signal_type", "series")
    search_fields = ("=signal__asset__symbol",)
    date_hierarchy = "ended_at"
    ordering = ("-ended_at",)
    related = ("signal__asset",)


@admin.register(SignalOutcomeRevision)
class SignalOutcomeRevisionAdmin(History):
    list_display = ("created_at", "number", "reason", *ENDED)
    list_filter = ("outcome", "decided_by")
    search_fields = ("=signal__asset__symbol",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    related = ("signal__asset",)
