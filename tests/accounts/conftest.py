"""Services outside that bring messages, at a stub server."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from system.http.client import connections
from system.http.gate import key
from tests.stubs.outgoing import say, sweep_calls
from tests.stubs.server import StubServer

SERVICES = ("telegram", "discord", "slack", "ntfy")
ALL = (*SERVICES, "ntfy_server", "webhook")
AMPLE = {name: [{"limit": 100_000, "seconds": 1}] for name in ALL}


def open_lanes() -> None:
    """Forget budgets and bans: as if the time that services asked for had passed."""
    store: Any = redis.Redis.from_url(os.environ["REDIS_URL"])
    for name in ALL:
        for found in [key(name), *store.scan_iter(f"{key(name)}:*")]:
            store.delete(found)
    store.close()


@pytest.fixture
def outside(settings: Any, db: None) -> Iterator[StubServer]:
    """The server; it takes every message unless a test says otherwise, and no connection to it stays open."""
    open_lanes()
    say(budgets=AMPLE)
    with StubServer() as stub:
        settings.PROVIDERS = {name: {"url": stub.url} for name in SERVICES}
        stub.answer("*", body={"ok": True})
        yield stub
        for name in ALL:
            connections(name, os.getpid())._transport.close()
    open_lanes()
    sweep_calls(*ALL)
