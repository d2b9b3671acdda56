"""Who may do what. What a caller may not even see is left out of the querysets, so that it answers 404."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import (
    SAFE_METHODS,
    AllowAny,
    BasePermission,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.request import Request

from system.exceptions import NotAllowed

READS_ONLY = "guest"
"""Role of an account that reads like a user and writes nothing."""


DOMAINS = {
    "accounts": "account",
    "assets": "market",
    "macro": "market",
    "sectors": "market",
    "aimodels": "forecasts",
    "selection": "lists",
    "trading": "signals",
    "system": "system",
    "cryptopredict": "system",
}
"""Which part of the API the views of an app belong to, unless a view has a ``domain`` of its own."""
PARTS = frozenset(DOMAINS.values()) | {"portfolio"}


def domain_of(view: Any) -> str:
    """The part of the API that a view belongs to, as scopes name it."""
    return getattr(view, "domain", None) or DOMAINS[type(view).__module__.partition(".")[0]]


def scopes_of(request: Request) -> set[str] | None:
    """What the token of the request may do here, in the part of the API that the view belongs to; see ``scopes_in``."""
    return scopes_in(request, None)


def scopes_in(request: Request, part: str | None) -> set[str] | None:
    """What the token of the request may do in a part of the API: those of its scopes that hold there, and read for one
    that is not limited to parts. None for a login with a session, which has no limits.

    Args:
        part: as scopes name it; None for that of the view.
    """
    scopes: list[str] | None = getattr(request.auth, "scopes", None)
    if scopes is None:
        return None
    is_limited = any(":" in scope for scope in scopes)
    return held_in(scopes, (part or domain_of((request.parser_context or {}).get("view"))) if is_limited else "")


def held_in(scopes: Collection[str], part: str) -> set[str]:
    """What a token with these scopes may do in a part of the API: nothing, if all of them are for other parts."""
    everywhere = {scope for scope in scopes if ":" not in scope}
    prefix = f"{part}:"
    here = {scope.removeprefix(prefix) for scope in scopes if scope.startswith(prefix)}
    found = everywhere | here
    return found | {"read"} if found or not scopes else set()


def readable_domains(request: Request) -> set[str] | None:
    """Parts of the API that the token of the request reads; None for a login with a session, which reads all."""
    scopes: list[str] | None = getattr(request.auth, "scopes", None)
    return None if scopes is None else {domain for domain in PARTS if held_in(scopes, domain)}


def caller(request: Request) -> Any:
    """The account that the request came with, where the permissions have made sure that there is one."""
    return request.user


def acts_as_admin(request: Request) -> bool:
    """The caller is an admin, and so is his token: without that scope, or without the second factor that admins need,
    he is treated as an ordinary user."""
    if not getattr(request.user, "is_staff", False) or getattr(request.user, "is_held_back", False):
        return False
    scopes = scopes_of(request)
    return scopes is None or "admin" in scopes


def may_write(request: Request) -> bool:
    """The account may write, and so may its token."""
    scopes = scopes_of(request)
    return caller(request).role != READS_ONLY and (scopes is None or "write" in scopes)


def require_owner(request: Request, owner_id: int | None) -> None:
    """Only the owner goes on, also where others may look.

    Raises:
        NotAllowed: it is somebody else's, or nobody's.
    """
    if owner_id != caller(request).pk:
        raise NotAllowed(gettext("Only its owner may do this."))


class IsUser(BasePermission):
    """Everybody who is logged in reads; guests and tokens without the scope write do not write."""

    message = _("This account or token may not do this here.")

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        if not request.user.is_authenticated:
            return False
        return request.method in SAFE_METHODS or may_write(request)


class IsPerson(IsUser):
    """Everybody who is logged in, guests too, for what concerns nobody but the caller; a token needs the scope write to
    write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if super().has_permission(request, view):
            return True
        scopes = scopes_of(request)
        return request.user.is_authenticated and (scopes is None or "write" in scopes)


class IsAdmin(IsUser):
    """Admins, with a token of the scope admin if they use one."""

    message = _("Only admins may do this, with a token of the scope admin if they use one.")

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and acts_as_admin(request)


def access_of(view: Any, method: str) -> dict[str, str]:
    """Who may call an operation, as the OpenAPI document says it.

    Returns:
        ``role``: guest (anyone), person (any account), user (an account that may write), admin; ``scope``: what a token
        needs; ``part``: the part of the API that a limited scope names, or any. Reading needs any scope of that part.
    """
    reads = method in SAFE_METHODS
    role, scope, part = "guest", "read", domain_of(view)
    for permission in view.get_permissions():
        if isinstance(permission, IsAdmin):
            role = scope = "admin"
        elif isinstance(permission, IsUser):
            role = "person" if reads or isinstance(permission, IsPerson) else "user"
            scope = "read" if reads else "write"
        elif isinstance(permission, IsAuthenticated):
            role, part = "person", "any"
        elif not isinstance(permission, (AllowAny, IsAuthenticatedOrReadOnly)):
            raise TypeError(f"{type(view).__name__}: no word for {type(permission).__name__}")
    return {"role": role, "scope": scope, "part": part}
