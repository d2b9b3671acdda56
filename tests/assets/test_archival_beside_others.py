"""Archival beside others: readers miss nothing, writers lose nothing, and whoever dies leaves it whole."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from assets.models import PriceData, PriceDataArchive
from assets.services import archive_prices, restore_prices, store_candles
from assets.services.partitions import ARCHIVE, CANDLES, partition_homes
from system.models import BackgroundTask
from tests.assets.moving import (
    HOUR,
    MAY,
    NAME,
    NOW,
    SOON,
    asset_with_candles,
    counts,
    everything_read,
    forget_timeframe_of_bounds,
    other,
    room,
)
from tests.assets.other_process import other_process
from tests.cryptopredict.installation import wait_for
from tests.factories import AssetFactory
from tests.locks import waiting

__all__ = ["other", "room"]
pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "owner"]), pytest.mark.usefixtures("room")]


def in_background(work: Callable[[], Any]) -> threading.Thread:
    """A thread with connections of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_what_is_in_use_stays_and_its_user_goes_on(other: "psycopg.Connection[Any]") -> None:
    asset_with_candles(10)
    other.execute("SELECT count(*) FROM price_data WHERE timeframe = '1h' AND candle_time < '2013-06-01+00'")
    report = archive_prices(NOW, patience=SOON)
    assert (report.names, [one.name for one in report.postponed]) == ([], [NAME])
    assert other.execute("SELECT count(*) FROM price_data").fetchone() == (10,)
    other.rollback()
    assert archive_prices(NOW, patience=SOON).names == [NAME]
    tasks = BackgroundTask.objects.filter(task_name="assets.services.archive_prices").order_by("pk")
    assert [(task.task_type, task.status, task.result_data, task.error_message) for task in tasks] == [
        ("cleanup", "failed", {"moved": [], "postponed": [NAME]}, f"in use, for the next run: {NAME}"),
        ("cleanup", "completed", {"moved": [NAME], "postponed": []}, None),
    ]


def test_a_move_is_tried_again_until_the_others_are_done(other: "psycopg.Connection[Any]") -> None:
    asset_with_candles(10)
    other.execute("UPDATE assets SET name = 'busy'")
    waiting = threading.Timer(1, other.commit)
    waiting.start()
    assert archive_prices(NOW, patience=timedelta(seconds=20)).names == [NAME]
    waiting.join()


def test_in_a_deadlock_it_is_the_move_that_gives_way(other: "psycopg.Connection[Any]") -> None:
    """The other holds what the move wants, and wants what the move holds, again and again; it never waits as long as
    PostgreSQL takes to look for deadlocks."""
    asset_with_candles(10)
    other.execute("SET lock_timeout = '700ms'")
    other.execute("UPDATE assets SET name = 'busy'")
    reports = []
    mover = in_background(lambda: reports.append(archive_prices(NOW, patience=timedelta(seconds=30))))
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        with other.transaction():  # a savepoint: the locks of the reading go, that of the change stays
            assert other.execute("SELECT count(*) FROM price_data WHERE timeframe = '1h'").fetchone() == (10,)
            raise psycopg.Rollback
    other.commit()
    mover.join()
    assert reports[0].names == [NAME]


def test_two_runs_at_once_share_the_work() -> None:
    asset_with_candles()
    later = NOW + timedelta(days=20)
    reports: list[Any] = []
    runs = [in_background(lambda: reports.append(archive_prices(later))) for _ in range(2)]
    for run in runs:
        run.join()
    assert sorted(name for report in reports for name in report.names) == [NAME, "price_1h_y2013m06"]
    assert counts() == (0, 24 * 61)


@pytest.mark.parametrize("order", [(CANDLES, ARCHIVE), (ARCHIVE, CANDLES)])
@pytest.mark.parametrize("is_restore", [False, True])
def test_a_statement_that_begins_during_a_move_misses_no_candle(order: tuple[str, str], is_restore: bool) -> None:
    """In whatever order it looks at the twins, it waits for the end of the move."""
    asset_with_candles()
    if is_restore:
        archive_prices(NOW)
    attached, may_commit = threading.Event(), threading.Event()
    found: list[Any] = []

    def stand_before_commit(execute: Any, statement: Any, *arguments: Any) -> Any:
        result = execute(statement, *arguments)
        if "ATTACH PARTITION" in str(statement):
            attached.set()
            assert may_commit.wait(20)
        return result

    def slow_move() -> None:
        with connections["owner"].execute_wrapper(stand_before_commit):
            found.append((restore_prices([NAME]) if is_restore else archive_prices(NOW)).names)

    def look() -> None:
        statement = sql.SQL(
            "SELECT count(*) FROM (SELECT 1 FROM {} WHERE timeframe = '1h' "
            "UNION ALL SELECT 1 FROM {} WHERE timeframe = '1h') AS seen"
        ).format(*map(sql.Identifier, order))
        with connection.cursor() as cursor:
            cursor.execute(statement)
            found.append(cursor.fetchone()[0])

    mover = in_background(slow_move)
    assert attached.wait(30)
    reader = in_background(look)
    wait_for(lambda: waiting(using="owner") == 1, 10)
    may_commit.set()
    for thread in (mover, reader):
        thread.join()
    assert 24 * 61 in found
    assert [NAME] in found


