"""What every process counts while it works: names, labels and buckets, and the counts of this process.

A count is kept in memory first, because a request must not wait for it, and added every few seconds to what all
processes share in Redis (``system.services.figures``). So the totals are those of the installation, whichever process
is asked, and a process that is killed loses a few seconds of them. Labels are bounded: routes and not paths, and names
of our own.
"""

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

SUM = "sum"
"""In place of a bucket: the seconds added up."""
Key = tuple[str, tuple[str, ...]]
"""Name of the figure, and its labels."""


@dataclass(frozen=True)
class Counter:
    """Something that is counted. By the conventions of Prometheus ``_total`` comes to its name.

    Args:
        known: labels that are told as 0 before the first time: a count that appears as 1 is no rise.
    """

    name: str
    labels: tuple[str, ...]
    help: str
    known: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Histogram:
    """How long something takes.

    Args:
        buckets: upper bounds in seconds; what is longer is in one more.
    """

    name: str
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...]


QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)

REQUESTS = Counter("cryptopredict_http_requests", ("method", "route", "status"), "Requests that were answered.")
REQUEST_SECONDS = Histogram(
    "cryptopredict_http_request_duration_seconds", ("route",), "How long answers took, until they began.", QUICK
)
TASKS = Counter("cryptopredict_tasks", ("task", "outcome"), "Tasks of the queue that ended: success, failure, retry.")
TASK_SECONDS = Histogram("cryptopredict_task_duration_seconds", ("task",), "How long tasks took.", LONG)
TASK_WAIT = Histogram(
    "cryptopredict_task_wait_seconds", ("queue",), "How long tasks stood in the queue before they began.", LONG
)
OUTSIDE_CALLS = Counter(
    "cryptopredict_provider_calls", ("provider", "status"), "Calls to outside sources by status; 0 = no answer."
)
OUTSIDE_SECONDS = Histogram(
    "cryptopredict_provider_call_duration_seconds", ("provider",), "How long outside sources took.", QUICK
)
KINDS = ("request", "task", "job", "other")
ERRORS = Counter(
    "cryptopredict_errors",
    ("kind",),
    "Faults of the program that were logged with a traceback.",
    tuple((kind,) for kind in KINDS),
)
LOST_ROWS = Counter(
    "cryptopredict_request_log_lost", (), "Requests without a row in their log: the database could not keep up.", ((),)
)
HISTORY_READS = Counter(
    "cryptopredict_history_reads", ("what", "database"), "Reads of what lies back, from the replica or the primary."
)
COUNTERS = (REQUESTS, TASKS, OUTSIDE_CALLS, ERRORS, LOST_ROWS, HISTORY_READS)
HISTOGRAMS = (REQUEST_SECONDS, TASK_SECONDS, TASK_WAIT, OUTSIDE_SECONDS)

_counts: dict[Key, float] = defaultdict(float)
_lock = threading.Lock()


def count(what: Counter, *labels: str, by: float = 1) -> None:
    """Something has happened."""
    with _lock:
        _counts[what.name, labels] += by


def observe(what: Histogram, seconds: float, *labels: str) -> None:
    """Something took so long."""
    bucket = str(bisect_left(what.buckets, seconds))
    with _lock:
        _counts[what.name, (*labels, bucket)] += 1
        _counts[what.name, (*labels, SUM)] += seconds


def take() -> dict[Key, float]:
    """What was counted since the last time; it is forgotten here."""
    with _lock:
        taken = dict(_counts)
        _counts.clear()
    return taken


def give_back(taken: dict[Key, float]) -> None:
    """What could not be handed over is counted again."""
    with _lock:
        for key, value in taken.items():
            _counts[key] += value


def merged(rows: Sequence[tuple[tuple[str, ...], float]]) -> dict[tuple[str, ...], dict[str, float]]:
    """Rows of a histogram by their labels: counts by bucket, and the sum."""
    found: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for labels, value in rows:
        found[labels[:-1]][labels[-1]] = value
    return found
