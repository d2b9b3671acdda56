"""``manage.py up``: begin everything, watch it, end everything in order."""

import argparse
import http
import http.client
import ipaddress
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from cryptopredict import __version__, embedded, environment
from cryptopredict.embedded.locks import FileLock
from cryptopredict.embedded.places import Places, places
from cryptopredict.running.address import listen, url_of
from cryptopredict.running.children import GRACE_SECONDS, Child, Lifeline, fork
from system.exceptions import ConflictError, UnavailableError

POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0
FIRST_ANSWER_SECONDS = 60
INTERRUPTED = 130


def up(arguments: Sequence[str]) -> int:
    """Run the product until it is told to end.

    Returns:
        The exit status.

    Raises:
        DomainError: something stands in the way; the text names it and the remedy.
    """
    environment.load()
    parser = argparse.ArgumentParser("manage.py up")
    add_options(parser)
    options = parser.parse_args(arguments)
    product = Product(places(environment.home()))
    product.catch_signals()
    try:
        product.begin(options.host, options.port)
        return product.run()
    except Interrupted:
        return INTERRUPTED
    finally:
        product.end()


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=environment.port(), help="port to serve on (default: $PORT, else 8000)"
    )


def say(text: str) -> None:
    """A line for the operator, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Interrupted(Exception):
    """A signal came while the product was beginning."""


class Product:
    """All parts of one installation."""

    def __init__(self, here: Places) -> None:
        self.here = here
        self.lock = FileLock(here.home / "up.lock")
        self.has_lock = False
        self.lifeline = Lifeline()
        self.lease: embedded.Lease | None = None
        self.children: list[Child] = []
        self.signals = 0
        self.is_beginning = True
        self.next_look = 0.0

    def catch_signals(self) -> None:
        """The first one asks for an end in order, the next one insists."""

        def note(*_: object) -> None:
            self.signals += 1
            if self.is_beginning:
                self.is_beginning = False
                raise Interrupted

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, note)

    def begin(self, host: str, port: int) -> None:
        """Take the address and the services, and load Django while these start."""
        if not self.lock.try_alone():
            raise ConflictError(
                f"CryptoPredict runs already ({self.lock.read() or self.here.home}); end that one first."
            )
        self.has_lock = True
        # Text in the lock's file means that the last one was killed, and its children may still be ending.
        self.socket = listen(host, port, patience=GRACE_SECONDS + 5 if self.lock.read() else 0)
        self.url = url_of(self.socket)
        self.lock.write(self.url)
        os.environ.setdefault("SITE_URL", self.url)
        say(f"CryptoPredict {__version__}")
        if services := embedded.wanted():
            say("Starting PostgreSQL and Valkey ...")
            self.lease = embedded.Lease(self.here.home, services)
            os.environ.update(self.lease.wait(ready=False).variables)
        from cryptopredict.running.loading import load_models  # Django needs the addresses

        load_models()
        if self.lease is not None:
            self.lease.wait()
        self.is_beginning = False

    def run(self) -> int:
        """Prepare, serve and watch, until a signal comes.

        Returns:
            The exit status.
        """
        from cryptopredict.running.parts import serve_web

        gate, opener = os.pipe()
        is_open = False

        def fork_web() -> int:
            """It loads its pages while the database is prepared, and waits at the gate."""
            return self.fork("web", lambda: serve_web(self.socket, None if is_open else gate), close=[opener])

        web = Child("web", fork_web, patience=10)
        self.children = [web]
        web.keep_alive()
        status, link = self.prepare(opener)
        if status or self.signals:
            return status
        os.write(opener, b"!")
        is_open = True
        if self.answers():
            self.start_the_rest()
            self.announce(link)
            while not self.signals:
                self.watch()
        return 0

    def prepare(self, opener: int) -> tuple[int, str | None]:
        """Have a child prepare the database and the files: it opens connections and loads much.

        Returns:
            Its exit status, and the address at which the first admin is made.
        """
        from cryptopredict.running.preparation import prepare

        reading, writing = os.pipe()

        def work() -> None:
            os.write(writing, json.dumps(prepare(say)).encode())

        child = Child(
            "preparation",
            lambda: self.fork("", work, close=[opener, self.socket.fileno()]),
            patience=10,
        )
        self.children.append(child)
        child.keep_alive()
        os.close(writing)
        while not child.has_ended() and not self.signals:
            self.watch_services()
            time.sleep(POLL_SECONDS)
        if self.signals:
            return 0, None
        self.children.remove(child)
        with os.fdopen(reading) as result:
            text = result.read()
        return child.status, json.loads(text or "null")

    def start_the_rest(self) -> None:
        """What need not run before the first page is shown."""
        from cryptopredict.running.parts import keep_schedule, work_queues

        address = self.socket.fileno()
        self.children += [
            Child("beat", lambda: self.fork("beat", keep_schedule, close=[address]), patience=5),
            Child("worker", lambda: self.fork("worker", work_queues, close=[address]), patience=15),
        ]

    def fork(self, name: str, work: Callable[[], object], *, close: Sequence[int]) -> int:
        """A child that gives up the descriptors which only others need; with a name it writes to a log of its own."""

        def begin() -> None:
            for descriptor in (self.lock.descriptor, *close):
                os.close(descriptor)
            work()

        return fork(begin, lifeline=self.lifeline, log=self.here.logs / f"{name}.log" if name else None)

    def answers(self) -> bool:
        """Wait until the web server answers; False when a signal comes first.

        Raises:
            UnavailableError: it does not.
        """
        deadline = time.monotonic() + FIRST_ANSWER_SECONDS
        while not self.signals:
            self.watch()
            if is_answered(self.url):
                return True
            if time.monotonic() > deadline:
                raise UnavailableError(f"The web server does not answer; see {self.here.logs / 'web.log'}.")
        return False

    def announce(self, link: str | None) -> None:
        say(f"CryptoPredict runs: {os.environ['SITE_URL']} (Ctrl-C stops it)")
        if not is_local(self.socket) and "ALLOWED_HOSTS" not in os.environ:
            say("Other machines are refused until ALLOWED_HOSTS names the addresses by which they reach it.")
        if link:
            say(f"Make the first admin, within 30 minutes: {link}")

    def watch(self) -> None:
        """Start again what has died.

        Raises:
            UnavailableError: something keeps dying.
        """
        for child in self.children:
            child.keep_alive()
        self.watch_services()
        time.sleep(POLL_SECONDS)

    def watch_services(self) -> None:
        if self.lease is not None and time.monotonic() >= self.next_look:
            self.next_look = time.monotonic() + LOOK_SECONDS
            self.lease.look()

    def end(self) -> None:
        """End the children in order, then the services. A further signal insists."""
        self.is_beginning = False
        if self.children:
            with suppress(OSError):  # the terminal may be gone
                say("Stopping ...")
        before = self.signals
        for child in self.children:
            child.stop(insist=lambda: self.signals > before)
        if self.lease is not None:
            self.lease.release()
        if self.has_lock:
            self.lock.write("")


def is_local(bound: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(bound.getsockname()[0]).is_loopback


def is_answered(url: str) -> bool:
    """Whether the web server handles requests. It may well refuse the name of this machine, or redirect."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
