"""Faults of the surroundings: one sentence that names the thing and the remedy, no traceback, exit status 2."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import utils as database

from cryptopredict.faults import explain
from cryptopredict.management.commands.replay import step
from cryptopredict.management.commands.run_pipeline import moment
from system.exceptions import ConflictError, InvalidInput
from tests.cryptopredict.installation import CONNECT, READ, WRITE, Installation, assert_one_sentence

pytestmark = pytest.mark.long

STRANGER = 54321
as_root = os.geteuid() == 0
needs_root = pytest.mark.skipif(not as_root, reason="needs root to mount, or to make files of another user")
NOTHING = ("with_services", "--", "true")


def test_a_command_that_does_not_exist(made: Installation) -> None:
    assert_one_sentence(made.manage("with_services", "--", "no-such-command"), "no-such-command", "No such file")
    assert_one_sentence(made.manage("with_services"), "Name a command")
    made.assert_nothing_left()


def test_data_of_another_major(here: Installation) -> None:
    make_data_directory(here, "PG_VERSION", "16\n")
    assert_one_sentence(here.manage(*NOTHING), "PostgreSQL 16", "upgrade_database")
    here.assert_nothing_left()


def test_a_directory_that_is_something_else(here: Installation) -> None:
    make_data_directory(here, "holiday.jpg", "a beach")
    assert_one_sentence(here.manage(*NOTHING), "holiday.jpg is in it", "move it away")
    assert (here.home / "postgres" / "holiday.jpg").read_text() == "a beach"
    here.assert_nothing_left()


def make_data_directory(here: Installation, name: str, content: str) -> None:
    data = here.home / "postgres"
    data.mkdir(parents=True, mode=0o700)
    (data / name).write_text(content)
    if as_root:
        shutil.chown(data, "nobody")


def test_lost_secrets(copied: Installation) -> None:
    shutil.rmtree(copied.home / "secrets")
    assert_one_sentence(copied.manage(*NOTHING), "does not know the password", "put back the secrets")
    copied.assert_nothing_left()


def test_a_damaged_database(copied: Installation) -> None:
    (copied.data_directory("postgres") / "global" / "pg_control").unlink()
    assert_one_sentence(copied.manage(*NOTHING), "PostgreSQL did not start", "postgres.log")
    copied.assert_nothing_left()


def test_a_damaged_queue(copied: Installation) -> None:
    for part in (copied.data_directory("valkey") / "appendonlydir").glob("*.rdb"):
        part.write_bytes(b"REDIS0011garbage" * 100)
    assert_one_sentence(copied.manage(*NOTHING), "Valkey did not start", "valkey.log")
    copied.assert_nothing_left()


def test_a_home_that_is_a_file(here: Installation) -> None:
    here.home.touch()
    assert_one_sentence(here.manage(*NOTHING), str(here.home), "set CRYPTOPREDICT_HOME")


@pytest.mark.skipif(as_root, reason="modes do not bind root; the mounted one stands for it")
def test_a_home_that_may_not_be_written(here: Installation) -> None:
    here.home.mkdir(mode=0o555)
    assert_one_sentence(here.manage(*NOTHING), str(here.home), "set CRYPTOPREDICT_HOME")


def test_a_run_directory_that_somebody_took(here: Installation) -> None:
    temporary = Path(tempfile.mkdtemp(prefix="cp-run-"))
    temporary.chmod(0o1777)
    taken = temporary / here.run_directory().name
    here.variables["TMPDIR"] = str(temporary)
    try:
        target = temporary / "target"
        target.mkdir(mode=0o755)
        taken.symlink_to(target)
        assert_one_sentence(here.manage(*NOTHING), f"{taken} is not a private directory", "remove it")
        assert target.stat().st_mode & 0o777 == 0o755
        taken.unlink()
        if as_root:
            taken.mkdir(mode=0o700)
            os.chown(taken, STRANGER, STRANGER)
            assert_one_sentence(here.manage(*NOTHING), f"{taken} is not a private directory", "remove it")
    finally:
        shutil.rmtree(temporary)
    here.assert_nothing_left()


@needs_root
def test_a_service_user_that_does_not_exist(here: Installation) -> None:
    here.variables["CRYPTOPREDICT_SERVICE_USER"] = "no-such-user"
    assert_one_sentence(here.manage(*NOTHING), "no-such-user", "CRYPTOPREDICT_SERVICE_USER")


@needs_root
def test_data_of_another_user(here: Installation) -> None:
    (here.home / "postgres").mkdir(parents=True, mode=0o700)
    os.chown(here.home / "postgres", STRANGER, STRANGER)
    assert_one_sentence(here.manage(*NOTHING), f"belongs to user {STRANGER}", "CRYPTOPREDICT_HOME")


@pytest.fixture
def mounted(here: Installation) -> Iterator[Installation]:
    """A home on a small file system of its own."""
    here.home.mkdir(mode=0o711)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m,mode=711", "tmpfs", here.home], check=False).returncode:
        pytest.skip("may not mount")
    try:
        yield here
    finally:
        subprocess.run(["umount", "-l", here.home], check=True)


def fill(directory: Path, *, free: int) -> None:
    """Leave so many bytes of the file system free."""
    space = os.statvfs(directory)
    with (directory / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, space.f_bavail * space.f_frsize - free)


FREE = [0, *(pytest.param(free, marks=pytest.mark.full) for free in (4096, 8 << 20, 30 << 20))]


@needs_root
@pytest.mark.parametrize("free", FREE)
def test_a_full_disk_at_the_first_start(mounted: Installation, free: int) -> None:
    fill(mounted.home, free=free)
    assert_one_sentence(mounted.manage(*NOTHING), "No space left on device", "free some disk space")
    mounted.assert_nothing_left()
    (mounted.home / "ballast").unlink()
    assert mounted.python_with_services(CONNECT, WRITE).returncode == 0


@needs_root
def test_a_disk_that_fills_up_later(mounted: Installation) -> None:
    assert mounted.python_with_services(CONNECT, WRITE).returncode == 0
    fill(mounted.home, free=0)
    assert_one_sentence(mounted.manage(*NOTHING), "No space left on device", "free some disk space")
    mounted.assert_nothing_left()
    (mounted.home / "ballast").unlink()
    assert mounted.python_with_services(CONNECT, READ).stdout.split() == ["1", "1"]


@needs_root
def test_a_read_only_home(mounted: Installation) -> None:
    subprocess.run(["mount", "-o", "remount,ro", mounted.home], check=True)
    assert_one_sentence(mounted.manage(*NOTHING), str(mounted.home), "CRYPTOPREDICT_HOME")


# -- servers elsewhere ------------------------------------------------------------------------------------------------

REFUSED = "127.0.0.1:1"


def wrong(variable: str, value: str, *parts: str, full: bool = False) -> Any:
    return pytest.param({variable: value}, parts, marks=[pytest.mark.full] if full else [], id=value)


@pytest.mark.parametrize(
    ("variables", "parts"),
    [
        wrong("DATABASE_URL", f"postgresql://me:x@{REFUSED}/db", "database cannot be reached", "DATABASE_URL"),
        wrong("DATABASE_URL", "postgresql://me:x@no-host.invalid/db", "cannot be reached", "DATABASE_URL", full=True),
        wrong("DATABASE_URL", "mysql://me@localhost/db", "DATABASE_URL must be a postgresql:// address", full=True),
        wrong("DATABASE_URL", "nonsense", "DATABASE_URL must be a postgresql:// address"),
        wrong("REDIS_URL", "http://127.0.0.1", "REDIS_URL must be", full=True),
        wrong("SITE_URL", "nonsense", "SITE_URL must be", full=True),
    ],
)
def test_a_wrong_address(here: Installation, variables: dict[str, str], parts: tuple[str, ...]) -> None:
    here.variables = {
        "DATABASE_URL": f"postgresql://me:x@{REFUSED}/db",
        "REDIS_URL": f"redis://{REFUSED}/0",
    } | variables
    assert_one_sentence(here.manage("migrate"), *parts)


# -- options of commands ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["99999999999w", "999999999w", "9" * 5000 + "m", "523w", "3661d", "0d", "1", "d", "-1d", "1.5h", ""]
)
def test_a_span_that_makes_no_sense(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"' is no span such as 1d or 4h\.$"):
        step(text)


@pytest.mark.parametrize(
    ("text", "span"),
    [("90m", timedelta(minutes=90)), ("4h", timedelta(hours=4)), ("1d", timedelta(1)), ("522w", timedelta(3654))],
)
def test_a_span(text: str, span: timedelta) -> None:
    assert step(text) == span


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01", "1969-12-31"])
def test_a_moment_before_any_data(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is too early; the earliest is 1970-01-01T00:00:00Z\.$"):
        moment(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-06-30T00:00:00", "2024-13-01"])
def test_a_moment_that_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no time with its zone"):
        moment(text)


def test_a_moment() -> None:
    assert moment("1970-01-01") == datetime(1970, 1, 1, tzinfo=UTC)
    assert moment("2024-06-30T02:00:00+02:00") == moment("2024-06-30T00:00:00Z")


# -- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (ConflictError("The list is full; remove an asset first."), "The list is full"),
        (ImproperlyConfigured("LANGUAGES must be …"), "Wrong configuration: LANGUAGES"),
        (redis.exceptions.ConnectionError("refused"), "Redis cannot be reached (refused)"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/x"), "/data/x: No space left on device"),
        (OSError(errno.EACCES, os.strerror(errno.EACCES), "/data/x"), "check its owner and mode"),
        (OSError(errno.ENOENT, os.strerror(errno.ENOENT), "/data/x"), "/data/x: No such file or directory; check"),
        (OSError(errno.EISDIR, os.strerror(errno.EISDIR), "/data/x"), "name a file, not a directory"),
        (OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), "/data/x"), "correct the path"),
        (psycopg.ProgrammingError('invalid connection option "foo"'), "correct DATABASE_URL"),
        (psycopg.errors.DiskFull("could not extend file"), "disk is full"),
        (psycopg.errors.UndefinedTable('relation "x" does not exist'), "manage.py migrate"),
        (psycopg.errors.InsufficientPrivilege("permission denied"), "manage.py bootstrap"),
        (database.OperationalError("the connection is closed"), "cannot be reached"),
        (database.InterfaceError("connection already closed"), "was lost"),
    ],
)
def test_expected_faults_are_one_sentence(error: Exception, part: str) -> None:
    sentence = explain(error)
    assert sentence is not None
    assert part in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        ValueError("x"),
        OSError(errno.EBADF, "bad"),
        database.DataError("x"),
        psycopg.ProgrammingError("the query has 1 placeholders but 2 parameters were passed"),
    ],
)
def test_our_own_defects_are_not_dressed_up(error: Exception) -> None:
    assert explain(error) is None
