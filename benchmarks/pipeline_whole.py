"""Every stage of a run over 100, 500 and 2,000 assets: where the seconds go, and what a second worker saves.

The market is that of ``pipeline.py``, in a database of its own. A round is one new day, and the first of a size is not
counted. Seconds are those of the clock, which a busy machine makes longer, and of the processor: ours, and that of our
session in the database (both are on this machine). Workers are real processes of Celery: one that runs alone, and two
that share, in turn, on days of their own; the rows of a shared run are compared with those of one process at the same
moment, which are taken back.

Arguments: ``--assets`` (several), ``--rounds``, ``--shared`` (how many assets are shared; 0: none), ``--days`` (of
history; the indicators read up to 3,194 candles). Prints a table and lines ``name: figure``.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

Seconds = dict[str, tuple[float, float]]
"""By stage: of the clock, and of the processor."""
ALL = "all"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 600
ALONE, SHARED = 11, 12
"""Numbers of the databases of Redis: each kind of worker has a queue of its own."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--assets", type=int, nargs="+", default=[100, 500, 2000])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--shared", type=int, default=500)
    arguments.add_argument("--days", type=int)
    chosen = arguments.parse_args()
    import django

    django.setup()
    from benchmarks import pipeline
    from benchmarks.pipeline import grow, prepare
    from benchmarks.scratch import scratch_database

    pipeline.DAYS = chosen.days or pipeline.DAYS
    found: dict[int, Seconds] = {}
    with scratch_database("whole") as database:
        prepare()
        for count in sorted(chosen.assets):
            grow(count)
            found[count] = stages(chosen.rounds)
            if count == chosen.shared:
                share(database, chosen.rounds)
    tell(found)


def tell(found: dict[int, Seconds]) -> None:
    sizes = sorted(found)
    print("seconds of the clock / of the processor\n" + f"{'':16}" + "".join(f"{size:>18,}" for size in sizes))
    for name in found[sizes[0]]:
        cells = (f"{found[size][name][0]:>10.2f} / {found[size][name][1]:5.2f}" for size in sizes)
        print(f"{name:16}" + "".join(cells))
    for size in sizes:
        clock, processor = found[size][ALL]
        print(f"{size} assets, the whole run: {clock:.2f} s of the clock, {processor:.2f} s of the processor")
    for one, other in pairwise(sizes):
        ratio = found[other][ALL][1] / found[one][ALL][1]
        print(f"{other} assets cost {ratio:.2f} times as much as {one} (linear: {other / one:.1f})")


# -- one process ------------------------------------------------------------------------------------------------------


def stages(rounds: int) -> Seconds:
    """Medians of every stage."""
    from benchmarks.pipeline import DAY, NEWEST
    from cryptopredict import pipeline

    taken: list[Seconds] = []
    for number in range(rounds + 1):
        spent: Seconds = {}
        marks = time.perf_counter(), processor()
        with patch("cryptopredict.pipeline._timed", _measured(spent)):
            pipeline.run_pipeline(NEWEST - (rounds - number) * DAY, "1d", f"bench-{len(_series)}")
        spent[ALL] = time.perf_counter() - marks[0], processor() - marks[1]
        taken.append(spent)
    _series.append(rounds)
    return {name: (_median(taken, name, 0), _median(taken, name, 1)) for name in taken[0]}


def _median(taken: list[Seconds], name: str, place: int) -> float:
    return statistics.median(one[name][place] for one in taken[1:])


_series: list[int] = []
"""A size has a series of its own: the runs of the last one would be repeated else."""


