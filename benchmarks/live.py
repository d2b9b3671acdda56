"""How long until the state of many live clients is that of the database, when every third message is lost, and what
readers cost who take nothing. No peer: the targets are absolute.

A real server (uvicorn) in a process of its own serves a database of its own; the sweep of events runs there, as in the
product. So many people are connected, each with a session, and follow the signals as ``docs/api/live.md`` says: what
comes is kept; every second a ping, or, when anything has come, a resume that names it. A share of what the server sends
is thrown away before the client sees it, answers too. Signals are changed in bursts; the time
counts from the end of the last change until every client has the state of every signal as it stands in the database.
Then others come in who read nothing at all, and far more is sent than may wait for one of them.
Prints ``name: figure`` lines.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/live.py [--clients 1000] [--lost 0.3]
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from benchmarks.live_clients import handshake  # noqa: E402 - it stands beside this script

SIGNALS, BURSTS, PATIENCE = 20, 10, 120
SLOW, FLOOD = 50, 4000
"""Readers who take nothing, and events that are sent meanwhile: more than fit on the way and may wait together."""
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2, help="that play the clients")
    parser.add_argument("--lost", type=float, default=0.3)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    import django

    django.setup()
    from benchmarks.scratch import scratch_database

    with scratch_database("live"):
        server = start(API_READS_A_MINUTE="0", API_GUEST_CALLS_A_MINUTE="0")
        try:
            port = int(server.stdout.readline())
            wait_until(lambda: is_up(port), "the server does not listen")
            signals = made_signals()
            measure(options, port, signals, psutil.Process(server.pid))
            measure_slow(port, signals, psutil.Process(server.pid))
        finally:
            server.terminate()
            server.wait(30)
    return 0


def start(program: str = SERVER, **variables: str) -> Any:
    """A server on the database of the moment; it says its port first."""
    from django.db import connections

    one = connections["default"].settings_dict
    url = f"postgresql://{one['USER']}:{quote(one['PASSWORD'])}@/{quote(one['NAME'])}?host={one['OPTIONS']['host']}"
    changed = {"DATABASE_URL": url, "LOG_LEVEL": "error", "PYTHONPATH": str(ROOT)} | variables
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | changed, stdout=subprocess.PIPE, text=True
    )


def cookies(count: int, whose: str) -> list[str]:
    """Sessions of so many people."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    people = User.objects.bulk_create(
        User(email=f"listener-{whose}{number}@example.com", first_name="A", last_name="B") for number in range(count)
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


def made_signals() -> list[int]:
    from tests.factories import SignalFactory

    return [SignalFactory(expires_at=None).pk for _number in range(SIGNALS)]


def measure(options: argparse.Namespace, port: int, signals: list[int], server: psutil.Process) -> None:
    """Seconds from the last change until all have the state of the database."""
    from trading.models import AITradingSignal

    people = [playing() for _number in range(options.processes)]
    try:
        for number, one in enumerate(people):
            share = cookies(options.clients // options.processes, f"{number}-")
            say(one, {"port": port, "cookies": share, "lost": options.lost, "first": number * options.clients})
        for one in people:
            hear(one)
        began = processor_time(server)
        for number in range(BURSTS):
            time.sleep(0.5)
            change([pk for place, pk in enumerate(signals) if (place + number) % 3], STATES[number % 2])
        ended = time.monotonic()
        for one in people:
            say(one, dict(AITradingSignal.objects.values_list("pk", "status")))
        found = [json.loads(hear(one)) for one in people]
    finally:
        for one in people:
            one.kill()
            one.wait()
    resumed = [times for one in found for times in one["resumed"]]
    messages, played = (sum(one[name] for one in found) for name in ("messages", "cpu"))
    seconds = max(one["equal"] for one in found) - ended
    print(f"clients: {len(resumed)}, {options.lost:.0%} of {messages} messages lost")
    print(f"resumed: {median(resumed):.0f} times each (median), {max(resumed)} at most")
    print(f"processor time: server {processor_time(server) - began:.1f} s, clients {played:.1f} s")
    print(f"state equals database: {seconds:.2f} s after the last change", flush=True)


def measure_slow(port: int, signals: list[int], server: psutil.Process) -> None:
    """How much memory readers take who take nothing, and how long they are kept."""
    wait_until(lambda: not server.net_connections("tcp4")[1:], "the others have not gone")
    own = server.memory_info().rss
    readers = [opened(port, cookie) for cookie in cookies(SLOW, "slow-")]
    wait_until(lambda: len(server.net_connections("tcp4")) == 1 + SLOW, "not all slow readers have come in")
    most, began = own, time.monotonic()
    for number in range(FLOOD // len(signals)):
        change(signals, STATES[number % 2])
        most = max(most, server.memory_info().rss)
    while len(server.net_connections("tcp4")) > 1 and time.monotonic() - began < PATIENCE:
        time.sleep(0.1)
        most = max(most, server.memory_info().rss)
    left = len(server.net_connections("tcp4")) - 1
    seconds = time.monotonic() - began
    print(f"slow readers left: {left} of {SLOW}, {seconds:.0f} s after the first of {FLOOD} events")
    print(f"memory for them: {(most - own) / 1e6:.1f} MB at most", flush=True)
    for one in readers:
        one.close()


def playing() -> Any:
    """A process that plays clients."""
    command = [sys.executable, str(ROOT / "benchmarks" / "live_clients.py")]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def say(process: Any, said: Any) -> None:
    process.stdin.write(json.dumps(said) + "\n")
    process.stdin.flush()


def hear(process: Any) -> str:
    """The next line; a process that has stopped has none."""
    line: str = process.stdout.readline()
    if not line:
        raise SystemExit("a process of clients has ended")
    return line


def opened(port: int, cookie: str) -> socket.socket:
    """A connection that nobody reads from, with little room on its way."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.connect(("127.0.0.1", port))
    one.sendall(handshake(port, cookie))
    return one


def is_up(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def processor_time(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def wait_until(condition: Any, complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(complaint)
        time.sleep(0.05)


def change(ids: list[int], state: str) -> None:
    """Change signals and say so, in one transaction."""
    from django.db import transaction
    from django.utils import timezone

    from trading.models import AITradingSignal
    from trading.services.signal_events import SIGNAL_UPDATED, announce_signals

    with transaction.atomic():
        AITradingSignal.objects.filter(pk__in=ids).update(
            status=state, invalidated_at=timezone.now() if state == "cancelled" else None
        )
        announce_signals(SIGNAL_UPDATED, ids)


if __name__ == "__main__":
    sys.exit(main())
