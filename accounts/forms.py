"""Forms of logging in, of the first admin, of second factors and of what mails lead to."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from accounts.services.factors import LONGEST_CODE


class LoginForm(AuthenticationForm):
    """The e-mail address is the login name."""

    username = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
    )
    error_messages = {
        "invalid_login": _("This e-mail address and password do not belong together."),
        "inactive": _("This account may not log in."),
    }

    def get_invalid_login_error(self) -> forms.ValidationError:
        """A lock, or an account that may not log in, has a sentence of its own."""
        refusal = getattr(self.request, "login_refusal", None)
        return forms.ValidationError(refusal, code="refused") if refusal else super().get_invalid_login_error()


def timezones() -> list[tuple[str, str]]:
    """Names of the time zones; UTC first, because it is what the market uses."""
    return [(name, name) for name in ("UTC", *sorted(available_timezones() - {"UTC", "localtime"}))]


class MailedTokenForm(forms.Form):
    """The token comes from the fragment of a link; a script moves it into the form."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=200)


class AddressForm(forms.Form):
    """Whose account it is about."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=255, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class CodeForm(forms.Form):
    """A code of the telephone, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("Of your authenticator app, or one of your recovery codes."),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


def chosen_password(label: Any, help_text: Any = "") -> forms.CharField:
    """A field for a password that somebody chooses now; blanks belong to it."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class NewPasswordForm(MailedTokenForm):
    """A new password, twice against a slip of the finger."""

    new_password = chosen_password(_("New password"), _("At least 10 characters."))
    repeated = chosen_password(_("Password again"))

    def clean_repeated(self) -> str:
        return same_twice(self.cleaned_data, "new_password")


def same_twice(given: dict[str, Any], first: str) -> str:
    """The repeated password.

    Raises:
        ValidationError: it is another one.
    """
    repeated: str = given["repeated"]
    if repeated != given.get(first):
        raise forms.ValidationError(_("The two passwords differ."))
    return repeated


class SetupForm(MailedTokenForm):
    """What the first admin tells us."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=255, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = chosen_password(_("Password"), _("At least 10 characters."))
    repeated = chosen_password(_("Password again"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=timezones, initial="UTC")

    def clean_repeated(self) -> str:
        return same_twice(self.cleaned_data, "password")
