"""The compose file and the Dockerfiles are read as Docker reads them, and what is started is what they say."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from cryptopredict.celery import QUEUES
from cryptopredict.embedded.places import Account
from tests.compose import building, making, reading
from tests.compose.making import Container, Yard
from tests.compose.project import SECRETS
from tests.compose.running import Stack
from tests.compose.ways import Broken

ROOT = building.ROOT
OURSELVES = Account("ourselves", os.geteuid(), os.getegid())
TOLD = {"SITE_URL": "https://crypto.example", "ALLOWED_HOSTS": "crypto.example,127.0.0.1"} | {
    name: f"{name.lower().replace('_', '')}12345" for name in SECRETS
}


def file_of(folder: Path, text: str) -> Path:
    path = folder / "docker-compose.yml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${A}", "1"),
        ("x${A:?}y", "x1y"),
        ("${NONE:-2}", "2"),
        ("${NONE:-}", ""),
        ("${EMPTY:-2}", "2"),
        ("${NONE}", ""),
        ("$$A", "$A"),
    ],
)
def test_variables_are_filled_in(text: str, found: str) -> None:
    assert reading.filled_in(text, {"A": "1", "EMPTY": ""}) == found


@pytest.mark.parametrize("text", ["${NONE:?}", "${EMPTY:?}", "$A", "${A-1}", "${A:+1}"])
def test_what_is_missing_or_not_known_is_refused(text: str) -> None:
    with pytest.raises(reading.NotUnderstood):
        reading.filled_in(text, {"A": "1", "EMPTY": ""})


def test_lengths_of_time() -> None:
    assert [reading.seconds(text) for text in ("5s", "1m30s", "500ms")] == [5, 90, 0.5]
    with pytest.raises(reading.NotUnderstood):
        reading.seconds("5 s")


def test_what_is_asked_to_end_is_given_the_time_of_the_file() -> None:
    found = reading.services(ROOT / "docker-compose.yml", TOLD)
    assert {name: found[name].grace for name in ("web", "beat", "ingest", "postgres")} == {
        "web": 15,
        "beat": 15,
        "ingest": 120,
        "postgres": 10,
    }


def test_a_key_that_is_not_carried_out_is_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path, "services: {web: {image: cryptopredict, network_mode: host}}")
    with pytest.raises(reading.NotUnderstood, match="network_mode"):
        reading.services(path, {})


def test_what_the_compose_file_says_wins_over_files(tmp_path: Path) -> None:
    part = "{image: x, env_file: [{path: product.env, required: false}], environment: {A: said}}"
    path = file_of(tmp_path, f"services: {{one: {part}}}")
    assert reading.services(path, {})["one"].environment == {"A": "said"}
    (tmp_path / "product.env").write_text("# words\nA=from the file\n\nB=b=c\n")
    assert reading.services(path, {})["one"].environment == {"A": "said", "B": "b=c"}


def test_a_variable_of_the_compose_file_that_is_missing_ends_it() -> None:
    for name in TOLD:
        with pytest.raises(reading.NotUnderstood, match=name):
            reading.services(ROOT / "docker-compose.yml", TOLD | {name: ""}, "pooled")


def test_the_image_of_the_program() -> None:
    image = reading.image(ROOT / "Dockerfile")
    assert image.command[:3] == ("python", "manage.py", "serve")
    assert (image.user, image.directory) == ("cryptopredict", "/app")
    assert image.environment["CRYPTOPREDICT_HOME"] == f"/{building.HOME}"
    assert image.health is not None
    assert (image.health.interval, image.health.timeout, image.health.start_period, image.health.retries) == (
        10,
        3,
        30,
        3,
    )
    assert [user for user, step in image.steps if "--only-collect" in step] == ["cryptopredict"]
    passed_over = [step for user, step in image.steps if building.CHANGES_THE_MACHINE.search(step)]
    assert len(passed_over) == 2
    assert f"--uid {building.NUMBER}" in passed_over[1]


def test_what_the_image_does_without() -> None:
    patterns = (ROOT / ".dockerignore").read_text().split()
    for path in (".env", "product.env", "tests", ".git", "assets/__pycache__", "frontend/node_modules"):
        assert building.is_left_out(path, patterns), path
    for path in ("assets/tests.py", "manage.py", "frontend/package.json", "static/vendor"):
        assert not building.is_left_out(path, patterns), path


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    """Where containers of the very files are made; nothing of the image but the packages is there."""
    packages = tmp_path / "image" / "venv" / "lib" / "python3" / "site-packages"
    packages.parent.mkdir(parents=True)
    packages.symlink_to(next(path for path in sys.path if path.endswith("site-packages")))
    (tmp_path / "image" / building.HOME / "static").mkdir(parents=True)
    image = reading.image(ROOT / "Dockerfile")
    built = building.Built(tmp_path / "image", image, OURSELVES, "", [])
    return Yard(tmp_path, built, [18_000, 18_001], account=OURSELVES)


def test_everything_that_the_file_says_is_started_elsewhere_with_the_same_words(yard: Yard) -> None:
    told = TOLD | {"WEB_DATABASE": "pgbouncer:6432", "DATABASE_POOLED": "true"}
    found = reading.services(ROOT / "docker-compose.yml", told, "pooled")
    assert found.keys() == {"web", "beat", "migrate", "postgres", "valkey", "pgbouncer", *QUEUES}
    back = {here: place for place, here in yard.hosts.items()}
    for name, service in found.items():
        made = yard.make(service, 1)
        assert {variable: making.replace(made.environment[variable], back) for variable in service.environment} == {
            **service.environment
        }, name
        if name in {"web", "pgbouncer"}:
            continue
        said = [*(service.command or ("sh", str(yard.root / "containers/postgres-1/postgres.sh"), "postgres"))]
        assert made.command[: len(said)] == said, name
        assert made.command[len(said) :] == (
            ["--port", str(yard.ports["valkey"]), "--bind", "127.0.0.1"] if name == "valkey" else []
        )


def test_a_web_process_serves_where_nobody_else_comes(yard: Yard) -> None:
    web = reading.services(ROOT / "docker-compose.yml", TOLD)["web"]
    first, second = yard.make(web, 1), yard.make(web, 2)
    said = reading.image(ROOT / "Dockerfile").command
    assert list(said) == ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104
    assert first.command == [*said[:4], "127.0.0.1", "--port", "18000"]
    assert second.command == [*said[:4], "127.0.0.1", "--port", "18001"]
    assert second.health is not None
    assert "http://127.0.0.1:18001/healthz" in second.health.command[-1]
    assert first.environment["CRYPTOPREDICT_HOME"] != second.environment["CRYPTOPREDICT_HOME"]
    media = [Path(one.environment["CRYPTOPREDICT_HOME"]) / "media" for one in (first, second)]
    assert media[0].resolve() == media[1].resolve()
    assert (Path(first.environment["CRYPTOPREDICT_HOME"]) / "static").resolve() == yard.built.home / "static"


def test_a_service_that_nothing_stands_in_for_is_refused(yard: Yard) -> None:
    replica = reading.services(ROOT / "docker-compose.yml", TOLD, "replica")["replica"]
    with pytest.raises(reading.NotUnderstood, match="replica"):
        yard.make(replica, 1)


SMALL = """
services:
  last:
    image: x
    restart: unless-stopped
    command: [sh, -c, "test -e made && sleep 600"]
    depends_on:
      between: {condition: service_completed_successfully}
      first: {condition: service_healthy}
  between:
    image: x
    restart: "no"
    command: [sh, -c, "test -e well && touch made"]
    depends_on:
      first: {condition: service_healthy}
  first:
    image: x
    restart: unless-stopped
    command: [sh, -c, "touch begun; sleep 600"]
    healthcheck:
      test: [CMD-SHELL, "test -e begun && touch well"]
      interval: 50ms
      timeout: 5s
      retries: %s
