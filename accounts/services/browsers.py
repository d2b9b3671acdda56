"""Browsers are logged out from elsewhere."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors.browsers import LOGGED_IN_AT, PLACE, SEEN_AT, browsers_of
from accounts.services.activities import record_activity
from accounts.services.login import NOBODY, Client, open_account
from accounts.services.sessions import end_sessions
from system.choices import AuditOperation
from system.exceptions import NotAllowed
from system.selectors.settings import setting
from system.services import record_change

RENEWED_EVERY = timedelta(minutes=10)
"""So rarely is it written down that a browser is still in use."""
LONGEST_AGENT = 200


def begin_browser(session: SessionBase, client: Client) -> None:
    """Note when a login was and where, and when its session ends.

    It gets another key, also where the person was logged in already: a key that somebody has copied is of no use then.
    """
    session.cycle_key()
    session[LOGGED_IN_AT] = timezone.now().isoformat()
    session[PLACE] = {"address": client.ip_address, "agent": (client.user_agent or "")[:LONGEST_AGENT]}
    session.pop(SEEN_AT, None)
    renew_browser(session)


def renew_browser(session: SessionBase) -> bool:
    """A browser is in use: its session goes on for as long as one may rest, and at most to its longest life.

    Returns:
        Whether it goes on; a shorter life may have been set since the login.
    """
    began, now = session.get(LOGGED_IN_AT), timezone.now()
    if not began or now - moment(session.get(SEEN_AT)) < RENEWED_EVERY:
        return True
    rules = setting("security")
    longest = datetime.fromisoformat(began) + timedelta(days=rules["browser_days"])
    session[SEEN_AT] = now.isoformat()
    session.set_expiry(min(now + timedelta(hours=rules["browser_idle_hours"]), longest))
    return longest > now


def moment(text: str | None) -> datetime:
    """A time of a session; long ago where there is none."""
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=timezone.get_default_timezone())


@transaction.atomic
def end_everything(user: User, *, actor: User) -> int:
    """Log somebody out of every browser and program, as an admin. Personal tokens stay: they are ended one by one.

    Returns:
        How many browsers and programs that were.
    Raises:
        NotAllowed: the actor is no admin.
        ConflictError: the account is closed.
    """
    if not actor.is_staff:
        raise NotAllowed(_("Only admins change accounts."))
    user = open_account(user)
    ended = end_browsers(user) + end_sessions(user, why="ended by an admin")
    record_change(user, AuditOperation.ACTION, actor=actor, details=f"logged out everywhere: {ended}")
    return ended


@transaction.atomic
def end_browsers(user: User, *, mark: str | None = None, but: str | None = None, client: Client = NOBODY) -> int:
    """Log a person out of one of their browsers, or of all.

    Args:
        mark: of the one; None = all.
        but: key of the session that goes on.
    Returns:
        How many were logged out.
    """
    keys = [one.key for one in browsers_of(user) if mark in (None, one.mark) and one.key != but]
    gone, _tables = Session.objects.filter(session_key__in=keys).delete()
    if gone:
        record_activity(
            user, activity_type="logout", action="end", details={"why": "ended from elsewhere", "browsers": gone},
            ip_address=client.ip_address, user_agent=client.user_agent,
        )  # fmt: skip
    return gone
