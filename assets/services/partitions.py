"""Partitions of the candles. They are made by a function of the owner's role, before rows arrive; there is no default
partition."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, OperationalError, connections, transaction
from psycopg import errors, sql

from assets.choices import Timeframe
from assets.compute import periods
from system.exceptions import UnavailableError

PATIENCE = "10s"
"""How long making room waits for others; without a limit a caller that holds the assets itself would wait for ever."""
AHEAD = 3
"""Periods that stand ready beyond the present one."""
CANDLES, ARCHIVE = "price_data", "price_data_archive"
MAKE = "SELECT make_price_partition(%s, %s)"


@dataclass(frozen=True)
class Partition:
    """One period of one timeframe."""

    timeframe: str
    first: datetime
    end: datetime

    @classmethod
    def of(cls, moment: datetime, timeframe: str) -> "Partition":
        return cls(timeframe, *periods.partition_bounds(moment, timeframe))

    @property
    def name(self) -> str:
        """Name of its table: 1m and 1M differ in case only, so it is always quoted."""
        month = f"m{self.first:%m}" if self.timeframe not in ("1d", "1w", "1M") else ""
        return f"price_{self.timeframe}_y{self.first:%Y}{month}"

    def next(self) -> "Partition":
        return Partition.of(self.end, self.timeframe)


@dataclass(frozen=True)
class StoredPartition:
    """A partition that exists, as the catalogue describes it.

    Attributes:
        name: name of its table.
        timeframe: of all of its candles.
        home: ``price_data`` or ``price_data_archive``.
        first, end: its candles start in this interval, end excluded.
        rows: estimate of the newest ANALYZE; None: there was none yet.
        size: bytes on disk, with indexes.
    """

    name: str
    timeframe: str
    home: str
    first: datetime
    end: datetime
    rows: int | None
    size: int


STORED = """
SELECT child.relname,
       substring(parent.relname FROM length(grandparent.relname) + 2),
       grandparent.relname,
       substring(pg_get_expr(child.relpartbound, child.oid) FROM $$FROM \\('([^']+)$$)::timestamptz,
       substring(pg_get_expr(child.relpartbound, child.oid) FROM $$TO \\('([^']+)$$)::timestamptz,
       nullif(child.reltuples, -1)::bigint,
       pg_total_relation_size(child.oid)
FROM pg_inherits i
JOIN pg_class child ON child.oid = i.inhrelid JOIN pg_class parent ON parent.oid = i.inhparent
JOIN pg_inherits g ON g.inhrelid = parent.oid JOIN pg_class grandparent ON grandparent.oid = g.inhparent
WHERE grandparent.relname IN (%s, %s)
ORDER BY 2, 4
"""


def ensure_partitions(timeframe: str, first: datetime, last: datetime) -> int:
    """Make the partitions for candles from ``first`` to ``last``, both included, that do not exist. Repeatable.

    Returns:
        How many were made.
    """
    known = partition_homes(timeframe)
    wanted, partition = [], Partition.of(first, timeframe)
    while partition.first <= last:
        if partition.name not in known:
            wanted.append(partition)
        partition = partition.next()
    for partition in wanted:
        _create(partition)
    return len(wanted)


def ensure_partitions_ahead(now: datetime) -> int:
    """Partitions of every timeframe for the present period and the next ones.

    Returns:
        How many were made.
    """
    made = 0
    for timeframe in Timeframe.values:
        last = Partition.of(now, timeframe)
        for _ in range(AHEAD):
            last = last.next()
        made += ensure_partitions(timeframe, now, last.first)
    return made


def partition_homes(timeframe: str) -> dict[str, str]:
    """Partitions of a timeframe that exist: name → ``price_data`` or ``price_data_archive``."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT child.relname, grandparent.relname FROM pg_inherits i "
            "JOIN pg_class child ON child.oid = i.inhrelid JOIN pg_class parent ON parent.oid = i.inhparent "
            "JOIN pg_inherits g ON g.inhrelid = parent.oid JOIN pg_class grandparent ON grandparent.oid = g.inhparent "
            "WHERE parent.relname IN (%s, %s)",
            [f"{CANDLES}_{timeframe}", f"{ARCHIVE}_{timeframe}"],
        )
        return dict(cursor.fetchall())


def has_moved(error: IntegrityError) -> bool:
    """Whether a candle found no partition where it was to be stored. One that was there a moment ago is in the other
    twin by now; to look again finds it."""
    cause = error.__cause__
    return isinstance(cause, errors.CheckViolation) and cause.diag.constraint_name is None


def stored_partitions() -> list[StoredPartition]:
    """Every partition of the candles and of their archive, by timeframe and time."""
    with connections["default"].cursor() as cursor:
        cursor.execute(STORED, [CANDLES, ARCHIVE])
        return [StoredPartition(*row) for row in cursor.fetchall()]


def bounds_check(name: str, timeframe: str, first: datetime, end: datetime) -> sql.Composed:
    """What a partition promises of each of its candles: all that its parents demand of it. Only then ATTACH need not
    read them; the times alone would not do, because the parent is itself a partition, by timeframe."""
    return sql.SQL(
        "CONSTRAINT {bounds} CHECK (timeframe = {timeframe} AND candle_time >= {first} AND candle_time < {end})"
    ).format(
        bounds=sql.Identifier(f"{name}_bounds"),
        timeframe=sql.Literal(timeframe),
        first=sql.Literal(first.isoformat()),
        end=sql.Literal(end.isoformat()),
    )


def _create(partition: Partition) -> None:
    """A table of the parent's shape, attached: unlike CREATE … PARTITION OF, this lets readers and writers go on.

    Raises:
        UnavailableError: somebody, perhaps our own caller's transaction, holds the assets for too long.
    """
    try:
        _attach_new(partition)
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable):
            raise
        raise UnavailableError(
            f"There was no room for {partition.timeframe} candles of {partition.first:%Y-%m} because others use the "
            "table; try again later."
        ) from error


def _attach_new(partition: Partition) -> None:
    """In a transaction of its own. Where ``DATABASE_OWNER_URL`` is not set the application's role does it: the function
    works as the owner for whoever calls it."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        cursor.execute(MAKE, [partition.timeframe, partition.first])