volumes: {}
"""


class Plain(Yard):
    """Commands as they are, in one directory."""

    def make(self, service: reading.Service, number: int) -> Container:
        name, paths = f"{service.name}-{number}", {"PATH": building.SYSTEM_PATH}
        command, log = list(service.command or ()), self.root / f"{name}.log"
        return Container(name, service, command, paths, self.root, OURSELVES, service.health, log, {})


def stack(yard: Yard, text: str, begun: list[str], **scale: int) -> Stack:
    found = reading.services(file_of(yard.root, text), {})
    return Stack(Plain(yard.root, yard.built, []), found, scale, lambda one: begun.append(one.name))


def test_services_begin_when_what_they_wait_for_is_so(yard: Yard) -> None:
    begun = list[str]()
    made = stack(yard, SMALL % 100, begun, last=2)
    try:
        made.up()
        assert begun == ["first-1", "between-1", "last-1", "last-2"]
        made.look()
        assert made.faults == []
        made.containers[-1].process.kill()  # type: ignore[union-attr]
        made.containers[-1].process.wait(30)  # type: ignore[union-attr]
        made.look()
        assert [fault.partition(":")[0] for fault in made.faults] == ["last-2 ended with status -9"]
    finally:
        assert made.stop() == []
    assert all(one.process is not None and one.process.poll() is not None for one in made.containers)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("test -e begun && touch well", "echo not today; exit 1", "first-1 is unhealthy: not today"),
        ("test -e well && touch made", "exit 3", "between-1 ended with status 3"),
    ],
)
def test_what_is_not_well_is_told(yard: Yard, old: str, new: str, told: str) -> None:
    made = stack(yard, (SMALL % 2).replace(old, new), [])
    try:
        with pytest.raises(Broken, match=told):
            made.up()
    finally:
        made.stop()


def test_the_user_of_the_program_can_run_a_python() -> None:
    if os.geteuid() != 0 or not shutil.which("python3", path="/usr/bin"):
        pytest.skip("only root runs it as another user, with a Python of the system if need be")
    found: Any = building.interpreter(building.who_runs_it())
    assert building.version_of(found) >= "3.11"
