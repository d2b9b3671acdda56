"""PostgreSQL and Valkey that come with the program, used whenever ``DATABASE_URL`` / ``REDIS_URL`` are not set.

One *supervisor* process per installation runs both servers as its children. Everybody who needs them holds a *lease*
(a shared file lock, which the kernel drops when its holder dies); the supervisor stops the servers when the last lease
is gone. So commands join services that run, stop only what they started, and a killed process leaves nothing behind.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cryptopredict import environment
from cryptopredict.embedded.client import Lease, Services, attached, joined
from cryptopredict.embedded.errors import ServicesError

__all__ = ["Lease", "Services", "ServicesError", "attached", "joined", "services_for", "wanted"]

WITHOUT_SERVICES = frozenset(
    {
        "beat",
        "claims",
        "collectstatic",
        "compilemessages",
        "doctor",
        "erd_mapping",
        "help",
        "makemessages",
        "refresh_vendor",
        "serve",
        "spectacular",
        "up",
        "upgrade_database",
        "version",
        "with_services",
        "work",
        "--help",
        "--version",
    }
)
"""Commands that need no server, or see to it themselves."""


def wanted() -> set[str]:
    """The services that no variable names."""
    return {
        service
        for service, variable in {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}.items()
        if not os.environ.get(variable)
    }


@contextmanager
def services_for(arguments: Sequence[str]) -> Iterator[None]:
    """Run a management command with the services it needs, their addresses in the environment.

    Raises:
        ServicesError: a server cannot be started; the text names the thing and the remedy.
    """
    environment.load()
    services = wanted() if needs_services(arguments) else set()
    if not services:
        yield
        return
    with attached(environment.home(), services) as running:
        os.environ.update(running.variables)
        yield


def needs_services(arguments: Sequence[str]) -> bool:
    """Whether a command works with the servers; the one that restores a moment does while they are down."""
    command = arguments[1] if len(arguments) > 1 else "help"
    rewinds = command == "restore" and any(word == "--at" or word.startswith("--at=") for word in arguments)
    return command not in WITHOUT_SERVICES and "--help" not in arguments and not rewinds
