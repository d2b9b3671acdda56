"""What the screener filters by."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from cryptopredict.pages.freshness import FRESH_STATE, LATE_STATE, STALE_STATE
from system.formats import span

UNITS = {"": 0, "k": 3, "m": 6, "b": 9, "t": 12}
AMOUNT = re.compile(r"([+-]?[0-9.]+)([kmbt]?)\Z")
LONGEST_SEARCH = 60
PERIODS = {
    "24h": "price_change_percentage_24h",
    "7d": "price_change_percentage_7d",
    "30d": "price_change_percentage_30d",
}
USUAL_PERIOD = "24h"


class AmountField(forms.CharField):
    """A number as people write it: ``1.5B``, ``300 M``, ``-5``; digits of any script."""

    default_error_messages = {"invalid": _("Give a number, such as 1.5B, 300M or 20.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=30, **options)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        latin = "".join(_latin(letter) for letter in text.lower() if not letter.isspace() and letter not in ",٬٪%_")
        found = AMOUNT.match(latin)
        try:
            number = Decimal(found[1]).scaleb(UNITS[found[2]]) if found else None
        except InvalidOperation:
            number = None
        if number is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return number


def _latin(letter: str) -> str:
    if letter in "−–":
        return "-"
    if letter == "٫":
        return "."
    return str(unicodedata.digit(letter)) if letter.isdigit() else letter


class SearchField(forms.CharField):
    """Part of a symbol or name. NUL, which no text in the database can hold, is left out, and what is too long."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(str(value or "").replace("\x00", "").strip()[:LONGEST_SEARCH])
        return text


class ScreenerForm(forms.Form):
    """The filters. A field that makes no sense filters nothing, and says so beside itself."""

    FIRST: ClassVar[tuple[str, ...]] = ("sector", "signals", "watchlist", "age")
    """Fields that are always in sight, besides the search."""

    q = SearchField(required=False, label=_("Search by symbol or name"))
    sector = forms.ChoiceField(label=_("Sector"), required=False)
    signals = forms.ChoiceField(
        label=_("Open signals"),
        required=False,
        choices=[
            ("", _("any")),
            ("some", _("with a signal")),
            ("long", _("long")),
            ("short", _("short")),
            ("proven", _("with a proven one")),
        ],
    )
    watchlist = forms.ChoiceField(label=_("Watchlist"), required=False)
    age = forms.ChoiceField(
        label=_("Age of the price"),
        required=False,
        choices=[("", _("any")), (FRESH_STATE, _("in time")), (LATE_STATE, _("late")), (STALE_STATE, _("stale"))],
    )
    cap_min = AmountField(label=_("Market cap from, USD"))
    cap_max = AmountField(label=_("Market cap up to, USD"))
    volume_min = AmountField(label=_("Volume 24 h from, USD"))
    volume_max = AmountField(label=_("Volume 24 h up to, USD"))
    period = forms.ChoiceField(label=_("Change over"), required=False)
    change_min = AmountField(label=_("Change from, percent"))
    change_max = AmountField(label=_("Change up to, percent"))

    def __init__(self, query: Any, *, sectors: Iterable[tuple[int, str]], lists: Iterable[tuple[int, str]]) -> None:
        super().__init__(query, auto_id="filter-%s")
        every: list[tuple[str, Any]] = [("", _("all"))]
        self._offer("sector", [*every, *((str(key), name) for key, name in sectors)])
        self._offer("watchlist", [*every, *((str(key), name) for key, name in lists)])
        self._offer("period", [("", span(24)), ("7d", span(24 * 7)), ("30d", span(24 * 30))])

    def _offer(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        for low, high in (("cap_min", "cap_max"), ("volume_min", "volume_max"), ("change_min", "change_max")):
            first, last = found.get(low), found.get(high)
            if first is not None and last is not None and last < first:
                self.add_error(high, _("This is less than the beginning of the range."))
        return found

    def first(self) -> list[forms.BoundField]:
        """The fields that are always in sight."""
        return [self[name] for name in self.FIRST]

    def more(self) -> list[forms.BoundField]:
        """The others."""
        return [field for field in self if field.name not in (*self.FIRST, "q")]

    def is_more_open(self) -> bool:
        """Whether one of the others is in use."""
        return any(field.value() for field in self.more() if field.name != "period")
