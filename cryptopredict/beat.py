"""Beat on several machines: all of them may run one, and one of them sends.

Who sends holds a lock of the database (an advisory lock of a session of its own). When its process or its machine dies,
so does the session, and the next beat that asks for the lock goes on where the schedule was left.
"""

import logging
from typing import Any

from django.db import Error, connections
from django_celery_beat.schedulers import DatabaseScheduler

logger = logging.getLogger(__name__)
LOOK_SECONDS = 3.0
"""So often does a beat that waits ask for the lock, and one that sends whether it still has it."""
PROBES = "-c tcp_keepalives_idle=6 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3"
"""A machine that is gone says no goodbye: the server takes its session for dead after 15 seconds without an answer."""
AT_ONCE = 60.0
"""Seconds: what comes no more often is written down as soon as it is sent; a beat that takes over would send it again
else. Of what comes more often, one more does no harm."""


class Chair:
    """The right to send. It is lost with the session that holds it."""

    def __init__(self) -> None:
        self.session: Any = None

    def is_ours(self) -> bool:
        """Whether it is held now; asks for it if not."""
        try:
            return self._has() if self.session is not None else self._take()
        except Error as fault:
            logger.warning("The database does not say who sends: %s", fault)
            self.leave()
            return False

    def _has(self) -> bool:
        with self.session.cursor() as cursor:
            cursor.execute("SELECT 1")  # fails where the session has ended, and the lock with it
        return True

    def _take(self) -> bool:
        session = connections["default"].copy()
        parameters = session.settings_dict["OPTIONS"]
        session.settings_dict["OPTIONS"] = parameters | {"options": f"{parameters.get('options', '')} {PROBES}".strip()}
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext('cryptopredict.beat'), 0)")
            is_taken = bool(cursor.fetchone()[0])
        if is_taken:
            self.session = session
        else:
            session.close()
        return is_taken

    def leave(self) -> None:
        """Let another have it."""
        session, self.session = self.session, None
        if session is not None:
            session.close()


class OneOfMany(DatabaseScheduler):
    """Sends what is due while it has the chair, and waits for it else."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.chair, self.sends = Chair(), False
        super().__init__(*arguments, **options)

    def tick(self, *arguments: Any, **options: Any) -> float:
        """One look: what is due is sent, if it is ours to send."""
        if not self.chair.is_ours():
            if self.sends:
                logger.warning("Another beat may send now; this one waits")
                self.sends = False
            self._dirty.clear()  # what another has done since must not be overwritten
            return LOOK_SECONDS
        if not self.sends:
            logger.info("This beat sends from now on")
            self.sends = True
            self._initial_read, self._heap = True, None  # go on from what the last one has written down
        return min(super().tick(*arguments, **options), LOOK_SECONDS)

    def install_default_entries(self, data: Any) -> None:
        """None: Redis forgets results by itself, and nothing is sent that is not in the schedule."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        super().apply_entry(entry, producer=producer)
        every = getattr(entry.schedule, "run_every", None)
        if every is None or every.total_seconds() >= AT_ONCE:
            self.sync()

    def close(self) -> None:
        """A beat that ends by itself hands over at once."""
        super().close()
        self.chair.leave()
