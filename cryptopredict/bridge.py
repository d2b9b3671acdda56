"""The ASGI application: HTTP to Django's WSGI handler on a fixed pool of threads, WebSockets to Channels.

Django's own ASGI handler hops between threads for every middleware and is several times slower. It serves only the
paths that stream without end, which would each occupy a thread here.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIApplication
from wsgiref.util import FileWrapper

from cryptopredict.phrases import phrase

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[str, str]]

IN_MEMORY = 1 << 20
BLOCK = 1 << 16
VITAL_PATHS = ("/healthz", "/readyz")
VITAL_THREADS = 4
"""They are answered also when every other thread waits for a database that hangs."""


class TooLarge(Exception):
    """The body of a request is larger than permitted."""


class Disconnected(Exception):
    """The client has gone."""


@dataclass(frozen=True)
class Answer:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes


class Bridge:
    """Routes what the server receives.

    Args:
        wsgi: serves HTTP, one request per thread.
        websocket: serves WebSockets.
        asgi: serves the paths that begin with one of ``streaming_paths``.
        threads: how many requests are handled at once; more wait in line.
        largest_body: bytes that a request may carry.
        begin: called when the server begins.
        end: called when the server ends, in a thread; it may take some seconds.
    """

    def __init__(
        self,
        wsgi: WSGIApplication,
        *,
        websocket: Application,
        asgi: Application,
        streaming_paths: Iterable[str],
        threads: int,
        largest_body: int,
        begin: Callable[[], object] = object,
        end: Callable[[], object] = object,
    ) -> None:
        self.begin, self.end = begin, end
        self.wsgi, self.websocket, self.asgi = wsgi, websocket, asgi
        self.streaming_paths, self.largest_body = tuple(streaming_paths), largest_body
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.vital = ThreadPoolExecutor(VITAL_THREADS, thread_name_prefix="vital")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.websocket(scope, receive, send)
        else:
            await self.lifespan(receive, send)

    async def lifespan(self, receive: Receive, send: Send) -> None:
        """The server begins and ends; at the end, requests that still wait in line are dropped."""
        await receive()
        self.begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for pool in (self.pool, self.vital):
            pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.end)
        await send({"type": "lifespan.shutdown.complete"})

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.check_announced_size(scope)
            if scope["path"].startswith(self.streaming_paths):
                await self.asgi(scope, self.bounded(receive), send)
                return
            with SpooledTemporaryFile(IN_MEMORY) as body:
                await self.read_body(receive, body)
                await self.call(environ(scope, body), receive, send)
        except TooLarge:
            await send_whole(send, too_large(scope["path"], self.largest_body))
        except Disconnected:
            return

    def check_announced_size(self, scope: Scope) -> None:
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if int(announced) > self.largest_body:
            raise TooLarge

    async def read_body(self, receive: Receive, body: IO[bytes]) -> None:
        """Keep the body for the handler, which reads it without waiting."""
        receive = self.bounded(receive)
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            body.write(message.get("body", b""))
            more = message.get("more_body", False)
        body.seek(0)

    def bounded(self, receive: Receive) -> Receive:
        """``receive`` that refuses a body of more than the permitted size, whatever its header announced."""
        size = 0

        async def receive_bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.largest_body:
                raise TooLarge
            return message

        return receive_bounded

    async def call(self, variables: dict[str, Any], receive: Receive, send: Send) -> None:
        """Have a thread handle the request; a whole answer is sent here, a stream by the thread as it comes."""
        stream = Stream(receive, send)
        loop = asyncio.get_running_loop()
        pool = self.vital if variables["PATH_INFO"] in VITAL_PATHS else self.pool
        try:
            answer = await loop.run_in_executor(pool, handle, self.wsgi, variables, stream)
        finally:
            stream.stop_watching()
        if answer is not None:
            await send_whole(send, answer)


class Stream:
    """A response that is sent while it is made: the thread waits until the server has taken each part."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive, self.send = receive, send
        self.loop = asyncio.get_running_loop()
        self.gone = threading.Event()
        self.watch: asyncio.Task[None] | None = None

    def run(self, status: int, headers: Headers, parts: Iterable[bytes]) -> None:
        """Called in the thread. Stops when the client has gone."""
        self.wait_for(self.begin(status, headers))
        for part in parts:
            if self.gone.is_set():
                return
            self.wait_for(self.send({"type": "http.response.body", "body": part, "more_body": True}))
        self.wait_for(self.send({"type": "http.response.body"}))

    def wait_for(self, step: Any) -> None:
        asyncio.run_coroutine_threadsafe(step, self.loop).result()

    async def begin(self, status: int, headers: Headers) -> None:
        self.watch = asyncio.create_task(self.notice_departure())
        await self.send(start(status, headers))

    async def notice_departure(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.gone.set()

    def stop_watching(self) -> None:
        if self.watch is not None:
            self.watch.cancel()


def handle(wsgi: WSGIApplication, variables: dict[str, Any], stream: Stream) -> Answer | None:
    """Run the WSGI application in this thread, its ``close`` too, because that gives back database connections.

    Returns:
        The answer, to be sent by the caller; None when it was a stream, which has been sent.
    """
    status, headers = 500, Headers()

    def start_response(line: str, fields: Headers, exc_info: object = None) -> Callable[[bytes], object]:  # noqa: ARG001
        nonlocal status, headers
        status, headers = int(line[:3]), fields
        return refuse_write

    is_head = variables["REQUEST_METHOD"] == "HEAD"
    response: Any = wsgi(variables, as_start_response(start_response))
    try:
        if getattr(response, "streaming", True) and not is_head:
            stream.run(status, headers, response)
            return None
        body = b"" if is_head else b"".join(response)
        return Answer(status, headers, body)
    finally:
        with suppress(AttributeError):
            response.close()


def as_start_response(function: Any) -> StartResponse:
    """The protocol of the standard library has optional arguments that a plain function cannot be seen to have."""
    found: StartResponse = function
    return found


def refuse_write(_: bytes) -> object:
    """Imperative writing, which Django does not use, would go past the order of the parts."""
    raise NotImplementedError("the response must be returned, not written")


def start(status: int, headers: Headers) -> Message:
    encoded = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": status, "headers": encoded}


async def send_whole(send: Send, answer: Answer) -> None:
    await send(start(answer.status, answer.headers))
    await send({"type": "http.response.body", "body": answer.body})


def too_large(path: str, limit: int) -> Answer:
    """The refusal, as the API words every other, and the end of the connection: nobody reads what is still to come."""
    status, request_id = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, uuid4().hex
    body = json.dumps(
        {
            "type": "urn:cryptopredict:problem:too-large",
            "title": phrase(status),
            "status": status.value,
            "detail": f"The request body is larger than {limit} bytes.",
            "instance": path,
            "request_id": request_id,
            "errors": [],
        }
    )
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("X-Request-ID", request_id),
        ("Connection", "close"),
    ]
    return Answer(status, headers, body.encode())


