"""What the script of passkeys asks: questions for the browser, and what becomes of its answers."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts.attempts import codes_of
from accounts.models import User
from accounts.services import Client, begin_login, begin_registration, complete_login, complete_registration
from accounts.services.reauthentication import login_of
from accounts.views.sign_in import WAITING, let_in, who_waits
from system.exceptions import DomainError, InvalidInput, NotAuthenticated
from system.json_values import json_fault
from system.rest.throttles import LOGIN, take

QUESTION = "passkey_question"
"""Of the session: the question that this browser was asked."""


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class Step(View):
    """One exchange with the script, in JSON. A refusal has a sentence for the person (``detail``)."""

    http_method_names = ("post",)

    def counted_as(self) -> list[str]:
        """Under what a try counts, as those of passwords and codes do."""
        return [f"ip:{self.request.META.get('REMOTE_ADDR', '')}"]

    def post(self, request: HttpRequest) -> JsonResponse:
        rates = [take(LOGIN, who) for who in self.counted_as()]
        spent = [rate.seconds for rate in rates if rate is not None and not rate.passed]
        if spent:
            words = {"detail": _("Too many attempts. Wait a minute.")}
            return JsonResponse(words, status=429, headers={"Retry-After": str(max(spent))})
        try:
            return JsonResponse(self.act(given(request)))
        except DomainError as refusal:
            return JsonResponse({"detail": str(refusal), "code": refusal.code}, status=400)

    def act(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """What the script is told."""
        raise NotImplementedError

    def put(self, question: tuple[int, str]) -> dict[str, Any]:
        """The question, which only this browser can answer."""
        self.request.session[QUESTION], options = question
        return {"options": json.loads(options)}

    def asked(self) -> int:
        """The question that this browser was asked."""
        known: int = self.request.session.pop(QUESTION, 0)
        return known


def given(request: HttpRequest) -> Mapping[str, Any]:
    """What the script sends.

    Raises:
        InvalidInput: it is no JSON object, or holds what no column can.
    """
    try:
        sent = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise InvalidInput(_("This is no JSON object."))
    if fault := json_fault(sent):
        raise InvalidInput(fault)
    return sent


def credential(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer of the browser.

    Raises:
        InvalidInput: there is none.
    """
    found = sent.get("credential")
    if not isinstance(found, dict):
        raise InvalidInput(_("The passkey was not accepted. Try again."), field="credential")
    return found


class OfPerson(LoginRequiredMixin, Step):
    """A step of who is logged in."""

    raise_exception = True

    def person(self) -> User:
        """Who is logged in."""
        person: Any = self.request.user
        return person


class BeginPasskey(OfPerson):
    """Ask for a new passkey."""

    def act(self, sent: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        at, client = login_of(self.request.session), Client.of(self.request)
        return self.put(begin_registration(self.person(), logged_in_at=at, client=client))


class CompletePasskey(OfPerson):
    """Keep it. Recovery codes come with the first factor, and are shown this once."""

    def act(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        name, client = str(sent.get("name") or ""), Client.of(self.request)
        made, codes = complete_registration(self.person(), self.asked(), credential(sent), name=name, client=client)
        return {"name": made.name, "codes": codes}


class OfVisitor(RedirectURLMixin, Step):
    """A step of a login: with the passkey alone, or as the second after the password."""

    is_second = False
    waiting: Mapping[str, Any] = {}
    person: User | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.is_second:
            self.waiting = request.session.get(WAITING) or {}
            self.person = who_waits(self.waiting)
        return super().dispatch(request, *args, **kwargs)

    def counted_as(self) -> list[str]:
        return [*super().counted_as(), *([codes_of(self.person.pk)] if self.person else [])]

    def who(self) -> User | None:
        """Who has shown the password; None for a login with the passkey alone.

        Raises:
            NotAuthenticated: nobody has, lately.
        """
        if self.is_second and self.person is None:
            raise NotAuthenticated(_("This login has ended. Log in again."), code="ticket_ended")
        return self.person


class BeginPasskeyLogin(OfVisitor):
    """Ask for the use of a passkey."""

    def act(self, sent: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        return self.put(begin_login(self.who()))


class CompletePasskeyLogin(OfVisitor):
    """Let in whom the answer proves."""

    def act(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        who, client = self.who(), Client.of(self.request)
        user = complete_login(self.asked(), credential(sent), user=who, client=client)
        target = self.waiting["next"] if who else self.get_redirect_url() or resolve_url(settings.LOGIN_REDIRECT_URL)
        return {"next": let_in(self.request, user, target)}
