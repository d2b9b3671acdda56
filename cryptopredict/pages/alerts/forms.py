"""Forms of alerts, one for each kind: what people fill in, and what the service is told."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChannelKind
from accounts.models import NotificationChannel, User
from assets.choices import Timeframe
from assets.models import Asset
from assets.selectors.shown import assets_of, shown_market
from cryptopredict.pages import words
from macro.choices import MarketRegime
from sectors.models import Sector
from selection.choices import PositionType
from system import formats
from system.choices import RunTimeframe
from trading.choices import AlertCondition, AlertType
from trading.models import SignalAlert
from trading.services.alerts.kinds import INDICATORS, LONGEST_WINDOW, kind_of

LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "01234567890123456789.", "٬, _")
CANDLES = [(name, Timeframe(name).label) for name in ("1m", "5m", "15m", "1h", "4h", "1d", "1w")]
MOST_TOLD = 10**9
"""Higher limits are not worth a word."""
PAUSES = (0, 15, 60, 240, 1440, 10080)


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


class AlertForm(forms.Form):
    """What all kinds have in common.

    Attributes:
        alert_type: of the rows.
        own: fields of the kind, in their order; the others follow.
        names: of the fields, by what the service calls them.
        percent: thresholds are shares that people fill in as percent.
    """

    alert_type: ClassVar[str] = ""
    own: ClassVar[tuple[str, ...]] = ()
    names: ClassVar[dict[str, str]] = {
        "asset_id": "asset",
        "trigger_value": "level",
        "expires_at": "until",
        "cooldown_minutes": "pause",
        "notification_method": "also_by",
    }
    percent: ClassVar[bool] = False

    rearm = forms.ChoiceField(
        label=_("After it fired"),
        choices=[("manual", _("wait until I arm it again")), ("auto", _("arm itself again after the pause"))],
        initial="manual",
    )
    pause = forms.TypedChoiceField(label=_("Pause after firing"), coerce=int, initial=0)
    until = forms.DateTimeField(
        label=_("Watch until (UTC)"),
        required=False,
        help_text=_("Empty: without end."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    also_by = forms.ChoiceField(label=_("Also send it by"), required=False)
    urgent = forms.BooleanField(label=_("Urgent: comes in quiet hours too"), required=False)
    message = forms.CharField(
        label=_("Own words"), required=False, max_length=500, help_text=_("They stand first in the message.")
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        kept = self.initial.get("pause", 0)
        pauses = sorted({*PAUSES, kept})
        self.fields["pause"].choices = [(one, pause_words(one)) for one in pauses]  # type: ignore[attr-defined]
        self.fields["also_by"].choices = also_by(user, self.initial.get("also_by"))  # type: ignore[attr-defined]
        self.order_fields([*self.own, "rearm", "pause", "until", "also_by", "urgent", "message"])

    @property
    def first(self) -> list[forms.BoundField]:
        """Fields of the kind."""
        return [self[name] for name in self.own]

    @property
    def more(self) -> list[forms.BoundField]:
        """Those that all have; they are folded away."""
        return [self[name] for name in self.fields if name not in self.own]

    @property
    def has_more_errors(self) -> bool:
        return any(one.errors for one in self.more)

    def clean_level(self) -> Decimal:
        """Within the range of the kind."""
        level: Decimal = self.cleaned_data["level"]
        kind, unit = kind_of(self.alert_type, self.compared(self.cleaned_data)), 100 if self.percent else 1
        low, high, value = kind.low * unit, kind.high * unit, level
        if low < value <= high or (kind.takes_low and value == low):
            return level
        sentence = (
            _("Give a number above %(low)s.") if high > MOST_TOLD else _("Give a number above %(low)s, up to %(high)s.")
        )
        if kind.takes_low:
            sentence = _("Give a number from %(low)s to %(high)s.")
        raise forms.ValidationError(sentence % {"low": formats.number(low), "high": formats.number(high)})

    def clean_until(self) -> datetime | None:
        """In the future."""
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= timezone.now() and "until" in self.changed_data:
            raise forms.ValidationError(_("This time has passed."))
        return until

    @property
    def wanted(self) -> dict[str, Any]:
        """The alert as the service takes it."""
        given = self.cleaned_data
        asset: Asset | None = given.get("asset")
        level: Decimal = given["level"]
        return {
            "alert_type": self.alert_type,
            "condition": self.compared(given),
            "trigger_value": level / 100 if self.percent else level,
            "asset_id": asset.pk if asset else None,
            "parameters": {"rearm": given["rearm"], "urgent": given["urgent"], **self.parameters(given)},
            "message": given["message"] or None,
            "notification_method": given["also_by"] or None,
            "expires_at": given["until"],
            "cooldown_minutes": given["pause"],
        }

    def compared(self, _given: Mapping[str, Any]) -> str:
        """How the level is compared."""
        return AlertCondition.ABOVE

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Words of the kind."""
        return {name: given[name] for name in self.own if name not in {"asset", "level", "condition"}}

    def field_of(self, name: str | None) -> str | None:
        """The field that a refusal is about; None: none of them."""
        own = self.names.get(name or "", (name or "").removeprefix("parameters.").partition(".")[0])
        return own if own in self.fields else None

    @classmethod
    def initial_of(cls, alert: SignalAlert, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The form as an alert has it."""
        level = alert.trigger_value * 100 if cls.percent else alert.trigger_value
        return {
            **parameters,
            "asset": alert.asset.symbol if alert.asset else "",
            "level": level,
            "condition": alert.condition,
            "pause": alert.cooldown_minutes,
            "until": alert.expires_at,
            "also_by": alert.notification_method or "",
            "message": alert.message or "",
        }


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
