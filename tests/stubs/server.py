"""A real HTTP server on this machine that stands in for somebody else's, and misbehaves on demand."""

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What somebody asked the stub."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    at: float
    """Seconds of ``time.monotonic``."""


@dataclass(frozen=True)
class Reply:
    """What the stub answers, and how badly.

    Args:
        body: bytes or text as they are, or pieces that are sent one by one; anything else is written as JSON.
        length: declared Content-Length, if it shall lie; None with pieces: no length, the connection ends the body.
        delay: seconds before the first byte.
        pause: seconds between pieces (a slow loris, with ``trickle``).
        trickle: status line and headers are sent byte by byte, ``pause`` apart.
        cut: the connection is reset after the body, without a goodbye.
    """

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    delay: float = 0.0
    pause: float = 0.0
    trickle: bool = False
    cut: bool = False

    def pieces(self) -> Iterable[bytes]:
        if isinstance(self.body, bytes):
            return [self.body]
        if isinstance(self.body, str):
            return [self.body.encode()]
        if isinstance(self.body, (dict, list, int, float, bool)) or self.body is None:
            return [json.dumps(self.body).encode()]
        return self.body


Handling = Callable[[Request], Reply]


class StubServer:
    """``with StubServer() as stub: stub.answer("/time", body={"t": 1}); get(stub.url + "/time"); stub.calls``"""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.calls: list[Request] = []
        self.handlers: dict[str, Handling] = {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or header and body wait for each other's acknowledgement

            def setup(self) -> None:
                super().setup()
                with stub.lock:
                    stub.connections.add(self.connection)

            def finish(self) -> None:
                with stub.lock:
                    stub.connections.discard(self.connection)
                super().finish()

            def do_GET(self) -> None:
                stub.serve(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a client that went away is what the tests are about

        self.make = lambda: Server((host, port), Handler)
        self.server = self.make()
        self.port = port = self.server.server_address[1]
        self.url = f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        self.begin()
        return self

    def begin(self) -> None:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def refuse(self) -> None:
        """From now on nobody is at this port; connections that stand are cut."""
        self.close()

    def take_again(self) -> None:
        """Be at the same port again."""
        self.server = self.make()
        self.begin()

    def __exit__(self, *args: object) -> None:
        self.stopping.set()
        self.close()

    def close(self) -> None:
        self.server.shutdown()
        with self.lock:
            open_connections = list(self.connections)
        for connection in open_connections:
            end(connection)
        self.server.server_close()
        self.thread.join()

    # -- script -------------------------------------------------------------------------------------------------------
    def answer(self, path: str, handler: Handling | None = None, **reply: Any) -> None:
        """From now on this path answers so: a handler, or the arguments of a ``Reply``. ``*`` is any other path."""
        constant = Reply(**reply)
        self.handlers[path] = handler or (lambda _request: constant)

    def answer_each(self, path: str, *replies: Reply) -> None:
        """One reply after the other; the last one stays."""
        left = list(replies)
        lock = threading.Lock()

        def next_reply(_request: Request) -> Reply:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.handlers[path] = next_reply

    def replay(self, path: str, recorded: Path, **reply: Any) -> None:
        """This path answers with a recorded body (``.gz`` is unpacked)."""
        body = recorded.read_bytes()
        self.answer(path, body=gzip.decompress(body) if recorded.suffix == ".gz" else body, **reply)

    def calls_to(self, path: str) -> list[Request]:
        return [call for call in self.calls if call.path == path]

    # -- serve --------------------------------------------------------------------------------------------------------
    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        size = int(handler.headers.get("content-length") or 0)
        request = Request(
            method=handler.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=handler.rfile.read(size),
            at=time.monotonic(),
        )
        with self.lock:
            self.calls.append(request)
        scripted = self.handlers.get(parts.path) or self.handlers.get("*")
        reply = scripted(request) if scripted else Reply(body={"error": f"no answer to {parts.path}"}, status=404)
        self.stopping.wait(reply.delay)
        self.send(handler, reply)

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        whole = isinstance(reply.body, (bytes, str, dict, list, int, float, bool)) or reply.body is None
        pieces = reply.pieces()
        length = reply.length
        if length is None and whole:
            length = sum(map(len, pieces))
        headers = {"Content-Type": "application/json", **reply.headers}
        if length is None or reply.cut or reply.length is not None:
            headers["Connection"] = "close"
            handler.close_connection = True
        if length is not None:
            headers["Content-Length"] = str(length)
        phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus._value2member_map_ else ""
        head = f"HTTP/1.1 {reply.status} {phrase}\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in headers.items()
        )
        start = (head + "\r\n").encode("latin-1")
        for piece in (start[i : i + 1] for i in range(len(start))) if reply.trickle else [start]:
            handler.wfile.write(piece)
            if reply.trickle and self.stopping.wait(reply.pause):
                return
        if handler.command != "HEAD":
            for piece in pieces:
                handler.wfile.write(piece)
                if reply.pause and self.stopping.wait(reply.pause):
                    return
        if reply.cut:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            end(handler.connection)


def end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # gone already
        connection.shutdown(socket.SHUT_RDWR)
