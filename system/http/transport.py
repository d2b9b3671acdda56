"""Connections that end in time and go to a checked address.

``httpx`` bounds each read; a server that sends a byte now and then would hold us for ever. Here every step of a call
gets only what is left of the whole, and TLS names the host although we connect to its address.
"""

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from system.http.addresses import addresses

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 15.0
CONNECTIONS = 20


@dataclass(frozen=True)
class Journey:
    """One attempt: when it has to be over (``time.monotonic``), and private hosts that it may visit."""

    end: float
    allowed_hosts: Collection[str] = ()

    def left(self, timeout: float | None = None) -> float:
        """Seconds for the next step.

        Raises:
            httpcore.ReadTimeout: none.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the whole call is over")
        return left if timeout is None else min(left, timeout)


_journey: ContextVar[Journey] = ContextVar("journey")


@contextmanager
def journey(seconds: float, allowed_hosts: Collection[str]) -> Iterator[Journey]:
    """What happens inside the block has so many seconds."""
    here = Journey(time.monotonic() + seconds, frozenset(allowed_hosts))
    token = _journey.set(here)
    try:
        yield here
    finally:
        _journey.reset(token)


class TimedStream(httpcore.NetworkStream):
    """A connection on which no step takes longer than the journey lasts."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, _journey.get().left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, _journey.get().left(timeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return TimedStream(self.inner.start_tls(ssl_context, server_hostname, _journey.get().left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class PinnedBackend(httpcore.NetworkBackend):
    """Resolves a name once, checks where it leads, and connects there."""

    def __init__(self) -> None:
        self.inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        here = _journey.get()
        found = addresses(host, port, allowed_hosts=here.allowed_hosts, within=here.left(timeout))
        rest = (local_address, socket_options)
        for address in found[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):  # the next one may be reachable
                return TimedStream(self.inner.connect_tcp(address, port, here.left(timeout) / 2, *rest))
        return TimedStream(self.inner.connect_tcp(found[-1], port, here.left(timeout), *rest))


class Body(httpx.SyncByteStream):
    """The pieces of an answer as they come in."""

    def __init__(self, pieces: Iterable[bytes], answer: httpcore.Response) -> None:
        self.pieces, self.answer = pieces, answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces

    def close(self) -> None:
        self.answer.close()


@cache
def trusted() -> SSLContext:
    """Authorities that vouch for hosts. To read their certificates takes longer than most calls: once is enough."""
    return httpx.create_ssl_context(trust_env=False)


class Transport(httpx.BaseTransport):
    """Connections of one provider, kept open between calls."""

    def __init__(self) -> None:
        self.pool = httpcore.ConnectionPool(
            ssl_context=trusted(),
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=PinnedBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        left = _journey.get().left()
        url = request.url
        answer = self.pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions={"timeout": {"connect": min(left, CONNECT_SECONDS), "pool": left}},
            )
        )
        pieces = answer.stream
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=Body(pieces if isinstance(pieces, Iterable) else (), answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self.pool.close()
