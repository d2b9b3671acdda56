"""Copies of a row, a hundred thousand at a time, so that a list has a page 1,000."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

ORDER = re.compile(r'ORDER BY "\w+"\."(\w+)" DESC')
TABLE = re.compile(r'FROM "(\w+)"')
PLACE = ("host", "port", "user", "password", "dbname")
VIEWS = {"v_active_predictions": "predictions"}
OTHERWISE = {
    "ai_suggestions": {"status": "'expired'"},
    "ai_suggestions_archive": {"id": "1000000 + n"},
    "ai_trading_signals": {"time_horizon_hours": "1000 + n", "confidence_score": "(n % 9000 + 500) / 10000.0"},
    "backtests": {"job_id": "NULL"},
    "pipeline_runs": {"as_of": "as_of - n * interval '1 second' - interval '370 milliseconds'"},
    "predictions": {
        "as_of": "as_of - n * interval '1 second'",
        "target_datetime": "target_datetime - n * interval '1 second'",
    },
    "signal_executions": {"status": "'cancelled'"},
    "user_activities_archive": {"id": "1000000 + n"},
    "webhook_deliveries": {"message_id": "gen_random_uuid()"},
}
"""What copies have of their own, besides the time that the list is ordered by."""
ON_SNAPSHOTS = {
    "ai_regime_analysis",
    "ai_cross_sector_analysis",
    "ai_sector_analysis",
    "ai_watchlist_analysis",
    "ai_portfolio_analysis",
    "ai_portfolio_asset_analysis",
}
"""Analyses: one of a snapshot, so that copies need snapshots of their own."""


def place() -> str:
    """How the role that owns the tables reaches the database of the test."""
    parameters = connections["owner"].get_connection_params()
    named = {name: parameters[name] for name in PLACE if name in parameters}
    return make_conninfo(**named, options="-c app.user_id=command")  # behind no fence


def owner() -> "psycopg.Connection[Any]":
    """A connection of the role that owns the tables."""
    return psycopg.connect(place(), autocommit=True)


def table_and_time(statement: str) -> tuple[str, str]:
    """What a list is read from, and the column that it is ordered by."""
    table, time = TABLE.search(statement), ORDER.search(statement)
    assert table, statement
    assert time, statement
    return VIEWS.get(table[1], table[1]), time[1]


def copied(
    connection: "psycopg.Connection[Any]", table: str, time: str, pk: int, numbers: tuple[int, int], older: str = "n"
) -> None:
    """Further rows like one.

    Args:
        numbers: of the first and the last copy, ``n``.
        older: by how many seconds, in SQL, and a part of one: factories write at full hours.
    """
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER' "
            "AND is_identity = 'NO'",
            [table],
        )
    ]
    own = {time: f"{time} - ({older}) * interval '1 second' - interval '370 milliseconds'"} | OTHERWISE.get(table, {})
    if table in ON_SNAPSHOTS:
        own["metrics_snapshot_id"] = "(SELECT max(id) FROM metrics_snapshot) - n + 1"
    values = [sql.SQL(own[name]) if name in own else sql.Identifier(name) for name in columns]
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}, generate_series({}, {}) AS n WHERE id = {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(values),
        sql.Identifier(table),
        *numbers,
        pk,
    )
    connection.execute(statement)


def insert(place: str, table: str, time: str, pk: int, numbers: tuple[int, int], *, allowed: Any, done: Any) -> None:
    """What a second process does: one row after the other, each in a transaction of its own, all over the list and
    above it, often at the very second of another row. It goes no further than the number that it is allowed."""
    span = numbers[0]
    with psycopg.connect(place, autocommit=True) as connection:
        for number in range(*numbers):
            while allowed.value <= done.value:
                sleep(0.001)
            copied(connection, table, time, pk, (number, number), f"floor(random() * {span} * 1.1) - {span // 10}")
            done.value += 1


@contextmanager
def many(table: str, time: str, pk: int, number: int) -> Iterator[None]:
    """That many rows like one, for the length of the block. Triggers rest: nobody asks here for what they keep."""
    with owner() as connection:
        name = sql.Identifier(table)
        newest = connection.execute(sql.SQL("SELECT max(id) FROM {}").format(name)).fetchone()
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
        try:
            copied(connection, table, time, pk, (1, number))
            connection.execute(sql.SQL("ANALYZE {}").format(name))
            yield
        finally:
            connection.execute(sql.SQL("DELETE FROM {} WHERE id > {}").format(name, (newest or [0])[0]))
            connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))
