"""The page on which people switch their second factor on."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import CodeForm
from accounts.models import User
from accounts.selectors.second_factor import has_second_factor
from accounts.services import Client, begin_totp, confirm_totp
from accounts.views.counted import Counted
from system.exceptions import DomainError

BEGIN = "begin"


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecondFactor(LoginRequiredMixin, Counted):
    """First a secret for the telephone, then a code of it, then recovery codes; each is shown once."""

    template_name = "accounts/second_factor.html"
    form_class = CodeForm

    def person(self) -> User:
        """Who is logged in."""
        person: Any = self.request.user
        return person

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        return super().get_context_data(is_on=has_second_factor(self.person()), **words)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("step") != BEGIN:
            return super().post(request, *args, **kwargs)
        try:
            secret, address = begin_totp(self.person())
        except DomainError as refusal:
            return self.render_to_response(self.get_context_data(form=CodeForm(), refusal=str(refusal)))
        return self.render_to_response(self.get_context_data(form=CodeForm(), secret=secret, address=address))

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            codes = confirm_totp(self.person(), form.cleaned_data["code"], client=Client.of(self.request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.form_invalid(form)
        return self.render_to_response(self.get_context_data(form=form, codes=codes, done=_("It is on.")))
