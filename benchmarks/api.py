# ruff: noqa: S311 - the order of a benchmark is no secret
"""The API under fifty people who keep their connections: how long they wait, whether all is answered, whether memory
grows. Against REST framework as it comes under Django's ASGI handler (``api_peer.py``), in the same run.

Both serve the demo market after its first run, each by one uvicorn process, by turns, to the same people with the same
sessions, who ask about once a second each, for the same rows: candles and lists that they have seen before (40 %),
lists (25 %), single rows (15 %); a fifth are writes, which make a list, change it and delete it. The product has its
limits of calls, keys of repeated requests, versions and audit trail switched on; REST framework has none. At the end
nobody pauses for a few seconds. Prints a table, ``name: figure`` lines and a line of JSON.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/api.py [--minutes 5] [--rounds 10]
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from benchmarks.api_people import GROUPS, Figures, Person, peers, products  # noqa: E402 - they stand beside this script
from benchmarks.live import SERVER, cookies, is_up, processor_time, start, wait_until  # noqa: E402

PEOPLE, WARM_SECONDS = 50, 10
UNPACED_SECONDS = 5
NAMES = {"product": products, "REST framework": peers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5, help="of each server")
    parser.add_argument("--rounds", type=int, default=10, help="in which they take turns")
    parser.add_argument("--people", type=int, default=PEOPLE)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    import django

    django.setup()
    from benchmarks.scratch import scratch_database

    with scratch_database("api"), ExitStack() as stack:
        ids = demo()
        ports = {name: stack.enter_context(serving(name)) for name in NAMES}
        people = cookies(options.people, "api-")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            sides = {name: Side(port, process) for name, (port, process) in ports.items()}
            runner.run(measure(sides, people, ids, options))
    report(sides)


def demo() -> dict[str, list[int]]:
    """The demo market after its first run; ids of rows that are asked for."""
    from django.db import connections

    from accounts.models import User
    from assets.selectors.visible import visible_assets
    from cryptopredict.bootstrap import bootstrap
    from cryptopredict.running.preparation import ensure_first_run, ensure_market
    from trading.models import AITradingSignal

    bootstrap()
    ensure_market(lambda said: print(said, file=sys.stderr))
    ensure_first_run(lambda said: print(said, file=sys.stderr))
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    assets = visible_assets().order_by("pk").values_list("pk", flat=True)
    signals = AITradingSignal.objects.filter(series="live").order_by("-pk").values_list("pk", flat=True)
    return {"assets": list(assets), "signals": list(signals), "users": list(User.objects.values_list("pk", flat=True))}


@dataclass
class Side:
    """A server and what was measured of it.

    Attributes:
        memory: resident bytes, every second while it was asked.
        paced: while people pause; unpaced: while nobody does.
    """

    port: int
    process: psutil.Process
    memory: list[int] = field(default_factory=list)
    paced: Figures = field(default_factory=Figures)
    unpaced: Figures = field(default_factory=Figures)

    def growth(self) -> float:
        """Of its memory from the first tenth to the last, in percent."""
        tenth = max(1, len(self.memory) // 10)
        return 100 * (median(self.memory[-tenth:]) / median(self.memory[:tenth]) - 1)


async def measure(sides: dict[str, Side], cookies: list[str], ids: dict[str, list[int]], options: Any) -> None:
    """By turns, after a turn that counts for nothing."""
    people = {
        name: [Person(number, side.port, cookie, NAMES[name](ids)) for number, cookie in enumerate(cookies)]
        for name, side in sides.items()
    }
    seconds = options.minutes * 60 / options.rounds
    for name, side in sides.items():
        await turn(side, people[name], WARM_SECONDS, Figures())
    for side in sides.values():
        side.memory.clear()
    for number in range(options.rounds):
        for name in random.Random(number).sample(list(sides), len(sides)):
            await turn(sides[name], people[name], seconds, sides[name].paced)
            print(f"round {number} {name}: {sides[name].paced.count()} answers", file=sys.stderr)
    for name, side in sides.items():
        await turn(side, people[name], UNPACED_SECONDS, side.unpaced, pace=0)


async def turn(side: Side, people: list[Person], seconds: float, figures: Figures, pace: float = 1.0) -> None:
    """All people ask for so long; figures are kept while they do."""
    watching, used = asyncio.ensure_future(watch(side)), processor_time(side.process)
    await asyncio.gather(*(one.ask_for(seconds, figures, pace) for one in people))
    watching.cancel()
    figures.processor += processor_time(side.process) - used
    figures.seconds += seconds
    for one in people:
        one.close()


async def watch(side: Side) -> None:
    while True:
        side.memory.append(side.process.memory_info().rss)
        await asyncio.sleep(1)


@contextmanager
def serving(name: str) -> Iterator[tuple[int, psutil.Process]]:
    """The port of a server, and its process."""
    child = start(SERVERS[name])
    try:
        port = int(child.stdout.readline())
        wait_until(lambda: is_up(port), f"{name} does not listen")
        yield port, psutil.Process(child.pid)
    finally:
        child.terminate()
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()


def report(sides: dict[str, Side]) -> None:
    for name, side in sides.items():
        for group in GROUPS:
            p50, p95, p99 = (side.paced.percentile(group, share) for share in (0.5, 0.95, 0.99))
            count = len(side.paced.times[group])
            print(f"{name:15} {group:8} p50 {p50:7.1f} ms  p95 {p95:7.1f} ms  p99 {p99:7.1f} ms  ({count} answers)")
        print(f"{name}, answers a second: {side.paced.rate():.1f} paced, {side.unpaced.rate():.1f} when nobody pauses")
        print(f"{name}, processor time: {1000 * side.paced.processor / side.paced.count():.1f} ms an answer")
        print(f"{name}, memory: grew {side.growth():.2f} % to {side.memory[-1] / 1e6:.0f} MB")
        for what, times in (side.paced.errors + side.unpaced.errors).most_common():
            print(f"{name}, error: {what} ({times} times)")
    product, peer = sides.values()
    found = {
        group: {
            "p95": product.paced.percentile(group, 0.95),
            "of_peer": product.paced.percentile(group, 0.95) / peer.paced.percentile(group, 0.95),
        }
        for group in GROUPS
    }
    rest = {
        "errors": (product.paced.errors + product.unpaced.errors).total(),
        "growth": product.growth(),
        "rate_of_peer": product.unpaced.rate() / peer.unpaced.rate(),
    }
    print(json.dumps(found | rest))


SERVERS = {
    "product": SERVER,
    "REST framework": """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
import uvicorn
from benchmarks.api_peer import rest_framework
from cryptopredict.running.address import listen
from cryptopredict.running.parts import KEEP_ALIVE_SECONDS
application = rest_framework()
bound = listen("127.0.0.1", 0)
print(bound.getsockname()[1], flush=True)
config = uvicorn.Config(application, http="httptools", lifespan="off", log_config=None, access_log=False,
                        timeout_keep_alive=KEEP_ALIVE_SECONDS)
uvicorn.Server(config).run([bound])
""",
}
"""Each with the settings of the product's own server, where they have to do with HTTP."""


if __name__ == "__main__":
    main()
