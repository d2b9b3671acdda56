"""Web servers of the product in processes of their own, as ``up`` runs them, on the test's database."""

import http.client
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
from django.db import connections

from cryptopredict.running.address import listen
from tests.assets.other_process import addresses
from tests.cryptopredict.installation import wait_for
from tests.forking import Forked, Nursery, nursery

NUMBER = 7
"""Database of the embedded Valkey for these processes alone."""
LOADED = ("cryptopredict.urls", "uvicorn")
SERVER = """
import socket, sys
from cryptopredict.running.parts import serve_web
serve_web(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
"""


@dataclass
class WebProcess:
    """A server that is loaded, and serves when its gate is opened."""

    process: Forked
    gate: int

    def open(self) -> None:
        os.write(self.gate, b"1")

    def kill(self) -> None:
        """With signal 9, and see it dead."""
        self.process.kill()
        assert self.process.wait(10) == -9


@dataclass
class WebAddress:
    """An address that stays while the processes that serve it come and go."""

    variables: dict[str, str]
    nursery: Nursery
    bound: socket.socket = field(default_factory=lambda: listen("127.0.0.1", 0))
    processes: list[WebProcess] = field(default_factory=list)
    others: list["WebAddress"] = field(default_factory=list)

    @property
    def port(self) -> int:
        found: int = self.bound.getsockname()[1]
        return found

    def another(self) -> "WebAddress":
        """A second one, whose processes count together with ours; it ends with this."""
        self.others.append(WebAddress(self.variables, self.nursery))
        return self.others[-1]

    def begin(self) -> WebProcess:
        """One more process, which does not serve yet."""
        theirs, ours = os.pipe()
        process = self.nursery.fork(SERVER, files=(self.bound.fileno(), theirs))
        os.close(theirs)
        self.processes.append(WebProcess(process, ours))
        return self.processes[-1]

    def wait(self) -> None:
        """Until somebody answers."""
        wait_for(self.is_up, 180, lambda: f"ended with {[one.process.poll() for one in self.processes]}")

    def is_up(self) -> bool:
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection,
        ):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False

    def end(self) -> None:
        for other in self.others:
            other.end()
        for one in self.processes:
            one.process.kill()
            one.process.wait(10)
            os.close(one.gate)
        self.bound.close()


@contextmanager
def web_address(**variables: str) -> Iterator[WebAddress]:
    """An address whose processes count in a database of Redis of their own, which is empty at first."""
    path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
    store: Any = redis.Redis(unix_socket_path=path, db=NUMBER)
    store.flushdb()
    variables = {"REDIS_URL": f"unix://{path}?db={NUMBER}", "LOG_LEVEL": "error"} | variables
    with nursery(os.environ | addresses() | variables, *LOADED, is_quiet=True) as processes:
        made = WebAddress(variables, processes)
        try:
            yield made
        finally:
            made.end()
            store.flushdb()
            store.close()


@contextmanager
def owners_session() -> Iterator["psycopg.Connection[Any]"]:
    """A session of the owner's role, outside of any connection of Django's."""
    parameters = connections["owner"].get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    behind_no_fence = "-c app.user_id=command"
    with psycopg.connect(**parameters, autocommit=True, options=behind_no_fence) as session:
        yield session


@dataclass
class Asked:
    """What became of one request.

    Args:
        status: None where the answer never came.
        headers: by their names in small letters.
    """

    status: int | None
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def ask(port: int, method: str, path: str, token: str, body: bytes | None = None, **headers: str) -> Asked:
    """A request on a connection of its own, to its end or to that of the connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    said = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, said)
        answer = connection.getresponse()
        return Asked(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    except (OSError, http.client.HTTPException):
        return Asked(None)
    finally:
        connection.close()


def at_once(count: int, work: Any) -> list[Any]:
    """What the work gives for each number; all begin together, each in a thread of its own."""
    together, found = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        together.wait(60)
        found[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    return found