def _measured(spent: Seconds) -> Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]]:
    def timed(name: str, stage: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        marks = time.perf_counter(), processor()
        facts = stage()
        spent[name] = time.perf_counter() - marks[0], processor() - marks[1]
        return {**facts, "seconds": round(spent[name][0], 3)}

    return timed


def processor() -> float:
    """Seconds of the processor that this process and its session in the database have had."""
    from django.db import connection

    connection.ensure_connection()
    return time.process_time() + of_process(connection.connection.info.backend_pid)


def of_process(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


# -- workers ----------------------------------------------------------------------------------------------------------


def share(database: str, rounds: int) -> None:
    """A run by one worker, and by two, in turn."""
    from benchmarks.pipeline import DAY, NEWEST

    alone: list[tuple[float, float]] = []
    shared: list[tuple[float, float]] = []
    different = 0
    with ExitStack() as stack:
        single = [stack.enter_context(worker(database, ALONE, "never", "single"))]
        pair = [stack.enter_context(worker(database, SHARED, "always", f"pair{place}")) for place in range(2)]
        for number in range(rounds + 1):
            first = NEWEST - (2 * (rounds - number) + 1) * DAY
            alone.append(run_by(single, ALONE, first))
            expected = taken_back(first + DAY)
            shared.append(run_by(pair, SHARED, first + DAY))
            different += len(unlike(expected))
    clock, work = ([statistics.median(one[place] for one in kind[1:]) for kind in (alone, shared)] for place in (0, 1))
    print(f"one worker: {clock[0]:.2f} s of the clock, {work[0]:.2f} s of the processor")
    print(f"two workers: {clock[1]:.2f} s of the clock, {work[1]:.2f} s of the processor in the one that did more")
    print(
        f"speed-up by a second worker: {clock[0] / clock[1]:.2f} by the clock, {work[0] / work[1]:.2f} by the processor"
    )
    print(f"rows that differ between one process and two workers: {different}")


def run_by(workers: list["Named"], number: int, as_of: datetime) -> tuple[float, float]:
    """Seconds until the run is done, and the processor's seconds of the worker that had most to do."""
    from kombu import Connection

    from cryptopredict import tasks
    from system.choices import LIVE, RunStatus
    from system.models import PipelineRun

    before = [one.processor() for one in workers]
    begun = time.perf_counter()
    with Connection(broker(number)) as line:
        tasks.run_pipeline.apply_async(("1d", as_of.isoformat()), connection=line)
    while not PipelineRun.objects.filter(series=LIVE, as_of=as_of, status=RunStatus.DONE).exists():
        if time.perf_counter() - begun > PATIENCE:
            raise TimeoutError(f"no run as of {as_of}")
        time.sleep(0.02)
    taken = time.perf_counter() - begun
    return taken, max(one.processor() - start for one, start in zip(workers, before, strict=True))


def taken_back(as_of: datetime) -> dict[str, list[dict[str, Any]]]:
    """The rows that one process would write."""
    from django.db import transaction

    from cryptopredict.pipeline import run_pipeline
    from tests.business import business_rows

    with transaction.atomic():
        run_pipeline(as_of, "1d")
        rows = business_rows()
        transaction.set_rollback(True)
    return rows


def unlike(expected: dict[str, list[dict[str, Any]]]) -> list[str]:
    from tests.business import business_rows, differences

    return differences(expected, business_rows())


class Named:
    """A worker whose sessions in the database have a name."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        self.name, self.process = name, process

    def processor(self) -> float:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [self.name])
            return of_process(self.process.pid) + sum(of_process(pid) for (pid,) in cursor.fetchall())


@contextmanager
def worker(database: str, number: int, shared: str, name: str) -> Iterator[Named]:
    """A worker of the queue of runs, ready for work."""
    from django.db import connections

    settings = connections["default"].settings_dict
    who = f"{settings['USER']}:{quote(settings['PASSWORD'])}"
    address = f"postgresql://{who}@/{database}?host={settings['OPTIONS']['host']}&application_name={name}"
    own = {"DATABASE_URL": address, "REDIS_URL": address_of(number), "PIPELINE_SHARED": shared}
    command = [sys.executable, "-m", "celery", "-A", "cryptopredict.celery", "worker", "--pool", "solo"]
    process = subprocess.Popen(
        [*command, "-Q", "compute", "-n", name, "--loglevel", "ERROR"],
        cwd=ROOT,
        env=os.environ | own,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield Named(name, process)
    finally:
        process.terminate()
        process.wait(60)


def address_of(number: int) -> str:
    path = os.environ["REDIS_URL"].removeprefix("unix://").partition("?")[0]
    return f"unix://{path}?db={number}"


def broker(number: int) -> str:
    return address_of(number).replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


if __name__ == "__main__":
    main()
