"""Accesses of assets are counted without a write per read, and added once."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Asset
from assets.services import usage as usage_module
from assets.services.usage import _keys, count_access, flush_usage, server
from system.exceptions import UnavailableError
from system.models import BackgroundTask
from tests.assets.other_process import other_process
from tests.factories import AssetFactory, add_candles

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def nothing_counted(db: None) -> Iterator[Any]:
    """Counts are kept by the name of the database: no other process counts in that of the tests."""
    client = server(django_settings.REDIS_URL)
    usage_module.tally.send()
    client.delete(*_keys())
    yield client
    client.delete(*_keys())


@pytest.fixture
def without_redis(settings: Any) -> None:
    settings.REDIS_URL = NOWHERE


def usage(asset: Asset) -> tuple[int, Any]:
    asset.refresh_from_db()
    return asset.access_count, asset.timeframe_usage


def test_counts_are_added_to_what_is_there() -> None:
    first, second, idle = (
        AssetFactory(access_count=7, timeframe_usage={"1h": 5, "4h": 2}),
        AssetFactory(),
        AssetFactory(),
    )
    for timeframe in ("1h", "1h", "1d"):
        count_access(first.pk, timeframe)
    count_access(second.pk, "1d")
    assert flush_usage() == 4
    assert usage(first) == (10, {"1h": 7, "4h": 2, "1d": 1})
    assert usage(second) == (1, {"1d": 1})
    assert (*usage(idle), idle.last_accessed_at) == (0, {}, None)
    count_access(second.pk, "1d")
    assert flush_usage() == 1
    assert usage(second) == (2, {"1d": 2})
    assert flush_usage() == 0
    assert usage(second) == (2, {"1d": 2})


def test_the_last_access_is_that_of_a_person_not_of_the_flush() -> None:
    asset = AssetFactory()
    before = timezone.now()
    count_access(asset.pk, "1h")
    after = timezone.now()
    flush_usage()
    asset.refresh_from_db()
    assert before <= asset.last_accessed_at <= after
    later = datetime(2100, 1, 1, tzinfo=UTC)
    Asset.objects.filter(pk=asset.pk).update(last_accessed_at=later)
    count_access(asset.pk, "1h")
    flush_usage()
    asset.refresh_from_db()
    assert asset.last_accessed_at == later


def test_it_is_one_update_however_many_assets() -> None:
    assets = [AssetFactory() for _ in range(12)]
    for asset in assets:
        count_access(asset.pk, "1h")
    with CaptureQueriesContext(connection) as queries:
        assert flush_usage() == 12
    assert sum("UPDATE assets" in query["sql"] for query in queries) == 1
    assert sum(Asset.objects.values_list("access_count", flat=True)) == 12


def test_counting_writes_nothing_into_the_database(django_assert_num_queries: Any) -> None:
    asset = AssetFactory()
    with django_assert_num_queries(0):
        count_access(asset.pk, "1h")
    assert usage(asset) == (0, {})


def test_an_asset_that_has_gone_is_no_fault() -> None:
    asset, kept = AssetFactory(), AssetFactory()
    count_access(asset.pk, "1h")
    count_access(kept.pk, "1h")
    asset.delete()
    flush_usage()
    assert usage(kept) == (1, {"1h": 1})


def test_a_count_stops_at_the_largest_number_of_its_column() -> None:
    asset = AssetFactory(access_count=2**31 - 1)
    count_access(asset.pk, "1h")
    flush_usage()
    assert usage(asset) == (2**31 - 1, {"1h": 1})


def test_what_is_gathered_goes_to_redis_together(nothing_counted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_module, "GATHER_SECONDS", 0.05)
    asset = AssetFactory()
    for _ in range(3):
        count_access(asset.pk, "1h")
    assert nothing_counted.hgetall(_keys()[0]) == {}
    deadline = time.monotonic() + 5
    while not nothing_counted.exists(_keys()[0]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert nothing_counted.hget(_keys()[0], f"{asset.pk}:1h") == "3"
    assert flush_usage() == 3


def test_nobody_takes_half_of_what_is_gathered(nothing_counted: Any) -> None:
    """Redis serves others between the pieces of a long pipeline: counts must not go without their times."""
    asset, over = AssetFactory(), threading.Event()

    def gather() -> None:
        while not over.is_set():
            for number in range(3000):
                count_access(10**6 + number, "1h")
            count_access(asset.pk, "1h")
            usage_module.tally.send()

    gathering = threading.Thread(target=gather)
    gathering.start()
    try:
        for _ in range(100):
            counts, batch = _keys()
            taken = nothing_counted.eval(usage_module.TAKE, 2, counts, batch, "name")
            found = dict(zip(taken[::2], taken[1::2], strict=True))
            nothing_counted.delete(batch)
            assert {name.partition(":")[0] for name in found if ":" in name} <= set(found)
    finally:
        over.set()
        gathering.join()


def test_without_redis_nobody_notices_but_the_flush(without_redis: None, caplog: pytest.LogCaptureFixture) -> None:
    asset = AssetFactory()
    count_access(asset.pk, "1h")
    usage_module.tally.send()
    assert "1 accesses were not counted" in caplog.text
    with pytest.raises(UnavailableError):
        flush_usage()


def test_a_connection_that_has_gone_is_opened_anew(nothing_counted: Any) -> None:
    asset = AssetFactory()
    count_access(asset.pk, "1h")
    usage_module.tally.send()
    for one in nothing_counted.client_list():
        if int(one["id"]) == nothing_counted.client_id():
            redis.Redis.from_url(django_settings.REDIS_URL).client_kill(one["addr"])
    count_access(asset.pk, "1h")
    assert flush_usage() == 2


def test_the_page_of_an_asset_counts(client: Client) -> None:
    asset = AssetFactory(symbol="BTC")
    add_candles(asset, [1, 2, 3])
    assert client.get("/assets/BTC").status_code == 200
    assert client.get("/assets/BTC?timeframe=1h").status_code == 200
    assert client.get("/assets/BTC?timeframe=7h").status_code == 404
    assert flush_usage() == 2
    assert usage(asset) == (2, {"1d": 1, "1h": 1})


def test_the_page_of_an_asset_works_without_redis(client: Client, without_redis: None) -> None:
    add_candles(AssetFactory(symbol="BTC"), [1, 2, 3])
    assert client.get("/assets/BTC").status_code == 200


# -- a process that is killed -----------------------------------------------------------------------------------------

FLUSH = """
import time
from django.db import connection
from assets.services import usage

