"""A database of its own for a benchmark: migrated, empty, dropped at the end."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connections
from psycopg import sql

from system.services.roles import grant_application_role


def owner(statement: str | sql.Composed, *parameters: Any) -> Any:
    """The first value that a statement of the owner's role gives, if any."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchone()[0] if cursor.description else None


@contextmanager
def scratch_database(purpose: str) -> Iterator[str]:
    """Both roles work in it for the length of the block; its name."""
    settings = [connections[alias].settings_dict for alias in ("owner", "default")]
    original, scratch = settings[0]["NAME"], f"bench_{purpose}_{os.getpid()}"
    owner(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(scratch)))
    for name in (scratch, original):
        connections.close_all()
        for one in settings:
            one["NAME"] = name
        if name == scratch:
            try:
                call_command("migrate", verbosity=0)
                grant_application_role()
                yield scratch
            finally:
                connections.close_all()
    drop(scratch)


def drop(database: str) -> None:
    """Autovacuum gives way to a plain DROP. FORCE is refused where it is at work, because it is not ours to end."""
    for patience in (2, 5, 10, 0):
        try:
            owner(sql.SQL("DROP DATABASE {}").format(sql.Identifier(database)))
        except OperationalError:  # still in use
            if not patience:
                raise
            time.sleep(patience)
        else:
            return