def environ(scope: Scope, body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI describes it: bytes as latin-1 text, headers of one name joined."""
    script = scope.get("root_path", "").encode().decode("latin-1")
    raw = scope.get("raw_path") or scope["path"].encode()
    path = unquote_to_bytes(raw).decode("latin-1")
    body.seek(0, 2)
    length = body.tell()
    body.seek(0)
    variables = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": script,
        "PATH_INFO": path.removeprefix(script),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": in_blocks,
    }
    variables["SERVER_NAME"], variables["SERVER_PORT"] = map(str, scope.get("server") or ("localhost", 80))
    if scope.get("client"):
        variables["REMOTE_ADDR"], variables["REMOTE_PORT"] = map(str, scope["client"])
    return variables | header_variables(scope["headers"]) | {"CONTENT_LENGTH": str(length) if length else ""}


def header_variables(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as variables. One with an underscore is dropped: it would pass for the one with a hyphen."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        if b"_" in raw_name:
            continue
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        variable = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
        joint = "; " if name == "COOKIE" else ","
        found[variable] = f"{found[variable]}{joint}{value}" if variable in found else value
    found.pop("HTTP_CONTENT_LENGTH", None)
    return found


def in_blocks(file: Any, _: int) -> FileWrapper:
    """A file in large parts: each costs a change of threads."""
    return FileWrapper(file, BLOCK)
