"""What meets whoever is logged in: the end of sessions, the second factor of admins, the own calendar."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.selectors.second_factor import lacks_second_factor
from accounts.services.browsers import renew_browser
from system.calendars import Calendar, telling_dates_in

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
ASKED_BY_MACHINES = frozenset({"healthz", "metrics", "readyz"})
"""Of these some have to be answered while the database, and with it every session, is away."""


class BrowserSessions:
    """Renews the session of a browser that is in use, and keeps what it shows out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        user: Any = getattr(request, "renewed_for", None)
        if user is not None and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-store"
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        match = request.resolver_match
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or (match and match.view_name in ASKED_BY_MACHINES):
            return
        user: Any = request.user
        if not user.is_authenticated:
            return
        if renew_browser(request.session):
            request.renewed_for = user.pk  # type: ignore[attr-defined]
        else:
            logout(request)


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


class OwnCalendar:
    """Pages tell dates in the calendar that the reader has chosen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path_info.startswith(JUDGED_THERE):
            return self.get_response(request)
        with telling_dates_in(lambda: chosen_calendar(request)):
            return self.get_response(request)


def chosen_calendar(request: HttpRequest) -> Calendar:
    """Of whoever asks; he is looked up anyway by a page that tells a date."""
    preferences: dict[str, Any] = getattr(request.user, "preferences", None) or {}
    said = preferences.get("calendar")
    return Calendar(said) if said in set(Calendar) else Calendar.GREGORIAN


def is_held_back(request: HttpRequest) -> bool:
    """Whether an admin asks who has to switch a second factor on first; looked up once for a request."""
    known: bool | None = getattr(request, "held_back", None)
    if known is None:
        user: Any = request.user
        known = user.is_authenticated and lacks_second_factor(user)
        request.held_back = known  # type: ignore[attr-defined]
    return known
