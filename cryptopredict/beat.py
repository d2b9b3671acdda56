"""Beat on several machines: all of them may run one, and one of them sends.

Who sends holds a lock of the database (an advisory lock of a session of its own). When its process or its machine dies,
so does the session, and the next beat that asks for the lock goes on where the schedule was left.
"""

import logging
import time
from datetime import UTC, datetime
from typing import Any

from django.db import Error, close_old_connections, connections
from django_celery_beat.schedulers import DatabaseScheduler

from cryptopredict.observing import tracing

logger = logging.getLogger(__name__)
LOOK_SECONDS = 3.0
"""So often does a beat that waits ask for the lock, and one that sends whether it still has it."""
PROBES = "-c tcp_keepalives_idle=6 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3"
"""A machine that is gone says no goodbye: the server takes its session for dead after 15 seconds without an answer."""
AT_ONCE = 60.0
"""Seconds: what comes no more often is written down as soon as it is sent; a beat that takes over would send it again
else. Of what comes more often, one more does no harm."""


STEP = 2.0
"""Seconds by which the clock of the machine may go before or behind what has passed, before it counts as set anew."""


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
        self.chair, self.sends, self.offset = Chair(), False, clock_offset()
        super().__init__(*arguments, **options)

    def setup_schedule(self) -> None:
        """The schedule is read when it is ours to send: a database that is on its way up is waited for, not a death."""

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
        if self.is_clock_set():
            self._heap = None  # its moments are of the clock that was
        try:
            return min(super().tick(*arguments, **options), LOOK_SECONDS)
        except Error as fault:
            logger.warning("The database does not say what is due: %s", fault)
            self.chair.leave()
            close_old_connections()
            return LOOK_SECONDS

    def is_clock_set(self) -> bool:
        """Whether the clock of the machine was set, forth or back, since the last look."""
        before, self.offset = self.offset, clock_offset()
        return abs(self.offset - before) > STEP

    def populate_heap(self, *arguments: Any, **options: Any) -> None:
        """When what comes next. What was sent in a future that the clock has been put back from was sent just now: else
        it would rest until then. What has its hours stays: it would come twice."""
        now = datetime.now(UTC)
        for entry in self.schedule.values():
            if getattr(entry.schedule, "run_every", None) is not None and entry.last_run_at > now:
                entry.last_run_at = now
        super().populate_heap(*arguments, **options)

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
        tracing.end()


def clock_offset() -> float:
    """Seconds between the clock of the machine, which can be set, and one that cannot."""
    return time.time() - time.monotonic()
