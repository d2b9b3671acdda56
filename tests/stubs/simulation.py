"""An hour at a provider's limits, in simulated time: workers in real processes, real requests, a server that counts.

Time stands in Redis and moves when every worker waits, to the moment at which the first of them goes on; so an hour
takes as long as its requests do, and nothing depends on how fast this machine is.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import redis

from tests.stubs.server import Reply, Request, StubServer

ROOT = Path(__file__).resolve().parents[2]
START = 1_700_000_000.0
LIMIT, WINDOW = 6000, 60.0
WEIGHTS = (2, 20, 40, 80, 100, 250)
LATENCY_SECONDS = 0.5
PAUSE_SECONDS = 2
"""Now and then the server asks everybody to stay away for so long, as it would when others share our address."""
PAUSE_EVERY = 150.0

ADVANCE = """
if redis.call('ZCARD', KEYS[1] .. ':sleepers') < tonumber(redis.call('GET', KEYS[1] .. ':workers')) then return end
local first = redis.call('ZRANGE', KEYS[1] .. ':sleepers', 0, 0, 'WITHSCORES')
if not first[1] then return end
redis.call('SET', KEYS[1] .. ':now', first[2])
redis.call('ZREM', KEYS[1] .. ':sleepers', first[1])
redis.call('RPUSH', KEYS[1] .. ':wake:' .. first[1], first[2])
"""
SLEEP = "redis.call('ZADD', KEYS[1] .. ':sleepers', ARGV[2], ARGV[1])" + ADVANCE
LEAVE = "redis.call('DECR', KEYS[1] .. ':workers')" + ADVANCE


class SimulatedClock:
    """The clock of one worker."""

    def __init__(self, address: str, name: str, worker: str) -> None:
        self.redis: Any = redis.Redis.from_url(address, decode_responses=True, socket_timeout=None)
        self.name, self.worker = name, worker
        self.time = START

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.redis.eval(SLEEP, 1, self.name, self.worker, repr(self.time + max(0.0, seconds)))
        self.time = float(self.redis.blpop([f"{self.name}:wake:{self.worker}"], timeout=0)[1])

    def leave(self) -> None:
        self.redis.eval(LEAVE, 1, self.name)
        self.redis.close()


@dataclass
class CountingServer:
    """Counts weights in every window of a minute, wherever it begins, and refuses what is too much."""

    address: str
    name: str
    random: random.Random
    window: deque[tuple[float, int]] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)
    accepted = calls = bans = pauses = while_closed = 0
    highest: int = 0
    closed: tuple[float, float] = (0.0, 0.0)
    disturbed: set[float] = field(default_factory=set)
    """Beginnings of the pauses that somebody did not keep."""
    next_pause: float = START + PAUSE_EVERY / 2

    def __post_init__(self) -> None:
        self.redis: Any = redis.Redis.from_url(self.address, decode_responses=True)

    def __call__(self, request: Request) -> Reply:
        with self.lock:
            now = float(self.redis.get(f"{self.name}:now"))
            return self.judged(now, int(request.query["weight"]))

    def judged(self, now: float, weight: int) -> Reply:
        self.calls += 1
        since, until = self.closed
        if since < now < until:
            self.while_closed += 1
            self.disturbed.add(since)
            return Reply(status=418, headers={"Retry-After": "120"})
        if now >= self.next_pause:
            self.pauses += 1
            self.next_pause = now + PAUSE_EVERY
            return self.refuse(now, PAUSE_SECONDS)
        self.window.append((now + self.random.uniform(0, LATENCY_SECONDS), weight))
        newest = max(at for at, _weight in self.window)
        inside = sum(one for at, one in self.window if at > newest - WINDOW)
        self.window = deque(entry for entry in self.window if entry[0] > now - WINDOW)
        self.highest = max(self.highest, inside)
        if inside > LIMIT:
            self.bans += 1
            return self.refuse(now, 60)
        self.accepted += weight
        return Reply(body={})

    def refuse(self, now: float, seconds: int) -> Reply:
        """By turns in seconds and as a date."""
        if self.pauses % 2:
            self.closed = (now, now + seconds)
            return Reply(status=429, headers={"Retry-After": str(seconds)})
        moment = datetime.fromtimestamp(now, UTC).replace(microsecond=0)
        end = moment + timedelta(seconds=seconds)
        self.closed = (now, end.timestamp())
        dates = {"Date": format_datetime(moment, usegmt=True), "Retry-After": format_datetime(end, usegmt=True)}
        return Reply(status=429, headers=dates)


@dataclass(frozen=True)
class Outcome:
    """What the server saw; ``used`` is the part of the budget of the whole time, ``obeyed`` how many of its pauses
    nobody disturbed."""

    name: str
    minutes: float
    workers: int
    calls: int
    used: float
    highest: int
    bans: int
    pauses: int
    obeyed: int
    while_closed: int
    failed: int


def simulate(address: str, *, minutes: float, workers: int = 2, environment: dict[str, str], seed: int = 7) -> Outcome:
    """Workers ask as much as they may for so many simulated minutes.

    Args:
        address: Redis.
        environment: of the workers, which are processes; their database has to allow calls to this machine.
    """
    name = f"simulation_{os.getpid()}"
    store: Any = redis.Redis.from_url(address, decode_responses=True)
    store.set(f"{name}:workers", workers, ex=3600)
    store.set(f"{name}:now", START, ex=3600)
    server = CountingServer(address, name, random.Random(seed))  # noqa: S311
    with StubServer() as stub:
        stub.answer("/heavy", server)
        command = [
            sys.executable,
            "-m",
            "tests.stubs.simulation",
            address,
            name,
            stub.url,
            str(minutes * 60),
            str(seed),
        ]
        processes = [
            subprocess.Popen([*command, str(number)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
            for number in range(workers)
        ]
        outputs = finished(processes)
    for key in store.scan_iter(f"*{name}*"):
        store.delete(key)
    store.close()
    server.redis.close()
    return Outcome(
        name=name,
        minutes=minutes,
        workers=workers,
        calls=server.calls,
        used=server.accepted / (LIMIT * minutes),
        highest=server.highest,
        bans=server.bans,
        pauses=server.pauses,
        obeyed=server.pauses - len(server.disturbed),
        while_closed=server.while_closed,
        failed=sum(json.loads(output)["failed"] for output in outputs),
    )


def finished(processes: list[subprocess.Popen[str]]) -> list[str]:
    """What the workers say at their end. When one fails, time stands still for the others, so they are ended too."""
    while any(process.poll() is None for process in processes) and not any(process.poll() for process in processes):
        time.sleep(0.05)
    for process in processes:
        process.terminate()
    outputs = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError(f"a worker failed: {outputs}")
    return outputs


def work(address: str, name: str, url: str, seconds: float, seed: int, worker: str) -> int:
    """One worker's calls, one after the other. Returns how many of them failed."""
    from system.exceptions import DomainError
    from system.http import Budget, Client, Provider

    provider = Provider(name, base_url=url, budgets=(Budget(LIMIT, per=timedelta(seconds=WINDOW)),))
    clock = SimulatedClock(address, name, worker)
    http = Client(provider, clock=clock, patience=300)  # type: ignore[arg-type]
    weights = random.Random(f"{seed} {worker}")  # noqa: S311
    failed = 0
    clock.sleep(0)
    while clock.now() < START + seconds:
        weight = weights.choice(WEIGHTS)
        try:
            http.get("/heavy", params={"weight": weight}, weight=weight)
        except DomainError as error:
            print(error, file=sys.stderr)  # noqa: T201
            failed += 1
    clock.leave()
    return failed


if __name__ == "__main__":
    import django

    django.setup()
    redis_address, run, url, length, seed, worker = sys.argv[1:]
    print(json.dumps({"failed": work(redis_address, run, url, float(length), int(seed), worker)}))  # noqa: T201
