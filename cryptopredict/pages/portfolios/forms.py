"""Forms of portfolios: making and keeping one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.choices import AssetType
from assets.models import Asset
from cryptopredict.pages.portfolios import words
from selection.choices import BaseCurrency
from selection.models import Portfolio
from selection.services.own_portfolios import LONGEST_NAME
from system.exceptions import DomainError


def refuse(form: forms.Form, refusal: DomainError, names: dict[str, str] | None = None) -> None:
    """Show what was refused beside the field that is at fault, else above the form.

    Args:
        form: what was typed stays in it.
        refusal: each of its faults is told.
        names: what services call an input, by what the form calls it.
    """
    for fault in refusal.faults:
        name = (names or {}).get(fault.field or "", fault.field)
        form.add_error(name if name in form.fields else None, str(fault))


class NameForm(forms.Form):
    """What a portfolio is called."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, help_text=_("Such as “Savings” or “Trading”."))


class NewPortfolioForm(NameForm):
    """A new portfolio and how it is kept."""

    base_currency = forms.ChoiceField(
        label=_("Currency"), choices=BaseCurrency.choices, help_text=_("What its figures are shown in.")
    )
    lot_method = forms.ChoiceField(
        label=_("Which coins leave first"),
        choices=[(method.value, told) for method, told in words.METHODS.items()],
        help_text=_("It decides what a sale gained. You can change it later: the whole history is derived anew."),
    )


class KeepingForm(NewPortfolioForm):
    """How a portfolio is kept."""

    cash_asset = forms.ModelChoiceField(
        label=_("Cash"),
        required=False,
        queryset=Asset.objects.none(),
        empty_label=_("not tracked: every trade is money put in or taken out"),
        help_text=_("Trades are paid from it and into it; then only deposits, withdrawals and transfers are payments."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["cash_asset"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Asset.objects.filter(asset_type=AssetType.STABLECOIN).order_by("symbol")

    @classmethod
    def of(cls, portfolio: Portfolio) -> "KeepingForm":
        """As it is kept now."""
        return cls(
            initial={
                "name": portfolio.name,
                "base_currency": portfolio.base_currency,
                "lot_method": portfolio.lot_method,
                "cash_asset": portfolio.cash_asset_id,
            }
        )
