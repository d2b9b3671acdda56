"""Logins whose time is over go away: nobody can come in with them, and every login leaves one."""

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import UsedRefreshToken, UserSession


@transaction.atomic
def forget_sessions(cutoff: datetime, batch: int) -> int:
    """Delete logins of API clients that ended before ``cutoff``, and the refresh tokens that they had used.

    Returns:
        How many went, at most ``batch``.
    """
    old = UserSession.objects.select_for_update(skip_locked=True).filter(expires_at__lt=cutoff)
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:batch])
    UsedRefreshToken.objects.filter(session__in=keys).delete()
    UserSession.objects.filter(pk__in=keys).delete()
    return len(keys)


@transaction.atomic
def forget_browser_sessions(cutoff: datetime, batch: int) -> int:
    """Delete logins of browsers, and what visitors had left in a session, that ended before ``cutoff``.

    Returns:
        How many went, at most ``batch``.
    """
    old = Session.objects.select_for_update(skip_locked=True).filter(expire_date__lt=cutoff)
    keys = list(old.order_by("expire_date").values_list("pk", flat=True)[:batch])
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)
