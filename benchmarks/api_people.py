# ruff: noqa: S311 - what somebody asks for next is no secret
"""People who ask an API over connections that they keep, for ``api.py``: what they want, and how long they wait."""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

CACHED, LISTS, ROWS, WRITES = GROUPS = ("cached", "lists", "rows", "writes")
SHARES = (40, 25, 15, 20)
CSRF = "c" * 32
PATIENCE = 30
PAGE = "limit=50"


@dataclass
class Wish:
    """A request.

    Args:
        group: with what its time is counted.
        status: that is right.
        known: under which name the version of the answer is kept, and sent when it is asked for again.
    """

    group: str
    method: str
    path: str
    status: int = 200
    body: dict[str, object] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    known: str = ""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Figures:
    """Times of answers in milliseconds by group, what went wrong, and seconds: of the clock, and of the server's
    processor."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0
    processor: float = 0

    def count(self) -> int:
        return sum(map(len, self.times.values()))

    def rate(self) -> float:
        """Answers a second."""
        return self.count() / self.seconds

    def percentile(self, group: str, share: float) -> float:
        """The time that so large a share of the answers did not exceed."""
        found = sorted(self.times[group])
        return found[min(len(found) - 1, int(share * len(found)))]


class Memory:
    """What one person remembers: versions of what he has seen, and how far his own list has come."""

    def __init__(self) -> None:
        self.versions: dict[str, str] = {}
        self.list_id: int | None = None
        self.version = ""
        self.is_changed = False


Wants = Callable[[random.Random, Memory], Wish]


def products(ids: dict[str, list[int]]) -> Wants:
    """What people want of the product."""
    api = "/api/v1/"

    def want(chance: random.Random, memory: Memory) -> Wish:
        group = chance.choices(GROUPS, SHARES)[0]
        asset, signal = chance.choice(ids["assets"]), chance.choice(ids["signals"])
        if group == CACHED:
            candles = f"{api}assets/{asset}/candles?timeframe=1h&limit=100"
            path = chance.choice((candles, f"{api}assets?{PAGE}", f"{api}sectors", f"{api}signals?{PAGE}"))
            return Wish(group, "GET", path, known="" if path == candles else path)
        if group == LISTS:
            path = chance.choice((f"assets?{PAGE}", f"signals?{PAGE}", "sectors", f"watchlists?{PAGE}"))
            return Wish(group, "GET", api + path)
        if group == ROWS:
            return Wish(group, "GET", api + chance.choice((f"assets/{asset}", f"signals/{signal}", "users/me")))
        one = f"{api}watchlists/{memory.list_id}"
        if memory.list_id is None:
            key = {"Idempotency-Key": uuid4().hex}
            body: dict[str, object] = {"name": f"Mine {uuid4().hex}", "watchlist_type": "personal"}
            return Wish(group, "POST", f"{api}watchlists", 201, body, key)
        if not memory.is_changed:
            return Wish(group, "PATCH", one, 200, {"description": "changed"}, {"If-Match": memory.version})
        return Wish(group, "DELETE", one, 204, None, {"If-Match": memory.version})

    return want


def peers(ids: dict[str, list[int]]) -> Wants:
    """The same of REST framework."""
    api = "/peer/"

    def want(chance: random.Random, memory: Memory) -> Wish:
        group = chance.choices(GROUPS, SHARES)[0]
        asset, signal = chance.choice(ids["assets"]), chance.choice(ids["signals"])
        if group == CACHED:
            candles = f"{api}candles?asset={asset}&limit=100"
            return Wish(group, "GET", chance.choice((candles, f"{api}assets", f"{api}sectors", f"{api}signals")))
        if group == LISTS:
            return Wish(group, "GET", api + chance.choice(("assets", "signals", "sectors", "watchlists")))
        if group == ROWS:
            user = chance.choice(ids["users"])
            return Wish(group, "GET", api + chance.choice((f"assets/{asset}", f"signals/{signal}", f"users/{user}")))
        one = f"{api}watchlists/{memory.list_id}"
        if memory.list_id is None:
            body: dict[str, object] = {"name": f"Mine {uuid4().hex}", "watchlist_type": "personal"}
            return Wish(group, "POST", f"{api}watchlists", 201, body)
        if not memory.is_changed:
            return Wish(group, "PATCH", one, 200, {"description": "changed"})
        return Wish(group, "DELETE", one, 204)

    return want


class Person:
    """Asks, reads, thinks, and asks again."""

    def __init__(self, number: int, port: int, cookie: str, want: Wants) -> None:
        self.random = random.Random(number)
        self.port, self.cookie, self.want = port, cookie, want
        self.memory = Memory()
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask_for(self, seconds: float, figures: Figures, pace: float) -> None:
        """So long, about one request in ``pace`` seconds."""
        end = time.perf_counter() + seconds
        await asyncio.sleep(self.random.uniform(0, pace))
        while time.perf_counter() < end:
            wish = self.want(self.random, self.memory)
            begun = time.perf_counter()
            try:
                answer = await asyncio.wait_for(self.answer(wish), PATIENCE)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                figures.errors[f"{wish.method} {wish.path.partition('?')[0]}: {type(error).__name__}"] += 1
                self.close()
                continue
            figures.times[wish.group].append(1000 * (time.perf_counter() - begun))
            if not self.is_right(wish, answer):
                figures.errors[f"{wish.method} {wish.path}: {answer.status} {answer.body[:300]!r}"] += 1
            await asyncio.sleep(self.random.uniform(0.5, 1.5) * pace)

    def is_right(self, wish: Wish, answer: Answer) -> bool:
        """Whether it is what was wanted; it is remembered then."""
        if answer.status == 304:
            return bool(wish.known) and wish.known in self.memory.versions
        if answer.status != wish.status:
            return False
        if wish.known:
            self.memory.versions[wish.known] = answer.headers["etag"]
        if wish.method == "DELETE":
            self.memory.list_id, self.memory.is_changed = None, False
        elif wish.group == WRITES:
            self.memory.list_id, self.memory.is_changed = json.loads(answer.body)["id"], wish.method == "PATCH"
            self.memory.version = answer.headers.get("etag", "")
        return True

    async def answer(self, wish: Wish) -> Answer:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        reader, writer = self.streams
        writer.write(self.words(wish))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        fields = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _colon, value in fields}
        if "content-length" in headers:
            return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))
        if status in (204, 304):
            return Answer(status, headers, b"")
        raise ValueError(f"no length: {head}")

    def words(self, wish: Wish) -> bytes:
        body = b"" if wish.body is None else json.dumps(wish.body).encode()
        said = {
            "Host": f"127.0.0.1:{self.port}",
            "Accept": "application/json",
            "Cookie": f"{self.cookie}; csrftoken={CSRF}",
        } | wish.headers
        if wish.method != "GET":
            said |= {"X-CSRFToken": CSRF, "Content-Type": "application/json", "Content-Length": str(len(body))}
        elif wish.known in self.memory.versions:
            said["If-None-Match"] = self.memory.versions[wish.known]
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        return f"{wish.method} {wish.path} HTTP/1.1\r\n{lines}\r\n".encode() + body

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None