def stand(*_):
    print(os.getpid(), flush=True)
    time.sleep(600)

def before_commit(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if "UPDATE assets" in sql:
        stand()
    return result

if sys.argv[1] == "before the commit":
    hook = connection.execute_wrapper(before_commit)
    hook.__enter__()
else:
    real = usage.server
    class Standing:
        def __init__(self, address):
            self.address = address
        def eval(self, script, *arguments):
            return stand() if script == usage.FORGET else real(self.address).eval(script, *arguments)
    usage.server = Standing
usage.flush_usage()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_killed_while_adding_every_access_counts_once(moment: str) -> None:
    asset = AssetFactory()
    for _ in range(3):
        count_access(asset.pk, "1h")
    usage_module.tally.send()  # the other process may be there before a moment of gathering is over
    with other_process(FLUSH, moment) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        count_access(asset.pk, "4h")
        os.kill(pid, signal.SIGKILL)
        process.wait(10)
    assert usage(asset) == ((0, {}) if moment == "before the commit" else (3, {"1h": 3}))
    flush_usage()
    assert usage(asset) == (4, {"1h": 3, "4h": 1})
    assert flush_usage() == 0
    assert usage(asset) == (4, {"1h": 3, "4h": 1})
    assert BackgroundTask.objects.count() == 1
