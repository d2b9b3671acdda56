"""Who listens to live channels: browsers by their session, programs by a ticket that works once."""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, User, UserSession
from accounts.selectors.second_factor import having_second_factor
from accounts.services.secrets import digest, new_secret
from system.acting import for_everyone
from system.exceptions import UnavailableError
from system.selectors.settings import setting

TICKET_LIFETIME = timedelta(seconds=30)
TICKET_PREFIX = "cp_ws_"


@dataclass(frozen=True)
class Access:
    """What somebody came in with. It is looked at again whenever he is told something.

    Args:
        user_id: whose; None for a visitor.
        is_admin: he acts as an admin, with the second factor and the scope that this needs.
        session_key: of his browser.
        session_id: of the login of his program.
        token_id: of his personal token.
        scopes: of that token; None where there are no limits.
        password_mark: changes with his password, which ends the sessions of browsers.
    """

    user_id: int | None = None
    is_admin: bool = False
    session_key: str | None = None
    session_id: int | None = None
    token_id: int | None = None
    scopes: tuple[str, ...] | None = None
    password_mark: str | None = None


VISITOR = Access()


def browser_access(user: User, session_key: str | None, *, is_admin: bool) -> Access:
    """Access by the session of a browser."""
    return Access(user.pk, is_admin, session_key=session_key, password_mark=user.get_session_auth_hash())


def issue_ticket(access: Access) -> tuple[str, datetime]:
    """A ticket for one connection, for those whose program cannot send the cookie.

    Returns:
        The ticket, and when it ends.
    Raises:
        UnavailableError: Redis, where it is kept, does not answer.
    """
    secret = new_secret(TICKET_PREFIX)
    ends = timezone.now() + TICKET_LIFETIME
    try:
        cache.set(_key(secret), asdict(access), timeout=int(TICKET_LIFETIME.total_seconds()))
    except redis.exceptions.RedisError:
        raise UnavailableError(_("Tickets cannot be made at the moment. Try again later."), code="no_redis") from None
    return secret, ends


def use_ticket(secret: str) -> Access | None:
    """The access that a ticket stands for, the first time that it is shown within its life; else None.

    Raises:
        UnavailableError: Redis, where it is kept, does not answer.
    """
    key = _key(secret)
    try:
        kept = cache.get(key)
        if kept is None or not cache.delete(key):  # of two that show it at once, one deletes it
            return None
    except redis.exceptions.RedisError:
        raise UnavailableError(_("Tickets cannot be read at the moment. Try again later."), code="no_redis") from None
    return Access(**kept)


def _key(secret: str) -> str:
    return f"ws_ticket:{digest(secret)}"


@for_everyone()
def still_open(accesses: Collection[Access]) -> set[Access]:
    """Those that still hold: the account may log in, the session or token has not ended, an admin is still one.

    The number of queries does not depend on how many there are.
    """
    users = {user.pk: user for user in User.objects.filter(pk__in=_known(one.user_id for one in accesses))}
    keys = _known(one.session_key for one in accesses)
    now = timezone.now()
    browsers = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list("session_key", flat=True)
        if keys
        else ()
    )
    logins, tokens = _known(one.session_id for one in accesses), _known(one.token_id for one in accesses)
    if logins:
        logins = set(
            UserSession.objects.filter(pk__in=logins, is_active=True, expires_at__gt=now).values_list("pk", flat=True)
        )
    if tokens:
        tokens = set(ApiToken.objects.valid().filter(pk__in=tokens).values_list("pk", flat=True))
    admins = _admins(users[one.user_id] for one in accesses if one.is_admin and one.user_id in users)

    def holds(one: Access) -> bool:
        if one.user_id is None:
            return True
        user = users.get(one.user_id)
        return (
            user is not None
            and user.is_active
            and not user.is_deleted
            and (one.session_key is None or one.session_key in browsers)
            and (one.session_id is None or one.session_id in logins)
            and (one.token_id is None or one.token_id in tokens)
            and (one.password_mark is None or hmac.compare_digest(one.password_mark, user.get_session_auth_hash()))
            and (not one.is_admin or user.pk in admins)
        )

    return {one for one in accesses if holds(one)}


def _known(values: Iterable[Any]) -> set[Any]:
    return {value for value in values if value is not None}


def _admins(users: Iterable[User]) -> set[int]:
    """Those of some people who may act as admins."""
    found = {user.pk for user in users if user.is_staff}
    if found and setting("security")["admins_need_second_factor"]:
        return having_second_factor(found)
    return found
