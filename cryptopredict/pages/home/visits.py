"""When somebody was on the start page before."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase

KEY = "home"
"""Where the session keeps it: the end of the visit before this one, and the last look."""
BREAK = timedelta(minutes=30)
"""Who has looked at nothing for so long begins another visit."""
NOTED = timedelta(minutes=5)
"""A look is written down when the last one that was is older: not every look needs a write."""
FIRST = timedelta(days=1)
"""What who was never here before is told of."""


def since_last_visit(session: SessionBase, now: datetime) -> datetime:
    """When the visit before this one ended; a day ago, if there was none. Notes this look in the session."""
    before, latest = (datetime.fromisoformat(at) if at else None for at in session.get(KEY, (None, None)))
    if latest is None or now - latest > BREAK:
        before, latest = latest, None
    if latest is None or now - latest > NOTED:
        session[KEY] = (before and before.isoformat(), now.isoformat())
    return before or now - FIRST
