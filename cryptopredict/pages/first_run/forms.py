"""What an admin says about where real market data come from."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.choices import RunTimeframe

EXCHANGES = (
    ("binance", "Binance"),
    ("binanceus", "Binance US"),
    ("bitfinex", "Bitfinex"),
    ("bitget", "Bitget"),
    ("bitstamp", "Bitstamp"),
    ("bybit", "Bybit"),
    ("coinbase", "Coinbase"),
    ("cryptocom", "Crypto.com"),
    ("gate", "Gate"),
    ("gemini", "Gemini"),
    ("htx", "HTX"),
    ("kraken", "Kraken"),
    ("kucoin", "KuCoin"),
    ("mexc", "MEXC"),
    ("okx", "OKX"),
)
"""Those that people ask for most; the settings of the admin take every exchange that ccxt knows."""


class SourceForm(forms.Form):
    """The part of the setting ``collection`` that a beginning needs."""

    exchange = forms.ChoiceField(label=_("Exchange"), help_text=_("Its public candles are read. No key is needed."))
    quote = forms.CharField(
        label=_("Priced in"),
        max_length=10,
        validators=[RegexValidator(r"^[A-Z]{2,10}$", _("Two to ten capital letters, such as USDT."))],
        help_text=_("What the pairs are traded against, such as USDT, USD or EUR."),
    )
    assets = forms.IntegerField(
        label=_("How many coins"), min_value=1, max_value=10_000, help_text=_("The largest by market cap.")
    )
    timeframes = forms.MultipleChoiceField(
        label=_("Lengths of candles"),
        choices=Timeframe.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The analysis runs on 1h, 4h, 1d and 1w; shorter ones cost room and calls."),
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        exchange: Any = self.fields["exchange"]
        now = self.initial.get("exchange")
        known = dict(EXCHANGES)
        exchange.choices = [*EXCHANGES, *([(now, now)] if now and now not in known else [])]

    def clean_timeframes(self) -> list[str]:
        """In the order of their length; one of them has to be analysed."""
        chosen = [name for name in Timeframe.values if name in self.cleaned_data["timeframes"]]
        if not set(chosen) & set(RunTimeframe.values):
            raise forms.ValidationError(_("Choose at least one of the lengths that are analysed."))
        return chosen
