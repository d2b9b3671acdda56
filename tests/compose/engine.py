"""The services as containers, where there is a Docker engine: ``docker compose up`` with the very file.

Other than for an operator are the name of the image, which is not to replace theirs, that PostgreSQL and Valkey have
ports of the loopback interface, because the tests make their rows from outside, and that containers find this machine
under a name: the exchange that somebody asks on the way answers there.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.compose import building, reading
from tests.compose.making import SERVERS, WEB_PORT, replace
from tests.compose.project import Project
from tests.compose.ways import Broken, Log, tail

OLDEST = (2, 24)
"""Of Docker Compose: before, ``env_file`` had no ``required``."""
OUTSIDE = "exchange.example"
"""What containers call this machine."""
IMAGE = "cryptopredict-journey"
START_SECONDS = 1800
"""The images are fetched and built in it."""
LOOK_SECONDS = 2.0
KILLED = 137
OVERRIDE = "override.yml"


def why_not() -> str:
    """Why Docker cannot start the services; empty if it can."""
    if shutil.which("docker") is None:
        return "there is no docker on the path"
    for question in (("info", "--format", "{{.ServerVersion}}"), ("compose", "version", "--short")):
        asked = subprocess.run(["docker", *question], capture_output=True, text=True, check=False)
        if asked.returncode:
            return (asked.stderr + asked.stdout).strip().partition("\n")[0]
    if version_of(asked.stdout) < OLDEST:
        return f"Docker Compose {asked.stdout.strip()} is older than {'.'.join(map(str, OLDEST))}"
    return ""


def version_of(text: str) -> tuple[int, ...]:
    """``v2.24.5-desktop.1`` and the like."""
    return tuple(int(part) for part in text.strip().removeprefix("v").split("-")[0].split(".")[:2])


def override(services: Mapping[str, reading.Service]) -> dict[str, Any]:
    """What is otherwise than in the file."""
    changed: dict[str, Any] = {}
    for name, service in services.items():
        if service.image == "cryptopredict":
            changed[name] = {"image": IMAGE, "extra_hosts": [f"{OUTSIDE}:host-gateway"]}
        elif name != "pgbouncer" and name in SERVERS:
            changed[name] = {"ports": [f"127.0.0.1::{SERVERS[name]}"]}
    return {"services": changed}


def rows(text: str) -> list[dict[str, Any]]:
    """Containers as ``docker compose ps --format json`` has them: one in a line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def is_well(row: Mapping[str, Any], *, ends: bool) -> bool:
    """Whether a container is as it should be.

    Args:
        ends: it has something to do, and then it ends.
    """
    if ends:
        return row["State"] == "exited" and row["ExitCode"] == 0
    return row["State"] == "running" and row["Health"] in {"", "healthy"}


def is_unwell(row: Mapping[str, Any], *, ends: bool) -> bool:
    """Whether it will not become so."""
    if row["State"] == "exited":
        return row["ExitCode"] != 0 or not ends
    return row["State"] in {"dead", "restarting"} or row["Health"] == "unhealthy"


@dataclass
class Engine:
    """Containers of a project of Docker Compose.

    Attributes:
        home: a directory for what a program of this machine writes beside them.
    """

    project: Project
    scale: Mapping[str, int]
    home: Path
    faults: list[str] = field(default_factory=list)
    next_look: float = 0.0

    def __post_init__(self) -> None:
        self.services = reading.services(self.project.file, self.project.told, *self.project.profiles)
        building.copy_program(self.project.folder)
        (self.project.folder / OVERRIDE).write_text(yaml.safe_dump(override(self.services)))

    def asked(self, *words: str) -> str:
        """What docker answers.

        Raises:
            Broken: it refuses.
        """
        done = subprocess.run(
            ["docker", *words],
            cwd=self.project.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise Broken(f"docker {' '.join(words)}: {tail(done.stdout + done.stderr)}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        """Ours, without what would win over the file ``.env``."""
        named = {found["name"] for found in reading.VARIABLE.finditer(self.project.file.read_text())}
        return {name: value for name, value in os.environ.items() if name not in named}

    def compose(self, *words: str) -> str:
        files = ("--file", str(self.project.file), "--file", str(self.project.folder / OVERRIDE))
        profiles = [word for name in self.project.profiles for word in ("--profile", name)]
        return self.asked("compose", "--project-name", f"{IMAGE}-{os.getpid()}", *files, *profiles, *words)

    def rows(self) -> list[dict[str, Any]]:
        return rows(self.compose("ps", "--all", "--format", "json"))

    def ends(self, row: Mapping[str, Any]) -> bool:
        return self.services[row["Service"]].restart == "no"

    def up(self) -> None:
        """Built, started and well.

        Raises:
            Broken: something is not.
        """
        deadline = time.monotonic() + START_SECONDS
        scaled = [word for name, number in self.scale.items() for word in ("--scale", f"{name}={number}")]
        self.compose("up", "--build", "--detach", *scaled)
        while not all(is_well(row, ends=self.ends(row)) for row in self.rows()):
            self.look()
            if self.faults:
                raise Broken("; ".join(self.faults))
            if time.monotonic() > deadline:
                raise Broken(f"not well after {START_SECONDS} s: {self.compose('ps', '--all')}")
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Who has ended, is unwell or was started again; not more often than docker likes to be asked."""
        if time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + LOOK_SECONDS
        found = self.rows()
        self.note(row["Name"] for row in found if is_unwell(row, ends=self.ends(row)))
        counted = self.asked("inspect", "--format", "{{.Name}} {{.RestartCount}}", *(row["Name"] for row in found))
        self.note(line.split()[0].lstrip("/") for line in counted.splitlines() if line.split()[1] != "0")

    def note(self, names: Iterable[str]) -> None:
        for name in names:
            if not any(fault.startswith(f"{name} ") for fault in self.faults):
                self.faults.append(f"{name} ended or is unwell: {tail(self.log(name))}")

    def published(self, service: str, port: int, number: int = 1) -> str:
        """Where a port of a container is on this machine."""
        return self.compose("port", "--index", str(number), service, str(port)).strip()

    def addresses(self) -> list[str]:
        return [f"http://{self.published('web', WEB_PORT, number + 1)}" for number in range(self.scale["web"])]

    def variables(self) -> dict[str, str]:
        places = {f"{name}:{port}": self.published(name, port) for name, port in SERVERS.items() if name != "pgbouncer"}
        said = {name: replace(text, places) for name, text in self.services["migrate"].environment.items()}
        return said | {"CRYPTOPREDICT_HOME": str(self.home), "EXCHANGE_LISTENS_AT": self.gateway()}

    def gateway(self) -> str:
        """The address of this machine that containers reach under its name. Where there is none, as with an engine in a
        machine of its own, what they ask comes to the loopback interface."""
        asked = self.asked("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").strip()
        with closing(socket.socket()) as tried:
            try:
                tried.bind((asked, 0))
            except OSError:
                return "127.0.0.1"
        return asked

    def log(self, name: str) -> str:
        """Both of its outputs."""
        done = subprocess.run(
            ["docker", "logs", name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=True,
        )
        return done.stdout

    def logs(self) -> Iterator[Log]:
        for row in self.rows():
            yield Log(row["Name"], row["Service"], self.log(row["Name"]))

    def differences(self) -> list[str]:
        return (self.project.folder / OVERRIDE).read_text().splitlines()

    def stop(self) -> list[str]:
        self.compose("stop")
        return [row["Name"] for row in self.rows() if row["ExitCode"] == KILLED]

    def remove(self) -> None:
        self.compose("down", "--volumes")
        self.asked("image", "rm", IMAGE)
