"""What the forms of all kinds of alerts have in common."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from assets.models import Asset
from cryptopredict.pages.alerts.fields import also_by, pause_words
from system import formats
from trading.choices import AlertCondition
from trading.models import SignalAlert
from trading.services.alerts.kinds import kind_of

MOST_TOLD = 10**9
"""Higher limits are not worth a word."""
PAUSES = (0, 15, 60, 240, 1440, 10080)


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
