"""What docs/scaling.md rests on: the weight of a row of every table that grows, rows that a run leaves for each asset,
what a round of fetching costs, and what a page and a request cost the database. No peer: constants, no targets.

A market of ``--assets`` assets is made by the product itself (``pages_market``), with a person who uses it. Then:

- a table is weighed with its indexes: 20,000 rows made from its own (keys and times moved on, so that the indexes have
  as many values as in use), in a copy that has no rows before;
- the rows that the newest run of ``1d`` and ``1h`` has left are counted;
- three rounds of ``1m`` are fetched from a stub of an exchange over HTTP, one new candle of each asset: processor time
  of this process (the worker) and of the database's;
- every page is opened three times, and a list of reads of the API twenty times: processor time of both again.

The database has to be on this machine: its processor time is read from /proc. Prints ``name: figure`` lines;
``--write`` writes docs/scaling.json, and ``manage.py scaling`` then the page.

    .venv/bin/python manage.py with_services -- .venv/bin/python benchmarks/scaling.py [--assets 200] [--write]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

WEIGHED, SEEDS = 20_000, 500
TABLES = (
    "predictions", "prediction_links", "prediction_scores", "asset_rankings", "external_api_logs",
    "api_request_logs", "user_activities", "portfolio_days", "notifications", "row_changes", "row_change_links",
    "audit_log", "user_sessions", "position_flows", "position_lots", "trade_actions", "watchlist_assets",
)  # fmt: skip
"""Those that grow with assets or with people."""
ROUNDS, PAGE_ROUNDS, READ_ROUNDS = 3, 3, 20
STEP = 60_000
EXCHANGE = """
import json, sys
from tests.stubs.server import Reply, StubServer
STEP = 60_000

