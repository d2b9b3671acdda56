"""Forms of channels and of when somebody wants to be told."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import NotificationType, Timing
from accounts.models import NotificationChannel
from accounts.services import Hours
from accounts.services.channel_fields import FIELDS, PUBLIC_NTFY
from accounts.services.channels import LONGEST_LABEL
from system.choices import Priority
from system.selectors.settings import setting

LONGEST_FIELD = 600
NEVER_AT_ONCE = ""
DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


class ChannelForm(forms.Form):
    """A name, and what the service needs. Secrets are never filled in again."""

    label = forms.CharField(label=_("Name"), max_length=LONGEST_LABEL, help_text=_("To recognise it later."))

    def __init__(self, kind: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = {"scheme": ["https", "http"], "server": [PUBLIC_NTFY, *setting("delivery")["ntfy_servers"]]}
        for field in FIELDS[kind]:
            common: dict[str, Any] = {"label": field.label, "required": not field.is_optional}
            if field.name in choices:
                pairs = [(word, word) for word in choices[field.name]]
                self.fields[field.name] = forms.ChoiceField(choices=pairs, **common)
                continue
            look = forms.PasswordInput if field.is_secret else forms.TextInput
            widget = look(attrs={"autocomplete": "off", "dir": "ltr"})
            self.fields[field.name] = forms.CharField(max_length=LONGEST_FIELD, widget=widget, **common)

    @property
    def given(self) -> dict[str, str]:
        """What the service needs, as it was typed."""
        return {name: value for name, value in self.cleaned_data.items() if name != "label" and value}


class WishesForm(forms.Form):
    """For every kind of message: what comes at once, and what becomes of the rest."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind, name in NotificationType.choices:
            lowest = [(NEVER_AT_ONCE, _("nothing")), *Priority.choices]
            self.fields[f"{kind}_now_from"] = forms.ChoiceField(
                label=format_lazy(_("{kind}: at once from priority"), kind=name), choices=lowest, required=False
            )
            self.fields[f"{kind}_below"] = forms.ChoiceField(
                label=format_lazy(_("{kind}: the rest"), kind=name), choices=Timing.choices
            )

    @classmethod
    def of(cls, channel: NotificationChannel) -> "WishesForm":
        """The form as the channel has it."""
        rules = channel.wants.items()
        initial = {f"{kind}_{part}": value or NEVER_AT_ONCE for kind, rule in rules for part, value in rule.items()}
        return cls(initial=initial, auto_id=f"channel-{channel.pk}-%s")

    @property
    def wants(self) -> Mapping[str, Mapping[str, str | None]]:
        """What was chosen, as the service takes it."""
        given = self.cleaned_data
        return {
            kind: {"now_from": given[f"{kind}_now_from"] or None, "below": given[f"{kind}_below"]}
            for kind in NotificationType.values
        }


def clock() -> forms.TimeInput:
    """An input of a time of the day."""
    return forms.TimeInput(attrs={"type": "time"})


class HoursForm(forms.Form):
    """Quiet hours and digests."""

    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=clock())
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=clock())
    urgent_passes = forms.BooleanField(label=_("Urgent messages come in quiet hours too"), required=False)
    digest_at = forms.TimeField(label=_("Time of digests"), widget=clock())
    digest_weekday = forms.TypedChoiceField(
        label=_("Day of the weekly digest"), choices=list(enumerate(DAYS)), coerce=int
    )

    @classmethod
    def of(cls, hours: Hours) -> "HoursForm":
        """The form as the person has it."""
        times = {name: getattr(hours, name) for name in ("quiet_from", "quiet_until", "digest_at")}
        initial = {name: moment and f"{moment:%H:%M}" for name, moment in times.items()}
        rest = {"urgent_passes": hours.urgent_passes, "digest_weekday": hours.digest_weekday}
        return cls(initial=initial | rest)
