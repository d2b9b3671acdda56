"""Pages of logging in, logging out and making the first admin."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts.forms import LoginForm, SetupForm
from accounts.services import Client, accept_setup_link, record_login, setup_is_open
from accounts.views.counted import Counted
from system.exceptions import DomainError


class Login(Counted, LoginView):
    """Log in with e-mail address and password."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = False

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        client = Client.of(self.request)
        record_login(form.get_user(), ip_address=client.ip_address, user_agent=client.user_agent)
        return answer


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class Setup(FormView):
    """Make the first admin; only while there is none."""

    template_name = "accounts/setup.html"
    form_class = SetupForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not setup_is_open():
            return redirect("login")
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language()}

    def form_valid(self, form: Any) -> HttpResponse:
        given = {name: value for name, value in form.cleaned_data.items() if name not in {"token", "repeated"}}
        try:
            user = accept_setup_link(form.cleaned_data["token"], **given)
        except DomainError as error:
            form.add_error(error.field if error.field in given else None, str(error))
            return self.form_invalid(form)
        login(self.request, user)
        return redirect("admin:index")
