"""One part of the product as a process of its own, on servers of the operator's: what ``up`` forks, without ``up``."""

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from cryptopredict import embedded
from cryptopredict.running import parts
from cryptopredict.running.address import listen, url_of
from system.exceptions import UnavailableError

VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}


def serve(host: str, port: int) -> NoReturn:
    """Serve the web on an address until told to end; first collect the files of its pages, if that has to be.

    Raises:
        DomainError: the address, or a server of the operator's, cannot be had.
    """

    def work() -> None:
        from cryptopredict.running import static_files

        static_files.ensure()
        parts.serve_web(bound, None)

    require_servers()
    bound = listen(host, port)
    say(f"CryptoPredict serves on {url_of(bound)}")
    run(work)


def work(queues: list[str], name: str = "") -> NoReturn:
    """Do the work of some queues, or of all, until told to end: what is begun is ended first.

    Raises:
        DomainError: there is no such queue, or a server of the operator's is not named.
    """
    require_servers()
    run(lambda: parts.work_queues(queues, name or "-".join(queues)))


def beat() -> NoReturn:
    """Keep the schedule until told to end.

    Raises:
        DomainError: a server of the operator's is not named.
    """
    require_servers()
    run(parts.keep_schedule)


def require_servers() -> None:
    """A part alone begins no servers: on another machine it would have empty ones, and nobody would see why.

    Raises:
        UnavailableError: a variable does not say where they are.
    """
    if missing := sorted(VARIABLES[service] for service in embedded.wanted()):
        raise UnavailableError(
            f"{' and '.join(missing)} must say where the servers are; `manage.py up` brings its own and runs all."
        )


def run(work: Callable[[], object]) -> NoReturn:
    """Do the work of this process and end with it: threads that hang have no say.

    A signal before it takes them over ends the process at once. That has to be said, because as the first process of a
    container one is not ended by a signal that it does not handle.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    status = 0
    try:
        work()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def say(text: str) -> None:
    """A line for the operator, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
