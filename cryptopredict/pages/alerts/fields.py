"""What people fill in when they make an alert: numbers, assets, candles, and words for them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChannelKind
from accounts.models import NotificationChannel, User
from assets.choices import Timeframe
from assets.selectors.shown import assets_of, shown_market
from system import formats

LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "01234567890123456789.", "٬, _")
CANDLES = [(name, Timeframe(name).label) for name in ("1m", "5m", "15m", "1h", "4h", "1d", "1w")]


class Amount(forms.DecimalField):
    """A number as people type it: thousands separated or not, in Latin or Persian digits."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "dir": "ltr", "autocomplete": "off"})
        super().__init__(widget=widget, **options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.translate(LATIN) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        """Without idle zeros."""
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class Whole(Amount):
    """A whole number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(decimal_places=0, **options)


class AssetField(forms.CharField):
    """An asset of the market that is shown, by its symbol."""

    def __init__(self) -> None:
        attributes = {"list": "alert-assets", "autocomplete": "off", "autocapitalize": "characters", "dir": "ltr"}
        super().__init__(label=_("Asset"), max_length=30, widget=forms.TextInput(attrs=attributes))

    def clean(self, value: Any) -> Any:
        symbol = super().clean(value).strip().upper().replace("\x00", "")
        found = assets_of(shown_market()).filter(symbol__iexact=symbol).first()
        if found is None:
            raise forms.ValidationError(_("There is no such asset."))
        return found


def pause_words(minutes: int) -> str:
    """A length of time, in words."""
    if not minutes:
        return str(_("none"))
    if minutes % 60:
        return str(_("%(n)s min")) % {"n": formats.number(minutes)}
    return formats.span(minutes // 60)


def also_by(user: User, kept: str | None) -> list[tuple[str, Any]]:
    """Kinds of channels that the person has connected, and the one that the alert has."""
    connected = NotificationChannel.objects.filter(user=user, is_active=True).values_list("kind", flat=True)
    found = {*connected, *([kept] if kept else [])}
    labels = dict(ChannelKind.choices)
    return [("", _("nothing: in the app only")), *((kind, labels.get(kind, kind)) for kind in sorted(found))]


def indicator_name(name: str) -> str:
    """How an indicator is called on screens: ``RSI 14``."""
    return name.replace("_", " ").upper()


def candles_field(choices: list[tuple[str, Any]], usual: str = "1h") -> forms.ChoiceField:
    """How long the candles are that are looked at."""
    return forms.ChoiceField(
        label=_("Candles"), choices=choices, initial=usual, help_text=_("It is looked at when a candle has closed.")
    )
