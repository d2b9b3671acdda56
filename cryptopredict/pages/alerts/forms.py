"""Forms of alerts, one for each kind: what people fill in, and what the service is told."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cryptopredict.pages import words
from cryptopredict.pages.alerts.fields import CANDLES, Amount, AssetField, Whole, candles_field, indicator_name
from cryptopredict.pages.alerts.form import AlertForm
from macro.choices import MarketRegime
from sectors.models import Sector
from selection.choices import PositionType
from system.choices import RunTimeframe
from trading.choices import AlertCondition, AlertType
from trading.services.alerts.kinds import INDICATORS, LONGEST_WINDOW

CONDITIONS = [
    (AlertCondition.ABOVE, _("rises to, or is above")),
    (AlertCondition.BELOW, _("falls to, or is below")),
    (AlertCondition.EQUALS, _("reaches, from either side")),
]


class PriceForm(AlertForm):
    """A level of the price."""

    alert_type = AlertType.PRICE_TARGET
    own = ("asset", "condition", "level", "timeframe", "cross", "touch")

    asset = AssetField()
    condition = forms.ChoiceField(label=_("When the price"), choices=CONDITIONS)
    level = Amount(label=_("Level, USD"))
    timeframe = candles_field(CANDLES)
    cross = forms.BooleanField(
        label=_("Only when it crosses"), required=False, help_text=_("Not if it is there already when you arm it.")
    )
    touch = forms.BooleanField(
        label=_("A touch is enough"),
        required=False,
        help_text=_("The high or low of the candle counts, not its close."),
    )

    def compared(self, given: Mapping[str, Any]) -> str:
        """As chosen."""
        return str(given.get("condition") or AlertCondition.ABOVE)


class ChangeForm(AlertForm):
    """A change of the price within a window."""

    alert_type = AlertType.PRICE_TARGET
    own = ("asset", "level", "direction", "window", "timeframe")

    asset = AssetField()
    level = Amount(label=_("Change, percent"), initial=5)
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[("either", _("either way")), ("up", _("up")), ("down", _("down"))],
        initial="either",
    )
    window = Whole(label=_("Within so many candles"), initial=24, min_value=1, max_value=LONGEST_WINDOW)
    timeframe = candles_field(CANDLES)

    def compared(self, _given: Mapping[str, Any]) -> str:
        """By its size."""
        return AlertCondition.PERCENTAGE_CHANGE

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The window is a whole number."""
        return super().parameters(given) | {"window": int(given["window"])}


class VolumeForm(AlertForm):
    """A volume far above what is usual."""

    alert_type = AlertType.VOLUME_SPIKE
    own = ("asset", "measure", "level", "window", "timeframe")

    asset = AssetField()
    measure = forms.ChoiceField(
        label=_("Measured as"),
        choices=[("z", _("deviations from the median (robust z-score)")), ("multiple", _("a multiple of the median"))],
        initial="z",
    )
    level = Amount(label=_("At least"), initial=4)
    window = Whole(
        label=_("Usual is what so many candles before had"), initial=48, min_value=10, max_value=LONGEST_WINDOW
    )
    timeframe = candles_field(CANDLES)

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The window is a whole number."""
        return super().parameters(given) | {"window": int(given["window"])}


class IndicatorForm(AlertForm):
    """A level of an indicator."""

    alert_type = AlertType.INDICATOR_LEVEL
    own = ("asset", "indicator", "condition", "level", "timeframe", "cross")

    asset = AssetField()
    indicator = forms.ChoiceField(label=_("Indicator"), choices=[(name, indicator_name(name)) for name in INDICATORS])
    condition = forms.ChoiceField(label=_("When it"), choices=CONDITIONS)
    level = Amount(label=_("Level"))
    timeframe = candles_field(list(RunTimeframe.choices))
    cross = forms.BooleanField(
        label=_("Only when it crosses"), required=False, help_text=_("Not if it is there already when you arm it.")
    )

    def compared(self, given: Mapping[str, Any]) -> str:
        """As chosen."""
        return str(given.get("condition") or AlertCondition.ABOVE)


class SignalForm(AlertForm):
    """A new signal for an asset."""

    alert_type = AlertType.SIGNAL_GENERATED
    own = ("asset", "direction", "level", "unproven")
    percent = True

    asset = AssetField()
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[("any", _("either way")), *((one.value, one.label) for one in PositionType)],
        initial="any",
    )
    level = Amount(label=_("Probability of at least, percent"), initial=0)
    unproven = forms.BooleanField(
        label=_("Also signals without a proven skill"),
        required=False,
        help_text=_("Without it only signals of a model with a measured edge are told."),
    )


class RegimeForm(AlertForm):
    """Another state of the market."""

    alert_type = AlertType.REGIME_CHANGE
    own = ("to", "from", "level", "timeframe")
    percent = True

    level = Amount(label=_("Confidence of at least, percent"), initial=0)
    timeframe = candles_field(list(RunTimeframe.choices), "1d")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in (("to", _("Into")), ("from", _("Out of"))):
            self.fields[name] = forms.MultipleChoiceField(
                label=label,
                choices=MarketRegime.choices,
                required=False,
                help_text=_("None chosen: any."),
                widget=forms.CheckboxSelectMultiple,
            )
        self.order_fields([*self.own, *(name for name in self.fields if name not in self.own)])


class RotationForm(AlertForm):
    """Capital that moves between sectors."""

    alert_type = AlertType.SECTOR_ROTATION
    own = ("sector", "direction", "level", "timeframe")
    percent = True

    sector = forms.TypedChoiceField(label=_("Sector"), coerce=int, empty_value=None, required=False)
    direction = forms.ChoiceField(
        label=_("Direction"), choices=[("in", _("capital moves in")), ("out", _("capital leaves"))], initial="in"
    )
    level = Amount(label=_("Share of at least, percent"), initial=30, help_text=_("Of all that moved between sectors."))
    timeframe = candles_field(list(RunTimeframe.choices), "1d")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = Sector.objects.order_by("name").values_list("pk", "name")
        sectors = [(pk, words.named(words.SECTORS, name)) for pk, name in names]
        self.fields["sector"].choices = [("", _("any")), *sectors]  # type: ignore[attr-defined]


FORMS: dict[str, type[AlertForm]] = {
    "price": PriceForm,
    "change": ChangeForm,
    "volume": VolumeForm,
    "indicator": IndicatorForm,
    "signal": SignalForm,
    "regime": RegimeForm,
    "rotation": RotationForm,
}
"""By the key of the kind."""
