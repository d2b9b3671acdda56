"""Reads of what lies back, from a copy of the database that follows it (``DATABASE_REPLICA_URL``), where there is one.

A copy is behind: by milliseconds as a rule, by minutes when it is busy. So only requests that only read ask it, only
for what is named here, only while it is measured to be close behind (``system.replica``), and not for somebody who has
just changed something: he reads what he has written. Whatever the copy cannot answer, the database does.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, TypeVar

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

from system import figures, replica
from system.acting import doer
from system.read_only import is_reading

REPLICA = "replica"
logger = logging.getLogger(__name__)
Found = TypeVar("Found")


class History(StrEnum):
    """What may be read from the copy."""

    CANDLES = "candles"
    INDICATORS = "indicators"
    """Indicators and closes beside the candles of a chart."""
    PREDICTIONS = "predictions"
    """Lists of forecasts with what came of them, and how often they came true."""


_alias: ContextVar[str] = ContextVar("history", default=DEFAULT_DB_ALIAS)


def there_is_a_replica() -> bool:
    """Whether one is configured."""
    return REPLICA in connections.databases


def history_connection() -> Any:
    """Where statements that are written out are sent: to the copy inside ``read_history``, else to the database."""
    return connections[_alias.get()]


def read_history(what: History, read: Callable[[], Found], *, after: int | None = None) -> Found:
    """Read from the copy if it may be, else from the database.

    Args:
        read: everything that is wanted, to its end: nothing may be fetched later. It is called again, for the database,
            when the copy breaks off.
        after: position in the log that the copy has to have reached; without one it may be as far behind as is allowed.
    """
    if not there_is_a_replica():
        return read()
    if _may_be_asked():
        try:
            with asked_there():
                if after is None or _has_reached(after):
                    found = read()
                    figures.count(figures.HISTORY_READS, what.value, REPLICA)
                    return found
        except (OperationalError, InterfaceError) as error:
            replica.leave_alone(f"{type(error).__name__} while {what} were read")
            connections[REPLICA].close()
    figures.count(figures.HISTORY_READS, what.value, "primary")
    return read()


@contextmanager
def asked_there() -> Iterator[None]:
    """Reads of the block go to the copy."""
    token = _alias.set(REPLICA)
    try:
        yield
    finally:
        _alias.reset(token)


def _may_be_asked() -> bool:
    return is_reading() and replica.is_close() and not has_just_written(actor())


def _has_reached(position: int) -> bool:
    with connections[REPLICA].cursor() as cursor:
        cursor.execute("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn >= %s", [position])
        found: bool = cursor.fetchone()[0]
    return found


def actor() -> str:
    """Who asks."""
    said = doer().actor
    return said if isinstance(said, str) else said()


def note_write(who: str) -> None:
    """Somebody has changed something: for as long as the copy may be behind he reads from the database."""
    if not there_is_a_replica() or not who.startswith("user:"):
        return
    try:
        cache.set(key_of(who), 1, settings.DATABASE_REPLICA_MAX_LAG + replica.MARGIN_SECONDS)
    except redis.exceptions.RedisError as error:
        logger.warning("Nobody will know that %s has written: %s", who, type(error).__name__)
        replica.leave_alone("Redis did not take down who has written")


def key_of(who: str) -> str:
    """Under which it is kept; the same nowhere else, should two databases use one Redis."""
    return f"wrote:{connections[DEFAULT_DB_ALIAS].settings_dict['NAME']}:{who}"


def has_just_written(who: str) -> bool:
    """Whether somebody has changed something so lately that the copy may not show it. Also if nobody can say."""
    if not who.startswith("user:"):
        return False
    try:
        return cache.get(key_of(who)) is not None
    except redis.exceptions.RedisError as error:
        logger.warning("Whether %s has just written is not known: %s", who, type(error).__name__)
        return True


class HistoryReads:
    """Django's router: reads inside ``read_history`` go to the copy. A row that came from there is written, and what
    hangs on it is read later, in the database."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:  # noqa: ARG002
        alias = _alias.get()
        return alias if alias != DEFAULT_DB_ALIAS or is_from_there(hints) else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:  # noqa: ARG002
        return DEFAULT_DB_ALIAS if is_from_there(hints) else None


def is_from_there(hints: dict[str, Any]) -> bool:
    """Whether a row came from the copy."""
    row = hints.get("instance")
    return row is not None and row._state.db == REPLICA  # noqa: SLF001 - Django's own routers look there
