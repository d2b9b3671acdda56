"""The parts of the product as processes of their own, begun with the command and the environment of their units: what
is told to end ends what it has begun, and loses nothing."""

import http.client
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from kombu import Connection

from accounts.services import create_api_token
from cryptopredict import tasks
from cryptopredict.environment import BASE_DIR
from cryptopredict.running import parts, single, static_files
from cryptopredict.running.address import listen
from system.exceptions import InvalidInput, UnavailableError
from system.models import ApiRequestLog, BackgroundTask
from system.services import change_setting, setting
from tests.assets.other_process import addresses
from tests.cryptopredict.deployed import PLACE, bare_environment, here, unit
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.web_processes import Asked, ask, owners_session
from tests.cryptopredict.workers import queue_of_its_own
from tests.doors import API
from tests.factories import AdminFactory, TotpDeviceFactory
from tests.locks import waiting

SECONDS = 90


@dataclass
class Machine:
    """A server with the files that its units read.

    Attributes:
        home: where its state is.
        files: content of the files of variables, by their path.
    """

    home: Path
    files: dict[str, str]
    begun: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        """What the unit of this name starts, as it starts it, with its state and the program where they are here."""
        one = unit(name)
        environment = one.environment(self.files)
        (command,) = one.commands(environment)
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                here(command),
                cwd=BASE_DIR,
                env=bare_environment(self.home) | environment | {"CRYPTOPREDICT_HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.begun.append(process)
        return process

    def log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def said(self, name: str) -> str:
        return self.log(name).read_text(errors="replace")

    def wait_for_word(self, name: str, word: str) -> None:
        wait_for(lambda: word in self.said(name), SECONDS, lambda: self.said(name))


@pytest.fixture
def queue() -> Iterator[tuple[str, str]]:
    with queue_of_its_own() as found:
        yield found


@pytest.fixture
def machine(tmp_path: Path, queue: tuple[str, str], transactional_db: None) -> Iterator[Machine]:
    found = addresses()
    variables = {"DATABASE_URL": found["DATABASE_URL"], "REDIS_URL": queue[0]}
    variables |= {name: str(getattr(configured, name)) for name in ("SECRET_KEY", "TOKEN_PEPPER", "SEALING_SECRET")}
    files = {
        f"{PLACE}/environment": "\n".join(f"{name}={value}" for name, value in variables.items()),
        f"{PLACE}/owner": f"DATABASE_OWNER_URL={found['DATABASE_OWNER_URL']}",
    }
    made = Machine(tmp_path, files)
    yield made
    for process in made.begun:
        process.kill()
        process.wait(10)


def is_open(port: int) -> bool:
    """Whether the web takes requests."""
    with (
        suppress(OSError, http.client.HTTPException),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection,
    ):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False


def free_port() -> int:
    with closing(listen("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
    return port


@pytest.mark.long
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_is_told_to_end_loses_nothing(machine: Machine, queue: tuple[str, str]) -> None:
    """SIGTERM, as systemd and Docker send it: while the web answers somebody, while a worker does a task that needs the
    owner's role, and to a beat that sends."""
    kept = {name: 36500 for name in setting("retention") if name.startswith("price_")}
    change_setting("retention", setting("retention") | kept, actor=None)  # other tests need the partitions
    admin = AdminFactory()
    TotpDeviceFactory.of(admin)
    _row, token = create_api_token(admin, name="test", scopes=("read", "write", "admin"))
    port = free_port()
    web_unit, worker_unit, beat_unit = f"cryptopredict-web@{port}", "cryptopredict-worker@ingest", "cryptopredict-beat"
    web, worker, beat = (machine.start(name) for name in (web_unit, worker_unit, beat_unit))
    with Connection(queue[1]) as broker:
        for _ in range(2):
            tasks.carry_out_data.apply_async(connection=broker)  # before there is an order: nothing to do
    machine.wait_for_word(beat_unit, "This beat sends from now on")
    beat.send_signal(signal.SIGTERM)
    wait_for(lambda: is_open(port), SECONDS, lambda: machine.said(web_unit))
    page = ask(port, "GET", "/login", token)  # its files were collected by the web itself
    assert page.status == 200, page
    assert beat.wait(SECONDS) == 0

    answers: list[Asked] = []
    asking = threading.Thread(target=lambda: answers.append(ask(port, "POST", f"{API}system/archive", token, b"{}")))
    with owners_session() as owner, owner.transaction():
        owner.execute("LOCK TABLE background_tasks IN ACCESS EXCLUSIVE MODE")
        asking.start()
        wait_for(lambda: waiting("background_tasks"), SECONDS)
        web.send_signal(signal.SIGTERM)
        wait_for(lambda: not is_open(port), SECONDS)
        assert not answers
    asking.join(SECONDS)
    assert [answer.status for answer in answers] == [202], machine.said(web_unit)
    assert web.wait(SECONDS) == 0
    assert ApiRequestLog.objects.filter(endpoint__contains="system/archive", response_status=202).count() == 1
    assert "/login" not in machine.said(web_unit)  # no line has a path

    store: Any = redis.Redis.from_url(queue[0])
    wait_for(lambda: not store.llen("ingest"), SECONDS, lambda: machine.said(worker_unit))
    with owners_session() as owner, owner.transaction():
        owner.execute("LOCK TABLE external_api_logs IN ACCESS EXCLUSIVE MODE")
        with Connection(queue[1]) as broker:
            for _ in range(3):
                tasks.carry_out_data.apply_async(connection=broker)
        wait_for(lambda: waiting("external_api_logs"), SECONDS, lambda: machine.said(worker_unit))
        worker.send_signal(signal.SIGTERM)
        machine.wait_for_word(worker_unit, "Warm shutdown")
        assert worker.poll() is None
    assert worker.wait(SECONDS) == 0
    order = BackgroundTask.objects.get(task_name="system.archive_old_data")
    assert (order.status, order.error_message) == ("completed", None)
    assert store.llen("ingest") == 2  # nobody has begun them
    assert [name for name in store.keys("unfinished:*") if store.type(name) == b"hash"] == []
    store.close()


def test_a_part_alone_begins_no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    with pytest.raises(UnavailableError, match=r"^REDIS_URL must say where the servers are; `manage.py up`"):
        single.work([])
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(UnavailableError, match=r"^DATABASE_URL and REDIS_URL must"):
        single.serve("127.0.0.1", 0)


def test_a_queue_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"no queue 'ingets'; choose from ingest, compute, models, notify"):
        parts.work_queues(["notify", "ingets"])


def test_the_files_of_pages_are_collected_once_and_those_of_before_stay(tmp_path: Path, settings: Any) -> None:
    """Several webs of a machine begin together; one of the former version may still serve."""
    settings.STATIC_ROOT = tmp_path / "static"
    former = tmp_path / "static" / "css" / "app.0123456789ab.css"
    former.parent.mkdir(parents=True)
    former.touch()
    seen: list[int] = []

    def begin(_number: int) -> None:
        static_files.ensure()
        seen.append(static_files.stamp_file().stat().st_mtime_ns)

    with ThreadPoolExecutor(3) as together:
        list(together.map(begin, range(3)))
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert former.exists()
    assert not static_files.are_stale()