def candles(request):
    first, last = -(-int(request.query["startTime"]) // STEP) * STEP, int(request.query["endTime"])
    last = min(last, first + (int(request.query.get("limit", 500)) - 1) * STEP)
    row = lambda at: [at, "100", "101", "99", "100.5", "10", at + STEP - 1, "1005", 7, "4", "402", "0"]
    return Reply(body=[row(at) for at in range(first, last + 1, STEP)])

with StubServer() as stub:
    stub.answer("/api/v3/klines", candles)
    print(stub.url, flush=True)
    sys.stdin.read()
"""
READS = (
    "assets?limit=50", "signals?limit=50", "predictions?limit=50", "suggestions?limit=50", "users/me", "watchlists",
    "portfolios", "users/me/notifications?limit=50", "assets/{asset}", "assets/{asset}/candles?timeframe=1d&limit=500",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="into docs/scaling.json")
    options = parser.parse_args()
    with exchange() as url:
        os.environ["PROVIDER_BINANCE_URL"] = url
        import django

        django.setup()
        found = measured(options.assets)
    for name, figure in figures(found):
        print(f"{name}: {figure:g}")
    if options.write:
        (ROOT / "docs" / "scaling.json").write_text(json.dumps(found, indent=1) + "\n")


@contextmanager
def exchange() -> Iterator[str]:
    """An exchange in a process of its own, so that its time is not ours."""
    command = [sys.executable, "-c", EXCHANGE]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise SystemExit("the exchange says nothing")
        yield process.stdout.readline().strip()
        process.communicate()


def measured(assets: int) -> dict[str, Any]:
    """Everything, as docs/scaling.json keeps it."""
    from django.conf import settings

    from benchmarks.pages_market import NOW, fill
    from benchmarks.scratch import scratch_database
    from cryptopredict import scaling
    from cryptopredict.pipeline import run_pipeline

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.API_RATES = {}
    with scratch_database("scaling"):
        fill(assets)
        run_pipeline(NOW, "1h")
        told("rows of a run")
        runs = {timeframe: rows_of_a_run(timeframe, assets) for timeframe in ("1d", "1h")}
        told("pages")
        pages = cost_of_pages()
        told("requests")
        requests = cost_of_requests()
        told("a round")
        live = cost_of_a_round()
        told("weights")
        leave_traces()
        tables = {table: weight(table) for table in TABLES}
        return scaling.measure() | {
            "assets": assets, "tables": tables, "runs": runs,
            "live": live, "pages": pages, "requests": requests,
        }  # fmt: skip


def told(step: str) -> None:
    print(f"measuring: {step}", file=sys.stderr, flush=True)


def figures(found: dict[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    """Every number with the way to it."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from figures(value, f"{before}{name} ")
        elif isinstance(value, int | float):
            yield f"{before}{name}", value


# -- processor time ---------------------------------------------------------------------------------------------------


def database_seconds() -> dict[int, float]:
    """Processor time of every server process that works for somebody on this database, by its number. What else it
    does, the owner's role does not see of the other; autovacuum has no user."""
    from benchmarks.scratch import owner

    listed = owner(
        "SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL"
    )
    found = {pid: Path(f"/proc/{pid}/schedstat") for pid in listed}
    return {pid: int(path.read_text().split()[0]) / 1e9 for pid, path in found.items() if path.exists()}


def cost(work: Callable[[], Any], times: int) -> tuple[float, float]:
    """Milliseconds of the processor that some work takes once: ours, and the database's."""
    busy, before = time.process_time(), database_seconds()
    for _ in range(times):
        work()
    ours, after = time.process_time() - busy, database_seconds()
    database = sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
    return 1000 * ours / times, 1000 * database / times


def cost_of_pages() -> dict[str, Any]:
    """Of all pages, each opened as often; files to download aside."""
    from benchmarks import pages
    from benchmarks.pages_person import visits

    found: dict[str, tuple[float, float]] = {}
    for one in visits():
        if pages.FILE in one.path:
            continue
        client = pages.client_of(one, "en")
        pages.answered(client, one)
        found[f"{one.path} {one.visitor}"] = cost(partial(pages.answered, client, one), PAGE_ROUNDS)
    dearest = max(found, key=lambda name: found[name][1])
    return {
        "pages": len(found),
        "web_ms": round(fmean(web for web, _ in found.values()), 2),
        "database_ms": round(fmean(database for _, database in found.values()), 2),
        "dearest_database_ms": round(found[dearest][1], 2),
        "dearest": dearest.partition(" ")[0],
    }


def cost_of_requests() -> dict[str, Any]:
    """Of some reads of the API by the person who has much."""
    from django.test import Client

    from accounts.models import User
    from assets.models import Asset
    from benchmarks.pages_person import EMAIL

    client, asset = Client(), Asset.objects.get(symbol="BTC").pk
    client.force_login(User.objects.get(email=EMAIL))

    def ask(path: str) -> None:
        answer: Any = client.get(f"/api/v1/{path}", headers={"accept": "application/json"})
        b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")

    found = []
    for path in (one.format(asset=asset) for one in READS):
        ask(path)
        found.append(cost(partial(ask, path), READ_ROUNDS))
    return {
        "reads": len(READS),
        "web_ms": round(fmean(web for web, _ in found), 2),
        "database_ms": round(fmean(database for _, database in found), 2),
    }


def cost_of_a_round() -> dict[str, Any]:
    """Of one call of a live round: an asset's newest candle asked for over HTTP, checked and stored, the round closed.

    The history is fetched in a first round that is not counted.
    """
    from django.utils import timezone

    from assets.compute import periods
    from assets.configuration import HISTORY_DAYS
    from assets.models import Asset
    from assets.services.collection import collected_assets
    from assets.services.partitions import ensure_partitions
    from assets.services.rounds import begin_round, collect_batch, finish_round
    from system.services.settings import merge_settings

    now = timezone.now()
    ensure_partitions("1m", now - timedelta(days=2), now + timedelta(days=1))
    for asset in Asset.objects.all():
        asset.external_ids = (asset.external_ids or {}) | {"binance": f"{asset.symbol}USDT"}
        asset.save(update_fields=["external_ids"])
    wanted = {"enabled": True, "timeframes": ["1m"], "assets": 2000, "history_days": HISTORY_DAYS | {"1m": 1}}
    merge_settings({"collection": wanted, "outgoing": {"allowed_hosts": ["127.0.0.1"]}}, actor=None)
    last = periods.start(timezone.now(), "1m")

    def one_round(before: int) -> None:
        row = begin_round("1m", last - timedelta(minutes=before))
        if row is None:
            raise SystemExit("nothing is collected")
        for number in range(len(row.task_params["batches"])):
            collect_batch(row.pk, number)
        finish_round(row.pk)
        row.refresh_from_db()
        if row.status != "completed":
            raise SystemExit(f"the round failed: {row.error_message}")

    one_round(ROUNDS)
    steps = iter(range(ROUNDS - 1, -1, -1))
    started = time.perf_counter()
    worker, database = cost(lambda: one_round(next(steps)), ROUNDS)
    assets = len(collected_assets("1m"))
    return {
        "calls": assets,
        "worker_ms": round(worker / assets, 3),
        "database_ms": round(database / assets, 3),
        "wall_ms": round(1000 * (time.perf_counter() - started) / ROUNDS / assets, 3),
    }


# -- rows -------------------------------------------------------------------------------------------------------------


def rows_of_a_run(timeframe: str, assets: int) -> dict[str, float]:
    """Rows that the newest live run has left in each table, for each asset."""
    from django.apps import apps

    from benchmarks.scratch import owner
    from system.models import PipelineRun

    run = PipelineRun.objects.filter(series="live", timeframe=timeframe).latest("as_of")
    found = {}
    for model in apps.get_models():
        if any(field.name == "run" for field in model._meta.concrete_fields) and model._meta.managed:
            count = owner(f"SELECT count(*) FROM {model._meta.db_table} WHERE run_id = %s", run.pk)  # noqa: S608
            if count:
                found[model._meta.db_table] = round(count / assets, 3)
    return found


def leave_traces() -> None:
    """Rows of the tables that neither a run nor the pages' person has filled: through the services that write them."""
    from accounts.models import User, UserActivity
    from benchmarks.pages_person import EMAIL
    from selection.models import Portfolio, WatchlistAsset
    from selection.services.daily_values import count_days
    from system.services.request_log import write_requests
    from system.services.trail import seal_changes

    person = User.objects.get(email=EMAIL)
    write_requests()
    for portfolio in Portfolio.objects.filter(user=person):
        count_days(portfolio)
    for entry in WatchlistAsset.objects.filter(watchlist__user=person)[:SEEDS]:
        entry.notes = "looked at"
        entry.save(update_fields=["notes"])  # the audit's trigger writes what it was before
    seal_changes()
    if not UserActivity.objects.exists():
        raise SystemExit("nobody has done anything")


def weight(table: str) -> dict[str, Any]:
    """Bytes of a row with its share of the indexes and of what is stored beside the table."""
    from benchmarks.scratch import owner

    with sample(table):
        return {"bytes": round(owner("SELECT pg_total_relation_size('weighed')") / WEIGHED, 1), "seeds": seeds(table)}


def seeds(table: str) -> int:
    from benchmarks.scratch import owner

    return int(owner(f"SELECT count(*) FROM (SELECT FROM {table} LIMIT {SEEDS}) rows"))  # noqa: S608


@contextmanager
def sample(table: str) -> Iterator[None]:
    """A table like another, with its indexes, and rows made from its own."""
    from benchmarks.scratch import owner

    if not seeds(table):
        raise SystemExit(f"{table} has no row to make others from")
    owner(f"CREATE TABLE weighed (LIKE {table} INCLUDING STORAGE INCLUDING COMPRESSION)")
    try:
        for definition in owner(
            "SELECT array_agg(pg_get_indexdef(indexrelid)) FROM pg_index WHERE indrelid = %s::regclass", table
        ):
            owner(re.sub(r"^CREATE (?:UNIQUE )?INDEX \S+ ON (?:ONLY )?\S+", "CREATE INDEX ON weighed", definition))
        columns = owner(
            "SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, NULL),"
            " coalesce(i.indisprimary, false)) ORDER BY a.attnum)"
            " FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary"
            " AND a.attnum = ANY(i.indkey) WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped",
            table,
        )
        said = ", ".join(moved_on(*column) for column in columns)
        owner(
            f"INSERT INTO weighed SELECT {said} FROM generate_series(1, {WEIGHED}) n JOIN (SELECT t.*,"  # noqa: S608
            f" row_number() OVER () - 1 AS place_ FROM (SELECT * FROM {table} LIMIT {SEEDS}) t) s"
            f" ON s.place_ = n % {seeds(table)} ORDER BY n"
        )
        yield
    finally:
        owner("DROP TABLE weighed")


def moved_on(name: str, kind: str, is_key: bool) -> str:
    """A column of a row that was made from another: as wide, and as different from its neighbours as in use."""
    column = f's."{name}"'
    if kind in {"bigint", "integer"} and is_key:
        return "n"
    if kind == "bigint" and name.endswith("_id"):
        return f"{column} + n % 1000"
    steps = {"timestamp with time zone": "interval '1 second' * n", "date": "n % 3650"}
    return f"{column} + {steps[kind]}" if kind in steps else column


if __name__ == "__main__":
    main()
