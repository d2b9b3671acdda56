"""kill -9 of every part of a running product, again and again, in the midst of work: ``make chaos``.

Each round begins work of one kind, waits until it is surely under way, kills one process and sees it dead, and measures
how long it takes until another has its place, ``/readyz`` says that the product works, and the work is done. A kill
that found nothing under way does not count, and the round is repeated. What is there in the end is held against what
must be (``invariants``). The last line says how it went; the exit status is 1 if anything was lost, double or late.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import psutil

from tests.chaos.outside import Outside
from tests.chaos.product import VICTIMS, Product, product, until
from tests.stubs.server import StubServer

if TYPE_CHECKING:
    from tests.chaos.works import Work

WORKS = ("ingest", "pipeline", "review", "delivery", "ingest", "pipeline", "review", "delivery", "training", "review")
"""In turn. A training takes minutes on a small machine, so it comes less often."""
TRIES = 6


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Struck:
    """A kill in the midst of work: seconds until the product was back, and until the work was done."""

    victim: str
    work: str
    back: float
    done: float


class Chaos:
    """The rounds on one product."""

    def __init__(self, made: Product, outside: Outside, owner: Any, token: str) -> None:
        self.product, self.outside, self.owner, self.token = made, outside, owner, token
        self.number, self.chance = 0, random.Random(41)  # noqa: S311 - moments of the kills

    def new_work(self, name: str) -> "Work":
        from tests.chaos import works

        self.number += 1
        if name == "review":
            return works.Reviews(self.number, self.outside, self.product, self.owner, self.token)
        if name == "delivery":
            return works.Deliveries(self.number, self.outside, self.owner)
        kinds = {"ingest": works.Ingest, "pipeline": works.Pipeline, "training": works.Training}
        return kinds[name](self.number, self.outside)

    def round(self, victim: str, name: str) -> Struck:
        """One kill that counts."""
        for _try in range(TRIES):
            struck = self.strike(victim, self.new_work(name))
            if struck is not None:
                return struck
        raise AssertionError(f"{TRIES} kills of {victim} found no {name} under way")

    def strike(self, victim: str, work: "Work") -> Struck | None:
        """None if the work had ended before the kill."""
        from django.db import connections

        connections.close_all()
        until(lambda: self.product.get("/readyz") == 200, meaning="ready before the round")
        until(lambda: self.product.alive(victim), meaning=f"{victim} before the round")
        work.begin()
        until(lambda: work.is_under_way() or work.ended_at(), meaning=f"{work.name} under way")
        time.sleep(self.chance.uniform(0, 0.3))
        was_under_way = work.is_under_way()
        wall, moment = datetime.now(UTC), time.monotonic()
        killed = self.product.kill(victim)
        until(lambda: self.product.is_back(victim, killed), meaning=f"{victim} back")
        back = time.monotonic() - moment
        until(work.ended_at, meaning=f"{work.name} done after the kill of {victim}")
        done = max(back, time.monotonic() - moment)
        ended = until(work.ended_at)
        connections.close_all()  # of a database that was killed
        work.check()
        is_counted = was_under_way and ended is not None and ended > wall
        return Struck(victim, work.name, back, done) if is_counted else None


def table(struck: list[Struck]) -> Iterable[str]:
    """A line for each victim, as Markdown."""
    yield "| killed | rounds | back p50 | back max | work done p50 | work done max |"
    yield "|---|---:|---:|---:|---:|---:|"
    for victim in dict.fromkeys(one.victim for one in struck):
        rounds = [one for one in struck if one.victim == victim]
        back, done = [one.back for one in rounds], [one.done for one in rounds]
        figures = [statistics.median(back), max(back), statistics.median(done), max(done)]
        yield f"| {victim} | {len(rounds)} | " + " | ".join(f"{figure:.1f} s" for figure in figures) + " |"


def run(made: Product, outside: Outside, options: argparse.Namespace) -> int:
    os.environ.update(made.addresses())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    django.setup()
    from tests.chaos import invariants, market

    market.make_market()
    chaos = Chaos(made, outside, *market.make_people(outside))
    struck: list[Struck] = []
    faults: list[str] = []
    end = time.monotonic() + options.minutes * 60
    for number in range(options.rounds):
        for place, victim in enumerate(options.victims):
            work = options.works[(number + place) % len(options.works)]
            if time.monotonic() > end:
                continue
            try:
                one = chaos.round(victim, work)
            except AssertionError as fault:
                faults.append(f"{victim} during {work}: {fault}")
                say(f"FAULT {faults[-1]}")
                continue
            struck.append(one)
            say(f"{number + 1:>3} {victim:<10} {work:<9} back {one.back:5.1f} s, work done {one.done:5.1f} s")
    market.stop_collecting()
    try:
        until(lambda: not invariants.faults(outside), 90)
    except AssertionError:
        faults += invariants.faults(outside)
    late = [one for one in struck if one.done > options.seconds]
    for line in table(struck):
        say(line)
    for text in [*faults, *(f"later than {options.seconds} s: {one}" for one in late)]:
        say(f"FAULT {text}")
    doubles = sum(times > 1 for times in outside.arrivals().values())
    say(f"{len(outside.arrivals())} messages arrived, {doubles} of them twice and marked so")
    say(f"{len(struck)} kills in the midst of work, {len(faults)} faults, {len(late)} late")
    return 1 if faults or late or not struck else 0


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.chaos")
    parser.add_argument("--rounds", type=int, default=30, help="kills of each victim")
    parser.add_argument("--minutes", type=float, default=10_000, help="no round begins after so long")
    parser.add_argument("--seconds", type=float, default=60, help="after so long the interrupted work has to be done")
    parser.add_argument("--victims", nargs="+", choices=VICTIMS, default=list(VICTIMS))
    parser.add_argument("--works", nargs="+", choices=sorted(set(WORKS)), default=list(WORKS))
    parser.add_argument("--home", type=Path, help="an installation that was started before; else a new one is made")
    parser.add_argument("--running", type=int, nargs=3, metavar=("PID", "PORT", "EXCHANGE"), help="a product that runs "
                        "already in that home, with PROVIDER_BINANCE_URL on that port of this machine")  # fmt: skip
    options = parser.parse_args()
    if options.running:
        pid, port, exchange = options.running
        with StubServer(exchange) as stub:
            return run(Product(options.home, {}, port, psutil.Process(pid)), Outside(stub), options)
    with tempfile.TemporaryDirectory(prefix="cp-chaos-") as parent, StubServer() as stub:
        Path(parent).chmod(0o711)
        home = options.home or Path(parent, "home")
        with product(home, PROVIDER_BINANCE_URL=stub.url) as made:
            return run(made, Outside(stub), options)


if __name__ == "__main__":
    sys.exit(main())
