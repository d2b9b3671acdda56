"""Old candles leave by whole partitions: detached from the one table, attached to its twin, in milliseconds.

A move is one transaction, so a partition is always in exactly one of the twins, whenever a process dies. It locks both
twins of its timeframe and, because of the foreign key, ``assets``. All of them are wanted at once and only for a
moment: who waits for them holds up everybody behind, so the move soon gives way and tries again.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors, sql
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from assets.choices import Timeframe
from assets.services.partitions import ARCHIVE, CANDLES, StoredPartition, bounds_check, stored_partitions
from system.exceptions import InvalidInput
from system.services import setting
from system.services.background import IncompleteError, background_task

logger = logging.getLogger(__name__)
LOCK_TIMEOUT = "100ms"
"""For the first lock, with nothing held yet but a place in the queue. Far below ``deadlock_timeout`` (1 s): in a
deadlock it is always the move that gives way."""
INNER_TIMEOUT = "20ms"
"""For the other locks, while the first is held."""
VACUUM_TIMEOUT = "2s"
"""Longer than it takes until PostgreSQL ends an autovacuum that is in the way; readers and writers do not notice."""
PATIENCE = timedelta(seconds=60)
AGES = {
    Timeframe.M1: "price_1m_days",
    Timeframe.M5: "price_5m_15m_days",
    Timeframe.M15: "price_5m_15m_days",
    Timeframe.H1: "price_1h_days",
    Timeframe.H4: "price_4h_days",
    Timeframe.D1: "price_1d_days",
    Timeframe.W1: "price_1w_days",
    Timeframe.MO1: "price_1M_days",
}
"""Field of the group ``retention`` that holds the age of a timeframe."""
HOME = """
SELECT parent.relname FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent
WHERE i.inhrelid = to_regclass(%s)
"""
BOUNDS = """
SELECT EXISTS (
    SELECT 1 FROM pg_constraint
    WHERE conrelid = to_regclass(%s) AND conname = %s AND convalidated
      AND pg_get_constraintdef(oid) LIKE '%%timeframe%%')
"""
RESERVE = (
    "SET LOCAL lock_timeout = {long}",
    "LOCK TABLE ONLY {name} IN SHARE UPDATE EXCLUSIVE MODE",
    "SET LOCAL lock_timeout = {short}",
)
"""Nobody else can move the partition from here on, and vacuum stays away."""
MOVE = (
    "SET LOCAL lock_timeout = {shorter}",
    "LOCK TABLE ONLY {archive}, ONLY {name}, assets IN ACCESS EXCLUSIVE MODE",
    "SELECT note_candle_write()",
    "ALTER TABLE {source} DETACH PARTITION {name}",
    "ALTER TABLE {target} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})",
)
"""Both twins are locked whole: a statement that reads both finds each candle in one of them, in whatever order it
looks. The live one comes first, as in our own statements; else the two would often wait for each other. Answers that
are kept for readers of the live one alone are told that it changes."""
DECLARE_BOUNDS = (
    "SET LOCAL lock_timeout = {short}",
    "ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {constraint}",
    "ALTER TABLE {name} ADD {bounds} NOT VALID",
)
VALIDATE_BOUNDS = ("ALTER TABLE {name} VALIDATE CONSTRAINT {constraint}",)


@dataclass(frozen=True)
class Move:
    """A partition that went from one twin to the other.

    Attributes:
        partition: as it was before.
        locked: seconds from the first lock that others feel to the end of the transaction.
    """

    partition: StoredPartition
    locked: float


@dataclass
class MoveReport:
    """What a run did: ``postponed`` are the partitions that others kept in use, for the next run."""

    moves: list[Move] = field(default_factory=list)
    postponed: list[StoredPartition] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Tables that moved."""
        return [move.partition.name for move in self.moves]


def ages(now: datetime) -> dict[str, timedelta]:
    """Age at which candles of a timeframe are archived; timeframes without an age stay."""
    days = setting("retention", now)
    return {timeframe.value: timedelta(days=days[name]) for timeframe, name in AGES.items() if days[name] is not None}


def due_partitions(now: datetime) -> list[StoredPartition]:
    """Partitions of the live table whose candles are all older than their timeframe's age."""
    limits = ages(now)
    return [
        one
        for one in stored_partitions()
        if one.home == CANDLES and one.timeframe in limits and one.end <= now - limits[one.timeframe]
    ]


def archive_prices(now: datetime, *, patience: timedelta = PATIENCE) -> MoveReport:
    """Move every partition that is due to the archive. Repeatable; several runs at once share the work.

    Args:
        now: the present.
        patience: how long the whole run tries to get locks that others hold.
    """
    return _recorded("archive_prices", {"now": now.isoformat()}, due_partitions(now), ARCHIVE, patience)


