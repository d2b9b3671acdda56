"""Pages of logging in, logging out and making the first admin."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from accounts.attempts import codes_of, passwords_of
from accounts.forms import CodeForm, LoginForm, SetupForm
from accounts.models import User
from accounts.providers.authenticators import host
from accounts.selectors.second_factor import has_passkey, has_second_factor
from accounts.services import Client, accept_setup_link, check_code, record_login, setup_is_open
from accounts.services.browsers import begin_browser
from accounts.services.mfa import TICKET_LIFETIME
from accounts.views.counted import Counted
from accounts.views.speaking import speak
from system.exceptions import DomainError

AGAIN = "again"
"""Query parameter: who comes is logged in, and has to show so anew."""
WAITING = "waits_for_code"
"""Of the session: who has shown the right password, since when, and where they go next."""


class Login(Counted, LoginView):
    """Log in with e-mail address and password."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = False

    def counted_as(self) -> list[str]:
        return [*super().counted_as(), passwords_of(self.request.POST.get("username", ""))]

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        again = AGAIN in self.request.GET
        return super().get_context_data(again=again, passkeys_work=host() is not None, **words)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if has_second_factor(user):
            now = int(timezone.now().timestamp())
            self.request.session[WAITING] = {
                "user": user.pk,
                "since": now,
                "next": self.get_success_url(),
                "password": user.get_session_auth_hash(),
            }
            return redirect("login-code")
        answer = super().form_valid(form)
        note_login(self.request, user)
        return answer


def note_login(request: HttpRequest, user: User) -> None:
    """Count a login and keep its place."""
    client = Client.of(request)
    record_login(user, ip_address=client.ip_address, user_agent=client.user_agent)
    begin_browser(request.session, client)


def let_in(request: HttpRequest, user: User, target: str) -> str:
    """Begin the session of somebody who has shown all that a login asks for. Where they go next."""
    login(request, user)
    request.session.pop(WAITING, None)
    note_login(request, user)
    return target


def who_waits(waiting: dict[str, Any]) -> User | None:
    """Who has shown the right password in this session; None when that is too long ago, or it is not their password
    any more, or they may not log in any more."""
    if timezone.now().timestamp() - waiting.get("since", 0) > TICKET_LIFETIME.total_seconds():
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), waiting.get("password", "")):
        return None
    return user


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class LoginCode(Counted):
    """The second step of a login: a code of the telephone, or a recovery code."""

    template_name = "accounts/login_code.html"
    form_class = CodeForm

    def counted_as(self) -> list[str]:
        return [*super().counted_as(), codes_of(self.waiting["user"])]

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        passkey = host() is not None and has_passkey(self.person)
        return super().get_context_data(has_passkey=passkey, **words)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.waiting = request.session.get(WAITING) or {}
        person = who_waits(self.waiting)
        if person is None:
            request.session.pop(WAITING, None)
            return redirect("login")
        self.person = person
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = self.person
        try:
            is_right = check_code(user, form.cleaned_data["code"], client=Client.of(self.request))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        if not is_right:
            form.add_error("code", _("This code is wrong."))
            return self.form_invalid(form)
        return redirect(let_in(self.request, user, self.waiting["next"]))


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
        note_login(self.request, user)
        answer = redirect("first-run")
        speak(answer, user.language)
        return answer
