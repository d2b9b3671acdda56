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
    scratch = f"bench_{purpose}_{os.getpid()}"
    owner(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(scratch)))
    try:
        with at_work_in(scratch):
            yield scratch
    finally:
        drop(scratch)


@contextmanager
def kept_database(name: str) -> Iterator[bool]:
    """The same in one that stays, for work on what is measured; whether it was made just now."""
    is_new = owner("SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = %s)", name)
    if is_new:
        owner(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with at_work_in(name):
        yield is_new


@contextmanager
def at_work_in(database: str) -> Iterator[None]:
    """Both roles, in a database that is migrated."""
    settings = [connections[alias].settings_dict for alias in ("owner", "default")]
    original = settings[0]["NAME"]
    connections.close_all()
    for one in settings:
        one["NAME"] = database
    try:
        call_command("migrate", verbosity=0)
        grant_application_role()
        yield
    finally:
        connections.close_all()
        for one in settings:
            one["NAME"] = original


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
