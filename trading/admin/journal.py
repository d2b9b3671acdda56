"""Entries of journals, and what people write and show about them."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from selection.models import Portfolio
from system.admin_base import AdminForm, History, row_or_404
from system.admin_rows import rows_page
from trading.models import TradeAction, TradeNote, TradeNoteVersion, TradeScreenshot
from trading.selectors.venues import holdings_by_venue


class PortfolioForm(AdminForm):
    """Whose coins."""

    portfolio = forms.ModelChoiceField(
        queryset=Portfolio.objects.select_related("user").order_by("user__email", "name"), label=_("Portfolio")
    )


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
    date_hierarchy = "written_at"
    search_fields = ("written_by__email",)
    ordering = ("-written_at",)
    related = ("note__trade_action", "written_by")


@admin.register(TradeScreenshot)
class TradeScreenshotAdmin(OfEntry):
    """Pictures by their size; only their owner sees them."""

    exclude = ("caption",)
    list_display = ("created_at", "trade_action", "width", "height", "file_bytes")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
