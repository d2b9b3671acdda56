"""How clients say who they are: a personal token in the header, or the session of the pages."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.authentication import SessionScheme as SessionScheme_
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User, UserSession
from accounts.selectors.second_factor import lacks_second_factor
from accounts.services import authenticate_access, authenticate_token
from accounts.services.sessions import ACCESS_PREFIX

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer cp_…``: a personal token, or the access token of a login."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken | UserSession] | None:
        words = get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() != SCHEME.lower():
            return None
        token: ApiToken | UserSession | None = None
        if len(words) == 2 and words[1].startswith(ACCESS_PREFIX):
            token = authenticate_access(words[1])
        elif len(words) == 2:
            token = authenticate_token(words[1], address=request.META.get("REMOTE_ADDR"))
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, ended, or not valid from here."))
        return judged(token.user), token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return f'{SCHEME} realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The cookie of a browser that is logged in."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        return None if found is None else (judged(found[0]), None)


def judged(user: User) -> User:
    """The account, with a note for the permissions: an admin without the second factor that he needs is none here."""
    user.is_held_back = lacks_second_factor(user)  # type: ignore[attr-defined]
    return user


class SessionScheme(SessionScheme_):
    """The cookie in the OpenAPI document."""

    target_class = "accounts.api.authentication.SessionAuthentication"


class TokenScheme(OpenApiAuthenticationExtension):
    """The token in the OpenAPI document."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "cp_…",
            "description": "A personal API token. Reading needs no scope; writing needs write, admin paths need admin.",
        }
