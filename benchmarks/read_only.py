"""What it costs that requests which only read are held to it: the reads of a person's pages, in read-only transactions
and without.

The peer is the same database and the same backend, whose statements then say for whom they are, and no more; both are
asked in turns within one run, so that they meet the same machine. The rows and questions are those of ``row_security``.

Arguments: people (200), entries of each (500), rounds (400). Prints `name: figure` lines, a JSON line, and a summary.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.row_security import QUESTIONS, WARM_UP, fill  # noqa: E402 - sets Django up
from benchmarks.scratch import scratch_database  # noqa: E402
from system.acting import acting_as  # noqa: E402
from system.read_only import reading  # noqa: E402

HELD, FREE = "held", "free"


def timed(ask: Callable[[str, int], list[Any]], arm: str, person: int) -> tuple[float, int]:
    """Milliseconds, and how many rows came."""
    begin = time.perf_counter()
    with acting_as(person), reading() if arm == HELD else nullcontext():
        rows = len(ask("default", person))
    return 1000 * (time.perf_counter() - begin), rows


def main(people: int = 200, entries: int = 500, rounds: int = 400) -> None:
    with scratch_database("readonly"):
        ids = fill(people, entries)
        times: dict[str, dict[str, list[float]]] = {name: {HELD: [], FREE: []} for name in QUESTIONS}
        for number in range(WARM_UP + rounds):
            person = ids[number * 7919 % len(ids)]
            for name, ask in QUESTIONS.items():
                told = {arm: timed(ask, arm, person) for arm in ((HELD, FREE) if number % 2 else (FREE, HELD))}
                if told[HELD][1] != told[FREE][1]:
                    raise SystemExit(f"{name}: {told[HELD][1]} rows read-only, {told[FREE][1]} without")
                if number >= WARM_UP:
                    for arm, (milliseconds, _rows) in told.items():
                        times[name][arm].append(milliseconds)
    figures = {}
    for name, arms in times.items():
        held, free = (statistics.median(arms[arm]) for arm in (HELD, FREE))
        figures[name] = {"held_ms": held, "free_ms": free, "cost": held / free - 1}
        print(f"{name}: {held:.3f} ms read-only, {free:.3f} ms without, {100 * (held / free - 1):+.1f} %")
    whole = [sum(one[f"{arm}_ms"] for one in figures.values()) for arm in (HELD, FREE)]
    cost = whole[0] / whole[1] - 1
    print(json.dumps({"questions": figures, "cost": cost}))
    print(f"read-only transactions cost {100 * cost:+.1f} % of the median time of {len(QUESTIONS)} questions")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
