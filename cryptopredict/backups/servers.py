"""Databases beside the one in use: made, filled, put into its place. Done from the server's own database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from cryptopredict.backups.database import Connection, owner_parameters
from system.exceptions import ConflictError, UnavailableError

MAINTENANCE = "postgres"
BEFORE, RESTORING = "_before_", "_restoring_"
ONE_AT_A_TIME = "SELECT pg_try_advisory_lock(hashtext('restore of ' || %s))"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usesysid IS NOT NULL"
ALIASES = ("default", "owner")
CLOSING = 2.0  # seconds


def name_in_use() -> str:
    """Name of the database that the product works with."""
    return str(connections["owner"].settings_dict["NAME"])


@contextmanager
def maintenance() -> Iterator[Connection]:
    """A connection beside the database in use, and nobody else restores meanwhile.

    Raises:
        ConflictError: somebody does.
    """
    with psycopg.connect(**owner_parameters(MAINTENANCE), autocommit=True) as connection:
        (is_ours,) = connection.execute(ONE_AT_A_TIME, [name_in_use()]).fetchone() or (False,)
        if not is_ours:
            raise ConflictError("Another restore is under way; wait until it is done.")
        yield connection


def require_nobody(connection: Connection, database: str) -> None:
    """Nothing is connected to a database; what we have open ourselves is closed first.

    The server goes on showing a connection for a moment after it was closed, so one look that finds some is not enough.

    Raises:
        ConflictError: somebody is.
    """
    connections.close_all()
    until = time.monotonic() + CLOSING
    while (others := count_others(connection, database)) and time.monotonic() < until:
        time.sleep(0.05)
    if others:
        raise ConflictError(
            f"{others} connections to the database {database} are open; stop the product (web, workers, schedule) and "
            "whatever else uses it, and restore again."
        )


def count_others(connection: Connection, database: str) -> int:
    """How many connections of somebody a database has at this moment."""
    (others,) = connection.execute(OTHERS, [database]).fetchone() or (0,)
    return int(others)


def create(connection: Connection, moment: datetime) -> str:
    """An empty database for a restore; those of restores that were broken off are removed.

    Returns:
        Its name.
    Raises:
        UnavailableError: the owner's role may not make one.
    """
    prefix = f"{name_in_use()}{RESTORING}"
    for left in names(connection, prefix):
        drop(connection, left)
    name = f"{prefix}{moment:%Y%m%d%H%M%S}"
    try:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        owner = connection.info.user
        raise UnavailableError(
            f"The role {owner} may not make a database to restore into; as an admin of the server: "
            f'ALTER ROLE "{owner}" CREATEDB.'
        ) from None
    return name


def names(connection: Connection, prefix: str) -> list[str]:
    """Databases whose name begins so, the oldest first."""
    rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", [prefix])
    return [str(name) for (name,) in rows.fetchall()]


def drop(connection: Connection, database: str) -> None:
    """Remove a database."""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(database)))


def put_in_place(connection: Connection, restored: str, moment: datetime) -> str:
    """Let a restored database take the place of the one in use: both change their names, or neither does.

    Returns:
        The name under which the former one stays.
    Raises:
        ConflictError: somebody is connected.
    """
    place = name_in_use()
    former = f"{place}{BEFORE}{moment:%Y%m%d%H%M%S}"
    require_nobody(connection, place)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        with connection.transaction():
            connection.execute(rename.format(sql.Identifier(place), sql.Identifier(former)))
            connection.execute(rename.format(sql.Identifier(restored), sql.Identifier(place)))
    except psycopg.errors.ObjectInUse as error:
        raise ConflictError(f"Somebody uses the database ({error.diag.message_primary}); stop it.") from None
    return former


@contextmanager
def working_in(database: str) -> Iterator[None]:
    """Both roles work in another database for the length of the block."""
    connections.close_all()
    before: dict[str, Any] = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
    for alias in ALIASES:
        connections[alias].settings_dict["NAME"] = database
    try:
        yield
    finally:
        connections.close_all()
        for alias in ALIASES:
            connections[alias].settings_dict["NAME"] = before[alias]
