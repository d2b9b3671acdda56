"""The page of a position: how it stands, what was said of it, and what its owner plans."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cryptopredict.pages.portfolios import holdings
from cryptopredict.pages.portfolios.doors import OwnView, person
from cryptopredict.pages.portfolios.entry_forms import amount
from cryptopredict.pages.portfolios.forms import refuse
from selection.choices import InvestmentTimeframe, RiskCategory, TradeStatus
from selection.models import Portfolio, PortfolioAsset
from selection.selectors.valuation import latest_values
from system.choices import LIVE
from system.exceptions import DomainError
from trading.models import AIPortfolioAssetAnalysis
from trading.services.journal.booking import locked
from trading.services.own_positions import change_position

NOT_SAID: tuple[str, Any] = ("", _("not said"))
LONGEST_WORDS = 10_000


def percent(label: Any, help_text: Any = "") -> forms.DecimalField:
    """A share of the portfolio."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"})
    return forms.DecimalField(label=label, help_text=help_text, required=False, min_value=0, max_value=100,
                              max_digits=5, decimal_places=2, widget=widget)  # fmt: skip


class PlanForm(forms.Form):
    """What an owner plans with a position. Quantity and prices follow from the journal alone."""

    allocation_target_percent = percent(_("Target share, percent"), _("Of the whole portfolio."))
    max_allocation_percent = percent(_("Largest share, percent"))
    stop_loss_price = amount(_("Stop, USD"), _("A change is an entry of the journal too."), required=False)
    take_profit_price = amount(_("Target, USD"), required=False)
    risk_category = forms.ChoiceField(label=_("Risk"), required=False, choices=[NOT_SAID, *RiskCategory.choices])
    investment_timeframe = forms.ChoiceField(
        label=_("Horizon"), required=False, choices=[NOT_SAID, *InvestmentTimeframe.choices]
    )
    trade_status = forms.ChoiceField(
        label=_("What you do with it"),
        choices=[one for one in TradeStatus.choices if one[0] != TradeStatus.CLOSED],
    )
    investment_thesis = forms.CharField(
        label=_("Why you hold it"), required=False, max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )
    notes = forms.CharField(
        label=_("Note"), required=False, max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )

    NUMBERS: ClassVar[frozenset[str]] = frozenset(
        {"allocation_target_percent", "max_allocation_percent", "stop_loss_price", "take_profit_price"}
    )

    @classmethod
    def of(cls, position: PortfolioAsset) -> "PlanForm":
        """As it is planned now."""
        said = {name: getattr(position, name) for name in cls.base_fields}
        for name in cls.NUMBERS:
            said[name] = None if said[name] is None else f"{said[name].normalize():f}"
        return cls(initial=said)

    @property
    def changes(self) -> dict[str, Any]:
        """Every plan; what is empty is none."""
        return {name: None if value == "" else value for name, value in self.cleaned_data.items()}


class Position(OwnView):
    """One position."""

    def get(self, request: HttpRequest, pk: int, position_id: int) -> HttpResponse:
        portfolio = self.portfolio(request, pk)
        return self.page(request, portfolio, position_id, PlanForm.of(position_of(portfolio, position_id)))

    def post(self, request: HttpRequest, pk: int, position_id: int) -> HttpResponse:
        """Change what is planned."""
        portfolio, form = self.portfolio(request, pk), PlanForm(request.POST)
        position_of(portfolio, position_id)
        if not form.is_valid():
            return self.page(request, portfolio, position_id, form)
        try:
            with transaction.atomic():
                locked(portfolio)  # before the position, as every entry of the journal does
                rows = PortfolioAsset.objects.select_for_update(of=("self",)).select_related("portfolio", "asset")
                change_position(rows.get(pk=position_id), form.changes, actor=person(request))
        except DomainError as refusal:
            refuse(form, refusal, {"stop_loss": "stop_loss_price", "take_profit": "take_profit_price"})
            return self.page(request, portfolio, position_id, form)
        messages.success(request, gettext("Kept."))
        return redirect("position", pk=pk, position_id=position_id)

    def page(self, request: HttpRequest, portfolio: Portfolio, position_id: int, form: PlanForm) -> HttpResponse:
        values = latest_values([portfolio.pk])[portfolio.pk]
        analyses = AIPortfolioAssetAnalysis.objects.filter(portfolio_asset=position_id, series=LIVE)
        context = {
            "portfolio": portfolio,
            "form": form,
            "one": holdings.one_held(values, position_id),
            "said": analyses.order_by("-analysis_time", "-pk").first(),
        }
        return render(request, "pages/position.html", context)


def position_of(portfolio: Portfolio, position_id: int) -> PortfolioAsset:
    """A position of a portfolio; 404 where it is not one of it."""
    rows = PortfolioAsset.objects.filter(portfolio=portfolio).select_related("asset", "portfolio")
    return get_object_or_404(rows, pk=position_id)
