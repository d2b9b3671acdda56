"""How far the copy of the database is behind, measured by each process that may ask it.

Once a second a thread notes how far the database's log has come, and then how far the copy has replayed it. The copy
is behind by the age of the newest note that it has reached. That needs no clock of the other machine, is right where
nothing happens, and also where the copy has lost the database and believes to be up to date. One that is silent, hangs
or is no copy is not asked.
"""

import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

LOOK_EVERY_SECONDS = 1.0
VALID_SECONDS = 4.0
"""A verdict that is older counts no more: who looks may hang."""
CONNECT_SECONDS = 2
STATEMENT_MS = 2000
REST_SECONDS = 5.0
"""So long the copy is left alone after a read from it broke off."""
IDLE_SECONDS = 60.0
"""When nobody has asked for so long, nobody looks."""
MARGIN_SECONDS = 5
"""What comes to the permitted lag until somebody who has written may read from the copy: the age of a verdict."""
PRIMARY, REPLICA = "default", "replica"
WRITTEN = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
REPLAYED = "SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint"
DJANGOS_OWN = ("context", "cursor_factory", "prepare_threshold")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """How the copy stands.

    Attributes:
        at: when that was seen, by the monotonic clock.
        lag: seconds that it is behind; None: not known.
        fault: why it is not asked; empty when it is.
    """

    at: float
    lag: float | None
    fault: str = ""


class Watch:
    """What one process knows of the copy. Only its own thread looks, so the connections need no lock."""

    def __init__(self) -> None:
        self.notes: deque[tuple[float, int]] = deque(maxlen=3600)
        self.standing = Standing(-VALID_SECONDS, None, "nobody has looked yet")
        self.asked_at = self.alone_until = 0.0
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.links: dict[str, psycopg.Connection[Any]] = {}

    def is_close(self) -> bool:
        """Whether the copy may be asked now. The first question begins the looking, and is answered no."""
        now = self.asked_at = time.monotonic()
        if self.thread is None or not self.thread.is_alive():
            self.begin()
        seen = self.standing
        return not seen.fault and now - seen.at < VALID_SECONDS and now >= self.alone_until

    def begin(self) -> None:
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.go_on_looking, daemon=True, name="replica")
                self.thread.start()

    def go_on_looking(self) -> None:
        while time.monotonic() - self.asked_at < IDLE_SECONDS:
            before = self.standing.fault
            self.standing = seen = self.look()
            if seen.fault and not before:
                logger.warning("The replica is not asked: %s", seen.fault)
            elif before and not seen.fault:
                logger.info("The replica is asked, %.1f s behind", seen.lag)
            time.sleep(LOOK_EVERY_SECONDS)
        self.close()

    def look(self) -> Standing:
        """Ask both."""
        try:
            written = int(self.ask(PRIMARY, WRITTEN)[0])
            self.notes.append((time.monotonic(), written))
            is_copy, replayed = self.ask(REPLICA, REPLAYED)
        except psycopg.Error as error:
            self.close()
            return Standing(time.monotonic(), None, f"it does not answer ({type(error).__name__})")
        now = time.monotonic()
        if not is_copy or replayed is None:
            return Standing(now, None, "it is no replica")
        lag = self.behind(int(replayed), now)
        if lag is None:
            return Standing(now, None, "how far it is behind is not known yet")
        is_late = lag > settings.DATABASE_REPLICA_MAX_LAG
        return Standing(now, lag, f"it is {lag:.0f} s behind" if is_late else "")

    def behind(self, replayed: int, now: float) -> float | None:
        """The age of the newest note that was reached; 0 for the one of this look."""
        while len(self.notes) > 1 and self.notes[1][1] <= replayed:
            self.notes.popleft()
        at, written = self.notes[0]
        if written > replayed:
            return None
        return 0.0 if len(self.notes) == 1 else now - at

    def ask(self, alias: str, statement: str) -> tuple[Any, ...]:
        link = self.links.get(alias)
        if link is None or link.closed:
            own = {"connect_timeout": CONNECT_SECONDS, "prepare_threshold": None}
            link = self.links[alias] = psycopg.connect(**arguments_of(alias) | own, autocommit=True)
        # Behind a pool nothing of a session stays: the limit goes with the statement.
        rows = link.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}; {statement}")
        rows.nextset()
        return rows.fetchone() or (None, None)

    def close(self) -> None:
        for link in self.links.values():
            link.close()
        self.links.clear()

    def leave_alone(self, why: str) -> None:
        self.alone_until = time.monotonic() + REST_SECONDS
        logger.warning("The replica is left alone for %.0f s: %s", REST_SECONDS, why)


_watches: dict[int, Watch] = {}


def watch() -> Watch:
    """That of this process; a child begins its own."""
    return _watches.setdefault(os.getpid(), Watch())


def is_close() -> bool:
    """Whether the copy may be asked now."""
    return watch().is_close()


def leave_alone(why: str) -> None:
    """Something went wrong with the copy: for a while nobody asks it."""
    watch().leave_alone(why)


def standing_now() -> Standing:
    """How the copy stands, after two looks, for who asks rarely."""
    own = Watch()
    try:
        seen = own.look()
        if seen.lag is None and "not known" in seen.fault:
            end = time.monotonic() + CONNECT_SECONDS
            while seen.lag is None and time.monotonic() < end:
                time.sleep(0.05)
                seen = own.look()
    finally:
        own.close()
    return seen


def arguments_of(alias: str) -> dict[str, Any]:
    """How the application connects, without what only concerns Django."""
    return {
        name: value for name, value in connections[alias].get_connection_params().items() if name not in DJANGOS_OWN
    }
