"""A real product with all of its processes, of which any is killed."""

import http.client
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil
import redis
from django.db import InterfaceError, OperationalError, connections
from kombu.exceptions import OperationalError as QueueError

from cryptopredict.running.address import listen
from tests.cryptopredict.installation import Installation, command_of, kill, lives, wait_for

T = TypeVar("T")
CHILDREN = ("web", "worker", "beat")
VICTIMS = (*CHILDREN, "redis", "postgres", "supervisor")
FAULTS = (OperationalError, InterfaceError, QueueError, redis.exceptions.RedisError, OSError)
"""What who asks in the middle of it has to bear."""


def until(ask: Callable[[], T], seconds: float = 180, meaning: str = "it") -> T:
    """What an answer is as soon as it is true, or asked too late; servers may be gone meanwhile."""
    deadline = time.monotonic() + seconds
    fault: object = None
    while True:
        try:
            if found := ask():
                return found
        except FAULTS as met:
            fault = met
            connections.close_all()
        assert time.monotonic() < deadline, f"{meaning}: not within {seconds} s; {fault}"
        time.sleep(0.05)


@dataclass
class Product:
    """``manage.py up`` in a home of its own."""

    home: Path
    variables: dict[str, str]
    port: int = 0
    process: "subprocess.Popen[str] | psutil.Process | None" = None
    here: Installation = field(init=False)

    def __post_init__(self) -> None:
        self.here = Installation(self.home, variables=self.variables)
        if not self.port:
            with listen("127.0.0.1", 0) as bound:
                self.port = bound.getsockname()[1]

    def begin(self) -> None:
        """Until its first page is there."""
        with (self.home.parent / "up.log").open("w") as log:
            self.process = begun = self.here.popen("up", "--port", str(self.port), stdout=log, stderr=log)
        wait_for(lambda: "Ctrl-C" in self.said() or begun.poll() is not None, 600, self.said)
        assert begun.poll() is None, self.said()
        wait_for(lambda: all(self.children(name) for name in CHILDREN), 120)

    def said(self) -> str:
        return (self.home.parent / "up.log").read_text()

    def end(self) -> None:
        """All of it ends with it."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(120)
        wait_for(lambda: {one.pid for one in self.here.processes()} <= {os.getpid()}, 30)

    def addresses(self) -> dict[str, str]:
        """Variables with which another program works on it."""
        found: dict[str, str] = json.loads((self.home / "services.json").read_text())["variables"]
        return found | {"CRYPTOPREDICT_HOME": str(self.home)}

    def children(self, name: str) -> list[psutil.Process]:
        """A part that ``up`` has forked: known by the log that it writes."""
        found = []
        assert self.process is not None
        with suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children():
                with suppress(OSError):
                    if Path(f"/proc/{child.pid}/fd/1").readlink().name == f"{name}.log" and "up" in command_of(child):
                        found.append(child)
        return [child for child in found if lives(child)]

    def alive(self, victim: str) -> list[psutil.Process]:
        if victim in CHILDREN:
            return self.children(victim)
        if victim == "redis":
            return self.here.processes("valkey-server")
        return self.here.postmasters() if victim == "postgres" else self.here.supervisors()

    def kill(self, victim: str) -> int:
        """With signal 9, and see it dead; its number."""
        (process,) = self.alive(victim)
        kill(process)
        assert not lives(process)
        return process.pid

    def redis_answers(self) -> bool:
        client = redis.Redis.from_url(self.addresses()["REDIS_URL"], socket_timeout=2)
        try:
            return bool(client.ping())
        finally:
            client.close()

    def is_whole(self) -> bool:
        """Every part is there, and the product says that it can work."""
        return self.get("/readyz") == 200 and all(self.alive(name) for name in VICTIMS)

    def is_back(self, victim: str, killed: int) -> bool:
        """Another process is in its place, and the product says that it can work."""
        return self.get("/readyz") == 200 and any(one.pid != killed for one in self.alive(victim))

    def get(self, path: str) -> int:
        """Status of the answer; 0 = none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


@contextmanager
def product(home: Path, **variables: str) -> Iterator[Product]:
    """The product from its first page on; nothing of it is left."""
    unlimited = {f"API_{kind}_A_MINUTE": "0" for kind in ("READS", "WRITES")}
    made = Product(home, unlimited | variables)
    try:
        made.begin()
        yield made
        made.end()
    finally:
        for process in made.here.processes():
            with suppress(psutil.Error):
                if process.pid != os.getpid():  # our own words name the home, too
                    process.kill()
