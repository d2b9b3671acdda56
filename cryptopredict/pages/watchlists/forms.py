"""What people say about lists and their entries on the pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from selection.choices import Decision, PositionType
from selection.models import Watchlist, WatchlistAsset
from selection.services.watchlists.values import LONGEST_NAME, LONGEST_NOTE


def text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "field"})


def share(label: Any, **options: Any) -> forms.DecimalField:
    """A share of a whole, asked for in percent."""
    widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "dir": "ltr"})
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        widget=widget,
        **options,
    )


class ListForm(forms.Form):
    """A list as a whole."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    description = forms.CharField(label=_("What it is for"), required=False, max_length=LONGEST_NOTE, widget=text(2))


class SettingsForm(ListForm):
    """The same with what is set later."""

    max_assets = forms.IntegerField(
        label=_("At most so many assets"),
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text=_("Left empty: as many as the settings allow."),
    )

    def __init__(self, *args: Any, is_personal: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if is_personal:
            self.fields["wants_suggestions"] = forms.BooleanField(
                label=_("Suggest changes of this list to me"), required=False
            )

    @classmethod
    def of(cls, watchlist: Watchlist) -> "SettingsForm":
        names = ("name", "description", "max_assets", "wants_suggestions")
        initial = {name: getattr(watchlist, name) for name in names}
        return cls(initial=initial, is_personal=watchlist.user_id is not None, auto_id="list-%s")


class AddForm(forms.Form):
    """An asset that comes to a list."""

    symbol = forms.CharField(
        label=_("Asset"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "symbols", "dir": "ltr"}),
    )
    position_type = forms.ChoiceField(label=_("Expected to"), choices=[("long", _("rise")), ("short", _("fall"))])
    notes = forms.CharField(label=_("Why it is here"), required=False, max_length=LONGEST_NOTE)


class EntryForm(forms.Form):
    """What an entry says."""

    position_type = forms.ChoiceField(label=_("Direction"), choices=PositionType.choices)
    weight = share(_("Weight, percent"), help_text=_("Of a portfolio of this list; all together at most 100."))
    target_allocation = share(_("Target, percent"))
    notes = forms.CharField(label=_("Why it is here"), required=False, max_length=LONGEST_NOTE, widget=text(4))
    is_active = forms.BooleanField(
        label=_("It is analysed"), required=False, help_text=_("A paused one keeps its place and gets no signals.")
    )

    @classmethod
    def of(cls, entry: WatchlistAsset) -> "EntryForm":
        shares = {name: getattr(entry, name) for name in ("weight", "target_allocation")}
        plain = {name: None if value is None else f"{(100 * value).normalize():f}" for name, value in shares.items()}
        rest = {name: getattr(entry, name) for name in ("position_type", "notes", "is_active")}
        return cls(initial=plain | rest)

    @property
    def changes(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        given = dict(self.cleaned_data)
        given["weight"] = (given["weight"] or 0) / 100
        given["target_allocation"] = None if given["target_allocation"] is None else given["target_allocation"] / 100
        return given | {"notes": given["notes"] or None}


class DecisionForm(forms.Form):
    """A word on a suggestion."""

    decision = forms.ChoiceField(choices=Decision.choices)
    notes = forms.CharField(label=_("Reason"), required=False, max_length=LONGEST_NOTE)
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


class PastForm(forms.Form):
    """The list as it stood."""

    at = forms.DateField(
        label=_("As it stood at the end of"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
