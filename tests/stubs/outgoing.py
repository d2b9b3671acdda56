"""A provider that only a test knows, at a stub server."""

import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection

from system.configuration import group
from system.http import Budget, Client, Clock, Provider
from system.http.client import client, connections
from system.http.gate import key, server
from system.http.log import DJANGOS_OWN
from system.http.registry import _providers, register_provider
from system.models import ExternalApiLog
from system.services import change_setting
from tests.factories import AdminFactory

ROOT = Path(__file__).resolve().parents[2]
THIS_MACHINE = ["127.0.0.1"]
AMPLE = (Budget(100_000, per=timedelta(minutes=1)),)
numbers = itertools.count()


def say(**fields: Any) -> None:
    """An admin sets fields of ``outgoing``; this machine may be called unless they say otherwise."""
    change_setting(
        "outgoing", {**group("outgoing").default, "allowed_hosts": THIS_MACHINE, **fields}, actor=AdminFactory()
    )


@contextmanager
def provided(
    url: str,
    *,
    budgets: Sequence[Budget] = AMPLE,
    clock: Clock | None = None,
    patience: float | None = None,
    name: str = "",
    **more: Any,
) -> Iterator[Client]:
    """A client of a provider that is known inside the block; nothing of it stays."""
    name = name or f"stub_{os.getpid()}_{next(numbers)}"
    new = Provider(name, base_url=url, budgets=tuple(budgets), **more)
    register_provider(new)
    forget(name)
    try:
        yield Client(new, clock=clock, patience=patience)
    finally:
        connections(name, os.getpid()).close()
        del _providers[name]
        client.cache_clear()
        forget(name)
        sweep_calls(name)


def rows_of(asked: Client) -> list[ExternalApiLog]:
    """What the log says about a client's calls, oldest first."""
    return list(ExternalApiLog.objects.filter(api_provider=asked.provider.name).order_by("pk"))


def workers_environment() -> dict[str, str]:
    """For processes that work in the database that we work in."""
    own = connection.settings_dict
    url = f"postgresql://{own['USER']}:{quote(own['PASSWORD'])}@/{quote(own['NAME'])}?host={own['OPTIONS']['host']}"
    return os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)}


def sweep_calls(*names: str) -> None:
    """Take away what the log holds about these providers: rows stay, although a test's transaction is rolled back."""
    with another_session() as other:
        other.execute("DELETE FROM external_api_logs WHERE api_provider = ANY(%s)", [list(names)])


def another_session() -> "psycopg.Connection[Any]":
    """A session of its own in the database that we work in."""
    own = connection.get_connection_params()
    arguments = {option: value for option, value in own.items() if option not in DJANGOS_OWN}
    return psycopg.connect(**arguments, autocommit=True)


def forget(name: str) -> None:
    """Budgets and bans of a provider begin anew."""
    server(os.environ["REDIS_URL"]).delete(key(name))
