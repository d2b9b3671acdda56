"""Forms of the own account: who one is, how things look, the password, tokens."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import ScopeDomain, TokenScope
from accounts.forms import chosen_password, same_twice, timezones
from accounts.models import User
from accounts.services.tokens import LONGEST_NAME
from system.calendars import Calendar

THEMES = [("auto", _("as the device")), ("light", _("light")), ("dark", _("dark"))]
COLOURS = [("usual", _("green rises, red falls")), ("swapped", _("red rises, green falls"))]
CALENDARS = [(Calendar.GREGORIAN.value, _("Gregorian")), (Calendar.JALALI.value, _("Jalali (solar Hijri)"))]
LOOKS = {"theme": "auto", "colours": "usual", "calendar": Calendar.GREGORIAN.value}
"""Preferences of pages, and what they are where nothing was chosen."""
LIVES = [("7", _("7 days")), ("30", _("30 days")), ("90", _("90 days")), ("365", _("one year")), ("", _("without end"))]


class ProfileForm(forms.Form):
    """Who one is, and how pages look."""

    first_name = forms.CharField(label=_("First name"), max_length=50, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=50, required=False)
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of pages, messages and mails.")
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=timezones, help_text=_("For quiet hours and digests. Markets are told in UTC.")
    )
    theme = forms.ChoiceField(label=_("Colours of pages"), choices=THEMES)
    colours = forms.ChoiceField(label=_("Rises and falls"), choices=COLOURS)
    calendar = forms.ChoiceField(
        label=_("Calendar"),
        choices=CALENDARS,
        help_text=_("Of dates on pages. What is typed in, mails, files and the API keep the Gregorian calendar."),
    )

    @classmethod
    def of(cls, user: User) -> "ProfileForm":
        """The form as the account has it."""
        kept: dict[str, Any] = user.preferences or {}
        looks = {name: kept.get(name) or usual for name, usual in LOOKS.items()}
        names = ("first_name", "last_name", "language", "timezone")
        return cls(initial={name: getattr(user, name) or "" for name in names} | looks)

    @property
    def changes(self) -> dict[str, Any]:
        """What the service is told."""
        given = self.cleaned_data
        looks = {name: given[name] for name in LOOKS}
        names = {name: given[name] or None for name in ("first_name", "last_name")}
        return names | {"language": given["language"], "timezone": given["timezone"], "preferences": looks}


class PasswordForm(forms.Form):
    """The old password, and twice the new one."""

    old_password = forms.CharField(
        label=_("Present password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = chosen_password(_("New password"), _("At least 10 characters."))
    repeated = chosen_password(_("Password again"))

    def clean_repeated(self) -> str:
        return same_twice(self.cleaned_data, "new_password")


class LeaveForm(forms.Form):
    """Whoever closes an account knows its password, and has read what it means."""

    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    understood = forms.BooleanField(label=_("I have read what is lost."))


class TokenForm(forms.Form):
    """What a token may do, how long, and from where."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, help_text=_("What will use it?"))
    may = forms.ChoiceField(label=_("It may"), initial=TokenScope.READ)
    parts = forms.MultipleChoiceField(
        label=_("Only in these parts"),
        choices=ScopeDomain.choices,
        required=False,
        help_text=_("None chosen: everywhere."),
        widget=forms.CheckboxSelectMultiple,
    )
    lives = forms.ChoiceField(label=_("Ends after"), choices=LIVES, required=False, initial="90")
    addresses = forms.CharField(
        label=_("Only from these IP addresses"),
        required=False,
        max_length=4000,
        help_text=_("Separated by blanks or commas. Empty: from anywhere."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    names = {"scopes": "may", "expires_at": "lives", "allowed_ips": "addresses"}

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        rights: list[tuple[str, Any]] = [(TokenScope.READ, _("read")), (TokenScope.WRITE, _("read and write"))]
        if user.is_staff:
            rights.append((TokenScope.ADMIN, _("act as admin")))
        self.fields["may"].choices = rights  # type: ignore[attr-defined]

    @property
    def wanted(self) -> dict[str, Any]:
        """What the service is told."""
        given = self.cleaned_data
        scopes = [f"{part}:{given['may']}" for part in given["parts"]] or [given["may"]]
        ends: datetime | None = timezone.now() + timedelta(days=int(given["lives"])) if given["lives"] else None
        addresses = given["addresses"].replace(",", " ").split()
        return {"name": given["name"], "scopes": scopes, "expires_at": ends, "allowed_ips": addresses}

    def field_of(self, name: str | None) -> str | None:
        """The field that a refusal is about; None: none of them."""
        own = self.names.get(name or "", name)
        return own if own in self.fields else None
