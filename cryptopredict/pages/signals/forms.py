"""What the pages of signals may be asked for, and how a signal is executed."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from selection.choices import PositionType
from selection.models import Portfolio, Watchlist
from system.choices import RunTimeframe
from system.formats import span
from trading.choices import SignalEnding
from trading.models import AITradingSignal
from trading.rules import HORIZON_HOURS
from trading.selectors.listed_signals import ACTIVE, ENDED

ALL, MINE = "all", "mine"
EVERY: tuple[str, Any] = ("", _("all"))


class SignalsForm(forms.Form):
    """Which signals are listed, and in which order."""

    SORTS: ClassVar[dict[str, Any]] = {
        "-issued": _("newest first"),
        "issued": _("oldest first"),
        "ends": _("ends soonest"),
        "-probability": _("most probable first"),
        "-rr": _("highest reward to risk"),
        "-reward": _("farthest target"),
        "risk": _("nearest stop"),
        "-result": _("best result"),
        "result": _("worst result"),
        "asset": _("asset, A to Z"),
        "-asset": _("asset, Z to A"),
        "-ends": _("ends latest"),
        "probability": _("least probable first"),
        "rr": _("lowest reward to risk"),
        "reward": _("nearest target"),
        "-risk": _("farthest stop"),
    }
    USUAL_SORT: ClassVar[str] = "-issued"
    field_order = ("state", "direction", "horizon", "timeframe", "list", "asset", "sort")

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[(ACTIVE, _("open")), (ENDED, _("ended")), *SignalEnding.choices, (ALL, _("all"))],
    )
    direction = forms.ChoiceField(label=_("Direction"), required=False, choices=[EVERY, *PositionType.choices])
    horizon = forms.TypedChoiceField(
        label=_("Horizon"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=lambda: [EVERY, *((str(hours), span(hours)) for hours in sorted(HORIZON_HOURS.values()))],
    )
    timeframe = forms.ChoiceField(label=_("Candles"), required=False, choices=[EVERY, *RunTimeframe.choices])
    asset = forms.CharField(
        label=_("Asset"), required=False, max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    sort = forms.ChoiceField(label=_("Sorted"), required=False, choices=list(SORTS.items()))

    def __init__(self, query: Any, *, lists: Iterable[Watchlist], is_known: bool) -> None:
        super().__init__(query)
        mine = [(MINE, _("all of my lists"))] if is_known else []
        self.fields["list"] = forms.ChoiceField(
            label=_("On the list"),
            required=False,
            choices=[EVERY, *mine, *((str(one.pk), one.name) for one in lists)],
        )
        self.order_fields(self.field_order)


def amount(**options: Any) -> forms.DecimalField:
    """A field of dollars or of a price."""
    widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "dir": "ltr"})
    return forms.DecimalField(max_digits=38, decimal_places=18, widget=widget, **options)


class KeyedForm(forms.Form):
    """A form that does nothing when it is sent a second time."""

    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, portfolios: Sequence[Portfolio], empty: Any, **options: Any) -> None:
        initial = {"key": uuid4().hex, "portfolio": portfolios[0].pk if portfolios else ""}
        super().__init__(*args, **options | {"initial": initial | options.get("initial", {})})
        self.fields["portfolio"] = forms.TypedChoiceField(
            label=_("Portfolio"),
            required=False,
            coerce=int,
            empty_value=None,
            choices=[*((str(one.pk), one.name) for one in portfolios), ("", empty)],
        )
        self.order_fields(["portfolio"])


class ExecuteForm(KeyedForm):
    """How a signal is executed."""

    position_size = amount(label=_("Size, USD"), required=False, help_text=_("Coins by price, fee apart."))
    portfolio_percentage = forms.DecimalField(
        label=_("or share of the portfolio, percent"),
        required=False,
        max_digits=5,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "dir": "ltr"}),
    )
    price = amount(
        label=_("Price paid or received, USD"),
        required=False,
        help_text=_("Left empty it is a plan, which you fill later."),
    )
    stop_loss = amount(label=_("Stop, USD"), required=False)
    target = amount(label=_("Target, USD"), required=False)
    leverage = forms.DecimalField(
        label=_("Leverage"),
        max_digits=6,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "dir": "ltr"}),
    )
    fee = amount(label=_("Fee, USD"), required=False)
    risk_confirmed = forms.BooleanField(
        label=_("I know what this may lose."),
        required=False,
        help_text=_("At the stop, with the fee, and more in a gap."),
    )

    @classmethod
    def of(cls, signal: AITradingSignal, portfolios: Sequence[Portfolio], size: Any) -> "ExecuteForm":
        """The form as the plan says it."""
        levels = {"stop_loss": signal.stop_loss, "target": signal.target_price}
        plain = {name: None if level is None else f"{level.normalize():f}" for name, level in levels.items()}
        size = f"{size.normalize():f}" if size else None
        return cls(portfolios=portfolios, empty=NO_PORTFOLIO, initial={**plain, "leverage": 1, "position_size": size})


NO_PORTFOLIO, FILL_EMPTY = _("none: only a plan"), _("choose one")
"""What stands in place of a portfolio."""


class FillForm(KeyedForm):
    """What of a plan was done."""

    price = amount(label=_("Price paid or received, USD"))
    quantity = amount(label=_("Coins"), required=False, help_text=_("Left empty: all that is left."))
    fee = amount(label=_("Fee, USD"), required=False)


class FeedbackForm(forms.Form):
    """A word about a signal."""

    message = forms.CharField(
        label=_("What do you think of this signal?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "field"}),
    )
