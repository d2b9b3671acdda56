"""A provider that means ill, or is broken: no crash, no flood, an end in time, and an error that names it."""

import gzip
import ipaddress
import resource
import socket
import time
import zlib
from collections.abc import Iterator

import pytest

from system.http import BadAnswer, Banned, Client, NoAnswer, Refused
from system.http.addresses import is_public
from tests.stubs.outgoing import provided, rows_of, say
from tests.stubs.server import Reply, StubServer

pytestmark = [pytest.mark.django_db, pytest.mark.long]
DEADLINE = 0.6
MARGIN = 1.0


def megabytes(count: int) -> Iterator[bytes]:
    piece = b"x" * 1024 * 1024
    for _ in range(count):
        yield piece


@pytest.fixture
def strict(stub: StubServer) -> Iterator[Client]:
    """A client with little time."""
    say(deadline_seconds=DEADLINE, largest_answer_mb=1)
    with provided(stub.url) as client:
        yield client


def test_every_provider_has_ten_seconds_at_most() -> None:
    from system.configuration import group

    assert group("outgoing").default["deadline_seconds"] == 10
    assert group("outgoing").properties["deadline_seconds"]["maximum"] == 10


SLOW = {
    "says nothing": Reply(delay=5),
    "sends headers byte by byte": Reply(body={}, trickle=True, pause=0.1),
    "sends the body byte by byte": Reply(body=[b"x"] * 100, length=100, pause=0.1),
    "sends a body without length byte by byte": Reply(body=(b"x" for _ in range(100)), pause=0.1),
    "stops in the middle": Reply(body=[b"x", b"y"], length=3, pause=5),
}


@pytest.mark.parametrize("reply", SLOW.values(), ids=SLOW.keys())
def test_a_slow_provider_ends_in_time(stub: StubServer, strict: Client, reply: Reply) -> None:
    body = reply.body if isinstance(reply.body, (bytes, dict)) else list(reply.body)
    pieces = Reply(**{**vars(reply), "body": body if isinstance(body, (bytes, dict)) else iter(body)})
    stub.answer("/q", lambda _request: pieces)
    start = time.monotonic()
    with pytest.raises(NoAnswer, match="no answer"):
        strict.get("/q")
    assert time.monotonic() - start < DEADLINE + MARGIN
    assert {row.response_status for row in rows_of(strict)} <= {0, 200}


def test_a_name_that_nobody_answers_for_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    say(deadline_seconds=DEADLINE)

    def never_mind(*_args: object, **_more: object) -> list[object]:
        time.sleep(3)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never_mind)
    with provided("https://slow-names.example") as http:
        start = time.monotonic()
        with pytest.raises(NoAnswer, match=r"No address of slow-names\.example was found in time"):
            http.get("/q")
        assert time.monotonic() - start < DEADLINE + MARGIN


def test_a_tls_handshake_that_never_ends(stub: StubServer) -> None:
    say(deadline_seconds=DEADLINE)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        provided(f"https://127.0.0.1:{silent.getsockname()[1]}") as http,
    ):
        start = time.monotonic()
        with pytest.raises(NoAnswer):
            http.get("/q")
        assert time.monotonic() - start < DEADLINE + MARGIN


