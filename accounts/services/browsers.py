"""Browsers are logged out from elsewhere."""

from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import User
from accounts.selectors.browsers import browsers_of
from accounts.services.activities import record_activity
from accounts.services.login import NOBODY, Client


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
