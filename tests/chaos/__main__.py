"""kill -9 of every part of a running product, again and again, in the midst of work: ``make chaos``.

Each round begins work of one kind, waits until it is surely under way, kills one process and sees it dead, and measures
how long it takes until another has its place, ``/readyz`` says that the product works, and the work is done. A kill
that found nothing under way does not count, and the round is repeated. Other troubles (``troubles``) last a while, and
what is measured begins when they end. What is there in the end is held against what must be (``invariants``). The last
line says how it went; the exit status is 1 if anything was lost, double or late.

A full disk and a clock that is set need a product of their own; they have their turn after the others.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import psutil

from tests.chaos.outside import Outside
from tests.chaos.product import FAULTS, VICTIMS, Product, product, until
from tests.chaos.troubles import CLOCK, TROUBLES, WAYS, Trouble, small_disk, trouble, with_own_clock
from tests.stubs.server import StubServer

if TYPE_CHECKING:
    from tests.chaos.works import Work

WORKS = ("ingest", "pipeline", "review", "delivery", "ingest", "pipeline", "review", "delivery", "training", "review")
"""In turn. A training takes minutes on a small machine, so it comes less often."""
REACHED_BY = {name: tuple(one for one in WORKS if one in {"ingest", "delivery"}) for name in WAYS}
"""Work that goes out; a way that is cut means nothing to the rest."""
TRIES = 6
GROUNDS = {"disk": ("disk",), "clock": tuple(CLOCK)}
"""What needs a product that was begun for it."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Struck:
    """A kill or trouble in the midst of work: seconds until the product was back, and until the work was done."""

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
        """None if the work had ended before it."""
        from django.db import connections

        connections.close_all()
        until(self.product.is_whole, meaning="whole before the round")
        coming = None if victim in VICTIMS else trouble(victim, self.product, self.outside, self.chance)
        try:
            return self.strike_in(victim, work, coming)
        finally:
            if coming is not None:
                coming.end()

    def strike_in(self, victim: str, work: "Work", coming: Trouble | None) -> Struck | None:
        from django.db import connections

        if coming is not None:
            coming.prepare()
            work.may_fail = victim in (*WAYS, *CLOCK)
        work.begin()
        until(lambda: work.is_under_way() or work.ended_at(), meaning=f"{work.name} under way")
        time.sleep(self.chance.uniform(0, 0.3))
        was_under_way = work.is_under_way()
        wall, moment = datetime.now(UTC), time.monotonic()
        if coming is None:
            killed = self.product.kill(victim)
            until(lambda: self.product.is_back(victim, killed), meaning=f"{victim} back")
        else:
            was_under_way, moment = suffer(coming, work, was_under_way=was_under_way)
            until(self.product.is_whole, meaning=f"whole after {victim}")
        back = time.monotonic() - moment
        until(work.ended_at, meaning=f"{work.name} done after {victim}")
        done = max(back, time.monotonic() - moment)
        ended = until(work.ended_at)
        connections.close_all()  # of a database that was killed
        work.check()
        is_late_enough = victim in TROUBLES or (ended is not None and ended > wall)
        return Struck(victim, work.name, back, done) if was_under_way and is_late_enough else None


def suffer(now: Trouble, work: "Work", *, was_under_way: bool) -> tuple[bool, float]:
    """Whether the work was under way when the trouble had begun, and when that ended."""
    now.begin()
    with suppress(*FAULTS):  # who cannot be asked has not ended
        was_under_way = was_under_way and work.ended_at() is None
    now.last()
    now.end()
    return was_under_way, time.monotonic()


def table(struck: list[Struck]) -> Iterable[str]:
    """A line for each victim, as Markdown."""
    yield "| what | rounds | back p50 | back max | work done p50 | work done max |"
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
            fitting = [one for one in options.works if one in REACHED_BY.get(victim, options.works)] or ["ingest"]
            work = fitting[(number + place) % len(fitting)]
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
    parser.add_argument("--victims", nargs="+", choices=(*VICTIMS, *TROUBLES), default=[*VICTIMS, *TROUBLES])
    parser.add_argument("--works", nargs="+", choices=sorted(set(WORKS)), default=list(WORKS))
    parser.add_argument("--home", type=Path, help="an installation that was started before; else a new one is made")
    parser.add_argument("--running", type=int, nargs=3, metavar=("PID", "PORT", "EXCHANGE"), help="a product that runs "
                        "already in that home, with PROVIDER_BINANCE_URL on that port of this machine")  # fmt: skip
    options = parser.parse_args()
    if options.running:
        pid, port, exchange = options.running
        with StubServer(exchange) as stub:
            return run(Product(options.home, {}, port, psutil.Process(pid)), Outside(stub), options)
    grounds = {victim: name for name, victims in GROUNDS.items() for victim in victims}
    wanted = dict.fromkeys(grounds.get(victim, "plain") for victim in options.victims)
    if len(wanted) == 1:
        return begin(next(iter(wanted)), options)
    parts = [[one for one in options.victims if grounds.get(one, "plain") == ground] for ground in wanted]
    return max(in_its_own_process(victims, options) for victims in parts)


def in_its_own_process(victims: list[str], options: argparse.Namespace) -> int:
    """Django knows one database for as long as a process lives."""
    figures = [f"--{name}={getattr(options, name)}" for name in ("rounds", "minutes", "seconds")]
    command = [sys.executable, "-m", "tests.chaos", *figures, "--victims", *victims, "--works", *options.works]
    return subprocess.run(command, check=False).returncode


def begin(ground: str, options: argparse.Namespace) -> int:
    """A product on the ground that is needed: as it is, on a small disk, or with a clock of its own."""
    with tempfile.TemporaryDirectory(prefix="cp-chaos-") as parent, StubServer() as stub, ExitStack() as stack:
        Path(parent).chmod(0o711)
        home = options.home or Path(parent, "home")
        variables = {"PROVIDER_BINANCE_URL": stub.url}
        if ground == "disk":
            stack.enter_context(small_disk(home))
        if ground == "clock":
            variables |= with_own_clock(home)
        with product(home, **variables) as made:
            return run(made, Outside(stub), options)


if __name__ == "__main__":
    sys.exit(main())
