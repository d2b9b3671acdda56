"""Admins switch a second factor on before anything else."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.selectors.second_factor import lacks_second_factor

OPEN = frozenset(
    {
        "healthz",
        "login",
        "login-code",
        "logout",
        "passkey-begin",
        "passkey-code-begin",
        "passkey-code-complete",
        "passkey-complete",
        "passkey-login-begin",
        "passkey-login-complete",
        "password-forgot",
        "password-reset",
        "readyz",
        "second-factor",
        "set_language",
        "verify-email",
    }
)
"""Names of addresses that lead there, out, or back in."""
JUDGED_THERE = "/api/"
"""The API takes such an admin for an ordinary user, see ``accounts.api.authentication``."""
PAGE = "second-factor"


class SecondFactorFirst:
    """An admin without the second factor that he needs is led to the page that sets one up, from every other page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """The way to the page, or None to go on."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:  # nobody; and what is public stays the same for all
            return None
        match = request.resolver_match
        if request.path_info.startswith(JUDGED_THERE) or (match is not None and match.view_name in OPEN):
            return None
        return redirect(PAGE) if is_held_back(request) else None


def is_held_back(request: HttpRequest) -> bool:
    """Whether an admin asks who has to switch a second factor on first; looked up once for a request."""
    known: bool | None = getattr(request, "held_back", None)
    if known is None:
        user: Any = request.user
        known = user.is_authenticated and lacks_second_factor(user)
        request.held_back = known  # type: ignore[attr-defined]
    return known
