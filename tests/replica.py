"""A second PostgreSQL that follows the one of the tests, made as the containers make theirs."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections

from cryptopredict.backups.bases import home_in_use
from cryptopredict.backups.copying import program
from cryptopredict.embedded import process
from cryptopredict.embedded.postgres import SUPERUSER, Postgres
from tests.forking import ROOT

PATIENCE_SECONDS = 60
START = ROOT / "docker" / "replica.sh"
"""As in ``docker-compose.yml``."""
OPTIONS = (
    "listen_addresses=", "fsync=off", "shared_buffers=32MB", "unix_socket_permissions=0700", "archive_mode=off",
    "max_standby_streaming_delay=1s", "wal_retrieve_retry_interval=100ms",
)  # fmt: skip


class Follower:
    """A server that follows.

    Attributes:
        directory: of its socket, its data and its log.
    """

    def __init__(self, directory: Path, primary: Postgres) -> None:
        self.directory, self.primary = directory, primary
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Take a copy if there is none yet, begin to follow, and wait until it answers."""
        told = {
            "PATH": f"{program('postgres').parent}:{process.BARE['PATH']}",
            "PGDATA": str(self.directory / "data"),
            "PRIMARY_HOST": str(self.primary.here.run),
            "REPLICA_ROLE": SUPERUSER,
            "REPLICA_PASSWORD": self.primary.password(SUPERUSER),
        }
        with (self.directory / "log").open("ab") as log:
            self.server = process.spawn(
                ["sh", "-c", START.read_text(), "sh", "-k", self.directory, *(f"-c{one}" for one in OPTIONS)],
                account=self.primary.here.account,
                environment=process.BARE | told,
                cwd=self.directory,
                output=log,
            )
        wait_until(self.answers, "the replica does not answer")

    def answers(self) -> bool:
        assert self.server is not None
        assert self.server.poll() is None, (self.directory / "log").read_text()
        try:
            self.superuser("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def superuser(self, statement: str) -> None:
        password = self.primary.password(SUPERUSER)
        arguments: dict[str, Any] = {"host": str(self.directory), "user": SUPERUSER, "dbname": "postgres"}
        with psycopg.connect(**arguments, password=password, autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        if self.server is not None:
            process.stop(self.server, process.signal.SIGQUIT, patience=30)
            self.server = None


@contextmanager
def following() -> Iterator[Follower]:
    """A replica of the cluster of the tests, under the alias ``replica`` for the length of the block."""
    primary = Postgres(home_in_use())
    directory = Path(tempfile.mkdtemp(prefix="replica"))
    if primary.here.account.uid != os.getuid():
        os.chown(directory, primary.here.account.uid, primary.here.account.gid)
    follower = Follower(directory, primary)
    try:
        follower.start()
        own = connections["default"].settings_dict
        there = own["OPTIONS"] | ({"host": str(directory)} if "host" in own["OPTIONS"] else {})
        connections.databases["replica"] = own | {"HOST": str(directory), "PORT": "", "OPTIONS": there}
        yield follower
    finally:
        if "replica" in connections.databases:
            connections["replica"].close()
            del connections["replica"]
            del connections.databases["replica"]
        follower.stop()
        shutil.rmtree(directory)


def wait_until(is_so: Any, otherwise: str) -> None:
    """Wait for a state, and not for ever."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)