# -- a process that is killed -----------------------------------------------------------------------------------------

STEPS = """
import time
from datetime import datetime
from django.db import connections
from assets.services import archive_prices

def stop_after(step):
    done = 0
    def hook(execute, sql, params, many, context):
        nonlocal done
        result = execute(sql, params, many, context)
        done += 1
        if done == step:
            print(f"{os.getpid()} stands", flush=True)
            time.sleep(600)
        return result
    return hook

for line in sys.stdin:  # a fork for each round: setting Django up takes longer than the rest
    moment, step = line.split()
    child = os.fork()
    if not child:
        with connections["owner"].execute_wrapper(stop_after(int(step))):
            archive_prices(datetime.fromisoformat(moment))
        print(f"{os.getpid()} done", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


@pytest.mark.long
def test_killed_at_any_point_the_partition_is_whole_and_the_next_run_moves_it(request: pytest.FixtureRequest) -> None:
    """After every single statement of a move (after every third in the short suite), with the old CHECK."""
    asset, stride = asset_with_candles(), 1 if request.config.getoption("--full") else 3
    before, step, words = everything_read(asset), 1 - stride, "stands"
    with other_process(STEPS) as process:
        assert process.stdin
        assert process.stdout
        while words == "stands":
            step += stride
            forget_timeframe_of_bounds()
            connections.close_all()
            process.stdin.write(f"{NOW.isoformat()} {step}\n")
            pid, words = process.stdout.readline().split()
            if words == "stands":
                os.kill(int(pid), signal.SIGKILL)
                assert process.stdout.readline() == "gone\n"
                assert partition_homes("1h")[NAME] == CANDLES
                assert counts() == (24 * 61, 0)
                assert everything_read(asset) == before
                assert archive_prices(NOW).names == [NAME]
            assert counts() == (24 * 30, 24 * 31)
            restore_prices([NAME])
    assert step > 10


# -- candles that arrive during a move --------------------------------------------------------------------------------

WRITER = """
from datetime import UTC, datetime, timedelta
import polars as pl
from assets.services import store_candles

asset, batches = int(sys.argv[1]), int(sys.argv[2])
first, hour = datetime(2013, 5, 1, tzinfo=UTC), timedelta(hours=1)
for number in range(batches):
    times = [first + (5 * number + i) * hour for i in range(5)]
    prices = [str(100 + number)] * 5
    store_candles(asset, "1h", pl.DataFrame(
        {"candle_time": times, "open": prices, "high": prices, "low": prices, "close": prices, "volume": ["1"] * 5,
         "trade_count": [1] * 5, "quote_volume": [None] * 5},
        schema_overrides={"candle_time": pl.Datetime("us", "UTC"), "quote_volume": pl.String}))
    print(number, flush=True)
"""


@pytest.mark.long
def test_candles_that_arrive_during_moves_are_stored_once_where_their_period_lives() -> None:
    asset, batches = AssetFactory(), 40
    connection.close()
    with other_process(WRITER, str(asset.pk), str(batches)) as writer:
        assert writer.stdout
        said: list[str] = []
        reader = in_background(lambda: said.extend(writer.stdout or ()))
        moves = 0
        while reader.is_alive():
            moves += len(archive_prices(NOW).moves)
            time.sleep(0.03)
            moves += len(restore_prices([NAME]).moves)
            time.sleep(0.03)
        assert writer.wait(30) == 0
    assert len(said) == batches
    assert moves > 4
    archive_prices(NOW)
    stored = PriceDataArchive.objects.filter(asset=asset).order_by("candle_time")
    assert [(row.candle_time, row.close_price) for row in stored] == [
        (MAY + i * HOUR, Decimal(100 + i // 5)) for i in range(5 * batches)
    ]
    assert PriceData.objects.count() == 0


def test_candles_whose_partition_moves_after_every_look_find_it_all_the_same() -> None:
    """It goes and comes back before the first try to store them, but not again before the second."""
    asset = asset_with_candles(10)
    moves: list[tuple[list[str], int]] = []

    def move() -> None:
        run = restore_prices([NAME], patience=SOON) if len(moves) == 1 else archive_prices(NOW, patience=SOON)
        moves.append((run.names, len(run.postponed)))

    def move_after_look(execute: Any, statement: Any, *arguments: Any) -> Any:
        result = execute(statement, *arguments)
        if "SELECT child.relname, grandparent.relname FROM pg_inherits" in str(statement):
            in_background(move).join()
        return result

    prices = ["250"] * 4
    arriving = pl.DataFrame(
        {"candle_time": [MAY + i * HOUR for i in range(8, 12)], "open": prices, "high": prices, "low": prices,
         "close": prices, "volume": ["1"] * 4, "trade_count": [1] * 4, "quote_volume": [None] * 4},
        schema_overrides={"candle_time": pl.Datetime("us", "UTC"), "quote_volume": pl.String},
    )  # fmt: skip
    with connection.execute_wrapper(move_after_look):
        stored = store_candles(asset.pk, "1h", arriving)
    assert moves == [([NAME], 0), ([NAME], 0), ([], 1)]
    assert (stored.new, stored.changed) == (2, 2)
    assert counts() == (12, 0)
