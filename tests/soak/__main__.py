"""Months of a running product in minutes, on a clock that jumps: ``make soak``.

A real product (``manage.py up``, with its servers) runs with the demo market under libfaketime. The clock jumps from
stop to stop; at each one the schedule sends what is due, and the clock waits until all of it is done. Each simulated
day people use the product and a sample is taken. In the end the samples are judged, the invariants of the chaos suite
asked, and the database is killed. The exit status is 1 if anything is not as it should be.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

from tests.chaos.product import Product, product
from tests.soak.clock import Clock, variables

ROOT = Path(__file__).resolve().parent.parent.parent
SECOND_STOP = timedelta(minutes=58)
"""After each stop at a full hour: what the schedule does later in the hour follows what it does at its begin."""
DAY = 24
PATIENCE = 300.0
"""Real seconds that a stop may take before it is told as not calm."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def version() -> str:
    """The commit that runs."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


class Soak:
    """Simulated days on one product."""

    def __init__(self, made: Product, clock: Clock, outside: Any, options: argparse.Namespace) -> None:
        from tests.soak import calm, people, sampling

        self.made, self.clock, self.outside, self.options = made, clock, outside, options
        self.queue = calm.store()
        self.people = people.people(made.port, options.people)
        self.listen()
        self.not_calm: list[str] = []
        self.settle()
        self.sampler = sampling.Sampler(made, self.queue)
        self.samples: list[dict[str, Any]] = []
        self.stops, self.begun, self.begin = 0, self.clock.now(), time.monotonic()
        self.really = self.begun - timedelta(seconds=clock.offset)

    def listen(self) -> None:
        """A program is told of each decision; the oldest candles of an hour go to the archive as the clock goes on."""
        from accounts.services import create_webhook
        from system.services.settings import merge_settings
        from tests.chaos.outside import HOOK
        from tests.chaos.works import TOPIC

        wanted = {
            "outgoing": {"allowed_hosts": ["127.0.0.1"]},
            "retention": {"price_1h_days": self.options.archive_after},
        }
        merge_settings(wanted, actor=None)
        for person in self.people:
            create_webhook(person.user, url=f"{self.outside.stub.url}{HOOK}", events=[TOPIC])

    def settle(self) -> float:
        from tests.soak import calm

        spent, left = calm.settle(self.queue, PATIENCE)
        if left:
            self.not_calm.append(f"{self.clock.now():%Y-%m-%d %H:%M}: {left}")
        self.clock.stamp(self.made.home)
        return spent

    def stop_at(self, moment: datetime) -> None:
        self.clock.jump(moment)
        self.stops += 1
        self.settle()

    def day(self, number: int) -> dict[str, Any]:
        """From midnight on, hour by hour as many as were asked for; then people, then a sample.

        Where the clock jumps by days, the first hour stands for all, and people take turns.
        """
        begin = time.monotonic()
        midnight = self.begun.replace(hour=0, minute=0, second=5, microsecond=0) + timedelta(days=number)
        is_dense = self.options.hours <= DAY
        for hour in range(0, DAY, min(DAY, self.options.hours)):
            self.stop_at(midnight + timedelta(hours=hour))
            self.stop_at(midnight + timedelta(hours=hour) + SECOND_STOP)
        worked = time.monotonic() - begin
        in_turn = self.people[len(self.samples) % len(self.people)]
        for person in self.people if is_dense else [in_turn]:
            person.live_a_day(number)
        self.settle()
        timed = self.people[0].timed() if self.people[0].places else {}
        times = {name: round(took, 1) for name, took in timed.items()}
        sample = {"day": number, "times": times, "seconds": round(worked, 1)} | self.sampler.sample()
        self.samples.append(sample)
        return sample

    def result(self) -> dict[str, Any]:
        """All figures so far."""
        from system.models import Fault

        answers: Counter[str] = sum((person.answers for person in self.people), Counter())
        return {
            "begun": f"{self.really:%Y-%m-%d %H:%M}",
            "minutes": round((time.monotonic() - self.begin) / 60, 1),
            "version": version(),
            "hours": self.options.hours,
            "people": self.options.people,
            "cores": os.cpu_count(),
            "stops": self.stops,
            "answers": dict(answers),
            "refused": [text for person in self.people for text in person.refused],
            "restarts": self.sampler.restarts,
            "tasks": dict(self.sampler.tasks),
            "not_calm": self.not_calm,
            "inbox": list(Fault.objects.values("kind", "error", "place", "message", "times", "first_at")),
            "schedule": self.schedule(),
            "invariants": [],
            "database_gone": {},
            "samples": self.samples,
        }

    def schedule(self) -> dict[str, int]:
        """How often beat has sent each line of the schedule."""
        from django_celery_beat.models import PeriodicTask

        return dict(PeriodicTask.objects.order_by("name").values_list("name", "total_run_count"))

    def invariants(self) -> list[str]:
        """What does not hold; what is still under way has a minute to end."""
        from tests.chaos import invariants
        from tests.chaos.product import until

        try:
            until(lambda: not invariants.faults(self.outside), 60)
        except AssertionError:
            return invariants.faults(self.outside)
        return []


def run(made: Product, clock: Clock, stub: Any, options: argparse.Namespace) -> int:
    os.environ.update(made.addresses())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    django.setup()
    from tests.soak import gone, report
    from tests.soak.outside import Listener

    soak = Soak(made, clock, Listener(stub), options)
    end = time.monotonic() + options.minutes * 60
    step = max(1, options.hours // DAY)
    for number in range(step, options.days + 1, step):
        if time.monotonic() > end:
            say(f"The time is over after {number - step} of {options.days} days")
            break
        sample = soak.day(number)
        shown = {name: sample[name] for name in ("seconds", "memory", "queued", "faults", "restarts", "load")}
        say(f"day {number}: {json.dumps(shown)}")
        options.kept.write_text(json.dumps(soak.result(), default=str))
    result = soak.result() | {"invariants": soak.invariants(), "database_gone": gone.database_gone(made)}
    options.kept.write_text(json.dumps(result, default=str))
    for line in report.table(result):
        say(line)
    if options.write:
        report.write(options.write, result)
    return 1 if report.faults(result) else 0


def under_clock(options: argparse.Namespace) -> None:
    """Begin this program anew under the clock; the fresh one finds its file in the environment."""
    place = Path(tempfile.mkdtemp(prefix="cp-soak-"))
    place.chmod(0o711)  # the user of the database reads the clock
    clock = Clock(place / "clock")
    clock.begin()
    added = variables(clock.file)
    if options.log:
        say(f"{place}")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.soak", *sys.argv[1:]], cwd=ROOT, env=os.environ | added, check=False
        )
    finally:
        if not options.keep:
            shutil.rmtree(place, ignore_errors=True)
    sys.exit(done.returncode)


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.soak")
    parser.add_argument("--days", type=int, default=182, help="simulated days")
    parser.add_argument(
        "--hours", type=int, default=4, help="simulated hours between two stops of the clock; divides 24"
    )
    parser.add_argument("--minutes", type=float, default=10_000, help="no day begins after so many real minutes")
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--archive-after", type=int, default=370, help="days after which candles of 1h are archived")
    parser.add_argument("--wal", action="store_true", help="with the archive of the database's log")
    parser.add_argument("--write", type=Path, metavar="DIRECTORY", help="write figures and charts there, as into docs")
    parser.add_argument("--kept", type=Path, default=Path(os.devnull), help="figures of each day so far, as JSON")
    parser.add_argument("--keep", action="store_true", help="leave home and logs where they are")
    parser.add_argument("--log", action="store_true", help="say where they are")
    options = parser.parse_args()
    if options.hours < 1 or (DAY % options.hours and options.hours % DAY):
        parser.error("--hours has to divide 24, or be a multiple of it")
    if "FAKETIME_TIMESTAMP_FILE" not in os.environ:
        under_clock(options)
    from tests.stubs.server import StubServer

    clock = Clock(Path(os.environ["FAKETIME_TIMESTAMP_FILE"]))
    inside = {"PYTHONPATH": os.environ["PYTHONPATH"]} | ({"WAL_ARCHIVE": "on"} if options.wal else {})
    with StubServer() as stub, product(clock.file.parent / "home", **inside) as made:
        return run(made, clock, stub, options)


if __name__ == "__main__":
    sys.exit(main())
