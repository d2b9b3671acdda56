"""Readers who take nothing, on real sockets: they are let go, and nothing of them stays."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest
from django.db import connections

from cryptopredict.live import connection as lines
from cryptopredict.live import send_events
from cryptopredict.live.channels import JOB_PROGRESS
from cryptopredict.live.listeners import Listener
from cryptopredict.running import address
from system.services import publish
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.listening import WS, cookie_of, heard, listen, live_server
from tests.factories import AdminFactory

READERS, AT_ONCE, MOST = 4, 100, 200
HANDSHAKE = """GET {path} HTTP/1.1
Host: 127.0.0.1:{port}
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Version: 13
Origin: http://127.0.0.1:{port}
Cookie: {cookie}

"""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    monkeypatch.setattr(address, "UNREAD_SECONDS", 2)
    with live_server() as number:
        yield number


def deaf(port: int) -> socket.socket:
    """A connection of somebody who never reads, with little room on the way."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.connect(("127.0.0.1", port))
    said = HANDSHAKE.format(path=WS + "models/jobs", port=port, cookie=cookie_of(AdminFactory()))
    one.sendall(said.replace("\n", "\r\n").encode())
    return one


def lines_of(port: int) -> int:
    """Connections that the server holds."""
    found = psutil.Process().net_connections("tcp4")
    return sum(one.laddr.port == port and one.status == psutil.CONN_ESTABLISHED for one in found)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux lets them go")
@pytest.mark.django_db(transaction=True)
def test_slow_readers_are_let_go_and_their_lines_are_cut(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many events as fill what the kernel keeps for them on the way, and after that their queues."""
    monkeypatch.setattr(lines, "CLOSE_SECONDS", 0.2)
    ended: dict[Listener, int] = {}
    end = Listener.end

    def noted(listener: Listener, code: int) -> None:
        end(listener, code)
        ended[listener] = len(listener.waiting)

    monkeypatch.setattr(Listener, "end", noted)
    monkeypatch.setattr(lines, "MOST_WAITING", MOST)
    told = {"job_id": 1, "job_status": "running", "progress_pct": 1, "current_phase": "x" * 30_000}
    with ExitStack() as stack:
        readers = [stack.enter_context(deaf(port)) for _number in range(READERS)]
        wait_for(lambda: lines_of(port) == READERS, 10)
        for _number in range(10):
            for _event in range(AT_ONCE):
                publish(JOB_PROGRESS, told)
            send_events()
            if len(ended) == READERS:
                break
        wait_for(lambda: len(ended) == READERS, 10)
        assert {one.code for one in ended} == {4408}
        assert max(ended.values()) <= MOST
        wait_for(lambda: lines_of(port) == 0, 15)
        assert all(one.fileno() > 0 for one in readers)  # it was not they who ended it
    with listen(port, WS + "models/jobs", user=AdminFactory()) as quick:
        quick.send('{"action": "ping"}')
        assert heard(quick)["type"] == "pong"
