"""The page on which people say what their logins ask for besides the password."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import CodeForm
from accounts.models import Passkey, User
from accounts.providers.authenticators import host
from accounts.selectors.second_factor import has_telephone, lacks_second_factor, recovery_codes_left
from accounts.services import (
    Client,
    begin_totp,
    confirm_totp,
    end_totp,
    remove_passkey,
    renew_recovery_codes,
)
from accounts.services.reauthentication import is_fresh, login_of
from accounts.views.counted import Counted
from system.exceptions import DomainError


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecondFactor(LoginRequiredMixin, Counted):
    """Codes of a telephone, passkeys, recovery codes. What is secret is shown once."""

    template_name = "accounts/second_factor.html"
    form_class = CodeForm

    def person(self) -> User:
        """Who is logged in."""
        person: Any = self.request.user
        return person

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        person = self.person()
        passkeys = list(Passkey.objects.filter(user=person).order_by("created_at"))
        has_codes = has_telephone(person)
        return super().get_context_data(
            has_telephone=has_codes,
            passkeys=passkeys,
            is_on=has_codes or bool(passkeys),
            codes_left=recovery_codes_left(person),
            is_wanted=lacks_second_factor(person),
            is_fresh=is_fresh(login_of(self.request.session)),
            passkeys_work=host() is not None,
            **words,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        steps = {"begin": self.begin, "end": self.end, "renew": self.renew, "remove": self.remove}
        step = steps.get(request.POST.get("step", ""))
        if step is None:
            return super().post(request, *args, **kwargs)
        try:
            words = step(logged_in_at=login_of(request.session), client=Client.of(request))
        except DomainError as refusal:
            words = {"refusal": str(refusal)}
        return self.render_to_response(self.get_context_data(form=CodeForm(), **words))

    def begin(self, **proof: Any) -> dict[str, Any]:
        """A secret for the telephone."""
        secret, address = begin_totp(self.person(), **proof)
        return {"secret": secret, "address": address}

    def end(self, **proof: Any) -> dict[str, Any]:
        """No codes of the telephone any more."""
        end_totp(self.person(), **proof)
        return {"done": _("Your telephone is not asked any more.")}

    def renew(self, **proof: Any) -> dict[str, Any]:
        """Other recovery codes."""
        return {"codes": renew_recovery_codes(self.person(), **proof), "done": _("The old codes work no more.")}

    def remove(self, **proof: Any) -> dict[str, Any]:
        """A passkey less."""
        named = self.request.POST.get("passkey", "")
        gone = named.isdecimal() and remove_passkey(self.person(), int(named[:18]), **proof)
        return {"done": _("The passkey is removed.")} if gone else {}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            codes = confirm_totp(self.person(), form.cleaned_data["code"], client=Client.of(self.request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, codes=codes, done=_("It is on.")))
