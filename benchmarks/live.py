"""How long until the state of many live clients is that of the database, when every third message is lost. No peer: the
target is a fixed time.

A real server (uvicorn) in a process of its own serves a database of its own; the sweep of events runs there, as in the
product. So many people are connected, each with a session, and follow the signals as ``docs/api/live.md`` says: what
comes is kept; every second a ping, and when it counts more events than have come, resume. A share of what the server
sends is thrown away before the client sees it, pongs and resumed events too. Signals are changed in bursts; the time
counts from the end of the last change until every client has the state of every signal as it stands in the database.
Prints ``name: figure`` lines.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/live.py [--clients 1000] [--lost 0.3]
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
SIGNALS, BURSTS, PATIENCE = 20, 10, 60
PATH = "/api/v1/ws/signals"
STATES = ("cancelled", "active")
SERVER = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
from cryptopredict.running.address import listen
from cryptopredict.running.loading import load_models
load_models()
from cryptopredict.running.parts import serve_web
bound = listen("127.0.0.1", 0)
print(bound.getsockname()[1], flush=True)
serve_web(bound, None)
"""


class Client:
    """A client that loses messages."""

    def __init__(self, number: int, port: int, cookie: str, lost: float) -> None:
        self.address = f"ws://127.0.0.1:{port}{PATH}"
        self.cookie, self.origin, self.lost = cookie, f"http://127.0.0.1:{port}", lost
        self.random = random.Random(number)  # noqa: S311 - chance, no secret
        self.states: dict[int, str] = {}
        self.mark: int | None = None
        self.since: set[int] = set()
        self.resumed = 0
        self.connection: Any = None

    async def follow(self, connected: asyncio.Semaphore) -> None:
        from websockets.asyncio.client import connect

        async with connected:
            self.connection = await connect(
                self.address,
                additional_headers={"Cookie": self.cookie},
                origin=self.origin,  # type: ignore[arg-type]
                compression=None,
                open_timeout=60,
            )
        asking = asyncio.ensure_future(self.ask())
        try:
            async for text in self.connection:
                if self.random.random() >= self.lost:
                    await self.take(json.loads(text))
        finally:
            asking.cancel()

    async def ask(self) -> None:
        await asyncio.sleep(self.random.random())
        while True:
            named = {} if self.mark is None else {"seq": self.mark}
            await self.connection.send(json.dumps({"action": "ping", **named}))
            await asyncio.sleep(1)

    async def take(self, message: dict[str, Any]) -> None:
        kind, seq = message["type"], message["seq"]
        if kind == "pong" and self.mark is None:
            self.mark = seq  # it has fetched the state before
        elif kind == "pong" and message["data"].get("after") == self.mark:
            if message["data"]["count"] == len(self.since):
                self.mark, self.since = seq, set()
            else:
                self.resumed += 1
                await self.connection.send(json.dumps({"action": "resume", "seq": self.mark}))
        elif kind.startswith("signal."):
            signal = message["data"]["signal"]
            self.states[signal["id"]] = signal["status"]
            self.since.add(seq)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--lost", type=float, default=0.3)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    import django

    django.setup()
    from benchmarks.scratch import scratch_database

    with scratch_database("live"):
        server = start()
        try:
            seconds, clients = asyncio.run(measured(options.clients, options.lost, int(server.stdout.readline())))
        finally:
            server.terminate()
            server.wait(30)
        print(f"clients: {len(clients)}, {options.lost:.0%} of the messages lost")
        print(f"resumed: {median(one.resumed for one in clients):.0f} times each (median)")
        print(f"state equals database: {seconds:.2f} s after the last change", flush=True)
    return 0


def start() -> Any:
    """The server on the database of the moment."""
    from django.db import connections

    one = connections["default"].settings_dict
    url = f"postgresql://{one['USER']}:{quote(one['PASSWORD'])}@/{quote(one['NAME'])}?host={one['OPTIONS']['host']}"
    variables = {"DATABASE_URL": url, "API_READS_A_MINUTE": "0", "API_GUEST_CALLS_A_MINUTE": "0", "LOG_LEVEL": "error"}
    return subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, env=os.environ | variables, stdout=subprocess.PIPE, text=True
    )


def cookies(count: int) -> list[str]:
    """Sessions of so many people."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    people = User.objects.bulk_create(
        User(email=f"listener{number}@example.com", first_name="A", last_name="B") for number in range(count)
    )
    found = []
    for person in people:
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = "accounts.backends.PasswordBackend"
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        found.append(f"sessionid={session.session_key}")
    return found


async def measured(count: int, lost: float, port: int) -> tuple[float, list[Client]]:
    """The same, and the connections of the loop are closed, which nobody outside of it sees."""
    from django.db import connections

    try:
        return await measure(count, lost, port)
    finally:
        connections.close_all()


async def measure(count: int, lost: float, port: int) -> tuple[float, list[Client]]:
    """Seconds from the last change until all have the state of the database."""
    from tests.factories import SignalFactory
    from trading.models import AITradingSignal
    from trading.services.signal_events import SIGNAL_UPDATED, announce_signals

    signals = [SignalFactory(expires_at=None) for _number in range(SIGNALS)]
    clients = [Client(number, port, cookie, lost) for number, cookie in enumerate(cookies(count))]
    connected = asyncio.Semaphore(20)
    deadline = time.monotonic() + 5 * PATIENCE
    while not await is_up(port):
        await asyncio.sleep(0.2)
    following = [asyncio.ensure_future(client.follow(connected)) for client in clients]
    while not all(client.mark is not None for client in clients):
        await asyncio.sleep(0.2)
        if time.monotonic() > deadline or any(task.done() for task in following):
            raise SystemExit("not all clients have come in")
    for number in range(BURSTS):
        state = STATES[number % 2]
        chosen = [signal.pk for place, signal in enumerate(signals) if (place + number) % 3]
        await asyncio.to_thread(change, AITradingSignal, chosen, state, announce_signals, SIGNAL_UPDATED)
        await asyncio.sleep(0.5)
    ended = time.monotonic()
    wanted = dict(AITradingSignal.objects.values_list("pk", "status"))
    while not all(client.states == wanted for client in clients):
        await asyncio.sleep(0.02)
        if time.monotonic() - ended > PATIENCE:
            behind = sum(client.states != wanted for client in clients)
            raise SystemExit(f"{behind} clients are behind after {PATIENCE} s")
    seconds = time.monotonic() - ended
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return seconds, clients


async def is_up(port: int) -> bool:
    """Whether the server listens by now."""
    try:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def change(model: Any, ids: list[int], state: str, announce: Any, topic: str) -> None:
    """Change signals and say so, in one transaction."""
    from django.db import connections, transaction
    from django.utils import timezone

    with transaction.atomic():
        model.objects.filter(pk__in=ids).update(
            status=state, invalidated_at=timezone.now() if state == "cancelled" else None
        )
        announce(topic, ids)
    connections.close_all()  # of this thread


if __name__ == "__main__":
    sys.exit(main())
