"""Partitions of the candles. They are made by the owner's role, before rows arrive; there is no default partition."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connections, transaction
from psycopg import sql

from assets.choices import Timeframe
from assets.compute import periods

AHEAD = 3
"""Periods that stand ready beyond the present one."""
CANDLES, ARCHIVE = "price_data", "price_data_archive"


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


def _create(partition: Partition) -> None:
    """A table of the parent's shape, attached: unlike CREATE … PARTITION OF, this lets readers and writers go on."""
    parent = sql.Identifier(f"{CANDLES}_{partition.timeframe}")
    name = sql.Identifier(partition.name)
    first, end = (sql.Literal(moment.isoformat()) for moment in (partition.first, partition.end))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [partition.name])
        cursor.execute("SELECT to_regclass(%s)", [f'"{partition.name}"'])
        if cursor.fetchone()[0]:
            return
        for statement in (
            "CREATE TABLE {name} (LIKE {parent} INCLUDING ALL)",
            "ALTER TABLE {name} ADD CONSTRAINT {bounds} CHECK (candle_time >= {first} AND candle_time < {end})",
            "ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})",
        ):
            bounds = sql.Identifier(f"{partition.name}_bounds")
            cursor.execute(sql.SQL(statement).format(name=name, parent=parent, first=first, end=end, bounds=bounds))