def restore_prices(names: Iterable[str], *, patience: timedelta = PATIENCE) -> MoveReport:
    """Move archived partitions back; those that are not archived stay where they are.

    The next run archives them again, unless the age of their timeframe is raised.

    Raises:
        InvalidInput: there is no partition of that name; then none moves.
    """
    known = {partition.name: partition for partition in stored_partitions()}
    wanted = list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in known]:
        raise InvalidInput(f"There is no partition called {', '.join(unknown)}.", field="restore")
    archived = [known[name] for name in wanted if known[name].home == ARCHIVE]
    return _recorded("restore_prices", {"names": wanted}, archived, CANDLES, patience)


def _recorded(
    name: str, params: Mapping[str, Any], partitions: list[StoredPartition], target: str, patience: timedelta
) -> MoveReport:
    """Move them, and keep what came of it as a background task; one that leaves a partition behind has failed."""
    with background_task(f"assets.services.{name}", "cleanup", params) as task:
        report = _move_all(partitions, target, patience)
        postponed = [one.name for one in report.postponed]
        task.result_data = {"moved": report.names, "postponed": postponed}
        if postponed:
            raise IncompleteError(f"in use, for the next run: {', '.join(postponed)}")
    return report


def _move_all(partitions: list[StoredPartition], target: str, patience: timedelta) -> MoveReport:
    report, deadline = MoveReport(), time.monotonic() + patience.total_seconds()

    def is_over(_: RetryCallState) -> bool:
        return time.monotonic() >= deadline

    attempts = Retrying(
        stop=is_over,
        wait=wait_random_exponential(multiplier=0.1, max=5),
        retry=retry_if_exception(is_in_use),
        reraise=True,
    )
    for partition in partitions:
        try:
            locked = attempts(_move, partition, target)
        except OperationalError as error:
            if not is_in_use(error):
                raise
            logger.warning("%s is in use and stays for the next run.", partition.name)
            report.postponed.append(partition)
        else:
            if locked is not None:
                report.moves.append(Move(partition, locked))
    return report


def is_in_use(error: BaseException) -> bool:
    """Whether somebody else held what was to be locked."""
    return isinstance(error.__cause__, (errors.LockNotAvailable, errors.DeadlockDetected))


def _move(partition: StoredPartition, target: str) -> float | None:
    """Seconds for which others were locked out; None when another process has moved it already."""
    _ensure_bounds(partition)
    source, names = f"{partition.home}_{partition.timeframe}", _names(partition, target)
    with connections["owner"].cursor() as cursor:
        with transaction.atomic(using="owner"):
            _execute(cursor, RESERVE, names)
            cursor.execute(HOME, [f'"{partition.name}"'])
            if cursor.fetchone() != (source,):
                return None
            _execute(cursor, ("LOCK TABLE ONLY {live} IN ACCESS EXCLUSIVE MODE",), names)
            since = time.perf_counter()
            _execute(cursor, ["; ".join(MOVE)], names)  # one way to the server and back
        return time.perf_counter() - since


def _ensure_bounds(partition: StoredPartition) -> None:
    """The CHECK that lets ATTACH leave the rows unread. Where it is missing, they are read here, while others go on
    reading and writing them."""
    names = _names(partition, partition.home)
    with connections["owner"].cursor() as cursor:
        cursor.execute(BOUNDS, [f'"{partition.name}"', f"{partition.name}_bounds"])
        if cursor.fetchone()[0]:
            return
        for statements in (DECLARE_BOUNDS, VALIDATE_BOUNDS):
            with transaction.atomic(using="owner"):
                _execute(cursor, statements, names)


def _execute(cursor: CursorWrapper, statements: Iterable[str], names: dict[str, sql.Composable]) -> None:
    for statement in statements:
        cursor.execute(sql.SQL(statement).format(**names))


def _names(partition: StoredPartition, target: str) -> dict[str, sql.Composable]:
    """What the statements call the tables of a move to ``target``."""
    return {
        "name": sql.Identifier(partition.name),
        "source": sql.Identifier(f"{partition.home}_{partition.timeframe}"),
        "target": sql.Identifier(f"{target}_{partition.timeframe}"),
        "live": sql.Identifier(f"{CANDLES}_{partition.timeframe}"),
        "archive": sql.Identifier(f"{ARCHIVE}_{partition.timeframe}"),
        "first": sql.Literal(partition.first.isoformat()),
        "end": sql.Literal(partition.end.isoformat()),
        "constraint": sql.Identifier(f"{partition.name}_bounds"),
        "bounds": bounds_check(partition.name, partition.timeframe, partition.first, partition.end),
        "short": sql.Literal(LOCK_TIMEOUT),
        "shorter": sql.Literal(INNER_TIMEOUT),
        "long": sql.Literal(VACUUM_TIMEOUT),
    }
