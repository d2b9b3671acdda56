# ruff: noqa: S311 - the order of a benchmark is no secret
"""500 candles of millions over HTTP: the product, uncached and from its cache, against FastAPI with asyncpg.

Every server is one uvicorn worker on its own port, asked in turn, round after round, by the same client over the same
connections for assets in the same order; what they answer is compared first. REST framework's ModelSerializer runs
along for the record. Rows lie as ingest lays them: all assets of an hour side by side, a partition per month.
Prints a table, a line of JSON and one line of summary.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop

ROOT = Path(__file__).resolve().parent.parent
ASSETS = 200
HOURS_AT_ONCE = 2500
PATIENCE = 60.0
FILL = """
INSERT INTO price_data (asset_id, timeframe, candle_time, open_price, high_price, low_price, close_price, volume,
                        base_volume, vwap, trade_count, is_validated)
SELECT a.id, '1h', t, p, p * 1.01, p * 0.99, round(p * 1.002, 8), round(p * 1000, 2), 1000.5, round(p * 1.001, 8),
       1000 + a.id * 7 %% 900, true
FROM generate_series(%s::timestamptz, %s::timestamptz, '1 hour') AS t, assets AS a,
     LATERAL (SELECT extract(epoch FROM t)::float8 / 604800 AS weeks) AS w,
     LATERAL (SELECT round((100 + a.id + 50 * sin(weeks + a.id))::numeric, 8) AS p) AS q
ORDER BY t, a.id
"""
SERVERS = {
    "fastapi": ["--factory", "benchmarks.candles_peers:fastapi"],
    "uncached": ["cryptopredict.asgi:application"],
    "missed": ["cryptopredict.asgi:application"],
    "cached": ["cryptopredict.asgi:application"],
    "rest_framework": ["--factory", "benchmarks.candles_peers:rest_framework"],
}
"""What answers; ``missed`` has a cache that never has the answer: what a first question costs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="per server and round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--keep", action="store_true", help="keep the table for the next time")
    options = parser.parse_args()
    if "REDIS_URL" not in os.environ:
        again = [sys.executable, "manage.py", "with_services", "--", sys.executable, *sys.argv]
        sys.exit(subprocess.run(again, cwd=ROOT, check=False).returncode)
    sys.path.insert(0, str(ROOT))
    with database(options.rows, keep=options.keep) as (name, ids), ExitStack() as stack:
        ports = {server: stack.enter_context(serving(server, name)) for server in SERVERS}
        compare(ports, ids)
        rates = measure(ports, ids, options)
    report(rates, options)


@contextmanager
def database(rows: int, *, keep: bool) -> Iterator[tuple[str, list[int]]]:
    """The name of a database with that many candles, and the ids of its assets."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    django.setup()
    from django.db import connections

    from assets.models import Asset

    name, owner = f"benchmark_candles_{rows}", connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        is_there = cursor.fetchone() is not None
        if not is_there:
            cursor.execute(f'CREATE DATABASE "{name}"')
    original = owner.settings_dict["NAME"]
    try:
        use(name)
        if not is_there:
            fill(rows)
        ids = list(Asset.objects.order_by("pk").values_list("pk", flat=True))
        use(name)
        yield name, ids
    finally:
        use(original)
        if not keep:
            with owner.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def use(name: str) -> None:
    """Both roles work in that database from now on."""
    from django.db import connections

    for connection in (connections["owner"], connections["default"]):
        connection.close()
        connection.settings_dict["NAME"] = name


def fill(rows: int) -> None:
    """Tables, partitions, assets and candles up to the present hour."""
    from django.core.management import call_command
    from django.db import connections

    from assets.models import Asset
    from assets.services.partitions import ensure_partitions
    from system.services.roles import grant_application_role

    call_command("migrate", verbosity=0)
    grant_application_role()
    Asset.objects.bulk_create(
        Asset(symbol=f"A{n}", name=f"Asset {n}", asset_type="crypto", data_source="file") for n in range(ASSETS)
    )
    hours = rows // ASSETS
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    first = end - timedelta(hours=hours)
    ensure_partitions("1h", first, end)
    with connections["owner"].cursor() as cursor:
        for start in range(0, hours, HOURS_AT_ONCE):
            until = min(start + HOURS_AT_ONCE, hours) - 1
            cursor.execute(FILL, [first + timedelta(hours=start), first + timedelta(hours=until)])
            sys.stderr.write(f"{(until + 1) * ASSETS:,} rows\n")
        cursor.execute("VACUUM ANALYZE price_data")


@contextmanager
def serving(server: str, database: str) -> Iterator[int]:
    """The port on which one uvicorn worker serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
    variables = {
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "cryptopredict.settings",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "CANDLE_CACHE_SECONDS": "0" if server == "uncached" else "600",
        "CANDLE_CACHE_MEGABYTES": "1" if server == "missed" else "64",
    }
    if server == "missed":  # must not find what the other one has put there
        variables["REDIS_URL"] = os.environ["REDIS_URL"].partition("?")[0] + "?db=1"
    quiet = ["--no-access-log", "--log-level", "warning", "--http", "httptools", "--loop", "uvloop"]
    child = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *SERVERS[server], "--port", str(port), *quiet],
        cwd=ROOT,
        env=os.environ | variables,
    )
    try:
        wait_for(port, child)
        yield port
    finally:
        child.terminate()
        child.wait(timeout=PATIENCE)


def wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"a server does not answer (status {child.poll()})")


def compare(ports: dict[str, int], ids: list[int]) -> None:
    """The same bytes from all but REST framework, which is asked for the same number of candles."""
    for asset_id in random.Random(1).sample(ids, 5):
        bodies = {server: fetched(port, asset_id) for server, port in ports.items()}
        record = json.loads(bodies.pop("rest_framework"))
        if len(set(bodies.values())) != 1 or len(json.loads(bodies["cached"])["candles"]) != len(record):
            sys.exit(f"the answers differ for asset {asset_id}")


def fetched(port: int, asset_id: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path(asset_id)}", timeout=PATIENCE) as response:
        body: bytes = response.read()
        return body


def path(asset_id: int) -> str:
    return f"/api/v1/assets/{asset_id}/candles?timeframe=1h&limit=500"


class Connection(asyncio.Protocol):
    """Asks again as soon as it has the whole answer."""

    def __init__(self, requests: list[bytes], place: int) -> None:
        self.requests, self.place = requests, place
        self.answers, self.missing, self.head = 0, 0, b""
        self.is_open = True

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.place += 1
        self.transport.write(self.requests[self.place % len(self.requests)])

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            self.head += data
            head, end, rest = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 200"):
                sys.exit(f"refused: {head!r}")
            self.missing = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.head, data = b"", rest
        self.missing -= len(data)
        if not self.missing:
            self.answers += 1
            if self.is_open:
                self.ask()
            else:
                self.transport.close()


async def rate(port: int, ids: list[int], options: argparse.Namespace) -> float:
    """Answers per second."""
    requests = [f"GET {path(i)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n".encode() for i in ids]
    loop = asyncio.get_running_loop()
    clients = []
    begun = time.perf_counter()
    for number in range(options.connections):
        client = Connection(requests, number * len(ids) // options.connections)
        clients.append(client)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.sleep(options.seconds)
    while sum(client.answers for client in clients) < options.connections:  # the slowest one on a busy machine
        await asyncio.sleep(0.1)
    answers, spent = sum(client.answers for client in clients), time.perf_counter() - begun
    for client in clients:
        client.is_open = False
    await asyncio.sleep(0.2)
    return answers / spent


def measure(ports: dict[str, int], ids: list[int], options: argparse.Namespace) -> dict[str, list[float]]:
    """Answers per second of each server in each round, after a round that counts for nothing."""
    rates: dict[str, list[float]] = {server: [] for server in ports}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for number in range(options.rounds + 1):
            order = list(ports)
            random.Random(number).shuffle(order)
            for server in order:
                found = runner.run(rate(ports[server], ids, options))
                if number:
                    rates[server].append(found)
                sys.stderr.write(f"round {number} {server}: {found:.0f}/s\n")
    return rates


def report(rates: dict[str, list[float]], options: argparse.Namespace) -> None:
    """Ratios are taken within a round, so that what else the machine does weighs on both."""

    def ratio(one: str, other: str) -> dict[str, float]:
        found = [a / b for a, b in zip(rates[one], rates[other], strict=True)]
        return {"median": statistics.median(found), "least": min(found), "most": max(found)}

    for server, found in rates.items():
        print(f"{server:15} {statistics.median(found):8.0f}/s  ({min(found):.0f} to {max(found):.0f})")
    ratios = {server: ratio(server, "fastapi") for server in ("uncached", "missed", "cached")}
    record = {server: ratio(server, "rest_framework") for server in ("uncached", "cached")}
    print(json.dumps({"rows": options.rows, "per_second": rates, "of_fastapi": ratios, "of_rest_framework": record}))
    words = ", ".join(f"{name} {found['median']:.2f}x" for name, found in ratios.items())
    drf = ", ".join(f"{name} {found['median']:.0f}x" for name, found in record.items())
    size = f"{options.rounds} rounds, 500 of {options.rows / 1e6:g}M rows"
    print(f"{words} of FastAPI + asyncpg; {drf} of ModelSerializer ({size})")


if __name__ == "__main__":
    main()
