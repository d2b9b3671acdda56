"""Forms of journal entries: each kind asks for what it needs and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from cryptopredict.pages.portfolios import words
from selection.choices import PositionType
from selection.compute.marks import DOLLAR
from selection.models import Portfolio, PortfolioAsset
from trading.choices import ActionType, PrimarySetup
from trading.services.journal import us_dollar

TRANSFER, PRICE = "transfer", "price"
MINUTE = "%Y-%m-%dT%H:%M"
SECOND = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class Kind:
    """A kind of entry as people make it.

    Attributes:
        label: what it is called.
        needs: fields that must be filled; ``may``: further ones; ``rarely``: those behind “more”.
        help: what it means, in a sentence.
    """

    label: Any
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    rarely: tuple[str, ...] = ()
    help: Any = ""


PAID = ("settlement_asset", "settlement_quantity")
COIN_FEE = ("fee_asset", "fee_quantity")
BESIDES = ("venue", "notes")
KINDS: dict[str, Kind] = {
    ActionType.BUY: Kind(
        words.KINDS[ActionType.BUY], ("quantity", "price"), ("fee", "stop_loss", "take_profit"),
        ("primary_setup", *COIN_FEE, *PAID, *BESIDES), _("Coins come in, and are paid."),
    ),
    ActionType.SELL: Kind(
        words.KINDS[ActionType.SELL], ("quantity", "price"), ("fee",),
        ("accepts_missing", *COIN_FEE, *PAID, *BESIDES), _("Coins leave, and money comes in."),
    ),
    ActionType.DEPOSIT: Kind(
        words.KINDS[ActionType.DEPOSIT], ("quantity",), ("price",), (*COIN_FEE, *BESIDES),
        _("Coins or dollars come in from outside. Without a price they count at the market of that moment."),
    ),
    ActionType.WITHDRAWAL: Kind(
        words.KINDS[ActionType.WITHDRAWAL], ("quantity",), ("price",), ("accepts_missing", *COIN_FEE, *BESIDES),
        _("Coins or dollars leave for outside. It is no sale."),
    ),
    TRANSFER: Kind(
        _("Transfer between own venues"), ("quantity", "arrived_quantity", "venue", "to_venue"), ("arrived_at",),
        ("notes",), _("Lots keep their cost and their dates. What does not arrive was the fee of the way."),
    ),
    ActionType.INCOME: Kind(
        words.KINDS[ActionType.INCOME], ("quantity",), ("price",), (*COIN_FEE, *BESIDES),
        _("Staking, airdrops and the like: they come in at the market of that moment, and count as income."),
    ),
    ActionType.FEE: Kind(
        words.KINDS[ActionType.FEE], (), ("fee", "quantity"), BESIDES,
        _("A fee of its own: in dollars, or in coins of the asset."),
    ),
    ActionType.SHORT: Kind(
        words.KINDS[ActionType.SHORT], ("quantity", "price"), ("leverage", "fee", "stop_loss", "take_profit"),
        ("primary_setup", *BESIDES), _("Borrowed coins are sold, to be bought back later."),
    ),
    ActionType.COVER: Kind(
        words.KINDS[ActionType.COVER], ("quantity", "price"), ("leverage", "fee"), BESIDES,
        _("Borrowed coins are bought back."),
    ),
    ActionType.ENTRY: Kind(
        words.KINDS[ActionType.ENTRY], ("quantity", "price", "leverage", "side"), ("fee", "stop_loss", "take_profit"),
        ("primary_setup", *BESIDES), _("A long or short position with borrowed money."),
    ),
    ActionType.PARTIAL_EXIT: Kind(
        words.KINDS[ActionType.PARTIAL_EXIT], ("quantity", "price", "leverage", "side"), ("fee",), BESIDES,
        _("A part of a position with leverage is closed."),
    ),
    ActionType.FULL_EXIT: Kind(
        words.KINDS[ActionType.FULL_EXIT], ("price",), ("leverage", "side", "fee"), BESIDES,
        _("All that was held is closed; how much follows from the journal."),
    ),
    ActionType.FUNDING: Kind(
        words.KINDS[ActionType.FUNDING], (), ("price", "fee", "leverage", "side"), BESIDES,
        _("Funding or interest: write what was received as the price, what was paid as the fee."),
    ),
    ActionType.SPLIT: Kind(
        words.KINDS[ActionType.SPLIT], ("quantity",), (), BESIDES,
        _("Each coin becomes as many as the quantity says; cost and dates stay."),
    ),
    ActionType.MODIFY_SL: Kind(
        words.KINDS[ActionType.MODIFY_SL], ("stop_loss",), ("leverage", "side"), BESIDES, _("Where you would get out."),
    ),
    ActionType.MODIFY_TP: Kind(
        words.KINDS[ActionType.MODIFY_TP], ("take_profit",), ("leverage", "side"), BESIDES,
        _("Where you would take the profit."),
    ),
}  # fmt: skip
"""What people enter, the usual first."""


def amount(label: Any, help_text: Any = "", **options: Any) -> forms.DecimalField:
    """An exact number of up to 18 places."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"})
    return forms.DecimalField(label=label, help_text=help_text, max_digits=38, decimal_places=18, min_value=0,
                              widget=widget, **options)  # fmt: skip