BROKEN_CONNECTION = {
    "resets at once": Reply(cut=True, length=5),
    "resets in the middle": Reply(body=b"abc", length=50, cut=True),
    "says less than it promised": Reply(body=b"abc", length=50),
    "ends the packed body early": Reply(body=gzip.compress(b"x" * 5000)[:-20], headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("reply", BROKEN_CONNECTION.values(), ids=BROKEN_CONNECTION.keys())
def test_a_broken_connection_is_tried_again(stub: StubServer, http: Client, reply: Reply) -> None:
    stub.answer_each("/q", reply, Reply(body={"t": 1}))
    assert http.get("/q").json() == {"t": 1}
    assert len(stub.calls) == len(rows_of(http)) == 2


def test_nobody_listens(stub: StubServer) -> None:
    say(deadline_seconds=DEADLINE)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with provided(f"http://127.0.0.1:{port}") as http:
        with pytest.raises(NoAnswer, match="refused"):
            http.get("/q")
        assert {row.response_status for row in rows_of(http)} == {0}


def bomb(megabytes_inside: int) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    piece = bytes(1024 * 1024)
    return b"".join(packer.compress(piece) for _ in range(megabytes_inside)) + packer.flush()


FLOODS = {
    "100 MB, announced": lambda: Reply(body=megabytes(100), length=100 * 1024 * 1024),
    "100 MB, without length": lambda: Reply(body=megabytes(100)),
    "a bomb of 300 MB": lambda: Reply(body=bomb(300), headers={"Content-Encoding": "gzip"}),
    "an error of 100 MB": lambda: Reply(body=megabytes(100), status=500),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_is_cut_off(stub: StubServer, flood) -> None:
    say(largest_answer_mb=1)
    stub.answer("/q", lambda _request: flood())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with provided(stub.url) as http, pytest.raises(BadAnswer, match="/q: the answer is larger than 1 MB"):
        http.get("/q")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024
    assert len(stub.calls) == 1


def test_more_than_announced_is_not_read(stub: StubServer, http: Client) -> None:
    stub.answer("/q", lambda _request: Reply(body=megabytes(100), length=10))
    assert http.get("/q").content == b"x" * 10


def test_a_packed_answer_is_unpacked(stub: StubServer, http: Client) -> None:
    stub.answer("/q", body=gzip.compress(b'{"t": 1}'), headers={"Content-Encoding": "gzip"})
    assert http.get("/q").json() == {"t": 1}
    assert stub.calls[0].headers["accept-encoding"] == "gzip"


UNREADABLE = {
    "truncated": b'[{"price": 1.5}, {"pri',
    "empty": b"",
    "HTML": b"<!DOCTYPE html><html>maintenance</html>",
    "NaN": b'{"price": NaN}',
    "Infinity": b'{"price": -Infinity}',
    "1e400": b'{"price": 1e400}',
    "1e-400": b'{"price": 1e-400}',
    "an exponent of many digits": b'{"price": 1e99999999999999999999}',
    "a whole number of 400 digits": b"1" * 400,
    "a whole number of 5,000 digits": b"1" * 5000,
    "nested without end": b"[" * 100_000,
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "two documents": b"{}{}",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_json_is_named(stub: StubServer, http: Client, body: bytes) -> None:
    stub.answer("/q", body=body)
    with pytest.raises(BadAnswer, match=rf"^{http.provider.name} /q: the answer is no "):
        http.get("/q").json()


BROKEN = {
    "packed as something else": Reply(body=b"x", headers={"Content-Encoding": "br"}),
    "not packed at all": Reply(body=b"plain", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN.keys())
def test_a_badly_packed_answer_is_named(stub: StubServer, http: Client, reply: Reply) -> None:
    stub.answer("/q", lambda _request: reply)
    with pytest.raises(BadAnswer, match="/q: the "):
        http.get("/q")
    assert len(stub.calls) == 1


UNREADABLE_REFUSAL = {
    "packed as something else": Reply(body=b"x", headers={"Content-Encoding": "br"}),
    "too large": Reply(body=b"x" * (2 * 1024 * 1024)),
    "cut": Reply(body=[b"slow d", b"own"], length=500, cut=True),
    "never ends": Reply(body=[b"x"] * 100, length=100, pause=0.1),
}


@pytest.mark.parametrize("reply", UNREADABLE_REFUSAL.values(), ids=UNREADABLE_REFUSAL.keys())
@pytest.mark.parametrize("status", [429, 418, 503])
def test_a_refusal_counts_whatever_its_body_is(stub: StubServer, strict: Client, reply: Reply, status: int) -> None:
    said = {
        "body": iter(reply.body) if isinstance(reply.body, list) else reply.body,
        "status": status,
        "headers": {**reply.headers, "Retry-After": "30"},
    }
    stub.answer("/q", lambda _request: Reply(**{**vars(reply), **said}))
    hasty = Client(strict.provider, patience=0)
    for _ in range(2):
        with pytest.raises(Banned) as told:
            hasty.get("/q")
        assert told.value.seconds > 25
    assert len(stub.calls) == 1


@pytest.mark.parametrize(
    "said", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2026 00:00:00 +99999999999999999999"]
)
def test_a_date_of_no_calendar_is_no_crash(stub: StubServer, strict: Client, said: str) -> None:
    stub.answer("/q", status=429, headers={"Retry-After": said})
    with pytest.raises(Banned):
        strict.get("/q")
    assert len(stub.calls) == 1


@pytest.mark.parametrize("number", ["0e999999999", "-0E-999999999", "0.0e99999999999"])
def test_a_zero_is_not_written_out_at_any_length(stub: StubServer, http: Client, number: str) -> None:
    stub.answer("/q", body=f"[{number}]".encode())
    (zero,) = http.get("/q").json()
    assert zero == 0
    assert len(format(zero, "f")) < 100


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_sends_us_elsewhere(stub: StubServer, http: Client, status: int) -> None:
    stub.answer("/q", status=status, headers={"Location": f"{stub.url}/trap"})
    with pytest.raises(Refused, match="elsewhere"):
        http.get("/q")
    assert [call.path for call in stub.calls] == ["/q"]


@pytest.mark.parametrize("status", [100, 199, 600, 999])
def test_a_status_that_means_nothing(stub: StubServer, strict: Client, status: int) -> None:
    stub.answer("/q", status=status, body=b"")
    with pytest.raises((NoAnswer, Refused)):
        strict.get("/q")
    assert all(row.response_status == 0 or 100 <= row.response_status <= 599 for row in rows_of(strict))


INSIDE = """
    127.0.0.1 127.8.9.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
    198.18.0.1 240.0.0.1 ::1 :: fe80::1 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1::
    2001:db8::1
"""
OUTSIDE = "1.1.1.1 93.184.216.34 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101"


def test_addresses_where_we_do_not_go() -> None:
    assert [address for address in INSIDE.split() if is_public(ipaddress.ip_address(address))] == []
    assert [address for address in OUTSIDE.split() if not is_public(ipaddress.ip_address(address))] == []


def test_a_private_address_is_refused_unless_an_admin_allows_the_host(stub: StubServer) -> None:
    stub.answer("/q", body={})
    say(allowed_hosts=[])
    with provided(stub.url) as http:
        with pytest.raises(Refused, match=r"127\.0\.0\.1, which is not a public address"):
            http.get("/q")
        assert (stub.calls, [row.response_status for row in rows_of(http)]) == ([], [0])
        say(allowed_hosts=["127.0.0.1"])
        http.get("/q")


@pytest.mark.parametrize("inside", ["10.0.0.5", "169.254.169.254"])
def test_a_name_with_one_private_address_is_refused(inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    say()
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_args, **_more: [(2, 1, 6, "", (one, 80)) for one in ("1.1.1.1", inside)]
    )
    with provided("http://rebinding.example") as http, pytest.raises(Refused, match="not a public address"):
        http.get("/q")


def test_a_name_is_resolved_once_per_connection(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was checked is the one that is connected to, and the server still hears the name."""
    asked = []
    real = socket.getaddrinfo

    def answers(host, *args, **more):
        if host != "stand-in.example":
            return real(host, *args, **more)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "203.0.113.1", *args, **more)

    stub.answer("/q", body={})
    say(allowed_hosts=["stand-in.example"])
    with provided(f"http://stand-in.example:{stub.port}") as http:
        monkeypatch.setattr(socket, "getaddrinfo", answers)
        http.get("/q")
    assert asked == ["stand-in.example"]
    assert stub.calls[0].headers["host"] == f"stand-in.example:{stub.port}"


def test_proxies_of_the_environment_are_not_used(
    stub: StubServer, http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    stub.answer("/q", body={})
    assert http.get("/q").status == 200
