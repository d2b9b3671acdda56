"""Logins of API clients: a short-lived access token and a refresh token that is exchanged for a new one each time.

Both are random words of which only keyed digests are stored. A refresh token that comes a second time was copied:
nobody can tell who has the original, so the session ends for both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import UsedRefreshToken, User, UserSession
from accounts.services.activities import record_activity
from accounts.services.login import NOBODY, Client
from accounts.services.secrets import digest, new_secret
from system.acting import for_everyone
from system.exceptions import NotAuthenticated
from system.read_only import Kept, writing
from system.selectors.settings import setting

ACCESS_PREFIX = "cp_at_"
REFRESH_PREFIX = "cp_rt_"
ACCESS_LIFETIME = timedelta(minutes=15)
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Tokens:
    """What a client gets, once: nothing of it can be shown again."""

    session: UserSession
    access: str
    refresh: str
    expires_at: datetime


@for_everyone()
@transaction.atomic
def open_session(user: User, *, device_info: Mapping[str, Any] | None = None, client: Client = NOBODY) -> Tokens:
    """A session of an account that has proven who it is; the login is counted."""
    now = timezone.now()
    access, refresh = new_secret(ACCESS_PREFIX), new_secret(REFRESH_PREFIX)
    session = UserSession.objects.create(
        user=user,
        session_token=digest(access),
        refresh_token=digest(refresh),
        device_info=dict(device_info or {}),
        ip_address=client.ip_address,
        access_expires_at=now + ACCESS_LIFETIME,
        expires_at=now + timedelta(days=setting("security")["session_days"]),
        last_used_at=now,
    )
    User.objects.filter(pk=user.pk).update(login_count=Coalesce(F("login_count"), Value(0)) + 1, last_login=now)
    record_activity(
        user,
        activity_type="login",
        action="login",
        entity=session,
        ip_address=client.ip_address,
        user_agent=client.user_agent,
    )
    return Tokens(session, access, refresh, session.access_expires_at)


@for_everyone()
def refresh_session(refresh: str, *, client: Client = NOBODY) -> Tokens:
    """New tokens for a refresh token, which is used up by it.

    Raises:
        NotAuthenticated: the token is unknown or its session has ended; or it was used before, and the session ends
            now.
    """
    shown = digest(refresh)
    with transaction.atomic():
        known = UserSession.objects.filter(refresh_token=shown) | UserSession.objects.filter(
            used_tokens__token_hash=shown
        )
        keys = list(known.values_list("pk", flat=True))
        locked = UserSession.objects.select_for_update(of=["self"]).select_related("user")
        session = locked.filter(pk__in=keys).first()
        if session is None or not lives(session):
            raise NotAuthenticated(_("This session has ended. Log in again."), code="session_ended")
        was_used = session.refresh_token != shown
        if was_used:
            end(session, "refresh token used twice", client)
        else:
            tokens = _exchanged(session, shown)
    if was_used:
        raise NotAuthenticated(
            _("This refresh token was used before, so the session has been ended. Log in again."), code="token_reused"
        )
    return tokens


def _exchanged(session: UserSession, shown: str) -> Tokens:
    now = timezone.now()
    access, refresh = new_secret(ACCESS_PREFIX), new_secret(REFRESH_PREFIX)
    UsedRefreshToken.objects.create(session=session, token_hash=shown)
    session.session_token, session.refresh_token = digest(access), digest(refresh)
    session.access_expires_at = min(now + ACCESS_LIFETIME, session.expires_at)
    session.last_used_at = now
    session.save(update_fields=["session_token", "refresh_token", "access_expires_at", "last_used_at", "updated_at"])
    return Tokens(session, access, refresh, session.access_expires_at)


def lives(session: UserSession) -> bool:
    """It has not ended, and its account may still log in."""
    return (
        session.is_active
        and session.expires_at > timezone.now()
        and session.user.is_active
        and not session.user.is_deleted
    )


@for_everyone()
def authenticate_access(secret: str) -> UserSession | None:
    """The session that an access token opens, with its user; None when it opens nothing."""
    session = UserSession.objects.select_related("user").filter(session_token=digest(secret)).first()
    now = timezone.now()
    if session is None or session.access_expires_at <= now or not lives(session):
        return None
    if session.last_used_at is None or now - session.last_used_at >= USE_IS_NOTED_EVERY:
        with writing(Kept.TOKEN):
            UserSession.objects.filter(pk=session.pk).update(last_used_at=now)
    return session


@transaction.atomic
def end_session(session: UserSession, *, client: Client = NOBODY) -> None:
    """End a session at once. Ending it twice changes nothing."""
    locked = UserSession.objects.select_for_update().get(pk=session.pk)
    if locked.is_active:
        end(locked, "logout", client)


def end(session: UserSession, why: str, client: Client = NOBODY) -> None:
    """End a session whose row is locked."""
    session.is_active = False
    session.save(update_fields=["is_active", "updated_at"])
    record_activity(
        session.user,
        activity_type="logout",
        action="end",
        entity=session,
        details={"why": why},
        ip_address=client.ip_address,
        user_agent=client.user_agent,
    )


@transaction.atomic
def end_sessions(user: User, *, but: UserSession | None = None, why: str) -> int:
    """End all sessions of a person, but for one.

    Returns:
        How many ended.
    """
    living = UserSession.objects.select_for_update().filter(user=user, is_active=True)
    rows = list(living.exclude(pk=but.pk) if but is not None else living)
    for session in rows:
        end(session, why)
    return len(rows)
