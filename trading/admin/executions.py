"""What people do with signals, and the limits that they have set for themselves."""

from django.contrib import admin

from system.admin_base import History
from trading.models import ExecutionFill, RiskProfile, SignalExecution


@admin.register(SignalExecution)
class SignalExecutionAdmin(History):
    list_display = (
        "created_at",
        "user",
        "signal",
        "portfolio",
        "execution_price",
        "position_size",
        "stop_price",
        "leverage",
        "status",
        "executed_at",
    )
    list_filter = ("status", "execution_type")
    search_fields = ("user__email", "=signal__asset__symbol")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    related = ("signal__asset",)


@admin.register(ExecutionFill)
class ExecutionFillAdmin(History):
    """Which entries of journals belong to which execution."""

    list_display = ("created_at", "execution", "number", "trade_action")
    search_fields = ("execution__user__email", "=execution__signal__asset__symbol")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    related = ("execution__signal__asset", "execution__user", "trade_action")


@admin.register(RiskProfile)
class RiskProfileAdmin(History):
    """Limits are the person's own business; admins look at them."""

    list_display = ("user", "max_position_size", "max_portfolio_risk", "risk_rules", "last_calculated")
    date_hierarchy = "updated_at"
    search_fields = ("user__email",)
    ordering = ("user__email",)
