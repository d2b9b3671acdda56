"""The bridge between the server and Django's WSGI handler, on a real server."""

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler

from cryptopredict.bridge import Bridge
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.serving import served

LIMIT = 100_000
OK = [("Content-Type", "text/plain")]


class Response:
    """What a WSGI application returns: parts, and a ``close`` that must be called."""

    def __init__(self, parts: Iterator[bytes], *, streaming: bool, closed: list[str]) -> None:
        self.parts, self.streaming, self.closed = parts, streaming, closed

    def __iter__(self) -> Iterator[bytes]:
        return self.parts

    def close(self) -> None:
        self.closed.append(threading.current_thread().name)


class Handler:
    """A WSGI application that remembers what it was asked and answers as the test says."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.closed: list[str] = []
        self.status, self.headers = "200 OK", OK
        self.answer: Callable[[], Iterator[bytes]] = lambda: iter([b"hello"])
        self.streaming = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Response:
        self.seen.append(environ)
        self.bodies.append(environ["wsgi.input"].read())
        start_response(self.status, self.headers)
        return Response(self.answer(), streaming=self.streaming, closed=self.closed)


async def other(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application of streaming paths: reads the whole body and says its size."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"streamed {size}".encode()})


def bridge(handler: Any, threads: int = 2) -> Bridge:
    return Bridge(
        handler, websocket=other, asgi=other, streaming_paths=["/stream/"], threads=threads, largest_body=LIMIT
    )


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def port(handler: Handler) -> Iterator[int]:
    with served(bridge(handler)) as number:
        yield number


def ask(port: int, method: str = "GET", path: str = "/", **options: Any) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, **options)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def send_raw(port: int, text: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(text)
    return connection


def test_the_request_as_wsgi_describes_it(handler: Handler, port: int) -> None:
    raw = (
        b"GET /caf%C3%A9%20%FF/x?q=%C3%A9&b=1 HTTP/1.1\r\nHost: example.test:81\r\nX-Test: a\r\nX-Test: b\r\n"
        b"Cookie: a=1\r\nCookie: b=2\r\nX_Forwarded_Proto: https\r\nX-Latin: \xe9\r\nConnection: close\r\n\r\n"
    )
    with send_raw(port, raw) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    environ = handler.seen[0]
    assert environ["PATH_INFO"] == "/caf\xc3\xa9 \xff/x"
    assert environ["QUERY_STRING"] == "q=%C3%A9&b=1"
    assert (environ["HTTP_X_TEST"], environ["HTTP_COOKIE"], environ["HTTP_X_LATIN"]) == ("a,b", "a=1; b=2", "é")
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert (environ["HTTP_HOST"], environ["wsgi.url_scheme"]) == ("example.test:81", "http")
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == (
        "127.0.0.1",
        "127.0.0.1",
        str(port),
    )
    assert (environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"], environ["SCRIPT_NAME"]) == ("GET", "HTTP/1.1", "")
    assert (environ["CONTENT_LENGTH"], environ["wsgi.multithread"]) == ("", True)


def test_a_prefix_of_the_path_is_the_script_name(handler: Handler) -> None:
    with served(bridge(handler), root_path="/sub") as port:
        ask(port, path="/x")
    assert (handler.seen[0]["SCRIPT_NAME"], handler.seen[0]["PATH_INFO"]) == ("/sub", "/x")


def test_bodies_arrive_whole(handler: Handler, port: int) -> None:
    body = bytes(range(256)) * 390
    ask(port, "POST", body=body, headers={"Content-Type": "application/x-test"})
    ask(port, "POST", body=iter([b"a" * 70_000, b"b"]), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert handler.bodies == [body, b"a" * 70_000 + b"b"]
    assert [environ["CONTENT_LENGTH"] for environ in handler.seen] == [str(len(body)), "70001"]
    assert handler.seen[0]["CONTENT_TYPE"] == "application/x-test"
    assert "HTTP_CONTENT_LENGTH" not in handler.seen[0]


@pytest.mark.parametrize("path", ["/", "/stream/x"])
def test_a_body_that_is_too_large_is_refused(handler: Handler, port: int, path: str) -> None:
    response, body = ask(port, "POST", path, body=b"x" * (LIMIT + 1))
    assert (response.status, response.getheader("Content-Type")) == (413, "application/problem+json")
    assert response.getheader("Connection") == "close"
    assert json.loads(body) == {
        "type": "urn:cryptopredict:problem:too-large",
        "title": "Request Entity Too Large",
        "status": 413,
        "detail": f"The request body is larger than {LIMIT} bytes.",
        "instance": path,
        "request_id": response.getheader("X-Request-ID"),
        "errors": [],
    }
    assert ask(port, "POST", path, body=b"x" * LIMIT)[0].status == 200
    assert [len(body) for body in handler.bodies] == ([LIMIT] if path == "/" else [])


def test_a_body_that_does_not_announce_its_size_is_refused_too(handler: Handler, port: int) -> None:
    chunk = b"%x\r\n" % 60_000 + b"x" * 60_000 + b"\r\n"
    with send_raw(port, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 2) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")
    assert handler.seen == []


def test_headers_that_repeat_stay_apart(handler: Handler, port: int) -> None:
    handler.headers = [*OK, ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), ("X-Latin", "é")]
    response, body = ask(port)
    assert response.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert (response.getheader("X-Latin"), body) == ("é", b"hello")
    assert handler.closed == ["request_0"]


@pytest.mark.parametrize("streaming", [False, True])
def test_head_has_the_headers_and_no_body(handler: Handler, port: int, *, streaming: bool) -> None:
    handler.headers, handler.streaming = [*OK, ("Content-Length", "5")], streaming
    with send_raw(port, b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as connection:
        text = b"".join(iter(lambda: connection.recv(1000), b""))
    assert text.startswith(b"HTTP/1.1 200")
    assert text.endswith(b"\r\n\r\n")
    assert b"content-length: 5\r\n" in text
    assert handler.closed == ["request_0"]


def test_a_stream_is_sent_as_it_comes(handler: Handler, port: int) -> None:
    first_seen = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"first"
        assert first_seen.wait(10)
        yield b"second"

    handler.answer, handler.streaming = parts, True
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.read(5) == b"first"
    first_seen.set()
    assert response.read() == b"second"
    connection.close()
    wait_for(lambda: handler.closed == ["request_0"], 2)


def test_a_client_that_leaves_ends_the_stream(handler: Handler, port: int) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000
            time.sleep(0.01)

    handler.answer, handler.streaming = endless, True
    for _ in range(3):  # more than there are threads
        with send_raw(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    wait_for(lambda: len(handler.closed) == 3, 5)
    handler.answer, handler.streaming = lambda: iter([b"hello"]), False
    assert ask(port)[1] == b"hello"


def test_a_slow_reader_holds_back_the_stream(handler: Handler, port: int) -> None:
    """What he has not taken is not piled up in memory."""
    made = 0

    def parts() -> Iterator[bytes]:
        nonlocal made
        for _ in range(2000):
            made += 1
            yield b"x" * 65536

    handler.answer, handler.streaming = parts, True
    with send_raw(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        connection.recv(1000)
        time.sleep(0.5)
        assert made < 200
    wait_for(lambda: handler.closed, 5)


def test_a_client_that_leaves_while_sending_asks_nothing(handler: Handler, port: int) -> None:
    with send_raw(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"):
        time.sleep(0.1)
    time.sleep(0.2)
    assert handler.seen == []
    assert ask(port)[1] == b"hello"


def test_as_many_requests_at_once_as_there_are_threads(handler: Handler, port: int) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def parts() -> Iterator[bytes]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.1)
        with lock:
            running -= 1
        yield b"hello"

    handler.answer = parts
    clients = [threading.Thread(target=ask, args=(port,)) for _ in range(6)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert (len(handler.closed), most) == (6, 2)


def test_whether_it_lives_is_answered_while_every_thread_waits(handler: Handler, port: int) -> None:
    """As when the database hangs: more requests than threads, none of which ends."""
    over = threading.Event()

    def waiting() -> Iterator[bytes]:
        over.wait(30)
        yield b"at last"

    handler.answer = waiting
    clients = [threading.Thread(target=ask, args=(port, "GET", "/page")) for _ in range(6)]
    for client in clients:
        client.start()
    wait_for(lambda: len(handler.seen) == 2, 10)
    handler.answer = lambda: iter([b"hello"])
    try:
        for path in ("/healthz", "/readyz"):
            begin = time.monotonic()
            assert ask(port, path=path)[1] == b"hello"
            assert time.monotonic() - begin < 2
        assert len(handler.seen) == 4
    finally:
        over.set()
        for client in clients:
            client.join()


def broken() -> Iterator[bytes]:
    yield b"half"
    raise ValueError("a defect in a view")


def test_a_defect_before_the_answer_is_a_500(handler: Handler, port: int) -> None:
    handler.answer = broken
    assert ask(port)[0].status == 500
    assert handler.closed == ["request_0"]


def test_a_defect_in_the_middle_cuts_the_answer_off(handler: Handler, port: int) -> None:
    """The client must not take half of it for the whole."""
    handler.answer, handler.streaming = broken, True
    with pytest.raises(http.client.IncompleteRead):
        ask(port)
    assert handler.closed == ["request_0"]


def test_streaming_paths_go_to_the_other_handler(handler: Handler, port: int) -> None:
    assert ask(port, "POST", "/stream/x", body=b"12345")[1] == b"streamed 5"
    assert handler.seen == []


def test_djangos_handler_and_a_file(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A static file comes in large blocks, whole and with its length; a plain answer with Django's headers."""
    root = tmp_path_factory.mktemp("static")
    content = io.BytesIO(bytes(range(256)) * 2000).getvalue()
    (root / "big.bin").write_bytes(content)
    settings.STATIC_ROOT = root
    with served(bridge(WSGIHandler())) as port:
        response, body = ask(port, path="/static/big.bin")
        assert (response.status, body == content, response.getheader("Content-Length")) == (200, True, "512000")
        response, body = ask(port, path="/healthz")
        assert (response.status, body) == (200, b'{"status": "ok"}')
        assert response.getheader("X-Content-Type-Options") == "nosniff"
