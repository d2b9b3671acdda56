"""Layer 4 in the admin: all of it to look at. A status is about the market or a person, never edited by hand."""

from functools import partial

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from selection.models import Portfolio
from system.admin_base import AdminForm, History, actor, row_or_404
from system.admin_rows import rows_page
from trading.models import (
    ActiveSignal,
    AIPortfolioAssetAnalysis,
    AITradingSignal,
    AlertFiring,
    Backtest,
    ExchangeAccount,
    ExchangeRecord,
    ExecutionFill,
    PaperPortfolio,
    PaperTrade,
    Recommendation,
    RecommendationOutcome,
    RecommendationResponse,
    RiskProfile,
    SignalAlert,
    SignalExecution,
    SignalOutcome,
    SignalOutcomeRevision,
    SignalTrack,
    TradeAction,
    TradeImport,
    TradeNote,
    TradeNoteVersion,
    TradeScreenshot,
)
from trading.selectors.venues import holdings_by_venue
from trading.services import pause_alert, resume_alert


class PortfolioForm(AdminForm):
    """Whose coins."""

    portfolio = forms.ModelChoiceField(
        queryset=Portfolio.objects.select_related("user").order_by("user__email", "name"), label=_("Portfolio")
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


@admin.register(SignalTrack)
class SignalTrackAdmin(History):
    list_display = (
        "signal",
        "judged_until",
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
    ordering = ("-judged_until",)
    related = ("signal__asset",)


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


@admin.register(Backtest)
class BacktestAdmin(History):
    list_display = ("created_at", "name", "source", "timeframe", "start_at", "end_at", "status", "trades", "created_by")
    list_filter = ("status", "source", "timeframe")
    search_fields = ("name", "created_by__email", "fingerprint")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


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
    search_fields = ("user__email",)
    ordering = ("user__email",)


@admin.register(SignalAlert)
class SignalAlertAdmin(History):
    """Alerts are their owners'. An admin may quiet one."""

    actions = ("pause", "resume")
    list_display = (
        "user",
        "alert_type",
        "asset",
        "condition",
        "trigger_value",
        "is_active",
        "is_triggered",
        "triggered_at",
        "last_checked",
        "expires_at",
    )
    list_filter = ("alert_type", "is_active", "is_triggered")
    search_fields = ("user__email", "=asset__symbol")
    ordering = ("-created_at",)

    @admin.action(description=_("Pause the selected alerts"))
    def pause(self, request: HttpRequest, queryset: QuerySet[SignalAlert]) -> None:
        """Nothing is told until somebody resumes them."""
        for alert in queryset.order_by("pk"):
            deed = partial(pause_alert, alert.pk, actor=actor(request))
            self.attempt(request, deed, _("Paused: %s") % alert)

    @admin.action(description=_("Resume the selected alerts"))
    def resume(self, request: HttpRequest, queryset: QuerySet[SignalAlert]) -> None:
        """They are armed from now on."""
        for alert in queryset.order_by("pk"):
            deed = partial(resume_alert, alert.pk, actor=actor(request))
            self.attempt(request, deed, _("Resumed: %s") % alert)


@admin.register(AlertFiring)
class AlertFiringAdmin(History):
    list_display = (
        "fired_at",
        "user",
        "asset",
        "alert_type",
        "condition",
        "threshold",
        "value",
        "timeframe",
        "known_at",
        "number",
    )
    list_filter = ("alert_type", "timeframe")
    search_fields = ("user__email", "=asset__symbol")
    date_hierarchy = "fired_at"
    ordering = ("-fired_at", "-pk")


@admin.register(TradeAction)
class TradeActionAdmin(History):
    list_display = (
        "executed_at",
        "portfolio_asset",
        "action_type",
        "quantity",
        "asset_price",
        "fees_paid",
        "pnl_realized_usd",
        "action_source",
        "venue",
        "assumptions",
    )
    list_filter = ("action_type", "action_source", "accepts_missing")
    search_fields = ("=portfolio_asset__asset__symbol", "portfolio_asset__portfolio__name", "external_id")
    date_hierarchy = "executed_at"
    ordering = ("-executed_at", "-pk")
    related = ("portfolio_asset__asset",)
    actions_list = ("venues",)

    @action(description=_("Coins by venue"), url_path="venues", icon="account_balance")
    def venues(self, request: HttpRequest) -> HttpResponse:
        """Which coins of a portfolio are at which exchange or wallet."""
        form = PortfolioForm(request.POST or None)
        if form.is_valid():
            return redirect(f"{request.path}?portfolio={form.cleaned_data['portfolio'].pk}")
        if "portfolio" not in request.GET:
            return self.form_page(request, form, title=_("Coins by venue"), button=_("Show"))
        portfolio = row_or_404(Portfolio.objects.all(), request.GET["portfolio"])
        rows = [
            (
                one.venue or gettext("no venue"),
                one.position.asset.symbol,
                one.position.get_asset_type_display(),
                one.quantity,
                None if one.value is None else round(one.value, 2),
                gettext("more left than came") if one.is_negative else "",
            )
            for one in holdings_by_venue(portfolio)
        ]
        return rows_page(
            self,
            request,
            rows,
            title=_("Coins of %(portfolio)s by venue") % {"portfolio": portfolio},
            columns=(_("Venue"), _("Asset"), _("Kind"), _("Quantity"), _("Value, USD"), _("Flag")),
            empty=_("Nothing is held."),
        )


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


@admin.register(TradeImport)
class TradeImportAdmin(History):
    """Files of trades; their content is the person's own business."""

    exclude = ("content",)
    list_display = (
        "created_at",
        "portfolio",
        "created_by",
        "source",
        "layout",
        "status",
        "lines",
        "new",
        "known",
        "left_out",
        "faulty",
        "booked_at",
    )
    list_filter = ("source", "status")
    search_fields = ("portfolio__name", "created_by__email", "file_hash")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(ExchangeAccount)
class ExchangeAccountAdmin(History):
    """Accounts at exchanges. A key is never shown again, sealed or not."""

    exclude = ("sealed_key",)
    list_display = (
        "label",
        "exchange",
        "portfolio",
        "created_by",
        "status",
        "key_hint",
        "last_synced_at",
        "last_error",
    )
    list_filter = ("exchange", "status")
    search_fields = ("label", "portfolio__name", "created_by__email")
    ordering = ("exchange", "label")


@admin.register(ExchangeRecord)
class ExchangeRecordAdmin(History):
    list_display = ("occurred_at", "account", "key", "fetched_at", "booked_at")
    list_filter = ("account__exchange",)
    search_fields = ("=key", "account__label")
    date_hierarchy = "occurred_at"
    ordering = ("-occurred_at",)


class OfEntry(History):
    """What belongs to an entry of a journal."""

    search_fields = ("trade_action__portfolio_asset__portfolio__user__email",)
    related = ("trade_action",)


@admin.register(TradeNote)
class TradeNoteAdmin(OfEntry):
    """That people write about their trades; what they write is their own business."""

    exclude = ("text", "broken_rules")
    list_display = ("updated_at", "trade_action", "version", "followed_rules")
    list_filter = ("followed_rules",)
    ordering = ("-updated_at",)


@admin.register(TradeNoteVersion)
class TradeNoteVersionAdmin(History):
    exclude = ("text", "broken_rules")
    list_display = ("written_at", "note", "version", "written_by")
    search_fields = ("written_by__email",)
    ordering = ("-written_at",)
    related = ("note__trade_action", "written_by")


@admin.register(TradeScreenshot)
class TradeScreenshotAdmin(OfEntry):
    """Pictures by their size; only their owner sees them."""

    exclude = ("caption",)
    list_display = ("created_at", "trade_action", "width", "height", "file_bytes")
    ordering = ("-created_at",)
