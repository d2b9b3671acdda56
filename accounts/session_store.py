"""Where sessions of browsers are kept: in the database, as Django does it. Requests that only read write theirs too."""

from django.contrib.sessions.backends import db

from system.read_only import Kept, writing


class SessionStore(db.SessionStore):
    """A session of a browser."""

    @writing(Kept.SESSION)
    def save(self, must_create: bool = False) -> None:
        super().save(must_create)

    @writing(Kept.SESSION)
    def delete(self, session_key: str | None = None) -> None:
        super().delete(session_key)
