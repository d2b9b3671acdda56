"""An installation that archives its log: worked in while its servers run, with times to go back to."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cryptopredict.backups.bases import make_base
from cryptopredict.backups.point_in_time import formers, restore_at
from cryptopredict.backups.sealed import CLOSED, Opener
from cryptopredict.embedded import attached
from cryptopredict.embedded.wal import Archive, archive_of
from system.exceptions import DomainError, InvalidInput
from tests.cryptopredict.installation import Installation, wait_for

PAUSE = 0.1
Connection = psycopg.Connection[tuple[Any, ...]]


def archives(here: Installation, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of an installation that archives its log."""
    settings.CRYPTOPREDICT_HOME = here.home
    for name, text in {"WAL_ARCHIVE": "on", "DATABASE_URL": "", "DATABASE_OWNER_URL": ""}.items():
        monkeypatch.setenv(name, text)
        here.variables[name] = text
    return here.home


def used(home: Path, work: Callable[[Connection], Any]) -> Any:
    """Something done while the servers run."""
    with (
        attached(home, {"postgres"}) as running,
        psycopg.connect(running.variables["DATABASE_OWNER_URL"]) as connection,
    ):
        connection.autocommit = True
        return work(connection)


def archive_in(home: Path) -> Archive:
    return archive_of((home / "wal").resolve(), home / "postgres")


def rows(connection: Connection, count: int, since: int = 0) -> list[tuple[int, datetime]]:
    """A row each tenth of a second, and the server's time behind its commit."""
    found = []
    for number in range(since, since + count):
        connection.execute("INSERT INTO kept VALUES (%s)", [number])
        (at,) = connection.execute("SELECT clock_timestamp()").fetchone() or ()
        found.append((number, at))
        time.sleep(PAUSE)
    return found


def all_rows(connection: Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT n FROM kept ORDER BY n").fetchall()]


def kept(home: Path) -> list[int]:
    return used(home, all_rows)


def begin(connection: Connection, home: Path) -> list[tuple[int, datetime]]:
    """A table, and the base backup that everything goes on from.

    Returns:
        No rows yet.
    """
    connection.execute("CREATE TABLE kept (n int)")
    make_base(archive_in(home))
    return []


def refused(
    home: Path,
    until: datetime | None,
    *words: str,
    error: type[DomainError] = InvalidInput,
    opener: Opener = CLOSED,
) -> None:
    """It says why, and nothing was touched."""
    before, left = kept(home), formers(home / "postgres")
    with pytest.raises(error) as told_why:
        restore_at(home, until, opener=opener)
    for word in words:
        assert word in str(told_why.value)
    assert kept(home) == before
    assert formers(home / "postgres") == left


def switched(connection: Connection, archive: Archive) -> str:
    """Have the server begin a new file of the log, and wait until the full one is archived.

    Returns:
        Its name.
    """
    (name,) = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone() or ()
    with psycopg.connect(connection.info.dsn, user="postgres", password=superuser(archive)) as server:
        server.execute("SELECT pg_switch_wal()")
    wait_for(lambda: [*archive.segments.glob(f"{name}.gz*")], 30, lambda: f"{name} was not archived")
    return str(name)


def superuser(archive: Archive) -> str:
    return (archive.root.parent.parent / "secrets/postgres_password").read_text()


def replaced(command: str, words: dict[str, str]) -> str:
    """As PostgreSQL replaces the signs of a command, from left to right."""
    found, rest = "", command
    while rest:
        word = rest[:2] if rest[:2] in words else rest[:1]
        found += words.get(word, word)
        rest = rest[len(word) :]
    return found
