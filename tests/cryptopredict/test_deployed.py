"""What runs on servers is what is tested: the files for containers and units start the parts of ``up`` and no others,
and give each what it needs and no more."""

import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cryptopredict.celery import QUEUES, ROUTES
from cryptopredict.embedded.postgres import SETTINGS
from cryptopredict.environment import BASE_DIR
from cryptopredict.running.parts import GRACEFUL_SECONDS, RECORDING_SECONDS
from tests.cryptopredict.deployed import (
    INTERPRETER,
    PLACE,
    UNITS,
    Unit,
    compose,
    every_unit,
    image_command,
    ours,
    unit,
)
from tests.cryptopredict.owners_work import Code

FILES = [
    BASE_DIR / "Dockerfile",
    BASE_DIR / "docker-compose.yml",
    BASE_DIR / "README.md",
    BASE_DIR / "CONTRIBUTING.md",
    *UNITS.glob("*.service"),
    *UNITS.glob("*.d/*.conf"),
    *(BASE_DIR / "docs").glob("*.md"),
]
BARE = re.compile(r"\buvicorn\b[^\n]*\basgi\b|\bcelery\b[^\n]*\b(?:worker|beat)\b(?! of)")
"""A part of the product that is started past ``running.parts``."""
PARTS = {"serve", "work", "beat"}
TASKS = "cryptopredict.tasks."
OWNER_FILE = f"{PLACE}/owner"
VARIABLES = re.findall(r"^#([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)
TOLD_TO_EACH = [*VARIABLES, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "PROVIDER_FRED_KEY"]


def test_nothing_starts_a_server_or_a_worker_of_its_own() -> None:
    assert BARE.search("uvicorn cryptopredict.asgi:application --port 8000")
    assert BARE.search('["celery", "--app", "cryptopredict.celery", "worker"]')
    assert BARE.search("celery --app cryptopredict.celery beat")
    for path in FILES:
        found = BARE.search(path.read_text())
        assert found is None, f"{path}: {found}"


def commands() -> dict[str, list[str]]:
    """What each container and each unit starts: the words behind ``manage.py``."""
    found = {}
    for name, part in ours().items():
        command = part.get("command") or image_command()
        if command[0] == "sh":
            command = shlex.split(command[2].partition("&&")[0])
        assert command[:2] == ["python", "manage.py"], name
        found[f"container {name}"] = command[2:]
    for one in every_unit(QUEUES):
        environment = {"QUEUES": "compute"} | dict(line.split("=", 1) for line in one.values("Environment"))
        for number, command in enumerate(one.commands(environment)):
            assert command[:2] == [INTERPRETER, "manage.py"], one.name
            found[f"{one.name} {number}"] = command[2:]
    return found


def test_each_starts_a_command_that_there_is_with_options_that_it_takes() -> None:
    seen: dict[str, Any] = {}
    for where, (name, *arguments) in commands().items():
        command: Any = load_command_class(get_commands()[name], name)
        seen[where] = command.create_parser("manage.py", name).parse_args(arguments)
        assert name in PARTS or where.startswith(("container migrate", "cryptopredict-migrate")), where
    for queue in QUEUES:
        assert seen[f"container {queue}"].queues == seen[f"cryptopredict-worker@{queue} 0"].queues == [queue]
    assert (seen["container web"].host, seen["container web"].port) == ("0.0.0.0", 8000)  # noqa: S104 - in a container
    assert (seen["cryptopredict-web@8000 0"].host, seen["cryptopredict-web@8000 0"].port) == ("127.0.0.1", 8000)


EITHER = frozenset({"assets.services.partitions._attach_new"})
"""Over the owner's connection, because that is another session, and as well where the application's role stands behind
it: tests/assets/test_partitions.py makes a partition that way."""


@cache
def ways() -> dict[str, list[str]]:
    return Code(either=EITHER).ways


def test_the_way_to_the_owners_connection_is_found(tmp_path: Path) -> None:
    """By calls, registered names, commands and methods; not by the names of types, and not through a queue."""
    folder = tmp_path / "cryptopredict"
    (folder / "management" / "commands").mkdir(parents=True)
    (folder / "registry.py").write_text(
        "_kept = []\ndef register_one(name):\n    _kept.append(name)\ndef all():\n    return _kept\n"
    )
    (folder / "apps.py").write_text(
        "from cryptopredict.registry import register_one\n"
        "def ready():\n    register_one(dict(name='cryptopredict.work.forget'))\n"
    )
    (folder / "work.py").write_text(
        "from django.db import connections, transaction\n"
        "OWNER = 'owner'\n"
        "def forget():\n    connections['owner'].cursor()\n"
        "class Mover:\n    def move(self):\n        with transaction.atomic(using=OWNER):\n            pass\n"
        "def harmless(mover: Mover) -> Mover:\n    return mover\n"
    )
    (folder / "management" / "commands" / "dump.py").write_text(
        "from cryptopredict import work\nclass Command:\n    def handle(self):\n        work.Mover().move()\n"
    )
    (folder / "tasks.py").write_text(
        "from cryptopredict import registry, work\n"
        "@app.task\ndef sweep():\n    for one in registry.all():\n        one()\n"
        "@app.task\ndef begin():\n    spawn(['manage.py', 'dump'])\n"
        "@app.task\ndef plain():\n    work.harmless(None)\n"
        "@app.task\ndef send():\n    sweep.delay()\n"
    )
    found = Code(tmp_path, ["cryptopredict"]).ways
    assert {name.rpartition(".")[2]: way[-1] for name, way in found.items() if name.startswith(TASKS)} == {
        "sweep": "cryptopredict.work.forget",
        "begin": "cryptopredict.work.Mover",
    }
    spared = Code(tmp_path, ["cryptopredict"], either=frozenset({"cryptopredict.work.forget"})).ways
    assert [name for name in spared if name.startswith(TASKS)] == [f"{TASKS}begin"]


def test_tasks_that_need_the_owners_role_are_done_where_it_is() -> None:
    found = {name.removeprefix(TASKS): way for name, way in ways().items() if name.startswith(TASKS)}
    assert {"archive_prices", "carry_out_data", "erase_closed_accounts", "keep_backups", "sweep_old_rows"} <= set(found)
    where = {ROUTES[f"{TASKS}{task}"]["queue"] for task in found}
    containers = {name for name, part in ours().items() if "DATABASE_OWNER_URL" in part["environment"]}
    assert containers == {"migrate", *where}, found
    workers = {queue for queue in QUEUES if OWNER_FILE in unit(f"cryptopredict-worker@{queue}").files()}
    assert workers == where, found
    assert OWNER_FILE in unit("cryptopredict-migrate").files()
    assert OWNER_FILE not in unit("cryptopredict-web@8000").files()


def test_the_web_needs_no_owner() -> None:
    """Its doors name such work at most to have it ordered: by ``start_task``, or to say which there is."""
    doors = re.compile(r"\b(?:api|admin|pages|views|mcp_server|live|forms)\b")
    ordered = {"cryptopredict.starting.start_task", "cryptopredict.starting.STARTABLE"}
    found = {name: way for name, way in ways().items() if doors.search(name) and not ordered & set(way)}
    assert found == {}


def test_the_owners_file_may_be_missing_and_is_explained() -> None:
    for one in every_unit(QUEUES):
        files = one.files()
        assert files.pop(f"{PLACE}/environment") is False, one.name
        assert all(files.values()), one.name
    assert OWNER_FILE in (BASE_DIR / "docs" / "scaling.md").read_text()


def test_every_variable_reaches_the_containers() -> None:
    """Those that the file does not say come by product.env; those that it says it takes from .env, or they are its own
    addresses."""
    assert len(VARIABLES) > 30
    for name, part in ours().items():
        assert part["env_file"] == [{"path": "product.env", "required": False}], name
        hidden = {variable: part["environment"].get(variable, "${}") for variable in TOLD_TO_EACH}
        assert [variable for variable, text in hidden.items() if "${" not in text] == [], name
    secret = {"OWNER_PASSWORD", "SUPERUSER_PASSWORD"}
    assert not any(word in str(ours()["web"]) for word in secret)
    kept_out = (BASE_DIR / ".dockerignore").read_text().split()
    assert {".env", "product.env"} <= set(kept_out) & set((BASE_DIR / ".gitignore").read_text().split())


def test_docker_s_networks_are_believed_because_this_machine_alone_reaches_the_ports() -> None:
    for name, part in ours().items():
        told = re.fullmatch(r"\$\{FORWARDED_ALLOW_IPS:-(\S+)\}", part["environment"]["FORWARDED_ALLOW_IPS"])
        assert told is not None, name
        believed = ProxyHeadersMiddleware(image_command, told[1]).trusted_hosts  # type: ignore[arg-type]
        assert "172.18.0.1" in believed  # a gateway of Docker's
        assert "203.0.113.7" not in believed
        assert all(port.startswith("127.0.0.1:") for port in part.get("ports", [])), name


def test_what_is_told_to_end_is_given_the_time_and_begun_again() -> None:
    names = {"web": "cryptopredict-web@8000", "beat": "cryptopredict-beat"}
    names |= {queue: f"cryptopredict-worker@{queue}" for queue in QUEUES}
    for name, of_unit in names.items():
        container, service = ours()[name], unit(of_unit)
        seconds = int(container["stop_grace_period"].removesuffix("s"))
        assert seconds > GRACEFUL_SECONDS + RECORDING_SECONDS, name
        assert service.values("TimeoutStopSec") == [str(seconds)], name
        assert (container["init"], container["restart"]) == (True, "unless-stopped"), name
        assert (service.values("Restart"), service.values("StartLimitIntervalSec")) == (["always"], ["0"]), name


def test_no_server_gets_what_is_the_programs() -> None:
    for name, part in compose()["services"].items():
        assert ("env_file" in part) == (name in ours()), name


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed (Debian: systemd)")
def test_systemd_reads_the_units(tmp_path: Path) -> None:
    """With the interpreter and the directory of this machine in the place of those of a server."""
    for path in UNITS.rglob("*.*"):
        if path.is_file():
            copied = tmp_path / path.relative_to(UNITS)
            copied.parent.mkdir(exist_ok=True)
            copied.write_text(path.read_text().replace(INTERPRETER, sys.executable))
    names = [f"{one.name}.service" for one in every_unit(QUEUES)]
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *(str(tmp_path / name) for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")


def test_a_second_worker_of_a_queue_says_which() -> None:
    second: Unit = unit("cryptopredict-worker@compute-2")
    told = {f"{PLACE}/environment": "LOG_LEVEL=INFO", f"{PLACE}/worker-compute-2": "QUEUES=compute"}
    (command,) = second.commands(second.environment(told))
    assert command[2:] == ["work", "--queues", "compute", "--name", "compute-2"]


def test_a_database_of_servers_plans_as_the_embedded_one() -> None:
    script = (BASE_DIR / "docker" / "roles.sh").read_text()
    told = dict(re.findall(r"^ALTER DATABASE cryptopredict SET (\w+) = (\S+);$", script, re.MULTILINE))
    assert told == {name: SETTINGS[name] for name in ("jit", "random_page_cost")}
