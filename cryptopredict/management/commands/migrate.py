"""Migrations run as the owner's role: the application's may not change the schema.

Whoever waits for a lock has everybody else wait behind him, so none waits for long: what does not get its lock within
two seconds gives way to those who work, and tries again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections

LOCK_TIMEOUT = "2s"
ATTEMPTS, PAUSE = 20, 3.0


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrations that have run stay; the one that did not get its lock is rolled back and begun again."""
        for left in reversed(range(ATTEMPTS)):
            try:
                with giving_way(options["database"]):
                    super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable) or not left:
                    raise
                self.stderr.write(f"A table is in use; trying again, {left} times at most.")
                time.sleep(PAUSE)
            else:
                return


@contextmanager
def giving_way(alias: str) -> Iterator[None]:
    """No statement waits for a lock for longer than two seconds within the block."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])
