"""Personal API tokens."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.choices import ScopeDomain, TokenScope
from accounts.models import ApiToken, User
from accounts.selectors.second_factor import has_second_factor
from accounts.services.activities import record_activity
from accounts.services.secrets import digest, new_secret
from system.acting import for_everyone
from system.choices import AuditOperation
from system.exceptions import InvalidInput, NotAllowed
from system.read_only import Kept, writing
from system.services import record_change

PREFIX = "cp_"
SHOWN = 12
"""Characters of a token that stay readable, to recognise it in a list."""
LONGEST_NAME = 100
SCOPES = frozenset(TokenScope.values) | {
    f"{domain}:{scope}" for domain in ScopeDomain.values for scope in TokenScope.values
}
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_api_token(
    user: User,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    allowed_ips: Iterable[str] = (),
    made_with: ApiToken | None = None,
) -> tuple[ApiToken, str]:
    """A new token of a person, and its secret, which cannot be shown again.

    Args:
        expires_at: its end; without one it has that of ``made_with``.
        allowed_ips: addresses it works from; without them those of ``made_with``.
        made_with: the token that it is made with, which it cannot outdo or outlive; None for a login.
    Raises:
        InvalidInput: no name, an unknown scope, an end in the past or after that of ``made_with``, something that is no
            IP address or none of those of ``made_with``.
        NotAllowed: the scope admin for somebody who is no admin or has no second factor, more than ``made_with`` may
            do, or an account that may not log in.
    """
    name = name.strip()
    wanted = sorted(set(scopes)) or [TokenScope.READ.value]
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(_("A token needs a name of at most 100 characters."), field="name")
    if unknown := sorted(set(wanted) - SCOPES):
        raise InvalidInput(
            _("%(scope)s is no scope. A scope is one of: %(scopes)s; or one of these for a part of the API, such as "
              "market:read.") % {"scope": unknown[0][:LONGEST_NAME], "scopes": ", ".join(TokenScope.values)},
            field="scopes",
        )  # fmt: skip
    if made_with is not None and not rights(wanted) <= rights(made_with.scopes):
        raise NotAllowed(_("A token cannot make one that may do more than itself."))
    if not user.is_active:
        raise NotAllowed(_("An account that may not log in gets no token."))
    if not user.is_staff and any(scope.endswith(TokenScope.ADMIN) for scope in wanted):
        raise NotAllowed(_("Only an admin's token can have the scope admin."))
    if any(scope.endswith(TokenScope.ADMIN) for scope in wanted) and not has_second_factor(user):
        raise NotAllowed(
            _("A token of the scope admin needs a second factor. Switch one on first."), code="mfa_required"
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput(_("The end lies in the past."), field="expires_at")
    places = addresses(allowed_ips)
    if made_with is not None:
        expires_at, places = bounded(made_with, expires_at, places)
    secret = new_secret(PREFIX)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:SHOWN],
        token_hash=digest(secret),
        scopes=wanted,
        expires_at=expires_at,
        allowed_ips=places,
    )
    record_change(token, AuditOperation.INSERT, actor=user)
    record_activity(user, activity_type="token", action="create", entity=token)
    return token, secret


def rights(scopes: Iterable[str]) -> set[tuple[str, str]]:
    """What scopes let their holder do in each part of the API. Who may do anything in a part reads it; the scope admin
    alone writes nothing."""
    found = set()
    for scope in list(scopes) or [TokenScope.READ.value]:
        part, _colon, right = scope.rpartition(":")
        for one in [part] if part else ScopeDomain.values:
            found |= {(one, right), (one, TokenScope.READ.value)}
    return found


def bounded(maker: ApiToken, end: datetime | None, places: list[str]) -> tuple[datetime | None, list[str]]:
    """End and addresses of a token that is made with another, which it must not outlive and works nowhere else.

    Raises:
        InvalidInput: more was asked for.
    """
    if maker.expires_at is not None:
        end = end or maker.expires_at
        if end > maker.expires_at:
            raise InvalidInput(_("A token ends with the one that made it, or before."), field="expires_at")
    if maker.allowed_ips:
        allowed = addresses(maker.allowed_ips)
        places = places or allowed
        if not set(places) <= set(allowed):
            raise InvalidInput(
                _("A token works from the addresses of the one that made it, or fewer."), field="allowed_ips"
            )
    return end, places


def addresses(values: Iterable[str]) -> list[str]:
    """IP addresses in their canonical spelling, each once."""
    try:
        return sorted({str(ip_address(value.strip())) for value in values})
    except ValueError as error:
        raise InvalidInput(str(error), field="allowed_ips") from error


@transaction.atomic
def revoke_api_token(token: ApiToken, *, actor: User) -> ApiToken:
    """End a token for good. Ending it twice changes nothing.

    Raises:
        NotAllowed: the token is somebody else's and the actor is no admin.
    """
    if actor.pk != token.user_id and not actor.is_staff:
        raise NotAllowed(_("This is not your token."))
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record_change(
            token, AuditOperation.UPDATE, actor=actor, old={"revoked_at": None}, new={"revoked_at": token.revoked_at}
        )
        record_activity(actor, activity_type="token", action="revoke", entity=token)
    return token


@for_everyone()
def authenticate_token(secret: str, *, address: str | None) -> ApiToken | None:
    """The valid token that a secret belongs to, with its user; None when it opens nothing from this address."""
    token = ApiToken.objects.valid().select_related("user").filter(token_hash=digest(secret)).first()
    if token is None or token.user.is_deleted or not from_allowed_address(token, address):
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USE_IS_NOTED_EVERY:
        with writing(Kept.TOKEN):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
    return token


def from_allowed_address(token: ApiToken, address: str | None) -> bool:
    if not token.allowed_ips:
        return True
    try:
        return str(ip_address(address or "")) in {str(ip_address(allowed)) for allowed in token.allowed_ips}
    except ValueError:
        return False
