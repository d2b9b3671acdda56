"""A real server on this machine stands in for every provider; our own way out, budgets and ccxt are the real ones."""

import json
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from system.http import providers
from system.http.client import connections
from tests.stubs.outgoing import forget, say, sweep_calls
from tests.stubs.server import StubServer

BY_CCXT = ("kraken", "bybit")
"""Providers that become known when they are asked first."""


@pytest.fixture
def stub(settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    """The server; nothing is banned, budgets leave room, and no connection to it stays open."""
    used = set[str]()

    def noted(name: str, process: int) -> Any:
        used.add(name)
        return connections(name, process)

    monkeypatch.setattr(import_module("system.http.client"), "connections", noted)
    names = {*(provider.name for provider in providers()), *BY_CCXT}
    for name in names:
        forget(name)
    say(budgets={name: [{"limit": 100_000, "seconds": 1}] for name in sorted(names)}, patience_seconds=2)
    with StubServer() as running:
        settings.PROVIDERS = {name: {"url": running.url} for name in names}
        yield running
        for name in used:
            connections(name, os.getpid())._transport.close()
    for name in names:
        forget(name)
    sweep_calls(*names)


@pytest.fixture
def recorded(shared: Path) -> Path:
    """Bodies as real providers sent them."""
    return shared / "data" / "api-responses"


def body_of(recording: Path) -> tuple[int, Any, dict[str, str]]:
    """Status, body and the headers that matter of a recording."""
    found = json.loads(recording.read_text())
    if not isinstance(found, dict) or "status" not in found or "body" not in found:
        return 200, found, {}
    kept = {name: value for name, value in (found.get("headers") or {}).items() if name.lower() == "retry-after"}
    return found["status"], found["body"], kept
