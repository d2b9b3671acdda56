"""A stub server, and a client of a provider at it."""

from collections.abc import Iterator

import pytest

from system.http import Client
from tests.stubs.outgoing import provided, say
from tests.stubs.server import StubServer


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def http(stub: StubServer) -> Iterator[Client]:
    say()
    with provided(stub.url) as client:
        yield client
