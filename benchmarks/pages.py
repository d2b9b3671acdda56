"""How long the server needs for every page when the market has 500 assets. No peer: the limit is absolute, 300 ms.

A market of its own is made (see ``pages_market``) with a person who has everything that a page can show
(``pages_person``). Then every address of ``tests/pages/every.py``, and those of the single rows, files and lists of the
admin beside them, is asked for through the whole stack of the application in this process, without a network: as a
guest where a guest may, as that person or as an admin otherwise. An address of the product that is neither visited nor
named in ``LEFT_OUT`` ends the run, so that no page is forgotten. The first answer of a page is not counted. Prints a
table and ``name: figure`` lines; p95 is that of the rounds of a page.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/pages.py [--assets 500] [--rounds 20]
        [--only /assets] [--profile] [--language fa] [--keep NAME]
"""

import argparse
import cProfile
import math
import os
import pstats
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client
    from django.urls import URLPattern, URLResolver

    from benchmarks.pages_person import Visited

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

LIMIT_MS = 300
FILE = ".csv"
NEITHER = ("api/", "admin/", "healthz", "readyz", "metrics")
"""Not pages, or, of the admin, visited by its own list."""
LEFT_OUT = {
    "manifest": "a file that never changes",
    "worker": "a file that never changes",
    "offline": "kept by the browser",
    "first-run": "closed once there is an admin",
    "setup": "closed once there is an admin",
    "login-code": "between two steps of a login",
    "password-reset": "needs a letter",
    "verify-email": "needs a letter",
    "backtest-trades": "a file of a report, which this market has not",
    "export-file": "a file of a job, which this market has not",
    "backtest-progress": "of a job that runs",
    "new-alert": "leads to the page of all alerts",
    "screenshot": "a file that somebody brought",
    **dict.fromkeys(("logout", "set_language", "review-back", "review-decide", "review-many"), "only written to"),
    **dict.fromkeys(("signal-alert", "signal-cancel", "signal-execute", "signal-feedback"), "only written to"),
    "signal-fill": "only written to",
}


@dataclass(frozen=True)
class Timing:
    """A page as it was answered.

    Attributes:
        wall, cpu: of each counted answer, in milliseconds; ``cpu`` without the database's.
        queries: of one answer.
        size: of its body, in kilobytes.
    """

    path: str
    wall: Sequence[float]
    cpu: Sequence[float]
    queries: int
    size: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", help="pages whose address begins like this")
    parser.add_argument("--language", default="en")
    parser.add_argument("--profile", action="store_true", help="where the functions spend it, page by page")
    parser.add_argument("--keep", help="a database that stays, and is not filled again where it is there")
    options = parser.parse_args()
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with database(options.keep, options.assets):
        from benchmarks.pages_person import visits

        pages = visits()
        missing = forgotten([page.path for page in pages])
        if missing:
            raise SystemExit(f"no page of this benchmark goes there: {', '.join(missing)}")
        timings = []
        print(f"{'page':64} {'queries':>7} {'kB':>7} {'CPU p95':>9} {'wall p95':>9}")
        for page in (page for page in pages if page.path.startswith(options.only)):
            timings.append(measured(page, options.rounds, options.language, profile=options.profile))
            print(told(timings[-1]), flush=True)
    return report(timings, options.assets)


@contextmanager
def database(keep: str | None, assets: int) -> Iterator[None]:
    """One that is filled: dropped at the end, or kept for the next time."""
    from benchmarks.pages_market import fill
    from benchmarks.scratch import kept_database, scratch_database

    if keep is None:
        with scratch_database("pages"):
            fill(assets)
            yield
    else:
        with kept_database(keep) as is_new:
            if is_new:
                fill(assets)
            yield


def measured(page: "Visited", rounds: int, language: str, *, profile: bool) -> Timing:
    """Ask for a page, once more than it is counted; every answer has to be that of a page that works."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(page, language)
    with CaptureQueriesContext(connection) as captured:
        first, *_ = answered(client, page)
        queries = len(captured)
    wall, cpu = [], []
    for _round in range(rounds):
        _body, seconds, busy = answered(client, page)
        wall.append(1000 * seconds)
        cpu.append(1000 * busy)
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(answered, client, page)
        print(f"--- {page.path}")
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)
    return Timing(page.path, wall, cpu, queries, len(first) / 1000)


def client_of(page: "Visited", language: str) -> "Client":
    from django.conf import settings
    from django.test import Client

    client = Client(headers={"accept-language": language})
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    if page.visitor is not None:
        client.force_login(page.visitor)
    return client


def answered(client: "Client", page: "Visited") -> tuple[bytes, float, float]:
    """The body of an answer; seconds of wall time, and of CPU time of this process."""
    started, busy = time.perf_counter(), time.process_time()
    answer: Any = client.get(page.path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    taken = (time.perf_counter() - started, time.process_time() - busy)
    if answer.status_code != page.status:
        raise SystemExit(f"{page.path}: {answer.status_code} instead of {page.status}")
    return body, *taken


def forgotten(paths: Sequence[str]) -> list[str]:
    """Names of the addresses at which a page can be read and to which no path leads."""
    from django.urls import get_resolver, resolve
    from django.urls.exceptions import Resolver404

    reached = set()
    for path in paths:
        try:
            reached.add(resolve(path.partition("?")[0]).url_name)
        except Resolver404:
            continue
    return sorted(
        pattern.name or str(pattern.pattern)
        for pattern in readable(get_resolver())
        if pattern.name not in reached and pattern.name not in LEFT_OUT
    )


def readable(resolver: "URLResolver") -> Iterator["URLPattern"]:
    """Addresses that answer to GET, as far as their classes tell; of functions all."""
    from django.urls import URLPattern

    for one in resolver.url_patterns:
        if str(one.pattern).startswith(NEITHER):
            continue
        if not isinstance(one, URLPattern):
            yield from readable(one)
        elif (kind := getattr(one.callback, "view_class", None)) is None or hasattr(kind, "get"):
            yield one


def told(timing: Timing) -> str:
    """A line of the table."""
    return (
        f"{timing.path[:64]:64} {timing.queries:7} {timing.size:7.0f} {p95(timing.cpu):6.0f} ms"
        f" {p95(timing.wall):6.0f} ms"
    )


def report(timings: Sequence[Timing], assets: int) -> int:
    """The figures of all pages together; files to download, which are as long as what they hold, have their own."""
    pages = [one for one in timings if FILE not in one.path] or timings
    slowest = max(pages, key=lambda one: p95(one.wall))
    print(f"assets: {assets}", f"pages: {len(pages)}", sep="\n")
    print(f"pages over {LIMIT_MS} ms: {sum(p95(one.wall) > LIMIT_MS for one in pages)}")
    print(f"most queries of a page: {max(one.queries for one in pages)}")
    print(f"slowest page by CPU: {max(p95(one.cpu) for one in pages):.0f} ms")
    print(f"slowest page: {p95(slowest.wall):.0f} ms, {slowest.path}")
    files = [one for one in timings if FILE in one.path]
    if files:
        longest = max(files, key=lambda one: p95(one.wall))
        print(f"slowest file: {p95(longest.wall):.0f} ms, {longest.path}, {longest.size:.0f} kB")
    return 0


def p95(values: Sequence[float]) -> float:
    """The smallest value that 95 of 100 do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


if __name__ == "__main__":
    sys.exit(main())
