"""Many live clients in one process, for ``live.py``: they follow the signals as ``docs/api/live.md`` says, and lose a
share of what the server sends. They speak the protocol of WebSockets themselves, so that the figure is that of the
server and not of its clients.

Reads from stdin a line of JSON (``port``, ``cookies``, ``lost``, ``first``), says ``in`` when all have come in; then a
line with the state of the database, and says how long each part took, as JSON.
"""

import asyncio
import base64
import json
import random
import struct
import sys
import time
from typing import Any

import orjson
import uvloop

PATH = "/api/v1/ws/signals"
PAUSE, SOON, LEAST_PATIENCE, MOST_PATIENCE = 1.0, 0.2, 0.4, 3.0
"""Seconds until it asks again: when it had everything; when something was missing; when no answer came, at least and at
most: as long as the last one took. At 0.4, who loses six answers in a row, one of 1,000 clients, is done in time."""
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
CONNECTING = 20
"""So many come in at once."""


def handshake(port: int, cookie: str) -> bytes:
    """How a page of ours begins."""
    key = base64.b64encode(random.randbytes(16)).decode()  # noqa: S311 - no secret
    return (
        f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Cookie: {cookie}\r\n\r\n"
    ).encode()


class Line(asyncio.Protocol):
    """A WebSocket, as far as this server uses it: whole frames, no compression."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self.buffer = bytearray()
        self.is_open = False
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(handshake(self.port, self.cookie))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"refused: {bytes(head)!r}")
            self.is_open, self.buffer = True, bytearray(rest)
            self.opened()
        at = 0
        while (frame := self.frame(at)) is not None:
            kind, begin, at = frame
            self.came(kind, bytes(self.buffer[begin:at]))
        del self.buffer[:at]

    def frame(self, at: int) -> tuple[int, int, int] | None:
        """Kind, begin and end of the frame that begins there, if it has come whole."""
        have = len(self.buffer) - at
        if have < 2:
            return None
        length, head = self.buffer[at + 1], 2
        if length == 126:
            head = 4
            length = struct.unpack_from("!H", self.buffer, at + 2)[0] if have >= head else 1 << 62
        elif length == 127:
            head = 10
            length = struct.unpack_from("!Q", self.buffer, at + 2)[0] if have >= head else 1 << 62
        if have < head + length:
            return None
        return self.buffer[at], at + head, at + head + length

    def came(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self.told(payload)
        elif kind == PING:
            self.say(payload, PONG)
        elif kind == CLOSE:
            raise SystemExit(f"closed: {payload!r}")

    def say(self, payload: bytes, kind: int = TEXT) -> None:
        """A client masks what it sends; with zeros nothing changes."""
        size = len(payload)
        head = struct.pack("!BB", kind, 0x80 | size) if size < 126 else struct.pack("!BBH", kind, 0xFE, size)
        self.transport.write(head + b"\0\0\0\0" + payload)

    def opened(self) -> None:
        raise NotImplementedError

    def told(self, payload: bytes) -> None:
        raise NotImplementedError


class Client(Line):
    """Keeps the state of the signals."""

    def __init__(self, number: int, port: int, cookie: str, lost: float) -> None:
        super().__init__(port, cookie)
        self.lost = lost
        self.random = random.Random(number)  # noqa: S311 - chance, no secret
        self.states: dict[str, str] = {}
        self.mark: int | None = None
        self.since: set[int] = set()
        self.before: set[int] = set()
        self.is_behind = False
        self.asked: float | None = None
        self.answered_in = 0.0
        self.resumed = self.messages = 0

    def opened(self) -> None:
        asyncio.get_running_loop().call_later(self.random.random(), self.ask)

    def ask(self) -> None:
        if self.mark is None:
            said: dict[str, Any] = {"action": "ping"}
        elif self.since or self.is_behind:
            self.resumed += 1
            said = {"action": "resume", "seq": self.mark, "have": list(self.since)}
        else:
            said = {"action": "ping", "seq": self.mark}
        self.say(orjson.dumps(said))
        loop = asyncio.get_running_loop()
        self.asked = loop.time()
        patience = min(MOST_PATIENCE, max(LEAST_PATIENCE, self.answered_in))
        self.timer = loop.call_later(patience, self.ask)

    def told(self, payload: bytes) -> None:
        self.messages += 1
        if self.random.random() < self.lost:
            return
        message = orjson.loads(payload)
        kind, seq = message["type"], message["seq"]
        if kind in ("pong", "resumed"):
            for event in message["data"].get("events", ()):
                self.heard(event)
            self.answered(seq, message["data"])
        elif kind.startswith("signal."):
            self.heard(message)
        else:
            raise SystemExit(f"told: {payload!r}")

    def heard(self, event: dict[str, Any]) -> None:
        signal = event["data"]["signal"]
        self.states[str(signal["id"])] = signal["status"]
        if event["seq"] not in self.before:
            self.since.add(event["seq"])

    def answered(self, seq: int, data: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        if self.mark is None:
            self.mark = seq  # it has fetched the state before
        elif data.get("after") != self.mark:
            return  # an answer that was given up
        elif data["count"] == len(self.since):
            self.mark, self.is_behind = seq, False
            self.before |= self.since
            self.since = set()
        else:
            self.is_behind = True
        if self.asked is not None:
            self.answered_in = loop.time() - self.asked
        self.timer.cancel()
        self.timer = loop.call_later(SOON if self.is_behind else PAUSE, self.ask)


async def follow(order: dict[str, Any], lines: Any) -> dict[str, Any]:
    """All clients, until they have the state that the last line names."""
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(CONNECTING)
    clients = [
        Client(order["first"] + number, order["port"], cookie, order["lost"])
        for number, cookie in enumerate(order["cookies"])
    ]

    async def connect(client: Client) -> None:
        async with room:
            await loop.create_connection(lambda: client, "127.0.0.1", order["port"])
            while client.mark is None:
                await asyncio.sleep(0.02)

    await asyncio.gather(*map(connect, clients))
    print("in", flush=True)
    wanted = json.loads(await loop.run_in_executor(None, lines.readline))
    behind = clients
    while behind := [client for client in behind if client.states != wanted]:
        await asyncio.sleep(0.02)
    return {
        "equal": time.monotonic(),
        "resumed": [client.resumed for client in clients],
        "messages": sum(client.messages for client in clients),
        "cpu": time.process_time(),
    }


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(follow(json.loads(sys.stdin.readline()), sys.stdin))), flush=True)


if __name__ == "__main__":
    main()