class MomentInput(forms.DateTimeInput):
    """A day with its time in UTC, in the browser's own field."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": 1, "dir": "ltr"}, format=SECOND)


class SymbolField(forms.CharField):
    """An asset by its symbol, however it is spelled."""

    default_error_messages = {"unknown": _("There is no asset %(symbol)s.")}

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(
            attrs={"list": "symbols", "autocomplete": "off", "dir": "ltr", "autocapitalize": "characters"}
        )
        super().__init__(max_length=30, widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip().upper()
        if not text:
            return None
        if text == DOLLAR:
            return us_dollar()
        found = Asset.objects.filter(symbol=text).order_by("pk").first()
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown", params={"symbol": text})
        return found


def moment(label: Any, **options: Any) -> forms.DateTimeField:
    return forms.DateTimeField(label=label, widget=MomentInput(), input_formats=[SECOND, MINUTE, f"{SECOND}.%f"],
                               **options)  # fmt: skip


def fields() -> dict[str, forms.Field]:
    """Every field that an entry may have."""
    return {
        "executed_at": moment(_("Time (UTC)")),
        "asset": SymbolField(label=_("Asset"), help_text=_("Its symbol, such as BTC.")),
        "side": forms.ChoiceField(label=_("Side"), choices=PositionType.choices),
        "leverage": forms.DecimalField(
            label=_("Leverage"), max_digits=6, decimal_places=2, initial=1, help_text=_("1 = none.")
        ),
        "quantity": amount(_("Quantity, coins")),
        "price": amount(_("Price of a coin, USD")),
        "fee": amount(_("Fee, USD")),
        "stop_loss": amount(_("Stop, USD"), _("Where you would get out; R is counted by it.")),
        "take_profit": amount(_("Target, USD")),
        "arrived_quantity": amount(_("Arrived, coins")),
        "arrived_at": moment(_("Arrived at (UTC)"), help_text=_("When it is left out: at once.")),
        "venue": forms.CharField(label=_("Exchange or wallet"), max_length=50),
        "to_venue": forms.CharField(label=_("To exchange or wallet"), max_length=50),
        "fee_asset": SymbolField(label=_("Fee in coins of")),
        "fee_quantity": amount(_("Fee, coins")),
        "settlement_asset": SymbolField(label=_("Paid in coins of"), help_text=_("Where it was not dollars.")),
        "settlement_quantity": amount(_("Coins that were paid or received")),
        "primary_setup": forms.ChoiceField(
            label=_("Setup"), choices=[("", _("not said")), *PrimarySetup.choices]
        ),
        "accepts_missing": forms.BooleanField(
            label=_("Book it even if the journal lacks coins"),
            help_text=_("What is missing counts as brought in at this price, and every figure of it is marked ◊."),
        ),
        "notes": forms.CharField(label=_("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})),
    }  # fmt: skip


class EntryForm(forms.Form):
    """A new entry of one kind. Its key makes sending it twice harmless."""

    client_key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, kind: str, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        first = {"executed_at": timezone.now().astimezone(UTC), "client_key": f"page:{uuid4()}", "leverage": 1}
        super().__init__(data, initial=first | dict(initial or {}))
        self.kind, self.says = kind, KINDS[kind]
        known = fields()
        for name in ("asset", "executed_at", *self.says.needs, *self.says.may, *self.says.rarely):
            self.fields[name] = known[name]
            self.fields[name].required = name in ("asset", "executed_at", *self.says.needs)
        if kind == TRANSFER:
            self.fields["venue"].label = gettext("From exchange or wallet")
        if kind == ActionType.SPLIT:
            self.fields["quantity"].label = gettext("Coins that each becomes")

    @property
    def plain_rows(self) -> list[forms.BoundField]:
        """What is asked first."""
        return [self[name] for name in self.fields if name not in (*self.says.rarely, "client_key")]

    @property
    def rare_rows(self) -> list[forms.BoundField]:
        """What stands behind “more”."""
        return [self[name] for name in self.says.rarely]

    @property
    def has_rare_faults(self) -> bool:
        """Whether “more” is to stand open."""
        return any(row.errors or row.data for row in self.rare_rows)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("executed_at", "arrived_at"):
            if isinstance(cleaned.get(name), datetime):
                cleaned[name] = cleaned[name].replace(tzinfo=UTC)
        return cleaned

    @property
    def details(self) -> dict[str, Any]:
        """What the journal is told, by its own names; what was left open is not told."""
        told = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        if told.get("accepts_missing") is False:
            del told["accepts_missing"]
        setup = told.pop("primary_setup", None)
        return told | ({"remarks": {"primary_setup": setup}} if setup else {})


class PriceForm(forms.Form):
    """A price that no source has."""

    asset = SymbolField(label=_("Asset"), help_text=_("Its symbol, such as BTC."))
    priced_at = moment(_("From when on (UTC)"))
    price = amount(_("Price of a coin, USD"))
    note = forms.CharField(label=_("Where it is from"), required=False, max_length=2000)

    def clean_priced_at(self) -> datetime:
        at: datetime = self.cleaned_data["priced_at"]
        return at.replace(tzinfo=UTC)


def symbols(portfolio: Portfolio) -> list[str]:
    """Symbols to choose from: those of the portfolio first, then the largest."""
    own = list(
        PortfolioAsset.objects.filter(portfolio=portfolio)
        .order_by("sort_order")
        .values_list("asset__symbol", flat=True)
    )
    others = Asset.objects.filter(is_active=True).order_by("market_cap_rank", "symbol").values_list("symbol", flat=True)
    return list(dict.fromkeys([*own, *others[:500]]))
