"""Seeing that somebody waits for a lock, in tests of two changes at one moment."""

import time

from django.db import connection


def wait_for_locks(count: int) -> None:
    """Until so many wait for a row that somebody holds."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= count:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")
