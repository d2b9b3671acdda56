"""Pages that mails lead to, and the page that asks for one: a new password, and the proof of an address."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import AddressForm, MailedTokenForm, NewPasswordForm
from accounts.services import Client, forget_password, mail_is_configured, reset_password, verify_email
from accounts.views.counted import Counted
from system.exceptions import DomainError


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class MailedLink(Counted):
    """A page with one form. What it did is said on the same page."""

    template_name = "accounts/mailed_link.html"
    title: Any = ""
    explanation: Any = ""
    button: Any = ""
    done: Any = ""
    action = ""
    wants_secret = True

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("title", "explanation", "button", "action", "wants_secret")}
        return super().get_context_data(**shown, **words)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            self.act(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(
                refusal.field if refusal.field in form.fields and refusal.field != "token" else None, str(refusal)
            )
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, done=self.done))

    def act(self, given: dict[str, Any]) -> None:
        """Do what the page is for."""
        raise NotImplementedError


class ForgotPassword(MailedLink):
    """Asks for a mail. Whether the address has an account is not told."""

    form_class = AddressForm
    title = _("Forgotten password")
    explanation = _("We send you a link that sets a new password.")
    button = _("Send the link")
    done = _("If this address has an account, a mail is on its way.")
    action = "password-forgot"
    wants_secret = False

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        if not mail_is_configured():
            words["refusal"] = _("There is no mail server here: ask an admin to set a new password for you.")
            words["is_closed"] = True
        return super().get_context_data(**words)

    def act(self, given: dict[str, Any]) -> None:
        forget_password(given["email"])


class ResetPassword(MailedLink):
    """Sets the new password."""

    form_class = NewPasswordForm
    title = _("Set a new password")
    explanation = _("All sessions of the account end. The link works once.")
    button = _("Set the password")
    done = _("Your new password is set.")
    action = "password-reset"

    def act(self, given: dict[str, Any]) -> None:
        reset_password(given["token"], given["new_password"], client=Client.of(self.request))


class VerifyEmail(MailedLink):
    """Confirms an address."""

    form_class = MailedTokenForm
    title = _("Confirm your e-mail address")
    explanation = _("One click, so that we know that mails reach you.")
    button = _("Confirm the address")
    done = _("Your address is confirmed.")
    action = "verify-email"

    def act(self, given: dict[str, Any]) -> None:
        verify_email(given["token"])
