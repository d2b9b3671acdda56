"""Pages about the own account: profile and preferences, security, tokens."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts import services
from accounts.account_forms import PasswordForm, ProfileForm, TokenForm
from accounts.choices import ScopeDomain, TokenScope
from accounts.models import ApiToken, Passkey, User, UserActivity, UserSession
from accounts.selectors.browsers import browsers_of, mark_of
from accounts.selectors.second_factor import has_telephone, recovery_codes_left
from accounts.services import Client
from accounts.services.browsers import end_browsers
from accounts.views.speaking import speak
from system.exceptions import DomainError
from system.pages import attempt

LATELY = 15
ABOUT_LOGINS = ("login", "logout", "mfa", "password", "token", "account")
"""Activities that tell who was at the account."""


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class OwnAccount(LoginRequiredMixin, View):
    """A page of the own account."""

    @property
    def person(self) -> User:
        """Who asks."""
        user = self.request.user
        if not isinstance(user, User):
            raise Http404
        return user


class Account(OwnAccount):
    """Profile and preferences."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        return self.shown(ProfileForm.of(self.person))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProfileForm(request.POST)
        if not form.is_valid():
            return self.shown(form)
        try:
            user = services.change_profile(self.person, changes=form.changes, client=Client.of(request))
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.shown(form)
        with override(user.language):
            messages.success(request, _("Kept."))
        answer = redirect("account")
        speak(answer, user.language)
        return answer

    def shown(self, form: ProfileForm) -> HttpResponse:
        return render(self.request, "accounts/account.html", {"form": form, "person": self.person})


class Security(OwnAccount):
    """How the account is logged in to, and where it is now."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        return self.shown(PasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Another password."""
        form, user = PasswordForm(request.POST), self.person
        if not form.is_valid():
            return self.shown(form)
        given = form.cleaned_data
        try:
            services.change_password(
                user,
                old_password=given["old_password"],
                new_password=given["new_password"],
                client=Client.of(request),
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.shown(form)
        user.refresh_from_db()
        update_session_auth_hash(request, user)  # this browser goes on, all others are logged out
        messages.success(request, _("Your password is changed. All other browsers and programs are logged out."))
        return redirect("account-security")

    def shown(self, form: PasswordForm) -> HttpResponse:
        user, now = self.person, timezone.now()
        activities = UserActivity.objects.filter(user=user, activity_type__in=ABOUT_LOGINS)
        sessions = UserSession.objects.filter(user=user, is_active=True, expires_at__gt=now)
        context = {
            "form": form,
            "has_telephone": has_telephone(user),
            "passkeys": Passkey.objects.filter(user=user).count(),
            "codes_left": recovery_codes_left(user),
            "browsers": browsers_of(user),
            "here": mark_of(self.request.session.session_key or ""),
            "sessions": sessions.order_by("-last_used_at", "-pk"),
            "activities": activities.order_by("-created_at", "-pk")[:LATELY],
        }
        return render(self.request, "accounts/security.html", context)


class EndSession(OwnAccount):
    """Log out of a browser or program elsewhere, or of all of them."""

    def post(self, request: HttpRequest, what: str, which: str) -> HttpResponse:
        user, client, is_all = self.person, Client.of(request), which == "all"
        act: Callable[[], Any]
        if what == "browser":
            key = request.session.session_key
            act = partial(end_browsers, user, mark=None if is_all else which, but=key, client=client)
        elif what != "program":
            raise Http404
        elif is_all:
            act = partial(services.end_sessions, user, why="ended from elsewhere")
        else:
            number = int(which) if which.isdecimal() and len(which) < 19 else 0
            session = get_object_or_404(UserSession, pk=number, user=user)
            act = partial(services.end_session, session, client=client)
        attempt(request, act, _("Logged out."))
        return redirect("account-security")


class Tokens(OwnAccount):
    """Personal tokens for programs."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        return self.shown(TokenForm(user=self.person))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Another one. Its secret is in this answer and nowhere else."""
        form = TokenForm(request.POST, user=self.person)
        if not form.is_valid():
            return self.shown(form)
        try:
            token, secret = services.create_api_token(self.person, **form.wanted)
        except DomainError as refusal:
            form.add_error(form.field_of(refusal.field), str(refusal))
            return self.shown(form)
        return render(request, "accounts/token_secret.html", {"token": token, "secret": secret})

    def shown(self, form: TokenForm) -> HttpResponse:
        now = timezone.now()
        rows = ApiToken.objects.filter(user=self.person, revoked_at__isnull=True).order_by("-created_at")
        context = {"form": form, "tokens": [(one, scope_words(one.scopes), state(one, now)) for one in rows]}
        return render(self.request, "accounts/tokens.html", context)


def state(token: ApiToken, now: datetime) -> str:
    """Whether a token still opens anything: empty, or why not."""
    return "expired" if token.is_over(now) else ""


def scope_words(scopes: list[str]) -> list[str]:
    """What a token may do, in words."""
    rights, parts = dict(TokenScope.choices), dict(ScopeDomain.choices)
    told = []
    for scope in scopes or [TokenScope.READ]:
        part, _colon, right = scope.rpartition(":")
        told.append(f"{parts.get(part, part)}: {rights.get(right, right)}" if part else str(rights.get(right, right)))
    return told


class RevokeToken(OwnAccount):
    """A token opens nothing any more."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        token = get_object_or_404(ApiToken, pk=pk, user=self.person)
        revoke: Any = partial(services.revoke_api_token, token, actor=self.person)
        attempt(request, revoke, _("The token opens nothing any more."))
        return redirect("account-tokens")
