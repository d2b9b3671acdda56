"""Seeing that somebody waits for a lock, in tests of two changes at one moment."""

import time

from django.db import connections

WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks
WHERE NOT granted AND (%(table)s::text IS NULL OR relation = %(table)s::text::regclass) AND pid IN (
    SELECT held.pid FROM pg_locks held JOIN pg_database ON pg_database.oid = held.database
    WHERE pg_database.datname = current_database())
"""
"""Sessions of the test's own database only: databases of tests that run beside it are copies of the same one, where a
table has the same number. Who waits for a row waits for a transaction, which is of no database, but holds its
table."""


def waiting(table: str | None = None, using: str = "default") -> int:
    """How many sessions wait for a lock, of a table or of anything."""
    with connections[using].cursor() as cursor:
        cursor.execute(WAITING, {"table": table})
        return int(cursor.fetchone()[0])


def wait_for_locks(count: int) -> None:
    """Until so many wait for a row that somebody holds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if waiting() >= count:
            return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
